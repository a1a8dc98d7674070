"""What keeps the journal from growing for ever: lines that no network can repeat any more are forgotten.

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
EVERY = timedelta(hours=6)
STEP = 500
"""Lines that one transaction looks at: some milliseconds."""


async def run(journal: Journal, longest: timedelta, now: Callable[[], datetime]) -> None:
    """Forget again and again, until cancelled. `longest`: how old a repeated line may be to be logged."""
    while True:
        await forget(journal, now() - longest - MARGIN)
        await asyncio.sleep(EVERY.total_seconds())


async def forget(journal: Journal, before: datetime) -> None:
    """Forget the lines that were handled before this, once. A journal that fails is tried again later."""
    after: int | None = 0
    try:
        while after is not None:
            after = await journal.forget_lines(before, after, STEP)
    except JournalFailure as failure:
        log.warning("lines of long ago are not forgotten for now: %s", failure)
