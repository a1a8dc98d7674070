"""What one sender says comes in, one by one; whether it is too much goes out: too many lines, or too many bytes.

Pure, but for what it remembers of as long as a limit counts: it is told what time it is, and says nothing to anybody.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from labsbot.model import Sender

Key = tuple[str, str, str]
"""A network, a channel and a sender."""


@dataclass(frozen=True, slots=True)
class Pass:
    """It is within the limit."""


@dataclass(frozen=True, slots=True)
class FirstOver:
    """It is beyond the limit, and the sender has not been told so yet in this flood."""

    until: datetime
    """From when on a line is taken again."""


@dataclass(frozen=True, slots=True)
class Over:
    """It is beyond the limit, and the sender knows."""


def key_of(network: str, channel: str, sender: Sender, behind: str = "") -> Key:
    """Who a sender is here: their account; without one their host, for a nick and a user (ident) are anybody's choice;
    where the network tells no host, the nick.

    Of those `behind` a relay, by the name that it gives, each is counted alone: what one of them does costs no other.
    """
    who = f"host {_host(sender.host)}" if sender.host else f"nick {sender.folded or sender.nick}"
    if sender.account is not None:
        who = f"account {sender.account}"
    return network, channel, f"{who} for {behind}" if behind else who


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
    taken: list[tuple[datetime, int]] = field(default_factory=list)
    """When, and how much."""
    refused: datetime | None = None
    """When last."""

    def over(self, now: datetime) -> bool:
        """Nothing of it matters any more."""
        return not (self.taken and self.recent(self.taken[-1][0], now)) and not self.recent(self.refused, now)

    def recent(self, then: datetime | None, now: datetime) -> bool:
        # what seems to come later was said before the clock was set back: it would block its sender for as long
        return then is not None and timedelta(0) <= now - then < self.window

    def room_for(self, much: int, most: int) -> datetime:
        """From when on there is room for so much (at most `most`), if nothing else is taken; there is none now."""
        left = most - sum(each for _, each in self.taken)
        for then, each in self.taken:
            left += each
            if left >= much:
                return then + self.window
        raise AssertionError("more than the limit is never taken")


class Flood:
    """Counts what every sender says in every channel. It remembers nobody longer than the limits reach."""

    def __init__(self) -> None:
        self._flows: OrderedDict[Key, _Flow] = OrderedDict()
        """The one who has been silent for longest first."""

    def __len__(self) -> int:
        """How many senders it remembers."""
        return len(self._flows)

    def take(self, key: Key, most: int, seconds: float, now: datetime, much: int = 1) -> Pass | FirstOver | Over:
        """Count one line, or so much of it. Within any `seconds` at most `most` passes; what is refused does not count.

        `much` is never more than `most`. A flood ends when nothing was refused for `seconds`.
        """
        self._forget(now)
        flow = self._flows.setdefault(key, _Flow(timedelta(seconds=seconds)))
        self._flows.move_to_end(key)
        flow.taken = [taken for taken in flow.taken if flow.recent(taken[0], now)]
        if sum(each for _, each in flow.taken) + much <= most:
            flow.taken.append((now, much))
            return Pass()
        told = flow.recent(flow.refused, now)
        flow.refused = now
        return Over() if told else FirstOver(flow.room_for(much, most))

    def _forget(self, now: datetime) -> None:
        while self._flows:
            key, flow = next(iter(self._flows.items()))
            if not flow.over(now):
                return
            del self._flows[key]
