"""What is parked by something that can pass: when it is tried again by itself, and what it takes along.

A page is unprotected, an account unblocked, a filter switched off, and nobody thinks of the bot. What was parked so is
tried again ever more seldom; one of a page stands for all that wait there for the same, and takes them along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from labsbot.model import Delivery, Hindrance, Log

FIRST = {
    Hindrance.PAGE: timedelta(minutes=5),
    Hindrance.SIZE: timedelta(minutes=5),
    Hindrance.TEXT: timedelta(hours=1),
    Hindrance.ELSEWHERE: timedelta(minutes=5),
}
MOST = {
    Hindrance.PAGE: timedelta(hours=1),
    Hindrance.SIZE: timedelta(hours=1),
    # Each try is a hit in the filter's own log, which people read.
    Hindrance.TEXT: timedelta(days=1),
    Hindrance.ELSEWHERE: timedelta(days=1),
}
SPACED = 10.0
"""Seconds between two tries at one wiki, whatever is parked there."""


def wait(hindrance: Hindrance, refusals: int) -> timedelta:
    """How long it is left alone after so many refusals."""
    return min(MOST[hindrance], FIRST[hindrance] * (1 << min(max(refusals, 1) - 1, 16)))


class HinderedJournal(Protocol):
    async def hindered(self, by: Hindrance) -> list[Log]: ...
    async def put_off(self, by: Hindrance, logs: Sequence[Log], next_try: datetime) -> None: ...
    async def release(self, by: Hindrance, logs: Sequence[Log]) -> int: ...


class Again:
    """What is parked for one wiki and will be tried again."""

    def __init__(self, journal: HinderedJournal, title: Callable[[Log], str], now: Callable[[], datetime]) -> None:
        """`title` says to which page a log's entries go, after redirects; `now` gives the time in UTC."""
        self._journal = journal
        self._title = title
        self._now = now
        self._free: set[str] = set()
        """Pages of which nothing is parked that the page itself hinders, as far as this process knows."""
        self._blamed: set[str] = set()
        """Pages that were refused with whatever was sent there, after some entries were taken for the cause."""

    def due_in(self, when: datetime) -> float:
        """In how many seconds something is tried that is to be tried then."""
        seconds = (when - self._now()).total_seconds()
        # Longer than it ever takes: the clock was wrong when it was parked.
        return 0.0 if seconds > max(MOST.values()).total_seconds() else max(seconds, 0.0)

    async def refused(self, title: str, deliveries: Sequence[Delivery], hindrance: Hindrance) -> datetime:
        """These are to be parked for this; returns when they are tried again. What waits with them waits, too."""
        again = self._now() + wait(hindrance, 1 + max(delivery.refusals for delivery in deliveries))
        self._free.discard(title)
        if any(delivery.hindrance for delivery in deliveries) and hindrance is not Hindrance.TEXT:
            await self._journal.put_off(hindrance, await self._there(title, deliveries, hindrance), again)
        return again

    def blame(self, title: str) -> None:
        """It is the page that the wiki refuses: the texts that were parked for it before are due with the others."""
        self._blamed.add(title)

    async def went_through(self, title: str, deliveries: Sequence[Delivery]) -> int:
        """These stand on the page: what else is parked there for the same is due. Returns how much that is."""
        freed = {delivery.hindrance for delivery in deliveries if delivery.hindrance}
        if title not in self._free:
            self._free.add(title)
            freed.add(Hindrance.PAGE)
        if title in self._blamed:
            self._blamed.discard(title)
            freed.add(Hindrance.TEXT)
        return sum([await self._journal.release(by, await self._there(title, deliveries, by)) for by in freed])

    async def _there(self, title: str, deliveries: Sequence[Delivery], by: Hindrance) -> list[Log]:
        """The logs of which something is parked for this, at the page that these went to."""
        same = {delivery.log for delivery in deliveries}
        hindered = await self._journal.hindered(by)
        return [log for log in hindered if log in same or self._title(log) == title]
