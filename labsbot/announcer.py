"""The way from the journal back to the channel: what became of each entry, told at most once, one line per person.

Reads the journal and hands lines to whoever can say them; decides when something is late, nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from labsbot.model import Delivery, DeliveryState, JournalFailure, Told, Untold

log = logging.getLogger("labsbot.announcer")

LATE = 10.0
"""Seconds that an entry may be under way before its sender hears that it is late."""
GATHERED = 3.0
"""Seconds for which news may wait for what else of the same person is under way, to be one line with it."""
SILENT = "it has not answered yet"
_CODE = re.compile(r" \([^()]+\)\Z")


class Journal(Protocol):
    """What the announcer asks of the journal."""

    def listen(self) -> asyncio.Event: ...
    async def untold(self, late: int) -> Untold: ...
    async def tell(self, deliveries: Sequence[Delivery], told: Told) -> None: ...


class Channels(Protocol):
    """The networks, as far as the announcer needs them."""

    def present(self, network: str, channel: str) -> bool: ...
    def say(self, network: str, channel: str, text: str) -> bool: ...


_Subject = tuple[str, str, str, Told, Told]
"""Network, channel, nick, what they have heard, and what they are to hear."""


class Announcer:
    """Tells what the journal says; `run` until cancelled."""

    def __init__(self, journal: Journal, channels: Channels, clock: Callable[[], float]) -> None:
        """`clock` counts seconds and never goes back: what is late does not depend on the time of day."""
        self._journal = journal
        self._channels = channels
        self._clock = clock
        self._news = journal.listen()
        self._late = 0
        """All deliveries up to this one have had their time."""
        self._marks: deque[tuple[float, int]] = deque()
        """Until when the younger ones have theirs. After a start that is everything: what waited while we were not
        running is late only if it still waits when the wiki has had its time."""
        self._held: dict[_Subject, float] = {}
        """Until when news waits for more."""

    async def run(self) -> None:
        while True:
            self._news.clear()
            try:
                wait = await self.tell()
            except JournalFailure as failure:
                log.error("nothing can be announced: %s", failure)
                wait = LATE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def tell(self) -> float | None:
        """Say everything that can be said now; returns the seconds until there is more to say by itself, if ever."""
        now = self._clock()
        while self._marks and self._marks[0][0] <= now:
            self._late = self._marks.popleft()[1]
        untold = await self._journal.untold(self._late)
        more = self._mark(untold.newest, now)
        for subject, deliveries in self._ripe(untold, now).items():
            network, channel, nick, _, told = subject
            await self._journal.tell(deliveries, told)  # before it is said: a crash here must not say it twice
            if self._channels.say(network, channel, f"{nick}: {words(told, deliveries)}"):
                log.info("announced %s: %s", told.value, " ".join(each.entry.id for each in deliveries))
        moments = [*more, *(until for until, _ in self._marks), *self._held.values()]
        return min(moments) - now if moments else None

    def _mark(self, newest: int, now: float) -> list[float]:
        """Give what came since the last mark its time; or say when, so that a burst is late together, in one line."""
        until, marked = self._marks[-1] if self._marks else (-math.inf, self._late)
        if newest <= marked:
            return []
        if until - LATE + GATHERED > now:
            return [until - LATE + GATHERED]
        self._marks.append((now + LATE, newest))
        return []

    def _ripe(self, untold: Untold, now: float) -> dict[_Subject, list[Delivery]]:
        """What is to be said now; what may still be said together with more is held a moment."""
        news: dict[_Subject, list[Delivery]] = {}
        for telling in untold.tellings:
            entry = telling.delivery.entry
            # Where we are not present it waits until we are: `ready` of the network rings.
            if self._channels.present(entry.network, entry.channel):
                subject = (entry.network, entry.channel, entry.nick, telling.told, _TOLD[telling.delivery.state])
                news.setdefault(subject, []).append(telling.delivery)
        held = {
            subject: self._held.get(subject, now + GATHERED)
            for subject in news
            if subject[:4] in untold.under_way and subject[4] is not Told.LATE
        }
        self._held = {subject: until for subject, until in held.items() if until > now}
        return {subject: deliveries for subject, deliveries in news.items() if subject not in self._held}


_TOLD = {
    DeliveryState.PENDING: Told.LATE,
    DeliveryState.PARKED: Told.PARKED,
    DeliveryState.DELIVERED: Told.LOGGED,
}


def words(told: Told, deliveries: Sequence[Delivery]) -> str:
    """What one person hears about their deliveries (at least one, oldest first), without the address."""
    first, newest = deliveries[0], deliveries[-1]
    one = len(deliveries) == 1
    # The wiki's own code, at its end, is for operators.
    cause = _CODE.sub("", newest.cause or SILENT)
    if told is Told.LOGGED:
        if one:
            return f"Logged at {newest.url}"
        return f"Logged {len(deliveries)} entries ({_from_to(first, newest)}) at {newest.url}"
    if told is Told.LATE:
        if one:
            return f"Saved, not on the wiki yet: {cause}. It keeps its time."
        return f"Saved {len(deliveries)} entries, not on the wiki yet: {cause}. They keep their times."
    if one:
        return f"Kept but not logged: {cause}. An operator has to look (entry {first.entry.id})."
    more = f" and {len(deliveries) - 1} more"
    return f"Kept but not logged: {cause}. An operator has to look (entry {first.entry.id}{more})."


def _from_to(first: Delivery, newest: Delivery) -> str:
    if first.log_day == newest.log_day:
        return f"{first.clock}–{newest.clock}"
    return f"{first.log_day} {first.clock} – {newest.log_day} {newest.clock}"
