"""The keys of sources come in, of projects and of people; sources go out, the files among them read once as a trial."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from labsbot.config import keys, lists
from labsbot.config.builders.access import access, members_known
from labsbot.config.builders.building import Building
from labsbot.config.builders.people import people
from labsbot.config.builders.projects import Seen, projects
from labsbot.config.builders.secrets import secret, secret_or_none
from labsbot.config.problems import ConfigurationError, Problem
from labsbot.config.tree import KeyPath, Node, Scalar, Table, YamlList, walk
from labsbot.settings import (
    AnyName,
    Groups,
    Keystone,
    Ldap,
    Listed,
    ListedPeople,
    Origin,
    PeopleFile,
    PeoplePage,
    PeopleSource,
    ProjectFile,
    Source,
    WikiPages,
)
from labsbot.text.loopback import is_loopback

# --- projects -----------------------------------------------------------------------------------------------------


def project_sources(
    building: Building, sources: list[keys.SourceKeys] | None, path: KeyPath
) -> tuple[Source, ...] | None:
    """The sources at `path`; None where there are none, or not all of them are right."""
    listed, _ = walk(building.tree, path)
    if building.stands(path) and isinstance(listed, YamlList) and all(map(_is_empty_list, listed.values)):
        building.wrong(path, "holds no project, write for example “list: [tools]”")
    seen: Seen = {}
    made = [_source(building, source, (*path, n), seen) for n, source in enumerate(sources or ())]
    right = tuple(source for source in made if source is not None)
    return right if right and len(right) == len(made) else None


def knows_members(source: Source) -> bool:
    """Whether `source` can say who belongs to a project."""
    if isinstance(source.origin, Listed):
        return any(project.members is not None for project in source.origin.projects)
    return not isinstance(source.origin, WikiPages | AnyName)


def _is_empty_list(source: Node) -> bool:
    if not isinstance(source, Table) or set(source.values) != {"list"}:
        return False
    named = source.values["list"]
    return not isinstance(named, Scalar) and not named.values


def _source(building: Building, source: keys.SourceKeys, path: KeyPath, seen: Seen) -> Source | None:
    kinds = building.given(path, keys.KINDS)
    if kinds == ["pages", "category"]:
        kinds = ["category"]
    if len(kinds) != 1:
        _one_kind(building, kinds, keys.KINDS, path)
        return None
    (kind,) = kinds
    if kind in ("list", "any"):
        for key in building.given(path, ("strip", "refresh")):
            building.does_not_go_with((*path, key), kind)
    origin = _origin(building, source, kind, path, seen)
    if origin is None:
        return None
    made = Source(
        origin, source.strip or "", source.prefix or "", access(building, source, path), **_given(source, "refresh")
    )
    if not knows_members(made):
        members_known(building, made.access, (*path, "allow"), "a source that does, or another rule")
    return made


def _one_kind(building: Building, kinds: list[str], known: tuple[str, ...], path: KeyPath) -> None:
    if kinds:
        words = " and ".join(f"“{kind}”" for kind in kinds)
        building.wrong(path, f"has {words}, expected one of them: each source has a dash of its own")
    elif building.count(path) != 1:  # else that one was wrong, and is reported already
        building.wrong(path, f"expected one of {', '.join(known)}")


def _origin(building: Building, source: keys.SourceKeys, kind: str, path: KeyPath, seen: Seen) -> Origin | None:
    here = (*path, kind)
    match kind:
        case "list" if source.names is not None:
            listed = projects(building, source.names, here, source.prefix or "", seen)
            return Listed(listed) if len(listed) == building.count(here) else None
        case "file" if source.file is not None:
            return _project_file(building, building.path(source.file), here)
        case "pages" if source.pages is not None:
            return WikiPages(source.pages)
        case "category" if source.category is not None:
            return WikiPages(source.pages or "{project}", source.category)
        case "groups" if source.groups is not None:
            return Groups(source.groups)
        case "ldap" if source.ldap is not None:
            return _ldap(building, source.ldap, here)
        case "keystone" if source.keystone is not None:
            return _keystone(building, source.keystone, here)
        case "any" if source.any is not None:
            return AnyName(source.any)
    return None  # it was wrong, and is reported already


def _ldap(building: Building, ldap: keys.LdapKeys, path: KeyPath) -> Ldap:
    building.both_or_none(path, "user", "password")
    address = urlsplit(ldap.url)
    if address.scheme == "ldap" and not ldap.start_tls and not is_loopback(address.hostname or ""):
        words = "without TLS only to this machine, expected “start_tls: true”, or an address that begins with ldaps://"
        building.wrong((*path, "start_tls"), words)
    given = _given(ldap, "filter", "name")
    if ldap.members is not None:
        given["members"] = tuple(ldap.members)
    return Ldap(
        url=ldap.url,
        base=ldap.base,
        user=ldap.user,
        password=secret_or_none(building, ldap.password, (*path, "password")),
        start_tls=ldap.start_tls,
        ca=building.readable(ldap.ca, (*path, "ca")),
        **given,
    )


def _keystone(building: Building, keystone: keys.KeystoneKeys, path: KeyPath) -> Keystone:
    return Keystone(
        url=keystone.url,
        user=keystone.user,
        password=secret(building, keystone.password, (*path, "password")),
        project=keystone.project,
        domain=keystone.domain,
        ca=building.readable(keystone.ca, (*path, "ca")),
        **_given(keystone, "user_domain", "project_domain"),
    )


def _given(place: keys.Keys, *names: str) -> dict[str, Any]:
    """What is set of the keys `names`; of the others the default holds that `settings` has."""
    return {name: value for name in names if (value := getattr(place, name)) is not None}


# --- people -------------------------------------------------------------------------------------------------------


def people_sources(building: Building, sources: list[keys.PeopleSourceKeys] | None) -> tuple[PeopleSource, ...]:
    if sources == []:
        building.wrong(("people",), "is empty, write for example “list: {alice: Alice Smith}”")
    made = [_people_source(building, source, ("people", n)) for n, source in enumerate(sources or ())]
    return tuple(source for source in made if source is not None)


def _people_source(building: Building, source: keys.PeopleSourceKeys, path: KeyPath) -> PeopleSource | None:
    kinds = building.given(path, keys.PEOPLE_KINDS)
    if len(kinds) != 1:
        _one_kind(building, kinds, keys.PEOPLE_KINDS, path)
        return None
    if kinds == ["list"] and building.stands((*path, "refresh")):
        building.does_not_go_with((*path, "refresh"), "list")
    origin = _people(building, source, (*path, kinds[0]))
    return None if origin is None else PeopleSource(origin, **_given(source, "refresh"))


def _people(
    building: Building, source: keys.PeopleSourceKeys, here: KeyPath
) -> ListedPeople | PeopleFile | PeoplePage | None:
    if source.people is not None:
        return ListedPeople(people(building, source.people, here))
    if source.file is not None:
        file = building.path(source.file)
        return PeopleFile(file) if _tried(building, lists.people_in, file, here) is not None else None
    return PeoplePage(source.page) if source.page is not None else None


# --- files --------------------------------------------------------------------------------------------------------


def _project_file(building: Building, file: Path, path: KeyPath) -> ProjectFile | None:
    listed = _tried(building, lists.projects_in, file, path)
    if listed is None:
        return None
    building.files[file] = listed
    return ProjectFile(file)


Entry = TypeVar("Entry")


def _tried(
    building: Building,
    read: Callable[[Path], tuple[tuple[Entry, ...], tuple[Problem, ...]]],
    file: Path,
    path: KeyPath,
) -> tuple[Entry, ...] | None:
    """Read the file that `path` names, as it will be read again and again, and note what is wrong with it."""
    try:
        listed, warnings = read(file)
    except ConfigurationError as failure:
        for problem in failure.problems:
            if problem.line:
                building.elsewhere.append(problem)
            else:
                building.wrong(path, f"{problem.file} {problem.message}")
        return None
    building.elsewhere_warned.extend(warnings)
    return listed
