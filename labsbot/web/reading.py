"""Ask the journal what people read, beside whoever writes: on threads of its own, a bounded number at once.

No question waits for another one's reader: what is slow to be read by its caller is asked for page by page, and nothing
is held open in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import TypeVar

from labsbot.desk.submission import ProjectDirectory
from labsbot.formats import PageOf
from labsbot.journal import EntryQuery, Reading
from labsbot.projects import Known, Retired, UnknownProject, VisibleDirectory
from labsbot.settings import folded
from labsbot.web.asked import AskedEntries
from labsbot.web.audience import Audience
from labsbot.web.problems import HttpProblem, ProblemCause, retry_after

T = TypeVar("T")

THREADS = 2
MOST_ASKED = 100
"""Questions that are under way or wait; whoever comes then is to come again."""
QUOTED = 60
"""Characters of a name that is none are said again."""


class NoSuchProject(HttpProblem):
    """There is no project of this name, nor an entry of one."""

    def __init__(self, found: UnknownProject) -> None:
        shown = found.name if len(found.name) <= QUOTED else f"{found.name[:QUOTED]}…"
        words = f"there is no project “{shown}”, and no entry of one. {found.guess}"
        super().__init__(ProblemCause.NOT_FOUND, words.rstrip())
        self.nearest = found.nearest


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What of the settings decides how the log is read."""

    directory: ProjectDirectory
    """All projects."""
    page_of: PageOf
    zone: tzinfo
    """In which days begin that are those of no project."""
    operator: str
    """Who is asked to remove something."""
    wiki: str
    """What people call the wiki."""
    wiki_page: Callable[[str], str | None] = lambda title: None
    """Where a page of it is read; None: nobody knows."""


class JournalReader:
    """Answers what is asked of the journal by people who read."""

    def __init__(self, journal: Path, rules: ReadingRules) -> None:
        self.rules = rules
        self._reading = Reading(journal, THREADS)
        self._threads = ThreadPoolExecutor(THREADS, "web reader")
        self._asked = 0
        self._known: dict[str, str] = {}

    async def ask(self, question: Callable[[Reading], T]) -> T:
        """Raises JournalFailure, and HttpProblem: too much is asked at once."""
        if self._asked >= MOST_ASKED:
            raise HttpProblem(ProblemCause.BUSY, "too many read at once: try again.", retry_after(1))
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, question, self._reading)
        finally:
            self._asked -= 1

    async def state(self) -> Hashable:
        """What is the same as long as whatever was read would be read again."""
        return self.rules, self.rules.directory.state, await self.ask(lambda reading: reading.state())

    async def make(self, content: Callable[[], str]) -> str:
        """Have a text made of what was read, on a thread too: a long one would hold up whoever else is in the loop."""
        return await self.ask(lambda _: content())

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def meant(self, wanted: AskedEntries, audience: Audience) -> EntryQuery:
        """What is asked for, with the projects as the journal spells them. Raises NoSuchProject: one is asked for that
        is none; one that is searched for is as any word that is nowhere."""
        query = replace(wanted.query, hidden=audience.hidden)
        if wanted.projects:
            spelt = [await self.spellings(each, audience) for each in wanted.projects]
            query = replace(query, projects=_joined(spelt))
        if wanted.search.projects:
            spelt = [await self._spelt(each, audience) for each in wanted.search.projects]
            found = _joined(spelt)
            both = found if query.projects is None else tuple(each for each in query.projects if each in found)
            query = replace(query, projects=both)
        return query

    async def _spelt(self, typed: str, audience: Audience) -> tuple[str, ...]:
        try:
            return await self.spellings(typed, audience)
        except NoSuchProject:
            return ()

    async def spellings(self, typed: str, audience: Audience) -> tuple[str, ...]:
        """How a project that was typed is spelt in the journal; empty: it has no entries yet.

        It may be configured no more, or be called otherwise. Raises NoSuchProject.
        """
        there = await self.ask(lambda reading: reading.projects())
        directory = VisibleDirectory(self.rules.directory, audience.hidden)
        match found := directory.find(typed):
            case Known():
                names = {folded(typed), folded(found.project.name)}
            case Retired():
                names = {folded(typed), folded(found.name)}
            case _:
                names = {folded(typed)}
        names -= audience.hidden
        spelt = tuple(each for each in there if self._folded(each) in names)
        if not spelt and not isinstance(found, Known | Retired):
            raise NoSuchProject(found if isinstance(found, UnknownProject) else UnknownProject(typed, ()))
        return spelt

    def _folded(self, project: str) -> str:
        """As `folded`, of a project that has entries. There may be thousands, and each page of one asks for all."""
        if project not in self._known:
            self._known[project] = folded(project)
        return self._known[project]


def _joined(spelt: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in spelt for name in names))
