"""The way from the journal back to the channel: what became of each entry, told once, one line per person.

Reads the journal and hands lines to whoever can say them; decides when something is late, nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from labsbot.model import Delivery, DeliveryState, JournalFailure, Telling, Told

log = logging.getLogger("labsbot.announcer")

LATE = timedelta(seconds=10)
"""How long an entry may be under way before its sender hears that it is late."""
SILENT = "it has not answered yet"


class Journal(Protocol):
    """What the announcer asks of the journal."""

    def listen(self) -> asyncio.Event: ...
    async def to_tell(self) -> list[Telling]: ...
    async def tell(self, deliveries: Sequence[Delivery], told: Told) -> None: ...


class Channels(Protocol):
    """The networks, as far as the announcer needs them."""

    def present(self, network: str, channel: str) -> bool: ...
    def say(self, network: str, channel: str, text: str) -> bool: ...


class Announcer:
    """Tells what the journal says; `run` until cancelled."""

    def __init__(self, journal: Journal, channels: Channels, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._channels = channels
        self._now = now
        self._news = journal.listen()

    async def run(self) -> None:
        # What waited while we were not running is late only if it still waits when the wiki has had its time.
        started = self._now()
        while True:
            self._news.clear()
            try:
                wait = await self.tell(started)
            except JournalFailure as failure:
                log.error("nothing can be announced: %s", failure)
                wait = LATE.total_seconds()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def tell(self, started: datetime) -> float | None:
        """Say everything that can be said now; returns the seconds until the next entry will be late, if any."""
        now = self._now()
        due: dict[tuple[str, str, str, Told], list[Delivery]] = {}
        next_late: list[float] = []
        for telling in await self._journal.to_tell():
            entry = telling.delivery.entry
            late = max(telling.accepted, started) + LATE
            if telling.delivery.state is DeliveryState.PENDING and now < late:
                next_late.append((late - now).total_seconds())
            elif self._channels.present(entry.network, entry.channel):
                # Where we are not present it waits until we are: `ready` of the network rings.
                subject = _TOLD[telling.delivery.state]
                due.setdefault((entry.network, entry.channel, entry.nick, subject), []).append(telling.delivery)
        for (network, channel, nick, told), deliveries in due.items():
            await self._journal.tell(deliveries, told)  # before it is said: a crash here must not say it twice
            if self._channels.say(network, channel, f"{nick}: {words(told, deliveries)}"):
                log.info("announced %s: %s", told.value, " ".join(each.entry.id for each in deliveries))
        return min(next_late, default=None)


_TOLD = {
    DeliveryState.PENDING: Told.LATE,
    DeliveryState.PARKED: Told.PARKED,
    DeliveryState.DELIVERED: Told.LOGGED,
}


def words(told: Told, deliveries: Sequence[Delivery]) -> str:
    """What one person hears about their deliveries (at least one, oldest first), without the address."""
    first, newest = deliveries[0], deliveries[-1]
    one = len(deliveries) == 1
    cause = newest.cause or SILENT
    if told is Told.LOGGED:
        if one:
            return f"Logged at {newest.url}"
        return f"Logged {len(deliveries)} entries ({first.clock}–{newest.clock}) at {newest.url}"
    if told is Told.LATE:
        if one:
            return f"Saved, not on the wiki yet: {cause}. It keeps its time."
        return f"Saved {len(deliveries)} entries, not on the wiki yet: {cause}. They keep their times."
    if one:
        return f"Kept but not logged: {cause}. An operator has to look (entry {first.entry.id})."
    more = f" and {len(deliveries) - 1} more"
    return f"Kept but not logged: {cause}. An operator has to look (entry {first.entry.id}{more})."
