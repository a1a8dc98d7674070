"""The directory: the shelves of a channel's sources come in; what a typed name stands for goes out.

Pure. Names are compared with case folded and given back as the first shelf that knows them spells them; what it leaves
open about a project, a later shelf says. Who may log to a project is not decided here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from labsbot.projects.nearest import Nearest
from labsbot.projects.shelf import Shelf
from labsbot.settings import Project, folded


@dataclass(frozen=True, slots=True)
class Known:
    """A project that is in use."""

    project: Project
    """As its source has it, whichever of its names was typed."""


@dataclass(frozen=True, slots=True)
class Retired:
    """A project whose log takes no more entries."""

    name: str
    hint: str
    """What to do instead, in the operator's words."""


@dataclass(frozen=True, slots=True)
class UnknownProject:
    """No project is called so."""

    name: str
    """As it was typed: anything at all, of any length."""
    nearest: tuple[str, ...]
    """At most three projects in use that may have been meant, the likeliest first; often none."""

    @property
    def guess(self) -> str:
        """Which those are, as a question; empty: none."""
        return f"Did you mean {' or '.join(self.nearest)}?" if self.nearest else ""


@dataclass(frozen=True, slots=True)
class Unsure:
    """No source that has ever answered knows the name, and one has never answered."""

    name: str
    """As it was typed."""
    cause: str
    """Which source, and why, for operators."""


PUNCTUATION = ".,;:!?…-–—'\"“”‘’«»()[]{}*`#"
"""What a sentence puts around a word; what stands within one stays."""

Lookup = Known | Retired | UnknownProject | Unsure


class Directory:
    """Which projects exist and what they are called."""

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self._shelves = tuple(shelves)
        self._by_name: dict[str, Project] = {}
        self.hidden = tuple(hidden for shelf in shelves for hidden in self._put(shelf))
        """Names that do not count because an earlier project is called so, each with its source."""
        self._guess: Nearest | None = None

    @property
    def state(self) -> Hashable:
        """It never changes."""
        return self

    def find(self, word: str) -> Lookup:
        """What a word, as it was typed, stands for: punctuation around it is a part of the name only where a source
        knows such a name."""
        name = word.strip(PUNCTUATION) or word
        project = self._by_name.get(folded(word)) or self._by_name.get(folded(name))
        for shelf in self._shelves if project is None else ():
            # where every name will do, what an earlier source may have to say about it is waited for
            if shelf.projects is None:
                return Unsure(name, f"{shelf.name}: {shelf.cause}")
            if project := shelf.fitting(name) or shelf.fitting(word):
                break
        if project is None:
            return UnknownProject(name, self._nearest(name))
        return Known(project) if project.retired is None else Retired(project.name, project.retired)

    def names(self, word: str) -> bool:
        """Whether a project is known by this name, in use or retired; not where one only may be called so."""
        return folded(word) in self._by_name

    @cached_property
    def in_use(self) -> tuple[str, ...]:
        """The names of all projects that take entries, in the order of their sources; not those that only fit."""
        return tuple(dict.fromkeys(each.name for each in self._by_name.values() if each.retired is None))

    @property
    def open_ended(self) -> bool:
        """There may be more projects than are known: every name that fits is one, or a source never answered."""
        return any(shelf.projects is None or shelf.any_name is not None for shelf in self._shelves)

    def _put(self, shelf: Shelf) -> Iterator[str]:
        """Take in the projects of a shelf. All of its names come before any of its aliases."""
        taken = []
        for project in shelf.projects or ():
            known = self._by_name.get(folded(project.name))
            if known is None:
                self._by_name[folded(project.name)] = project
            elif folded(known.name) != folded(project.name):
                yield f"{project.name} of {shelf.name}"
                continue
            else:
                self._replace(known, _together(known, project))
            taken.append(project)
        for project in taken:
            known = self._by_name[folded(project.name)]
            for alias in project.aliases:
                if self._by_name.setdefault(folded(alias), known) is not known:
                    yield f"{alias} of {shelf.name}"

    def _replace(self, old: Project, new: Project) -> None:
        for name in (old.name, *old.aliases):
            if self._by_name.get(folded(name)) is old:
                self._by_name[folded(name)] = new

    def _nearest(self, name: str) -> tuple[str, ...]:
        if self._guess is None:
            in_use = {known: project.name for known, project in self._by_name.items() if project.retired is None}
            self._guess = Nearest(in_use, [shelf.prefix for shelf in self._shelves])
        return self._guess.to(folded(name))


def _together(earlier: Project, later: Project) -> Project:
    """One project that two sources know: what the earlier leaves open, the later says."""
    return Project(
        earlier.name,
        tuple(dict.fromkeys((*earlier.aliases, *later.aliases))),
        later.retired if earlier.retired is None else earlier.retired,
        later.members if earlier.members is None else earlier.members,
        earlier.access.within(later.access),
    )
