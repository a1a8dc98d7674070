"""What happened goes in, what is to be done comes out: one SQLite file, and its verbs by what they are about.

Who asks is handed the part of the journal that it needs. Decides nothing: when to try again and what to say is for
those who ask.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import sqlalchemy as sql

from labsbot.journal import lock, opening
from labsbot.journal import statements as st
from labsbot.journal.announcements import Announcements
from labsbot.journal.attempts import KeptAttempts
from labsbot.journal.deliveries import Deliveries
from labsbot.journal.erasures import Erasures
from labsbot.journal.imports import KeptImports
from labsbot.journal.kept import KeptEntries
from labsbot.journal.moves import KeptMoves
from labsbot.journal.opening import TakingLong
from labsbot.journal.presences import Presences
from labsbot.journal.runs import KeptRuns
from labsbot.journal.tellings import Tellings
from labsbot.journal.transactions import Transactions
from labsbot.journal.undelivered import Undelivered
from labsbot.journal.upkeep import Upkeep
from labsbot.model import BotStatus, JournalCounts, JournalFailure


class Journal:
    """A journal that is open. Made by `Journal.open`; the verbs of its parts are awaited on one event loop."""

    def __init__(self, engine: sql.Engine, path: Path) -> None:
        self._path = path
        self._lock: int | None = None
        self._transactions = transactions = Transactions(engine, path)
        self.entries = KeptEntries(transactions)
        self.runs = KeptRuns(transactions)
        self.presences = Presences(transactions)
        self.imports = KeptImports(transactions)
        self.deliveries = Deliveries(transactions)
        self.attempts = KeptAttempts(transactions)
        self.moves = KeptMoves(transactions)
        self.tellings = Tellings(transactions)
        self.announcements = Announcements(transactions)
        self.undelivered = Undelivered(transactions)
        self.erasures = Erasures(transactions)
        self.upkeep = Upkeep(transactions)

    @classmethod
    def open(cls, path: Path, taking_long: TakingLong = contextlib.nullcontext) -> Journal:
        """Open the journal at `path`; make it, or bring it up to this release's schema, if need be.

        That happens within `taking_long`. Raises JournalFailure: it cannot be read or written, is no journal, or was
        made by a newer labsbot.
        """
        return cls(opening.make(path, taking_long), path)

    @classmethod
    def join(cls, path: Path) -> Journal:
        """Open a journal to write into it beside the bot, whether that runs or not.

        Raises JournalFailure: there is none, it cannot be written, or it is of another release.
        """
        return cls(opening.join(path), path)

    def claim(self) -> None:
        """Become the one deliverer of this journal. Raises JournalFailure: another process is, or we may not."""
        self._lock = lock.take(self._path)

    def close(self) -> None:
        """Finish what is under way and close; safe to call twice."""
        self._transactions.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def listen(self) -> asyncio.Event:
        """An event of one's own that is set whenever the journal has news; clear it before reading."""
        return self._transactions.listen()

    def ring(self) -> None:
        """Set the event of everybody who listens (also when another process has written)."""
        self._transactions.ring()

    @property
    def counts(self) -> JournalCounts:
        """What happened since we opened it."""
        attempts = self.attempts
        return JournalCounts(self.entries.accepted, attempts.done, attempts.parked, attempts.last_delivered)

    @property
    def failure(self) -> JournalFailure | None:
        """Why what was to be written last could not be; None: it was."""
        return self._transactions.writer.failure

    async def try_to_write(self) -> None:
        """Have `failure` say what is true now, where nobody else has anything to write. Changes nothing."""

        def verb(connection: sql.Connection) -> None:
            connection.exec_driver_sql(opening.A_WRITE)

        await self._transactions.writer.write(verb)

    async def note(self, status: BotStatus) -> None:
        """Let others see how the bot is."""
        row = {"noted": status.noted, "reasons": list(status.reasons)}

        def verb(connection: sql.Connection) -> None:
            if not connection.execute(st.UPDATE_BOT_STATUS, row).rowcount:
                connection.execute(st.NEW_BOT_STATUS, row)

        await self._transactions.writer.write(verb)

    @property
    def is_rewritten(self) -> bool:
        """It is written anew at this moment, which takes as long as it takes."""
        return self.erasures.is_rewritten
