"""The way from the journal to channels that hear what scripts log: each entry is announced once, many in one line.

Reads the journal and hands lines to whoever can say them. An entry is announced when it is on the wiki, or, where that
takes longer, with the word that it is not there yet. Decides when a channel hears something, nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from labsbot.chat.announcements import announcement, is_news, is_there
from labsbot.chat.announcer import LATE, ChannelVoice, Place
from labsbot.chat.links import EntryLinks
from labsbot.chat.rounds import at_each_news, some
from labsbot.model import Importance, Kept, ToAnnounce

log = logging.getLogger("labsbot.chat.script_announcer")

ASKED = 1.0
"""Seconds after which the journal is asked again where there was nothing to say."""
GATHERED = 3.0
"""Seconds for which the first news in a channel waits for more, to be one line with it."""
PAUSE = 10.0
"""Seconds between two lines in a channel: what comes meanwhile is one line."""
PORTION = 2000
"""Entries of which one line tells at most."""
UNKNOWN = 900.0
"""Seconds after which nobody will tell us any more what became of a line."""
NEVER = datetime.min.replace(tzinfo=UTC)


class AnnouncementJournal(Protocol):
    """What is asked of the journal here."""

    def listen(self) -> asyncio.Event: ...
    async def to_announce(self, network: str, channel: str, late: datetime, most: int) -> ToAnnounce: ...
    async def announced(self, network: str, channel: str, entries: Sequence[Kept]) -> None: ...
    async def not_announced(self, network: str, channel: str, entries: Sequence[Kept]) -> None: ...


class ScriptAnnouncer:
    """Announces what the journal says; `run` until cancelled. In each channel one line at most is on its way."""

    def __init__(
        self,
        journal: AnnouncementJournal,
        voice: ChannelVoice,
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        """`clock` counts seconds and never goes back, `now` is the machine's clock (UTC)."""
        self._journal = journal
        self._voice = voice
        self._clock = clock
        self._now = now
        self._news = journal.listen()
        self._places: frozenset[Place] = frozenset()
        self._links = EntryLinks()
        self._begun = now()
        self._next: dict[Place, float] = {}
        """A channel hears nothing before then, and the journal is not asked about it."""
        self._gathering: set[Place] = set()
        """Where there is something to say."""
        self._on_its_way: dict[Place, float] = {}
        """Until when we wait to be told what became of the line there."""
        self._unheard: list[tuple[Place, Sequence[Kept]]] = []
        """What a channel did not let us say: it is still to be announced."""

    def take_up(self, places: Collection[Place], links: EntryLinks) -> None:
        """Announce in these channels from now on."""
        self._places = frozenset(places)
        self._links = links
        self._news.set()

    async def run(self) -> None:
        await at_each_news(self._news, self.tell, log)

    async def tell(self) -> float | None:
        """Say everything that can be said now; returns the seconds until there is more to say by itself, if ever."""
        await self._take_back()
        now = self._clock()
        self._on_its_way = {place: until for place, until in self._on_its_way.items() if until > now}
        moments = [*self._on_its_way.values()]
        for place in sorted(self._places - self._on_its_way.keys()):
            if self._voice.takes(*place) and (next_look := await self._look(place, now)) is not None:
                moments.append(next_look)
        return max(min(moments) - self._clock(), 0.0) if moments else None

    async def _look(self, place: Place, now: float) -> float | None:
        """Say what there is to say in a channel, if it is time; returns when to look again, if it is known."""
        if now < self._next.get(place, now):
            return self._next[place]
        gathered = place in self._gathering
        found = await self._journal.to_announce(*place, self._late(), PORTION if gathered else 1)
        if not found.entries:
            self._gathering.discard(place)
            self._next[place] = now + ASKED
            return self._when_late(found, now)
        if not gathered:
            self._gathering.add(place)
            self._next[place] = now + GATHERED
            return self._next[place]
        await self._say(place, found.entries)
        self._next[place] = now + PAUSE
        return self._next[place]

    def _late(self) -> datetime:
        """What waits since then has had its time. What waited while we were not running gets it anew."""
        late = self._now() - timedelta(seconds=LATE)
        return late if late >= self._begun else NEVER

    def _when_late(self, found: ToAnnounce, now: float) -> float | None:
        if found.next is None:
            return None
        until = max(found.next, self._begun) + timedelta(seconds=LATE)
        return now + max((until - self._now()).total_seconds(), ASKED)

    async def _say(self, place: Place, found: Sequence[Kept]) -> None:
        """Announce what is on the wiki, or else what is not; what nobody needs to hear of is done with."""
        news = [each for each in found if is_news(each)]
        told = [each for each in news if is_there(each)] or news
        no_news = [each for each in found if not is_news(each)]
        # Before it is said: a crash here must not say it twice.
        await self._journal.announced(*place, [*told, *no_news])
        if told:
            self._on_its_way[place] = self._clock() + UNKNOWN
            became = functools.partial(self._became, place, told)
            words = announcement([*map(self._links.of_all, told)])
            self._voice.say(*place, words, Importance.ANNOUNCEMENT, became)

    def _became(self, place: Place, told: Sequence[Kept], arrived: bool) -> None:
        """The network passed a line on, or did not and will not."""
        self._on_its_way.pop(place, None)
        ids = some([each.entry.id for each in told])
        log.info("announced in %s: %s" if arrived else "not announced in %s yet: %s", " ".join(place), ids)
        if not arrived:
            self._unheard.append((place, told))
        self._news.set()

    async def _take_back(self) -> None:
        """What was recorded as announced and not heard is still to be announced."""
        while self._unheard:
            place, told = self._unheard[0]
            await self._journal.not_announced(*place, told)
            del self._unheard[0]
