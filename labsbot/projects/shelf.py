"""What a source answered comes in; the projects that it stands for here go out, as they are called here. Pure.

What cannot be a project here is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from labsbot.settings import AnyName, Listed, Project, ProjectFile, Source, folded
from labsbot.text.names import title_flaw, typing_flaw
from labsbot.text.typed_time import is_time


@dataclass(frozen=True, slots=True)
class Shelf:
    """The projects of one source."""

    name: str
    """Of the source, for operators."""
    projects: tuple[Project, ...] | None = ()
    """None: the source has never given any answer."""
    prefix: str = ""
    """Which people forget to type."""
    any_name: Source | None = None
    """Every name that fits its pattern is a project too."""
    cause: str = ""
    """Why there was never an answer."""
    left_out: int = 0
    """Names that cannot be used here."""
    example: str = ""
    """One of them, and what is wrong with it."""

    def fitting(self, typed: str) -> Project | None:
        """The project that a typed name makes up, where every name that fits is one."""
        if self.any_name is None:
            return None
        origin, name, prefix = self.any_name.origin, folded(typed), folded(self.any_name.prefix)
        assert isinstance(origin, AnyName)
        if not name.startswith(prefix) or flaw(name):
            return None
        theirs = self.any_name.strip + name.removeprefix(prefix)
        return Project(name, access=self.any_name.access) if origin.pattern.fullmatch(theirs) else None


def shelved(name: str, source: Source, answer: Iterable[Project]) -> Shelf:
    """Apply to an answer what the configuration says about its source."""
    projects, flaws = [], []
    for project in answer:
        here, flaws_here = _called_here(project, source)
        flaws += flaws_here
        if here:
            projects.append(here)
    return Shelf(name, tuple(projects), source.prefix, left_out=len(flaws), example=flaws[0] if flaws else "")


def _called_here(project: Project, source: Source) -> tuple[Project | None, list[str]]:
    if not project.name.startswith(source.strip):
        return None, []
    name = _renamed(project.name, source)
    # what the operator has written may be called like a time, which is warned of; what others make up may not
    written = isinstance(source.origin, Listed | ProjectFile)
    if wrong := flaw(name, written):
        return None, [f"“{_shown(name)}”: {wrong}"]
    aliases = [_renamed(alias, source) for alias in project.aliases if alias.startswith(source.strip)]
    flaws = [f"“{_shown(alias)}”: {wrong}" for alias in aliases if (wrong := flaw(alias, written))]
    good = tuple(alias for alias in aliases if not flaw(alias, written))
    access = project.access.within(source.access)
    return replace(project, name=name, aliases=good, access=access), flaws


def _renamed(name: str, source: Source) -> str:
    return source.prefix + name.removeprefix(source.strip)


def flaw(name: str, may_be_time: bool = False) -> str | None:
    """What keeps `name` from being a project here, or None."""
    if not may_be_time and is_time(name):
        return "is read as a time after !log"
    return typing_flaw(name) or title_flaw(name)


def _shown(name: str) -> str:
    return re.sub(r"[^\x20-\x7e\xa1-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", name[:40])
