"""The keys of projects come in; the projects go out, and whether each name stands for one of them."""

from __future__ import annotations

from collections.abc import Mapping

from labsbot.config import keys
from labsbot.config.builders.access import access, members_known
from labsbot.config.builders.building import Building
from labsbot.config.tree import Flaw, KeyPath, Place, key_place, real, value_place
from labsbot.settings import Project, folded
from labsbot.text.typed_time import is_time

Seen = dict[str, KeyPath]
"""The names so far, folded, and where each stands."""


def projects(
    building: Building,
    named: Mapping[str, keys.ProjectKeys],
    path: KeyPath,
    prefix: str = "",
    others: Seen | None = None,
) -> tuple[Project, ...]:
    """The projects of one list; `others` grows by their names, with what the source puts in front of them."""
    seen = {} if others is None else others
    listed = []
    for name, project in named.items():
        here = (*path, name)
        _name_once(building, prefix + name, here, seen)
        if is_time(prefix + name):
            building.warn(here, "nobody can type this as a time any more: after !log it is the project", key=True)
        for n, alias in enumerate(project.aliases):
            _name_once(building, prefix + alias, (*here, "aliases", n), seen)
        gate = access(building, project, here)
        if project.members is None:
            members_known(building, gate, (*here, "allow"), "“members” beside it")
        members = None if project.members is None else frozenset(project.members)
        listed.append(Project(name, tuple(project.aliases), project.retired, members, gate))
    return tuple(listed)


def _name_once(building: Building, name: str, path: KeyPath, seen: Seen) -> None:
    first = seen.setdefault(folded(name), path)
    if first != path:
        for place, other in ((first, path), (path, first)):
            line = _name_place(building, other)[0]
            words = f"the same name stands in line {line} too (case is not looked at), expected it once"
            building.flaws.append(Flaw(_name_place(building, place), real(building.tree, place), words))


def _name_place(building: Building, path: KeyPath) -> Place:
    return (value_place if isinstance(path[-1], int) else key_place)(building.tree, path)
