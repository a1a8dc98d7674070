"""The sources of all channels come in; for each channel a directory goes out that is always up to date.

Each distinct source is asked once, in the background, whichever channels use it. Its last good answer lies in the state
folder, so that a restart while a server is ill makes no project unknown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from labsbot.projects import kept
from labsbot.projects.directory import Directory, Lookup
from labsbot.projects.shelf import Shelf, shelved
from labsbot.projects.sources import ProjectReaders, Projects, called, every, question, summary
from labsbot.refreshed import Keep, Refreshed, place
from labsbot.settings import AnyName, Listed, Origin, ProjectFile, Source

log = logging.getLogger("labsbot.projects")


class Directories:
    """All sources, each with what it last answered."""

    def __init__(
        self, sources: Iterable[Source], state: Path, doors: ProjectReaders, now: Callable[[], datetime]
    ) -> None:
        """No I/O. `sources` may name one several times; `state` is the folder of the answers that are kept."""
        self._now = now
        self._state = state
        self._doors = doors
        self._asked: dict[tuple[Origin, float], Refreshed[Projects]] = {}
        self._sources = {source: _Sourced(source, self._refreshed(source)) for source in dict.fromkeys(sources)}
        self._directories: dict[tuple[Source, ...], LiveDirectory] = {}

    def load(self, before: Directories | None = None) -> None:
        """Take up what the same sources have answered `before`; else what was kept of before the last restart."""
        answered = {origin: asked for (origin, _), asked in before._asked.items()} if before else {}
        for (origin, _), asked in self._asked.items():
            asked.load(answered.get(origin))

    async def run(self) -> None:
        """Ask all sources again and again, until it is cancelled; it never ends by itself."""
        async with asyncio.TaskGroup() as group:
            for asked in self._asked.values():
                group.create_task(asked.run(), name=f"projects: {asked.name}")
            await asyncio.Event().wait()

    def directory_for(self, sources: tuple[Source, ...]) -> LiveDirectory:
        """The directory of a channel with these sources, all of them among those handed in. The same for the same."""
        if sources not in self._directories:
            self._directories[sources] = LiveDirectory([self._sources[source] for source in sources])
        return self._directories[sources]

    def ages(self) -> dict[str, timedelta | None]:
        """How old the answer is that serves, for each source that is asked; None: it has never answered."""
        ages: dict[str, timedelta | None] = {}
        for asked in self._asked.values():
            age = asked.age
            # Two may be called the same, such as two filters in one LDAP directory: the worse one is told.
            before = ages.get(asked.name, age)
            ages[asked.name] = None if age is None or before is None else max(age, before)
        return ages

    def _refreshed(self, source: Source) -> Refreshed[Projects] | None:
        """What asks for a source; sources that only name the same projects differently share it."""
        key = (source.origin, every(source))
        if key not in self._asked and (ask := question(source.origin, self._doors)):
            path = place(self._state, "projects", source.origin)
            self._asked[key] = Refreshed(
                called(source.origin),
                ask,
                every(source),
                Keep(path, kept.dumped, kept.loaded),
                self._now,
                # What is empty in a file was emptied by somebody; a server may just be ill.
                doubt_empty=not isinstance(source.origin, ProjectFile),
            )
        return self._asked.get(key)


class LiveDirectory:
    """A `Directory` of what its sources have answered until now."""

    def __init__(self, sources: list[_Sourced]) -> None:
        self._sources = sources
        self._shelves: list[Shelf] = []
        self._directory = Directory([])

    @property
    def state(self) -> Hashable:
        """What is the same as long as all sources have answered what they had."""
        return self._current()

    def find(self, name: str) -> Lookup:
        """What `name`, as it was typed, stands for now."""
        return self._current().find(name)

    def names(self, word: str) -> bool:
        """Whether a project is known by this name now."""
        return self._current().names(word)

    @property
    def in_use(self) -> tuple[str, ...]:
        """The names of all projects that take entries now."""
        return self._current().in_use

    @property
    def open_ended(self) -> bool:
        """There may be more of them."""
        return self._current().open_ended

    def _current(self) -> Directory:
        shelves = [source.shelf() for source in self._sources]
        if len(shelves) != len(self._shelves) or any(a is not b for a, b in zip(shelves, self._shelves, strict=True)):
            self._take_up(shelves)
        return self._directory

    def _take_up(self, shelves: list[Shelf]) -> None:
        before, self._directory = self._directory, Directory(shelves)
        self._shelves = shelves
        if (hidden := self._directory.hidden) and hidden != before.hidden:
            log.warning("earlier projects are called so, these %d do not count: %s", len(hidden), _some(hidden))


class _Sourced:
    """One source, and what it stands for at the moment."""

    def __init__(self, source: Source, refreshed: Refreshed[Projects] | None) -> None:
        self._name = called(source.origin)
        self._source = source
        self._refreshed = refreshed
        self._left_out = 0
        self._made_of: object = None
        self._shelf = self._first_shelf()

    def shelf(self) -> Shelf:
        """The same object until something changes."""
        if self._refreshed is None:
            return self._shelf
        answer = self._refreshed.value
        made_of = self._refreshed.failure if answer is None else answer
        if made_of is not self._made_of:
            self._made_of = made_of
            if answer is None:
                self._shelf = Shelf(self._name, None, self._source.prefix, cause=self._refreshed.failure or _NOT_YET)
            else:
                self._shelf = self._shelved(answer)
        return self._shelf

    def _first_shelf(self) -> Shelf:
        if isinstance(self._source.origin, Listed):
            return self._shelved(self._source.origin.projects)
        if isinstance(self._source.origin, AnyName):
            return Shelf(self._name, (), self._source.prefix, any_name=self._source)
        return Shelf(self._name, None, self._source.prefix, cause=_NOT_YET)

    def _shelved(self, answer: Projects) -> Shelf:
        shelf = shelved(self._name, self._source, answer)
        if shelf.left_out != self._left_out:
            self._left_out = shelf.left_out
            log.warning("%s", summary(shelf))
        return shelf


_NOT_YET = "it has not answered yet"


def _some(names: tuple[str, ...], most: int = 5) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
