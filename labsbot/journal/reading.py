"""What stands in the journal, for a process that only looks: it makes nothing, changes nothing and holds up nobody.

A question goes in, what is true at one moment comes out, whoever writes meanwhile. Who asks needs no right but to read.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sql
from sqlalchemy import event, exc

from labsbot.edge import files
from labsbot.journal import calendar, entries, imports, news, opening, questions, rows, sqlite
from labsbot.journal import statements as st
from labsbot.journal.calendar import CountedLogs, Neighbours, ProjectOverview
from labsbot.journal.entries import EntryHistory, EntryPage, EntryQuery, SaidElsewhere
from labsbot.journal.news import News
from labsbot.model import BotStatus, DeliveryState, JournalFailure, Kept, Log, Queued, Written

T = TypeVar("T")

TOGETHER = 500
"""Entries that are read at once."""
TRIES, PAUSE = 20, 0.05
"""How often a journal is asked that the bot opens or closes just then, and the seconds in between."""


class Reading:
    """A journal that is read. Each question stands alone and raises JournalFailure: there is none, it cannot be read,
    or it is of another release."""

    def __init__(self, path: Path, connections: int = 0) -> None:
        """`connections` that are kept for the next question, by who asks often, while somebody else has the journal
        open: to open one costs more than most questions. None of them is in a transaction then."""
        self._path = path
        self._connections = connections
        self._engines: dict[tuple[Path, int, str], sql.Engine] = {}
        """That of the file that is there, which knows how our statements are written."""
        self._watched: tuple[sql.Engine, sql.PoolProxiedConnection] | None = None
        """A connection that tells whether others have committed anything."""
        self._watching = threading.Lock()
        """To whom of two it tells that at once, the second hears what held for the first."""
        self._projects: _Projects | None = None

    def queue(self) -> list[Queued]:
        """Everything accepted that is not on the wiki: pending and parked, oldest first."""
        return self._ask(lambda connection: questions.ask(connection, rows.queued, st.QUEUE))

    def pending_by_log(self) -> dict[Log, int]:
        """How many deliveries are pending, by log."""
        return self._ask(lambda connection: rows.by_log(connection.execute(st.COUNTS)))

    def backlog(self) -> dict[DeliveryState, tuple[int, datetime]]:
        """How many deliveries are pending and how many parked, and when the oldest of them was accepted."""
        return self._ask(lambda connection: rows.backlog(connection.execute(st.BACKLOG)))

    def bot_status(self) -> BotStatus | None:
        """How the bot was when it was seen last; None: it never was."""
        found = self._ask(lambda connection: connection.execute(st.BOT_STATUS).one_or_none())
        return found and rows.bot_status(found)

    def find(self, its_id: str) -> EntryHistory | None:
        """All about the entry that has this id, or that was corrected by what has it."""
        return self._ask(lambda connection: entries.history(connection, its_id))

    def of_ids(self, ids: Collection[str]) -> list[Kept]:
        """The entries among these ids that there are."""
        return self._ask(lambda connection: questions.kept(connection, st.ENTRIES_OF_IDS, {"ids": list(ids)}))

    def page(self, query: EntryQuery, before: int | None = None, most: int = TOGETHER) -> EntryPage:
        """The newest entries of a query, at most so many; `before`: what the page before said of older ones."""
        return self._ask(lambda connection: entries.page(connection, query, before, most))

    def entries(self, query: EntryQuery, most: int | None = None) -> Iterator[Kept]:
        """One entry of a query after the other, newest first; None: all. Nothing is held open in between."""
        left, page = most, EntryPage((), older=None)
        while left is None or left > 0:
            page = self.page(query, page.older, TOGETHER if left is None else min(left, TOGETHER))
            yield from page.entries
            if page.older is None:
                return
            left = None if left is None else left - len(page.entries)

    def newest_accepted(self) -> int:
        """The number under which the newest entry, or change of one, was accepted."""
        return self._ask(news.newest)

    def accepted_as(self, its_id: str) -> int | None:
        """The number under which an entry was accepted; None: it was not."""
        return self._ask(lambda connection: news.number_of(connection, its_id))

    def news(self, after: int, projects: Sequence[str] | None, hidden: frozenset[str], most: int) -> News:
        """What was accepted after that number in these projects (None: in any), but in those (`folded`)."""
        return self._ask(lambda connection: news.since(connection, after, projects, hidden, most))

    def texts(self, entry_id: str) -> list[str]:
        """All that an entry says and ever said, also where it is redacted and not erased yet."""
        return self._ask(lambda connection: entries.texts(connection, entry_id))

    def written(self, entry_id: str) -> list[Written]:
        """By which edits it came to its pages, and what was changed about it."""
        return self._ask(lambda connection: entries.written(connection, entry_id))

    def logs(self) -> list[Log]:
        """All logs to which anything ever went, by project."""
        return self._ask(lambda connection: [Log(*row) for row in connection.execute(st.LOGS)])

    def known(self, logs: Sequence[Log], first: date, last: date, ids: Collection[str]) -> tuple[list[Kept], set[str]]:
        """What is known of days of these logs, in the order in which it was said, and which of the ids are."""
        return self._ask(lambda connection: imports.known(connection, logs, first, last, ids))

    def revision_until(self, until: datetime, log: Log) -> int | None:
        """By which revision of its page the newest entry of a log came there until then, or the first after it; None:
        nothing of ours did."""
        asked = {"of": log.place, "in_project": log.project}

        def ask(connection: sql.Connection) -> int | None:
            found: int | None = connection.scalar(st.REVISION_UNTIL, {**asked, "until": until})
            return connection.scalar(st.OLDEST_REVISION, asked) if found is None else found

        return self._ask(ask)

    def archives(self, log: Log) -> list[str]:
        """The archives to which days of a log may have gone."""
        return self._ask(lambda connection: entries.archives(connection, log))

    def holding(self, pieces: Collection[str]) -> SaidElsewhere:
        """Where any of these texts stands, in whatever was not erased."""
        return self._ask(lambda connection: entries.holding(connection, pieces))

    def projects(self) -> list[str]:
        """All projects that have entries, as they are spelt with those."""
        state, known = self.state(), self._projects
        if known is None or known.state != state:  # each page of a project asks, and mostly nothing was written since
            known = self._projects = self._ask(lambda connection: self._projects_by_now(connection, state))
        return list(known.names)

    def newest(self, hidden: frozenset[str] = frozenset()) -> dict[str, datetime]:
        """When something was said last in each project that has entries, but these (`folded`)."""
        return self._ask(lambda connection: calendar.newest(connection, entries.visible_projects(connection, hidden)))

    def neighbours(self, projects: Sequence[str] | None, day: date) -> Neighbours:
        """Between which days with entries a day is, in the logs of these projects (None: of all)."""
        return self._ask(lambda connection: calendar.neighbours(connection, projects, day))

    def counts(self, logs: CountedLogs, first: date, last: date, most: int) -> dict[date, int]:
        """How many entries stand under each day of a time that has any; no more than so many of each are counted."""
        return self._ask(lambda connection: calendar.counts(connection, logs, first, last, most))

    def hours(self, logs: CountedLogs, first: date, last: date, most: int) -> dict[int, int]:
        """How many of the newest entries of a time were said in which hour of the day."""
        return self._ask(lambda connection: calendar.hours(connection, logs, first, last, most))

    def overview(
        self, projects: Sequence[str], first: date, last: date, most: int
    ) -> tuple[list[ProjectOverview], list[str]]:
        """Of these projects the most recent, with what happened on the days of a time; and the names of the others."""
        return self._ask(lambda connection: calendar.overview(connection, projects, first, last, most))

    def copy(self, to: Path) -> str:
        """Copy the whole journal into the file `to`; what SQLite finds wrong with the copy (``ok``: nothing)."""
        return self._ask(lambda connection: sqlite.copy(connection, to))

    def state(self) -> Hashable:
        """What stays the same for as long as nobody commits anything, and is never the same again."""
        real = self._real()
        found = _State.of(real)
        if not found.is_in_use:
            return found
        engine = self._engine(real, found)
        with self._watching:
            watched = self._watched
            try:
                if watched is None or watched[0] is not engine:
                    watched = self._watched = engine, engine.raw_connection()
                # each connection counts for itself
                return watched[1], sqlite.commits_seen(watched[1])
            except sqlite.ERRORS as error:
                self._watched = None
                raise JournalFailure(f"{self._path} cannot be read: {error}") from error

    def state_of_day(self, day: date) -> Hashable:
        """What stays the same for as long as everything under a day does."""
        changes = self._ask(lambda connection: connection.scalar(st.DAY_CHANGES, {"day": day}))
        return _State.of(self._real()).file, changes  # another file may have counted as far

    def _projects_by_now(self, connection: sql.Connection, state: Hashable) -> _Projects:
        # there may be thousands, and none is ever gone
        newest, known = connection.scalar(st.NEWEST) or 0, self._projects
        if known is None or known.engine is not connection.engine or isinstance(state, _State):
            # another file may have been written over one that nobody has open
            names = tuple(sorted(connection.scalars(st.PROJECTS)))
        elif known.newest == newest:
            names = known.names
        else:
            names = tuple(sorted({*known.names, *connection.scalars(st.PROJECTS_SINCE, {"number": known.newest})}))
        return _Projects(connection.engine, newest, state, names)

    def _ask(self, question: Callable[[sql.Connection], T]) -> T:
        real = self._real()
        cause = ""
        for _ in range(TRIES):
            before = _State.of(real)
            try:
                answer = self._ask_once(self._engine(real, before), question)
            except exc.DBAPIError as error:
                cause = str(error.orig)
            else:
                if before.is_in_use or _State.of(real) == before:
                    return answer
                cause = "it is being opened or closed"
            time.sleep(PAUSE)
        raise JournalFailure(f"{self._path} cannot be read: {cause}")

    def _real(self) -> Path:
        """The journal's file, which is there."""
        opening.refuse_nothing(self._path)
        real = Path(os.path.realpath(self._path))
        if not os.access(real, os.R_OK, effective_ids=True):
            raise JournalFailure(f"{files.user()} cannot read the journal {self._path}: permission denied")
        return real

    def _ask_once(self, engine: sql.Engine, question: Callable[[sql.Connection], T]) -> T:
        with engine.begin() as connection:
            opening.refuse_other_release(connection, self._path)
            return question(connection)

    def _engine(self, real: Path, found: _State) -> sql.Engine:
        # Beside a bot, or after one that was killed, SQLite's own files say what counts; to a reader they are
        # read-only. Else there are none, and SQLite would make them, as ours: then the file alone holds everything,
        # and is read as one that does not change, provided that it did not.
        how = "mode=ro&readonly_shm=1" if found.is_in_use else "mode=ro&immutable=1"
        key = real, found.file, how
        engine = self._engines.get(key)
        if engine is None:
            for other in self._engines.values():
                other.dispose()  # of a file that is not there any more, or was in nobody's use
            kept = self._connections if found.is_in_use else 0
            engine = sqlite.reader_of(real, how, kept)
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
            self._engines = {key: engine}
        return engine


@dataclass(frozen=True, slots=True)
class _Projects:
    """Those that had entries when a delivery was the newest."""

    engine: sql.Engine
    newest: int
    state: Hashable
    """In which nothing was written since."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """By what a change of a journal shows that nobody has open."""

    is_in_use: bool
    """Somebody has it open, or had it open when it was killed."""
    file: int
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> _State:
        found = path.stat()
        in_use = path.with_name(f"{path.name}-wal").exists()
        return cls(in_use, found.st_ino, found.st_size, found.st_mtime_ns)
