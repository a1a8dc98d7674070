"""A source of the configuration comes in; the question that is put to it goes out, with what the operator calls it.

One table of all kinds of sources. When they are asked, and what becomes of the answers, is decided elsewhere.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from labsbot.model import WikiFailure
from labsbot.projects import wiki_lists as pages
from labsbot.projects.groups import AskedGroups
from labsbot.projects.shelf import Shelf, shelved
from labsbot.refreshed import LOOKED_AT, ChangingFile, SourceFailure
from labsbot.settings import (
    AnyName,
    Groups,
    Keystone,
    Ldap,
    Listed,
    Origin,
    Project,
    ProjectFile,
    Source,
    WikiPages,
)

Projects = tuple[Project, ...]
Ask = Callable[[], Awaitable[Projects]]


@dataclass(frozen=True, slots=True)
class PageLists:
    """Two verbs of a wiki that do not block; they raise WikiFailure."""

    titles: Callable[[str], Awaitable[tuple[str, ...]]]
    category: Callable[[str], Awaitable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class ProjectReaders:
    """What sources need of other rooms."""

    load: Callable[[Path], Projects]
    """Reads a file of projects; raises SourceFailure."""
    wiki: PageLists


def question(origin: Origin, doors: ProjectReaders) -> Ask | None:
    """What to ask for the projects of `origin`; None: it stands in the configuration itself. No I/O.

    Only the libraries that it needs are imported. The question raises SourceFailure, also where one is not installed.
    """
    match origin:
        case Listed() | AnyName():
            return None
        case ProjectFile(path):
            return ChangingFile(path, doors.load)
        case WikiPages():
            return lambda: _of_pages(origin, doors.wiki)
        case Groups():
            return AskedGroups(origin)
        case Ldap() | Keystone() if missing := missing_extra(origin):
            return lambda: _never(missing)
        case Ldap():
            from labsbot.projects.ldap import AskedLdap

            return AskedLdap(origin)
        case Keystone():
            from labsbot.projects.keystone import AskedKeystone

            return AskedKeystone(origin)


def called(origin: Origin) -> str:
    """What the operator calls it, in logs and figures: its key and its value."""
    match origin:
        case Listed():
            return "list"
        case AnyName(pattern):
            return f"any {pattern.pattern}"
        case ProjectFile(path):
            return f"file {path}"
        case WikiPages(title, None):
            return f"pages {title}"
        case WikiPages(_, category):
            return f"category {category}"
        case Groups(pattern):
            return f"groups {pattern}"
        case Ldap(url, base):
            return f"ldap {url} {base}"
        case Keystone(url):
            return f"keystone {url}"


def every(source: Source) -> float:
    """Seconds between two questions: looking at a file costs nothing."""
    return min(source.refresh, LOOKED_AT) if isinstance(source.origin, ProjectFile) else source.refresh


async def probe(source: Source, doors: ProjectReaders) -> str:
    """Ask a source once; what it has, in words for an operator. Raises SourceFailure."""
    ask = question(source.origin, doors)
    if ask is not None:
        answer = await ask()
    elif isinstance(source.origin, Listed):
        answer = source.origin.projects
    else:
        return f"{called(source.origin)}: every name that fits"
    return summary(shelved(called(source.origin), source, answer))


def summary(shelf: Shelf) -> str:
    """How many projects there are, and how many names cannot be any, with one of them."""
    left_out = f", {shelf.left_out} left out (such as {shelf.example})" if shelf.left_out else ""
    number = len(shelf.projects or ())
    return f"{shelf.name}: {number} {'project' if number == 1 else 'projects'}{left_out}"


async def _of_pages(origin: WikiPages, wiki: PageLists) -> Projects:
    try:
        if origin.category is not None:
            return pages.projects(origin.title, await wiki.category(origin.category), prefixed=False)
        titles = await wiki.titles(pages.beginning(origin.title))
    except WikiFailure as failure:
        raise SourceFailure(failure.cause) from failure
    return pages.projects(origin.title, titles, prefixed=True)


# --- libraries that not everybody needs ---------------------------------------------------------------------------


def missing_extra(origin: Origin) -> str | None:
    """What to install before `origin` can be asked, or None. It looks for the library and imports nothing."""
    match origin:
        case Ldap() if importlib.util.find_spec("ldap") is None:
            return (
                "python-ldap is not installed: apt install python3-ldap, or in a virtual environment"
                " apt install gcc libldap-dev libsasl2-dev python3-dev and then pip install 'labsbot[ldap]'"
            )
        case Keystone() if importlib.util.find_spec("keystoneauth1") is None:
            return "keystoneauth1 is not installed: pip install 'labsbot[keystone]'"
    return None


async def _never(cause: str) -> Projects:
    raise SourceFailure(cause)
