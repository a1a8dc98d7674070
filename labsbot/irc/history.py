"""Catching up with what was said while we were away: what we hear goes in, what to ask and when it is over comes out.

Pure. A server that lets itself be asked (IRCv3 *chathistory*) is asked page by page; any other repeats on its own what
it has, before it answers our PING.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from labsbot.irc.batches import Batch
from labsbot.irc.capabilities import HISTORY
from labsbot.irc.events import Events, HistoryEnded, Send
from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import Line
from labsbot.irc.times import server_time, stamp

OVERLAP = timedelta(minutes=2)
"""So much of what we know already is asked for again: the server's clock may differ from ours."""
MARK = "caught up with "


@dataclass(slots=True)
class _CatchingUp:
    """On what we entered a channel; until the end of this, lines of its history may come."""

    asked: str = ""
    """After which line we asked the server to repeat; empty: it repeats what it likes."""
    repeated: bool = False
    since: datetime | None = None
    """How far back goes what it repeats on its own."""


class History:
    def __init__(self, isupport: Isupport, caps: AbstractSet[str]) -> None:
        """`caps`: the capabilities in force; what they are is looked up each time."""
        self._isupport = isupport
        self._caps = caps
        self._channels: dict[str, _CatchingUp] = {}
        self._unmarked: dict[str, _CatchingUp] = {}
        """Those whose end no PING marks yet. One is under way at most: many channels entered at once are no flood."""
        self._marked: dict[str, _CatchingUp] = {}
        """Those whose end is marked by the PING that is under way."""

    def catch_up(self, channel: str, since: datetime | None) -> Events:
        """Having entered, learn what was said since then (None: nothing that we want); a HistoryEnded ends it."""
        self._channels[channel] = entered = _CatchingUp()
        if since is not None and not self._caps.isdisjoint(HISTORY):
            return self._ask(channel, f"timestamp={stamp(since - OVERLAP)}")
        self._unmarked[channel] = entered
        return self._mark()

    def _mark(self) -> Events:
        if self._marked or not self._unmarked:
            return []
        self._marked, self._unmarked = self._unmarked, {}
        return [Send(f"PING :{MARK}{next(iter(self._marked))}")]

    def repeats(self, channel: str) -> None:
        """A line of its history came."""
        if channel in self._channels:
            self._channels[channel].repeated = True

    def give_up(self, channel: str) -> Events:
        """The server does not end what it has to repeat."""
        over = self._over(channel, repeated=False)
        if channel in self._marked:
            self._marked = {}
        return [*over, *self._mark()]

    def forget(self, channel: str) -> None:
        """We are there no longer."""
        self._channels.pop(channel, None)
        self._unmarked.pop(channel, None)

    def page_is_over(self, channel: str, batch: Batch) -> Events:
        """The next page; after one that brought nothing new we have caught up."""
        catching_up = self._channels.get(channel)
        if catching_up is None:
            return []
        if not catching_up.asked:
            # a bouncer's playback begins where we left; this is all that the server keeps, be it enough or not
            if batch.kind == "chathistory" and batch.oldest:
                catching_up.repeated = True
                catching_up.since = server_time(batch.oldest.tags.get("time", ""))
            return []
        references = self._references(batch.newest) if batch.newest else []
        further = [reference for reference in references if reference > catching_up.asked or "msgid" in reference]
        if not further or further[0] == catching_up.asked:
            return self._over(channel, repeated=True)
        return self._ask(channel, further[0])

    def pong(self, line: Line) -> Events:
        if not self._marked or line.last != f"{MARK}{next(iter(self._marked))}":
            return []
        # who has left in between, and come back, has a mark of its own
        over = {name: each for name, each in self._marked.items() if self._channels.get(name) is each}
        self._marked = {}
        ends = [event for name, each in over.items() for event in self._over(name, each.repeated, each.since)]
        return [*ends, *self._mark()]

    def failed(self, line: Line, ours: Callable[[str], str]) -> Events:
        """FAIL (IRCv3 *standard replies*): some servers do not say of which channel they speak."""
        if line.command != "FAIL" or line.param(0).upper() != "CHATHISTORY":
            return []
        asked = [channel for channel, catching_up in self._channels.items() if catching_up.asked]
        meant = [channel for channel in asked if any(ours(word) == channel for word in line.params)] or asked
        return [event for channel in meant for event in self._over(channel, repeated=False)]

    def _ask(self, channel: str, after: str) -> Events:
        self._channels[channel].asked = after
        return [Send(f"CHATHISTORY AFTER {channel} {after} {self._isupport.page}", free=False)]

    def _references(self, line: Line) -> list[str]:
        """How CHATHISTORY refers to a line, the best first.

        Several lines can have one time, and the border of a page can be between them: so it is asked for once more.
        """
        if self._isupport.refers_by_msgid and line.msgid:
            return [f"msgid={line.msgid}"]
        said = server_time(line.tags.get("time", ""))
        before = [] if said is None else [said - timedelta(milliseconds=1), said]
        return [f"timestamp={stamp(moment)}" for moment in before]

    def _over(self, channel: str, repeated: bool, since: datetime | None = None) -> Events:
        return [HistoryEnded(channel, repeated, since)] if self._channels.pop(channel, None) else []
