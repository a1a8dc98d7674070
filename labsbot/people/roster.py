"""Where it is written who is who comes in; what a sender is called, by what these sources say now, goes out.

Each source is asked again in the background; its last good answer lies in the state folder. How a page is read, and who
is meant by what, is decided in `people`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from labsbot.edge import answers
from labsbot.model import Sender, WikiFailure
from labsbot.people.persons import People, parse_page
from labsbot.refreshed import LOOKED_AT, ChangingFile, Keep, Refreshed, SourceFailure, place
from labsbot.settings import ListedPeople, PeopleFile, PeoplePage, PeopleSource, Person, Rule, Who

log = logging.getLogger("labsbot.people.roster")

Persons = tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class PeopleReaders:
    """What the sources need of other rooms."""

    load: Callable[[Path], Persons]
    """Reads a file of people; raises SourceFailure."""
    text: Callable[[str], Awaitable[str]]
    """Reads a page of the wiki, empty where there is none; raises WikiFailure."""


class Roster:
    """All sources of people, each with what it last answered; the first that knows a sender counts."""

    def __init__(
        self, sources: Sequence[PeopleSource], state: Path, doors: PeopleReaders, now: Callable[[], datetime]
    ) -> None:
        """No I/O. `state` is the folder of the answers that are kept."""
        self._sources = [_asked(source, state, doors, now) for source in sources]
        self._origins = [source.origin for source in sources]
        self._made_of: list[Persons] = []
        self._people = People(())

    def load(self, before: Roster | None = None) -> None:
        """Take up what the same sources have answered `before`; else what was kept of before the last restart."""
        answered = dict(zip(before._origins, before._sources, strict=True)) if before else {}
        for origin, source in zip(self._origins, self._sources, strict=True):
            if isinstance(source, Refreshed):
                earlier = answered.get(origin)
                source.load(earlier if isinstance(earlier, Refreshed) else None)

    async def run(self) -> None:
        """Ask all sources again and again, until it is cancelled; it never ends by itself."""
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                if isinstance(source, Refreshed):
                    group.create_task(source.run(), name=source.name)
            await asyncio.Event().wait()

    def ages(self) -> dict[str, timedelta | None]:
        """How old the answer is that serves, for each source that is asked; None: it has never answered."""
        return {source.name: source.age for source in self._sources if isinstance(source, Refreshed)}

    def of(self, sender: Sender) -> Person | None:
        """What else a sender is called; None: nobody says."""
        answers = [(source.value or ()) if isinstance(source, Refreshed) else source for source in self._sources]
        if len(answers) != len(self._made_of) or any(a is not b for a, b in zip(answers, self._made_of, strict=True)):
            self._made_of = answers
            self._people = People(person for answer in answers for person in answer)
        return self._people.of(sender)


def _asked(
    source: PeopleSource, state: Path, doors: PeopleReaders, now: Callable[[], datetime]
) -> Refreshed[Persons] | Persons:
    if isinstance(source.origin, ListedPeople):
        return source.origin.people
    kept = place(state, "people", source.origin)
    every = min(source.refresh, LOOKED_AT) if isinstance(source.origin, PeopleFile) else source.refresh
    return Refreshed(called(source.origin), _question(source.origin, doors), every, Keep(kept, dumped, loaded), now)


def called(origin: PeopleFile | PeoplePage) -> str:
    """What the operator calls it: its key and its value."""
    return f"file {origin.path}" if isinstance(origin, PeopleFile) else f"page {origin.title}"


async def probe(origin: PeopleFile | PeoplePage, doors: PeopleReaders) -> str:
    """Ask a source once; what it has, in words for an operator. Raises SourceFailure."""
    return f"{called(origin)}: {len(await _question(origin, doors)())} people"


def _question(origin: PeopleFile | PeoplePage, doors: PeopleReaders) -> Callable[[], Awaitable[Persons]]:
    if isinstance(origin, PeopleFile):
        return ChangingFile(origin.path, doors.load)
    return _PeoplePage(origin.title, doors.text)


class _PeoplePage:
    """A page of the wiki that people edit themselves."""

    def __init__(self, title: str, text: Callable[[str], Awaitable[str]]) -> None:
        self._title = title
        self._text = text
        self._told: tuple[str, ...] = ()

    async def __call__(self) -> Persons:
        try:
            people, unread = parse_page(await self._text(self._title))
        except WikiFailure as failure:
            raise SourceFailure(failure.cause) from failure
        if unread and unread != self._told:
            log.warning("page %s: lines that name nobody: %d, such as %s", self._title, len(unread), unread[0])
        self._told = unread
        return people


def dumped(people: Persons) -> Any:
    return [[person.who.who.value, person.who.name, person.wiki, person.member] for person in people]


def loaded(kept: Any) -> Persons:
    """The inverse. Raises LookupError, TypeError or ValueError where it is not what `dumped` gave."""
    return tuple(
        Person(Rule(Who(who), answers.word(name)), _name(wiki), _name(member))
        for who, name, wiki, member in answers.rows(kept)
    )


def _name(kept: Any) -> str | None:
    return None if kept is None else answers.word(kept)
