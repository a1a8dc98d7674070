"""Catch up with what was said while we were away: what we hear goes in, what to ask and when it has ended comes out.

Pure. Where the server offers it (IRCv3 *chathistory*), we ask page by page. Any other server, or a bouncer, repeats by
itself what it has, before it answers our PING.
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
"""We ask again for so much that we have heard already: the server's clock may differ from ours."""
MARK = "caught up with "


@dataclass(slots=True)
class _CatchingUp:
    """A channel that we joined, while lines of its history may come."""

    asked: str = ""
    """After which line the server should repeat; empty: it was not asked, and repeats what it likes."""
    repeated: bool = False
    since: datetime | None = None
    """How far back it goes, where the server was not asked."""


class History:
    def __init__(self, isupport: Isupport, caps: AbstractSet[str]) -> None:
        """`caps`: the capabilities in force; they are looked up each time."""
        self._isupport = isupport
        self._caps = caps
        self._channels: dict[str, _CatchingUp] = {}
        self._unmarked: dict[str, _CatchingUp] = {}
        """Those without a PING that marks their end. One PING at most is open: joining many channels is no flood."""
        self._marked: dict[str, _CatchingUp] = {}
        """Those whose end is marked by the open PING."""

    def catch_up(self, channel: str, since: datetime | None) -> Events:
        """After joining, learn what was said since then (None: nothing is wanted); a HistoryEnded ends it."""
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
        """A line of its history arrived."""
        if channel in self._channels:
            self._channels[channel].repeated = True

    def give_up(self, channel: str) -> Events:
        """Stop waiting: the server does not end its history."""
        over = self._over(channel, repeated=False)
        if channel in self._marked:
            self._marked = {}
        return [*over, *self._mark()]

    def forget(self, channel: str) -> None:
        """We are no longer there."""
        self._channels.pop(channel, None)
        self._unmarked.pop(channel, None)

    def page_ended(self, channel: str, batch: Batch) -> Events:
        """Ask for the next page; after a page that brought nothing new we have caught up."""
        catching_up = self._channels.get(channel)
        if catching_up is None:
            return []
        if not catching_up.asked:
            # a bouncer's playback begins where we left; a server's history may begin later than that
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
        # a channel that we left and joined again in between has a PING of its own
        over = {name: each for name, each in self._marked.items() if self._channels.get(name) is each}
        self._marked = {}
        ends = [event for name, each in over.items() for event in self._over(name, each.repeated, each.since)]
        return [*ends, *self._mark()]

    def failed(self, line: Line, ours: Callable[[str], str]) -> Events:
        """FAIL (IRCv3 *standard replies*): some servers do not say which channel they mean."""
        if line.command != "FAIL" or line.param(0).upper() != "CHATHISTORY":
            return []
        asked = [channel for channel, catching_up in self._channels.items() if catching_up.asked]
        meant = [channel for channel in asked if any(ours(word) == channel for word in line.params)] or asked
        return [event for channel in meant for event in self._over(channel, repeated=False)]

    def _ask(self, channel: str, after: str) -> Events:
        self._channels[channel].asked = after
        line = f"CHATHISTORY AFTER {channel} {after} {self._isupport.page}"
        return [Send(line, free=False, about=f"CHATHISTORY {channel}")]

    def _references(self, line: Line) -> list[str]:
        """How CHATHISTORY can refer to a line, the best way first.

        A page can end between two lines of the same time, so that time is asked for once more.
        """
        if self._isupport.refers_by_msgid and line.msgid:
            return [f"msgid={line.msgid}"]
        said = server_time(line.tags.get("time", ""))
        before = [] if said is None else [said - timedelta(milliseconds=1), said]
        return [f"timestamp={stamp(moment)}" for moment in before]

    def _over(self, channel: str, repeated: bool, since: datetime | None = None) -> Events:
        return [HistoryEnded(channel, repeated, since)] if self._channels.pop(channel, None) else []
