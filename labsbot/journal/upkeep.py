"""Forgets what is of no use any more: lines that no network can repeat, and whose an entry is that nobody may correct.

Entries stay. It goes in short steps, and whoever has something to write comes in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from labsbot.journal.journal import Journal
from labsbot.model import JournalFailure

log = logging.getLogger("labsbot.journal")

MARGIN = timedelta(days=30)
"""Lines are remembered for so long beyond the oldest that is logged when it is repeated, should that be set higher."""
EVERY = timedelta(hours=1)
STEP = 500
"""Lines that one transaction looks at: some milliseconds."""


async def run(journal: Journal, longest: timedelta, correct: float, now: Callable[[], datetime]) -> None:
    """Forget again and again, until cancelled.

    `longest`: how old a repeated line may be to be logged; `correct`: for how many seconds an entry may be corrected.
    """
    while True:
        await forget(journal, now() - longest - MARGIN, now() - timedelta(seconds=correct))
        await asyncio.sleep(EVERY.total_seconds())


async def forget(journal: Journal, lines: datetime, hostmasks: datetime) -> None:
    """Forget the lines that were handled before a time, and the hostmasks of what was accepted before another, once.

    A journal that fails is tried again later.
    """
    after: int | None = 0
    try:
        while await journal.forget_hostmasks(hostmasks, STEP):
            pass
        while after is not None:
            after = await journal.forget_lines(lines, after, STEP)
    except JournalFailure as failure:
        log.warning("what is of no use any more is not forgotten for now: %s", failure)
