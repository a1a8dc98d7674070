"""The sources of a place come in; whether a name can stand for one of their projects goes out."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.settings import AnyName, Listed, Project, ProjectFile, Source, folded


class KnownProjects:
    """Which projects there are, as far as it can be told without asking anybody."""

    def __init__(self, building: Building, sources: tuple[Source, ...]) -> None:
        self._sources = sources
        self._open = any(not isinstance(source.origin, Listed | ProjectFile | AnyName) for source in sources)
        """A source that is asked only later may know others."""
        self._known: dict[str, tuple[str, Project]] = {}
        for source in sources:
            for called, project in _names(building, source):
                self._known.setdefault(folded(called), (called, project))

    def find(self, name: str) -> Project | None:
        _, project = self._known.get(folded(name), ("", None))
        return project

    def flaw(self, name: str) -> str | None:
        """Why `name` can be no project in use."""
        if self._open:
            return None
        project = self.find(name)
        if project is not None:
            return None if project.retired is None else "this project is retired, expected one that is in use"
        if any(_fits(name, source) for source in self._sources):
            return None
        near = keys.meant(get_close_matches(name, [called for called, _ in self._known.values()], 1))
        return f"there is no such project, {near or 'expected one of those under “projects”'}"


def _names(building: Building, source: Source) -> Iterator[tuple[str, Project]]:
    """What the projects of a list or a file are called here."""
    projects: tuple[Project, ...] = ()
    if isinstance(source.origin, Listed):
        projects = source.origin.projects
    elif isinstance(source.origin, ProjectFile):
        projects = building.files[source.origin.path]
    for project in projects:
        for name in (project.name, *project.aliases):
            if name.startswith(source.strip):
                yield source.prefix + name.removeprefix(source.strip), project


def _fits(name: str, source: Source) -> bool:
    if not isinstance(source.origin, AnyName) or not folded(name).startswith(folded(source.prefix)):
        return False
    return source.origin.pattern.fullmatch(folded(name).removeprefix(folded(source.prefix))) is not None
