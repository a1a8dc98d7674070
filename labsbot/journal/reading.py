"""What stands in the journal, for a process that only looks: it makes nothing, changes nothing and holds up nobody.

A question goes in, what is true at one moment comes out, whoever writes meanwhile. Who asks needs no right but to read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sql
from sqlalchemy import event, exc

from labsbot.edge import files
from labsbot.journal import opening, questions, rows, sqlite
from labsbot.journal import statements as st
from labsbot.model import JournalFailure, Log, Queued

T = TypeVar("T")

TRIES, PAUSE = 20, 0.05
"""How often a journal is asked that the bot opens or closes just then, and the seconds in between."""


class Reading:
    """A journal that is read. Each question stands alone and raises JournalFailure: there is none, it cannot be read,
    or it is of another release."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def queue(self) -> list[Queued]:
        """Everything accepted that is not on the wiki: pending and parked, oldest first."""
        return self._ask(lambda connection: questions.ask(connection, rows.queued, st.QUEUE))

    def pending_by_log(self) -> dict[Log, int]:
        """How many deliveries are pending, by log."""
        return self._ask(lambda connection: rows.by_log(connection.execute(st.COUNTS)))

    def find(self, entry_id: str) -> Queued | None:
        """One entry, whatever became of it."""

        def of_id(connection: sql.Connection) -> Queued | None:
            return next(iter(questions.ask(connection, rows.queued, st.OF_ID, {"id": entry_id})), None)

        return self._ask(of_id)

    def _ask(self, question: Callable[[sql.Connection], T]) -> T:
        opening.refuse_nothing(self._path)
        real = Path(os.path.realpath(self._path))
        if not os.access(real, os.R_OK, effective_ids=True):
            raise JournalFailure(f"{files.user()} cannot read the journal {self._path}: permission denied")
        cause = ""
        for _ in range(TRIES):
            before = _State.of(real)
            try:
                answer = self._ask_once(real, before.is_in_use, question)
            except exc.DBAPIError as error:
                cause = str(error.orig)
            else:
                if before.is_in_use or _State.of(real) == before:
                    return answer
                cause = "it is being opened or closed"
            time.sleep(PAUSE)
        raise JournalFailure(f"{self._path} cannot be read: {cause}")

    def _ask_once(self, real: Path, is_in_use: bool, question: Callable[[sql.Connection], T]) -> T:
        # Beside a bot, or after one that was killed, SQLite's own files say what counts; to a reader they are
        # read-only. Else there are none, and SQLite would make them, as ours: then the file alone holds everything,
        # and is read as one that does not change, provided that it did not.
        how = "mode=ro&readonly_shm=1" if is_in_use else "mode=ro&immutable=1"
        engine = sqlite.on(real, how, poolclass=sql.NullPool)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with engine.begin() as connection:
            opening.refuse_other_release(connection, self._path)
            return question(connection)


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
