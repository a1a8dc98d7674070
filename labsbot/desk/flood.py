"""What one sender says comes in, one by one; whether it is too much goes out: too many lines, or too many bytes.

Pure, but for what it remembers of as long as a limit counts: it is told what time it is, and says nothing to anybody.
"""

from __future__ import annotations

import functools
import ipaddress
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from labsbot.model import Sender

MOST_TOLD = 32
"""Of those who are counted as one sender, so many are told one by one; then one hears it for all others."""

Key = tuple[str, str, str]
"""A network, a channel and a sender."""


@dataclass(frozen=True, slots=True)
class Pass:
    """It is within the limit."""


@dataclass(frozen=True, slots=True)
class FirstOver:
    """It is beyond the limit, and who said it has not been told so yet in this flood."""

    until: datetime
    """From when on a line is taken again."""
    most: int
    """What of the limit is open to them."""
    shared: bool
    """Others have used it up with them, or without them."""
    for_all: bool
    """Nobody else is told for a while."""
    each_time: bool = False
    """They are told whenever they are beyond it."""


@dataclass(frozen=True, slots=True)
class Over:
    """It is beyond the limit, and who said it knows."""


def key_of(network: str, channel: str, sender: Sender, behind: str = "") -> Key:
    """Who a sender is here: their account; without one their host, for a nick and a user (ident) are anybody's choice;
    where the network tells no host, the nick.

    Of those `behind` a relay, by the name that it gives, each is counted alone: what one of them does costs no other.
    """
    who = f"host {_host(sender.host)}" if sender.host else f"nick {sender.folded or sender.nick}"
    if sender.account is not None:
        who = f"account {sender.account}"
    return network, channel, f"{who} for {behind}" if behind else who


def individual(sender: Sender) -> str:
    """Which one of those that have an account, or a host, in common: an account is one person, whatever its nick."""
    return "" if sender.account is not None else sender.folded or sender.nick


@functools.lru_cache(maxsize=1000)
def _host(host: str) -> str:
    """A host as it is counted: of IPv6, one line of a household has all addresses that begin alike (RFC 6177)."""
    try:
        address = ipaddress.IPv6Address(host.strip("[]"))
    except ValueError:
        return host.casefold()
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


@dataclass(slots=True)
class _Flow:
    """What one sender said in one channel of late."""

    window: timedelta
    taken: deque[tuple[datetime, int, str]] = field(default_factory=deque)
    """When, how much, and from whom; the oldest first. What follows is counted of it, not summed up at each line."""
    much: int = 0
    """All of that together."""
    by: Counter[str] = field(default_factory=Counter)
    """How often each of them is among it."""
    refused: dict[str, datetime] = field(default_factory=dict)
    """Who was told, and when last something of theirs was refused."""
    told_all: datetime | None = None
    """When somebody was told for all who find no place among those."""

    def over(self, now: datetime) -> bool:
        """Nothing of it matters any more."""
        last = [self.taken[-1][0]] if self.taken else []
        return not any(self.recent(then, now) for then in (*last, *self.refused.values()))

    def recent(self, then: datetime, now: datetime) -> bool:
        # what seems to come later was said before the clock was set back: it would block its sender for as long
        return timedelta(0) <= now - then < self.window

    def forget(self, now: datetime) -> None:
        # what was said before the clock was set back is behind all others
        while self.taken and not self.recent(self.taken[-1][0], now):
            self._uncount(self.taken.pop())
        while self.taken and not self.recent(self.taken[0][0], now):
            self._uncount(self.taken.popleft())
        self.refused = {who: then for who, then in self.refused.items() if self.recent(then, now)}

    def take(self, now: datetime, much: int, who: str) -> None:
        self.taken.append((now, much, who))
        self.much += much
        self.by[who] += 1

    def _uncount(self, taken: tuple[datetime, int, str]) -> None:
        _, much, who = taken
        self.much -= much
        self.by[who] -= 1
        if not self.by[who]:
            del self.by[who]

    def refuse(self, who: str, now: datetime) -> bool:
        """Whether they are to be told."""
        known = who in self.refused
        if known or len(self.refused) < MOST_TOLD:
            self.refused[who] = now
            return not known
        if self.told_all is not None and self.recent(self.told_all, now):
            return False
        self.told_all = now
        return True

    def room_for(self, much: int, most: int) -> datetime:
        """From when on there is room for so much (at most `most`), if nothing else is taken; there is none now."""
        left = most - self.much
        for then, each, _ in self.taken:
            left += each
            if left >= much:
                return then + self.window
        raise AssertionError("more than the limit is never taken")


class Flood:
    """Counts what every sender says in every channel. It remembers nobody longer than the limits reach.

    Several people may be one sender: those behind a relay, and those who come from one host without an account. Each of
    them is told for themselves, up to a number that nobody can raise by changing their name.
    """

    def __init__(self) -> None:
        self._flows: OrderedDict[Key, _Flow] = OrderedDict()
        """The one who has been silent for longest first."""

    def __len__(self) -> int:
        """How many senders it remembers."""
        return len(self._flows)

    def take(
        self,
        key: Key,
        most: int,
        seconds: float,
        now: datetime,
        much: int = 1,
        who: str = "",
        kept: int = 0,
        each_time: bool = False,
    ) -> Pass | FirstOver | Over:
        """Count one line, or so much of it. Within any `seconds` at most `most` passes; what is refused does not count.

        `who` of those who are counted together said it; `kept` of the limit is for those of whom nothing was taken yet.
        `much` is never more than is left without that. A flood ends, for each, when nothing was refused for `seconds`.
        With `each_time` they are told that they are beyond it however often they are.
        """
        self._forget(now)
        flow = self._flows.setdefault(key, _Flow(timedelta(seconds=seconds)))
        self._flows.move_to_end(key)
        flow.forget(now)
        open_to_them = most - kept if who in flow.by else most
        if flow.much + much <= open_to_them:
            flow.take(now, much, who)
            return Pass()
        if not flow.refuse(who, now) and not each_time:
            return Over()
        shared = bool(flow.by.keys() - {who})
        return FirstOver(flow.room_for(much, open_to_them), open_to_them, shared, who not in flow.refused, each_time)

    def _forget(self, now: datetime) -> None:
        while self._flows:
            key, flow = next(iter(self._flows.items()))
            if not flow.over(now):
                return
            del self._flows[key]
