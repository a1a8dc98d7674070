"""All that networks tell goes in, in its order; the front desk's words come out, and what was missed is told.

Live lines go straight on to the desk. Of the lines that a network repeats from its history those go on that may have
been missed, and what the desk has to say about them becomes one line for each person. It does not read a line.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Protocol

from labsbot.desk.answer import About
from labsbot.desk.in_turn import InTurn
from labsbot.desk.irc_lines import Reply
from labsbot.model import CaughtUp, Entered, JournalFailure, News, Presence, Present, Privmsg
from labsbot.settings import Network

log = logging.getLogger("labsbot.desk.catchup")

Place = tuple[str, str]
"""A network and a channel."""


class PresenceJournal(Protocol):
    """What is asked of the journal here."""

    async def presences(self) -> dict[Place, Presence]: ...
    async def heard(self, network: str, channel: str, heard: Presence) -> None: ...


MOST_NAMED = 10
"""People who are named in one line."""


@dataclass(frozen=True, slots=True)
class _Owed:
    """An answer that waits until everything has been repeated."""

    said: datetime
    nick: str
    reply: Reply


class CatchUp:
    """`begin` once, then `hear` everything, one after the other, and finish it in the same order."""

    def __init__(
        self,
        journal: PresenceJournal,
        desk: Callable[[Privmsg], Awaitable[Reply | None]],
        networks: Sequence[Network],
    ) -> None:
        self._journal = journal
        self._desk = desk
        self._networks: dict[str, Network] = {}
        self._zones: dict[Place, tzinfo] = {}
        self.take_up(networks)
        self._presences: dict[Place, Presence] = {}
        self._owed: dict[Place, list[_Owed]] = {}
        self.gaps: Counter[Place] = Counter()
        """How often what was said in a channel while we were away was missed."""

    def take_up(self, networks: Sequence[Network]) -> None:
        """Let these settings of the networks hold from now on.

        Where we are to be no longer, the last ones do: what was heard there before is still dealt with.
        """
        self._networks |= {network.name: network for network in networks}
        self._zones |= {
            (network.name, channel.name): channel.page.time_zone for network in networks for channel in network.channels
        }

    async def begin(self) -> None:
        """Read what was heard before we were started. Raises JournalFailure."""
        self._presences = await self._journal.presences()

    def heard_until(self, network: str, channel: str) -> datetime | None:
        """Until when everything that was said in a channel has been dealt with; None: we never were there."""
        presence = self._presences.get((network, channel))
        return presence.until if presence else None

    def hear(self, news: News) -> InTurn[list[Reply]]:
        """Begin to deal with one piece of news; finished, in its turn, it gives what to say.

        So until when a channel was heard is kept when all that was said there until then has been dealt with.
        """
        match news:
            case Privmsg() if self._goes_on(news):
                return InTurn(partial(self._answer, news, self._desk(news)))
            case Entered(network, channel, at):  # what is repeated next is measured by it
                self._presences.setdefault((network, channel), Presence(at, at))
        return InTurn(partial(self._note, news))

    async def _note(self, news: News) -> list[Reply]:
        match news:
            case Entered(network, channel):
                await self._keep((network, channel), self._presences[network, channel])
            case CaughtUp(network, channel, at):
                replies = [*self._answers((network, channel)), *self._gap(news)]
                await self._heard_until((network, channel), at)
                return replies
            case Present(network, channel, until):
                await self._heard_until((network, channel), until)
        return []

    async def _heard_until(self, place: Place, until: datetime) -> None:
        await self._keep(place, replace(self._presences.get(place, Presence(until, until)), until=until))

    async def _keep(self, place: Place, presence: Presence) -> None:
        self._presences[place] = presence
        try:
            await self._journal.heard(*place, presence)
        except JournalFailure as failure:
            # what it says is older than the truth, which costs a few lines more at the next start
            log.error("until when %s was heard is not kept: %s", place[1], failure)

    # --- lines that are repeated

    async def _answer(self, line: Privmsg, outcome: Awaitable[Reply | None]) -> list[Reply]:
        reply = await outcome
        if reply is None:
            return []
        if not line.replayed or reply.about is About.NOTE or reply.target != line.channel:
            return [reply]  # what is no refusal, or for one person alone, is not put together with others
        assert line.server_time is not None, "else it would not have gone on"
        owed = self._owed.setdefault((line.network, line.channel), [])
        owed.append(_Owed(line.server_time, reply.speaker or line.sender.nick, reply))
        return []

    def _goes_on(self, line: Privmsg) -> bool:
        """Whether the desk is to hear a line: it is said now, or is repeated and may have been missed."""
        if not line.replayed:
            return True
        said = line.server_time
        if line.channel is None or said is None:
            return False
        presence = self._presences.get((line.network, line.channel))
        longest = timedelta(seconds=self._networks[line.network].catch_up)
        return presence is not None and said >= max(presence.since, line.arrived - longest)

    def _answers(self, place: Place) -> list[Reply]:
        """One line for each person about what they said while we were away; one for all that proves too little."""
        owed = self._owed.pop(place, [])
        answers: dict[str, list[_Owed]] = {}
        for each in owed:
            answers.setdefault("" if each.reply.about is About.UNPROVEN else each.nick, []).append(each)
        return [
            Reply(*place, self._about_unproven(place, of_one) if nick == "" else self._about_one(place, nick, of_one))
            for nick, of_one in answers.items()
        ]

    def _about_one(self, place: Place, nick: str, owed: Sequence[_Owed]) -> str:
        """What a person hears, with the clock at which each line was said, in the order of the lines."""
        text = owed[-1].reply.text
        if len(owed) == 1:
            return f"{text} (You said it at {self._clock(place, owed[0].said)}.)"
        words = text.removeprefix(f"{nick}: ").removeprefix("Not logged: ")
        return f"{nick}: {len(owed)} lines from {self._from_to(place, owed)} not logged. The last: {words}"

    def _about_unproven(self, place: Place, owed: Sequence[_Owed]) -> str:
        nicks = list(dict.fromkeys(each.nick for each in owed))
        named = ", ".join(nicks[:MOST_NAMED]) + (f" and {len(nicks) - MOST_NAMED} more" if nicks[MOST_NAMED:] else "")
        lines = "1 line" if len(owed) == 1 else f"{len(owed)} lines"
        return (
            f"{named}: {lines} from {self._from_to(place, owed)} not logged: said while I was away, and the network"
            " does not repeat who was logged in. Please say it again."
        )

    def _from_to(self, place: Place, owed: Sequence[_Owed]) -> str:
        first, last = self._clock(place, owed[0].said), self._clock(place, owed[-1].said)
        return first if len(owed) == 1 else f"{first}–{last}"

    def _gap(self, news: CaughtUp) -> list[Reply]:
        """What is to be said where a network does not repeat what we missed, or not all of it."""
        place = (news.network, news.channel)
        presence = self._presences.get(place)
        if presence is None or presence.until in (presence.since, news.at):
            return []
        known = (news.since or presence.until) if news.repeated else news.at
        if known <= presence.until:
            return []
        self.gaps[place] += 1
        log.warning(
            "%s: missed what was said in %s from %s to %s: the network does not repeat it",
            *place,
            *(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (presence.until, known)),
        )
        if not self._networks[news.network].tell_gaps:
            return []
        away = f"{self._clock(place, presence.until)} to {self._clock(place, known)}"
        return [Reply(*place, f"I was away from {away}. Please repeat what you logged in that time.")]

    def _clock(self, place: Place, moment: datetime) -> str:
        return f"{moment.astimezone(self._zones[place]):%H:%M}"
