"""Forgets what is of no use any more: lines that no network can repeat, and whose an entry is that nobody may correct.

Entries stay. It goes in short steps, and whoever has something to write comes in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sql

from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, verb
from labsbot.model import JournalFailure

log = logging.getLogger("labsbot.journal")

MARGIN = timedelta(days=30)
"""Lines are remembered for so long beyond the oldest that is logged when it is repeated, should that be set higher."""
EVERY = timedelta(hours=1)
STEP = 500
"""Lines that one transaction looks at: some milliseconds."""
SPARED = 5000
"""So many lines are remembered however old they seem: more than networks repeat, should the clock have been wrong."""
ANNOUNCED_WITHIN = timedelta(days=1)
"""What could not be announced for so long is no news any more."""


class Upkeep(JournalPart):
    """Goes on beside all else."""

    async def run(self, of_use: Callable[[], tuple[timedelta, timedelta]], now: Callable[[], datetime]) -> None:
        """Forget again and again, until cancelled.

        `of_use`: how old a repeated line may be to be logged, and for how long an entry may be corrected, as it is now.
        """
        while True:
            moment, (longest, correct) = now(), of_use()
            await self.forget(moment - longest - MARGIN, moment - correct, moment - ANNOUNCED_WITHIN)
            await asyncio.sleep(EVERY.total_seconds())

    async def forget(self, lines: datetime, hostmasks: datetime, announcements: datetime) -> None:
        """Forget once the lines that were handled before a time, the hostmasks of what was accepted before another, and
        what was to be announced before a third.

        A journal that fails is tried again later.
        """
        after: int | None = 0
        try:
            await self.forget_announcements(announcements)
            while await self.forget_hostmasks(hostmasks, STEP):
                pass
            while after is not None:
                after = await self.forget_lines(lines, after, STEP)
        except JournalFailure as failure:
            log.warning("what is of no use any more is not forgotten for now: %s", failure)

    @verb
    def forget_lines(self, connection: sql.Connection, before: datetime, after: int, most: int) -> int | None:
        """Forget lines that were handled before a time; a short step of the way, from the number `after` on.

        Looks at no more than `most` of them. Returns where the next step begins; None: that was the last one. The
        newest ones stay, however old they are by a clock that may have been wrong.
        """
        step = {"after": after, "most": most, "spared": SPARED}
        end = connection.execute(st.END_OF_STEP, step).one()
        connection.execute(st.FORGET_LINES, {"after": after, "last": end.last or 0, "before": before})
        return int(end.last) if end.lines == most else None  # lines that come meanwhile are for another time

    @verb
    def forget_hostmasks(self, connection: sql.Connection, before: datetime, most: int) -> int:
        """Forget whose entries and changes were that were accepted before a time, at most so many; returns how many."""
        limit = {"before": before, "most": most}
        return sum(connection.execute(forget, limit).rowcount for forget in st.FORGET_HOSTMASKS)

    @verb
    def forget_announcements(self, connection: sql.Connection, before: datetime) -> None:
        """Give up to announce what was to be announced before a time."""
        connection.execute(st.FORGET_ANNOUNCEMENTS, {"before": before})
