"""What is removed for good: an entry is redacted, and once its pages say nothing of it any more, neither does the file.

See the decision "Removed for everybody at once, erased at the end".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import sqlalchemy as sql

from labsbot.journal import acceptance, sqlite
from labsbot.journal import statements as st
from labsbot.journal.acceptance import Decide
from labsbot.journal.transactions import JournalPart, Transactions, question, verb
from labsbot.model import Edit, Sent

T = TypeVar("T")


class Erasures(JournalPart):
    """Texts that must not be read again."""

    def __init__(self, transactions: Transactions) -> None:
        super().__init__(transactions)
        self.is_rewritten = False
        """The file is written anew at this moment, which takes as long as it takes."""

    async def redact(self, entry_id: str, decide: Decide[T], gateway: timedelta) -> tuple[T, bool]:
        """As `KeptEntries.correct`, where all that an entry ever said is to go; from then on nobody reads it here.

        Nothing of it is sent before `gateway` is over since what was sent with it was given up.
        """
        return await self._transactions.writer.write(
            lambda connection: acceptance.redact(connection, entry_id, decide, gateway),
            lambda _: self._transactions.ring(),
        )

    @question
    def sent_with(self, connection: sql.Connection, entry_ids: Sequence[str]) -> list[Sent]:
        """What attempts have sent in which one of these entries stands, as far as it is kept."""
        found = [row for each in entry_ids for row in connection.execute(st.SENT_WITH, {"id": each})]
        return [Sent(row.batch, row.ended, Edit(**row.edit)) for row in found]

    @verb
    def erase(
        self, connection: sql.Connection, entry_ids: Sequence[str], scrubbed: Mapping[str, Edit]
    ) -> frozenset[str]:
        """Erase the texts of these entries, which are redacted, and put other edits in the place of what was given up,
        by batch. Returns of which it is done: of the others something is still to come to a page. What is erased leaves
        the files by `rewrite` and `empty`."""
        settled = {row.id: row.number for row in connection.execute(st.REDACTED_SETTLED, {"ids": list(entry_ids)})}
        numbers = {"numbers": list(settled.values())}
        for erase in (st.ERASE_ENTRIES, st.ERASE_CHANGES, st.ERASE_FAILURES):
            connection.execute(erase, numbers)
        for batch, edit in scrubbed.items():
            connection.execute(st.ERASE_SENT, {"carrier": batch, "edit": dataclasses.asdict(edit)})
        return frozenset(settled)

    async def rewrite(self) -> None:
        """Have nothing in the journal's file that was erased before. Whoever has something to write waits meanwhile."""
        self.is_rewritten = True
        try:
            await self._transactions.alone(sqlite.rewrite)
        finally:
            self.is_rewritten = False

    async def empty(self) -> bool:
        """The same for what lies beside it. False: somebody reads an older state."""
        return await self._transactions.alone(sqlite.emptied)
