"""The way from the journal back to the channel: what became of each entry, told at most once, one line per person.

Reads the journal and hands lines to whoever can say them; decides when something is late, nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from labsbot.model import Delivery, DeliveryState, Importance, JournalFailure, Told, Untold

log = logging.getLogger("labsbot.chat.announcer")

LATE = 10.0
"""Seconds that an entry may be under way before its sender hears that it is late."""
GATHERED = 3.0
"""Seconds for which news may wait for what else of the same person is under way, to be one line with it."""
AGAIN, LONGEST_WAIT = 5.0, 160.0
"""Seconds until somebody is told again what a channel did not let us say: the first time, and at most."""
SILENT = "it has not answered yet"
MOST_NAMED = 5
"""Projects that are named in one line."""
MOST_IDS = 20
"""Entries that are named in one line of the log."""
LONGEST = 360
"""Bytes of what one person hears: with their nick, the channel and our hostmask that fits into one line of IRC."""


class TellingJournal(Protocol):
    """What the announcer asks of the journal."""

    def listen(self) -> asyncio.Event: ...
    async def untold(self, late: int, places: Collection[Place], after: int = 0) -> Untold: ...
    async def tell(self, deliveries: Sequence[Delivery], told: Told) -> None: ...
    async def untell(self, deliveries: Sequence[Delivery], told: Told, before: Told) -> None: ...


class ChannelVoice(Protocol):
    """The networks, as far as the announcer needs them."""

    def places(self) -> Collection[Place]: ...
    def takes(self, network: str, channel: str) -> bool: ...
    def say(
        self, network: str, target: str, text: str, importance: Importance, became: Callable[[bool], None]
    ) -> bool: ...


Place = tuple[str, str]
"""A network and a channel."""


class _Subject(NamedTuple):
    """What one person is to hear in one line."""

    network: str
    channel: str
    nick: str
    before: Told
    """What they have heard."""
    told: Told
    """What they are to hear."""
    cause: str | None
    """Why entries are parked: each cause is told by itself."""

    @property
    def person(self) -> tuple[str, str, str]:
        return self.network, self.channel, self.nick


@dataclass(frozen=True, slots=True)
class _Line:
    """What was recorded as told, and said."""

    subject: _Subject
    deliveries: Sequence[Delivery]


class Announcer:
    """Tells what the journal says; `run` until cancelled."""

    def __init__(
        self, journal: TellingJournal, channels: ChannelVoice, clock: Callable[[], float], operator: str = "An operator"
    ) -> None:
        """`clock` counts seconds and never goes back: what is late does not depend on the time of day.

        `operator` is who is named where one has to look.
        """
        self._journal = journal
        self._channels = channels
        self._clock = clock
        self._operator = operator
        self._news = journal.listen()
        self._late = 0
        """All deliveries up to this one have had their time."""
        self._marks: deque[tuple[float, int]] = deque()
        """Until when the younger ones have theirs. After a start that is everything: what waited while we were not
        running is late only if it still waits when the wiki has had its time."""
        self._held: dict[_Subject, float] = {}
        """Until when news waits for more."""
        self._unheard: list[_Line] = []
        """What a channel did not let us say: it is still to be told."""
        self._refused: dict[tuple[str, str, str], tuple[float, float]] = {}
        """People to whom a channel did not let us speak: until when we do not try again, and how long that wait is."""

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
        await self._take_back()
        while self._marks and self._marks[0][0] <= now:
            self._late = self._marks.popleft()[1]
        self._refused = {who: (until, wait) for who, (until, wait) in self._refused.items() if until + wait > now}
        held: dict[_Subject, float] = {}
        after: int | None = 0
        while after is not None:
            untold = await self._journal.untold(self._late, self._places(), after)
            news = self._gather(untold)
            held |= self._hold(news, untold, now)
            for subject, deliveries in news.items():
                if subject not in held and self._channels.takes(subject.network, subject.channel):
                    await self._say(subject, deliveries)
            after = untold.after
        self._held = held
        moments = [*self._mark(untold.newest, now), *(until for until, _ in self._marks), *held.values()]
        return max(min(moments) - now, 0.0) if moments else None

    def _places(self) -> list[Place]:
        """Where something can be said now. Elsewhere it waits until then: `ready` of the network rings."""
        return [place for place in self._channels.places() if self._channels.takes(*place)]

    async def _say(self, subject: _Subject, deliveries: Sequence[Delivery]) -> None:
        line = _Line(subject, deliveries)
        # Before it is said: a crash here must not say it twice. There is room, so it will be said, or come back.
        await self._journal.tell(deliveries, subject.told)
        text = f"{subject.nick}: {words(subject.told, deliveries, self._operator)}"
        self._channels.say(
            subject.network, subject.channel, text, Importance.OUTCOME, functools.partial(self._became, line)
        )

    def _became(self, line: _Line, arrived: bool) -> None:
        """The network passed a line on, or did not and will not."""
        if arrived:
            self._refused.pop(line.subject.person, None)
            log.info("announced %s: %s", line.subject.told.value, _ids(line.deliveries))
            return
        log.info("not announced yet: %s", _ids(line.deliveries))
        _, wait = self._refused.get(line.subject.person, (0.0, AGAIN / 2))
        wait = min(2 * wait, LONGEST_WAIT)
        self._refused[line.subject.person] = self._clock() + wait, wait
        self._unheard.append(line)
        self._news.set()

    async def _take_back(self) -> None:
        """What was recorded as told and not heard is still to be told."""
        while self._unheard:
            line = self._unheard[0]
            await self._journal.untell(line.deliveries, line.subject.told, line.subject.before)
            self._unheard.remove(line)

    def _mark(self, newest: int, now: float) -> list[float]:
        """Give what came since the last mark its time; or say when, so that a burst is late together, in one line."""
        until, marked = self._marks[-1] if self._marks else (-math.inf, self._late)
        if newest <= marked:
            return []
        if until - LATE + GATHERED > now:
            return [until - LATE + GATHERED]
        self._marks.append((now + LATE, newest))
        return []

    def _gather(self, untold: Untold) -> dict[_Subject, list[Delivery]]:
        """What each person is to hear, the oldest first."""
        news: dict[_Subject, list[Delivery]] = {}
        for telling in untold.tellings:
            entry, told = telling.delivery.entry, _TOLD[telling.delivery.state]
            cause = telling.delivery.cause if told is Told.PARKED else None
            subject = _Subject(entry.network, entry.channel, entry.nick, telling.told, told, cause)
            news.setdefault(subject, []).append(telling.delivery)
        return news

    def _hold(self, news: Collection[_Subject], untold: Untold, now: float) -> dict[_Subject, float]:
        """What is not to be said yet, and until when: what may still be said together with more, for a moment; and
        what a channel did not let us say just now."""
        held = {}
        for subject in news:
            until, _ = self._refused.get(subject.person, (now, 0.0))
            if subject.told is not Told.LATE and (*subject.person, subject.before) in untold.under_way:
                until = max(until, self._held.get(subject, now + GATHERED))
            if until > now:
                held[subject] = until
        return held


_TOLD = {
    DeliveryState.PENDING: Told.LATE,
    DeliveryState.PARKED: Told.PARKED,
    DeliveryState.DELIVERED: Told.LOGGED,
}


def words(told: Told, deliveries: Sequence[Delivery], operator: str) -> str:
    """What one person hears about their deliveries (at least one, oldest first), without the address."""
    number = len(deliveries)
    newest = deliveries[-1]
    cause = newest.cause or SILENT
    if told is Told.LOGGED:
        return _logged(deliveries)
    if told is Told.LATE:
        if number == 1:
            return f"Saved, not on the wiki yet: {cause}. It keeps its time."
        return f"Saved {number} entries, not on the wiki yet: {cause}. They keep their times."
    more = f" and {number - 1} more" if number > 1 else ""
    return f"Kept but not logged: {cause}. {operator} has to look (entry {deliveries[0].entry.id}{more})."


def _logged(deliveries: Sequence[Delivery]) -> str:
    newest = deliveries[-1]
    if len(deliveries) == 1:
        return f"Logged at {newest.url}"
    head = f"Logged {len(deliveries)} entries ({_from_to(deliveries)})"
    projects = Counter(delivery.log.project for delivery in deliveries)
    if len(projects) == 1:
        return f"{head} at {newest.url}"
    tail = f"the newest at {newest.url}"
    for named in range(MOST_NAMED, 0, -1):
        counts = [f"{number} on {project}" for project, number in projects.most_common(named)]
        if others := len(projects) - len(counts):
            rest = projects.total() - sum(number for _, number in projects.most_common(named))
            counts.append(f"{rest} on {others} {'other' if others == 1 else 'others'}")
        text = f"{head}: {', '.join(counts)}; {tail}"
        if len(text.encode()) <= LONGEST:
            return text
    return f"{head} on {len(projects)} projects; {tail}"


def _from_to(deliveries: Sequence[Delivery]) -> str:
    """The times at which they were said, from the first to the last; the same one is named once."""
    times = [(delivery.log_day, delivery.clock) for delivery in deliveries]
    (first_day, first), (last_day, last) = min(times), max(times)
    if first_day != last_day:
        return f"{first_day} {first} – {last_day} {last}"
    return first if first == last else f"{first}–{last}"


def _ids(deliveries: Sequence[Delivery]) -> str:
    named = " ".join(delivery.entry.id for delivery in deliveries[:MOST_IDS])
    return f"{named} and {len(deliveries) - MOST_IDS} more" if len(deliveries) > MOST_IDS else named
