"""A directory for whom some projects are hidden: to them there are none of those names, and never were."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Protocol

from labsbot.projects.directory import Known, Lookup, Retired, UnknownProject
from labsbot.settings import folded


class AnyDirectory(Protocol):
    @property
    def in_use(self) -> tuple[str, ...]: ...
    @property
    def open_ended(self) -> bool: ...
    def find(self, word: str) -> Lookup: ...
    def names(self, word: str) -> bool: ...
    @property
    def state(self) -> Hashable: ...


@dataclass(frozen=True, slots=True)
class VisibleDirectory:
    """The same without the projects of these names (`folded`)."""

    directory: AnyDirectory
    hidden: frozenset[str]

    @property
    def in_use(self) -> tuple[str, ...]:
        return self._shown(self.directory.in_use)

    @property
    def open_ended(self) -> bool:
        return self.directory.open_ended

    @property
    def state(self) -> Hashable:
        return self.directory.state, self.hidden

    def find(self, word: str) -> Lookup:
        match found := self.directory.find(word):
            case Known() if folded(found.project.name) in self.hidden:
                return UnknownProject(word, ())
            case Retired() if folded(found.name) in self.hidden:
                return UnknownProject(word, ())
            case UnknownProject():
                return replace(found, nearest=self._shown(found.nearest))
        return found

    def names(self, word: str) -> bool:
        return self.directory.names(word) and not isinstance(self.find(word), UnknownProject)

    def _shown(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in names if folded(each) not in self.hidden)
