"""What the desk accepted comes in and is kept; entries with all that became of them come out, for who asks about them.

What of that is decided in a transaction is in `acceptance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sql

from labsbot.journal import acceptance, questions
from labsbot.journal import statements as st
from labsbot.journal.acceptance import Decide
from labsbot.journal.asked_together import AskedTogether
from labsbot.journal.transactions import JournalPart, Transactions, question, verb
from labsbot.model import Accepted, Entry, Kept, LastOf, LineKey, Repeated

T = TypeVar("T")


class KeptEntries(JournalPart):
    """All that was ever accepted."""

    def __init__(self, transactions: Transactions) -> None:
        super().__init__(transactions)
        self._kept = AskedTogether(self._kept_by_id)
        self.accepted = 0
        """Since we opened the journal."""

    async def accept(self, submission: Accepted) -> Entry | None:
        """Keep what was accepted with all that is owed for it, and remember the line, or nothing of it.

        Returns the entry, which has got another id where its own was taken. None: the line was handled before, nothing
        changed.
        """
        return await self._transactions.writer.write_together(acceptance.accept, submission, self._accepted)

    async def accept_all(self, submissions: Sequence[Accepted]) -> list[Entry] | None:
        """The same for several entries: all of them are kept, or none (None)."""

        return await self._transactions.writer.write(
            lambda connection: acceptance.accept_all(connection, submissions),
            lambda kept: self._accepted(*kept or ()),
        )

    def _accepted(self, *entries: Entry | None) -> None:
        if new := sum(entry is not None for entry in entries):
            self.accepted += new
            self._transactions.ring()

    async def correct(self, meant: str | LastOf, decide: Decide[T]) -> tuple[T, bool]:
        """Have it decided what becomes of an entry (its id, or whose last it is) behind all that was handed over
        before, and keep that. Returns what is said of it, and whether anything is changed.

        `decide` runs on the writer's thread: it is pure, and asked again where the id that it makes is taken.
        """

        def after(outcome: tuple[T, bool]) -> None:
            if outcome[1]:
                self._transactions.ring()

        return await self._transactions.writer.write(
            lambda connection: acceptance.correct(connection, meant, decide), after
        )

    @verb
    def remember(self, connection: sql.Connection, key: LineKey, now: datetime) -> bool:
        """Remember a line that made no entry, so that a replay of it is not answered. False: it was handled before."""
        return acceptance.remember(connection, key, now)

    @question
    def repeated(self, connection: sql.Connection, key: LineKey) -> Repeated | None:
        """The entry that was made when this key was first used; None: there is none."""
        given = {"network": key.network, "channel": key.channel, "msgid": key.msgid}
        found = connection.execute(st.REPEATED, given).one_or_none()
        return found and Repeated(*found)

    async def kept(self, entry_ids: Sequence[str]) -> list[Kept]:
        """These entries with all that became of them, as far as they are known, by entry's or change's id."""
        known = await self._kept.of(entry_ids)
        found = {known[each].entry.id: known[each] for each in entry_ids if each in known}
        return list(found.values())

    @question
    def _kept_by_id(self, connection: sql.Connection, entry_ids: Sequence[str]) -> dict[str, Kept]:
        found = questions.kept(connection, st.ENTRIES_OF_IDS, {"ids": list(entry_ids)})
        return {each: kept for kept in found for each in (kept.entry.id, *(change.id for change in kept.changes))}

    @question
    def last(self, connection: sql.Connection, project: str, most: int) -> list[Kept]:
        """What was said last in the logs of a project, whatever their place, the newest first."""
        return questions.kept(connection, st.NEWEST_OF_PROJECT, {"project": project, "most": most})

    @question
    def last_here(self, connection: sql.Connection, place: str, most: int) -> list[Kept]:
        """What was said last in the logs of a place, whatever their project, the newest first."""
        return questions.kept(connection, st.NEWEST_OF_PLACE, {"place": place, "most": most})

    @question
    def called(self, connection: sql.Connection, entry_id: str) -> Kept | None:
        """The entry with this id."""
        return next(iter(questions.kept(connection, st.ENTRY, {"id": entry_id})), None)
