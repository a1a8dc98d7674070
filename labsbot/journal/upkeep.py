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
ANNOUNCED_WITHIN = timedelta(days=1)
"""What could not be announced for so long is no news any more."""


async def run(journal: Journal, longest: timedelta, correct: float, now: Callable[[], datetime]) -> None:
    """Forget again and again, until cancelled.

    `longest`: how old a repeated line may be to be logged; `correct`: for how many seconds an entry may be corrected.
    """
    while True:
        moment = now()
        await forget(journal, moment - longest - MARGIN, moment - timedelta(seconds=correct), moment - ANNOUNCED_WITHIN)
        await asyncio.sleep(EVERY.total_seconds())


async def forget(journal: Journal, lines: datetime, hostmasks: datetime, announcements: datetime) -> None:
    """Forget once the lines that were handled before a time, the hostmasks of what was accepted before another, and
    what was to be announced before a third.

    A journal that fails is tried again later.
    """
    after: int | None = 0
    try:
        await journal.forget_announcements(announcements)
        while await journal.forget_hostmasks(hostmasks, STEP):
            pass
        while after is not None:
            after = await journal.forget_lines(lines, after, STEP)
    except JournalFailure as failure:
        log.warning("what is of no use any more is not forgotten for now: %s", failure)
