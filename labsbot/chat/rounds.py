"""What the ways from the journal back to channels share: to look again at each news, and to name entries in the log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from labsbot.model import JournalFailure

AFTER_FAILURE = 10.0
"""Seconds until it is tried again where the journal fails."""
MOST_IDS = 20
"""Entries that are named in one line of the log."""


async def at_each_news(news: asyncio.Event, tell: Callable[[], Awaitable[float | None]], log: logging.Logger) -> None:
    """Have all that can be said told whenever there is news, until cancelled; `tell` returns the seconds until there is
    more to say by itself, if ever."""
    while True:
        news.clear()
        try:
            wait = await tell()
        except JournalFailure as failure:
            log.error("nothing can be announced: %s", failure)
            wait = AFTER_FAILURE
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await news.wait()


def some(ids: Sequence[str]) -> str:
    """These ids, as far as a line of the log has room."""
    named = " ".join(ids[:MOST_IDS])
    return f"{named} and {len(ids) - MOST_IDS} more" if len(ids) > MOST_IDS else named
