"""The way from the journal back to the channel: what became of each entry, told at most once, one line per person.

Reads the journal and hands lines to whoever can say them; decides when something is late, nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import math
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from labsbot.chat.links import EntryLinks
from labsbot.chat.rounds import at_each_news, some
from labsbot.chat.words import Request, words
from labsbot.model import ChangeKind, Delivery, DeliveryState, Importance, Telling, Told, Untold

log = logging.getLogger("labsbot.chat.announcer")

LATE = 10.0
"""Seconds that an entry may be under way before its sender hears that it is late."""
GATHERED = 3.0
"""Seconds for which news may wait for what else of the same person is under way, to be one line with it."""
AGAIN, LONGEST_WAIT = 5.0, 160.0
"""Seconds until somebody is told again what a channel did not let us say: the first time, and at most."""


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
    kind: ChangeKind | None
    """What was asked for; None: an entry."""
    cause: str | None
    """Why something is parked, or was left alone: each cause is told by itself."""
    alone: str | None
    """A request that became one thing on one log and another on others; it is told by itself."""

    @property
    def person(self) -> tuple[str, str, str]:
        return self.network, self.channel, self.nick


@dataclass(frozen=True, slots=True)
class _Line:
    """What was recorded as told, and said."""

    subject: _Subject
    requests: Sequence[Request]

    @property
    def deliveries(self) -> list[Delivery]:
        return [delivery for request in self.requests for delivery in request]


class Announcer:
    """Tells what the journal says; `run` until cancelled."""

    def __init__(
        self, journal: TellingJournal, channels: ChannelVoice, clock: Callable[[], float], operator: str = "An operator"
    ) -> None:
        """`clock` counts seconds and never goes back: what is late does not depend on the time of day. `operator`: who
        is named where one has to look."""
        self._journal = journal
        self._channels = channels
        self._clock = clock
        self._operator = operator
        self._links = EntryLinks()
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

    def take_up(self, operator: str, links: EntryLinks) -> None:
        """Name this operator and these addresses from now on."""
        self._operator = operator
        self._links = links

    async def run(self) -> None:
        await at_each_news(self._news, self.tell, log)

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
            for subject, requests in news.items():
                if subject not in held and self._channels.takes(subject.network, subject.channel):
                    await self._say(_Line(subject, requests))
            after = untold.after
        self._held = held
        moments = [*self._mark(untold.newest, now), *(until for until, _ in self._marks), *held.values()]
        return max(min(moments) - now, 0.0) if moments else None

    def _places(self) -> list[Place]:
        """Where something can be said now. Elsewhere it waits until then: `ready` of the network rings."""
        return [place for place in self._channels.places() if self._channels.takes(*place)]

    async def _say(self, line: _Line) -> None:
        subject = line.subject
        # Before it is said: a crash here must not say it twice. There is room, so it will be said, or come back.
        await self._journal.tell(line.deliveries, subject.told)
        requests = [[self._links.of(delivery) for delivery in request] for request in line.requests]
        text = f"{subject.nick}: {words(subject.told, requests, self._operator)}"
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

    def _gather(self, untold: Untold) -> dict[_Subject, list[Request]]:
        """What each person is to hear, the oldest first."""
        requests: dict[str, list[Telling]] = {}
        for telling in untold.tellings:
            requests.setdefault(telling.delivery.id, []).append(telling)
        news: dict[_Subject, list[Request]] = {}
        for tellings in requests.values():
            request = [telling.delivery for telling in tellings]
            subject = _subject(request, tellings[0].told)
            # Of several logs one may be there and another parked: that is told once, not at each news.
            if any(telling.told is not subject.told for telling in tellings):
                news.setdefault(subject, []).append(request)
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


def _subject(request: Request, before: Told) -> _Subject:
    """Of whom, and with what, a request is told."""
    first = request[0]
    states = {delivery.state for delivery in request}
    asked = first.entry if first.change is None else first.change
    told = Told.LATE if DeliveryState.PENDING in states else Told.LOGGED
    if DeliveryState.PARKED in states and told is not Told.LATE:
        told = Told.PARKED
    cause = next((each.cause for each in request if each.state in _WITH_CAUSE), None) if told is not Told.LATE else None
    alone = first.id if len(states) > 1 and told is not Told.LATE else None
    kind = None if first.change is None else first.change.kind
    return _Subject(asked.network, asked.channel, asked.nick, before, told, kind, cause, alone)


_WITH_CAUSE = {DeliveryState.PARKED, DeliveryState.LEFT}


def _ids(deliveries: Sequence[Delivery]) -> str:
    return some([delivery.entry.id for delivery in deliveries])
