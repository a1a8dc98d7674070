"""Lines of one sender come in, one by one; whether there are too many of them goes out. Pure, but for what it
remembers of the last minute: it is told what time it is, and says nothing to anybody.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from labsbot.model import Sender
from labsbot.settings import Limit

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
    """Who a sender is here: their account; without one their user and host, so that a new nick does not help.

    Of those `behind` a relay, by the name that it gives, each is counted alone: what one of them does costs no other.
    """
    who = f"{sender.user}@{sender.host}" if sender.account is None else f"account {sender.account}"
    return network, channel, f"{who} for {behind}" if behind else who


@dataclass(slots=True)
class _Flow:
    """What one sender said in one channel of late."""

    window: timedelta
    taken: list[datetime] = field(default_factory=list)
    refused: datetime | None = None
    """When last."""

    def over(self, now: datetime) -> bool:
        """Nothing of it matters any more."""
        return not (self.taken and self.recent(self.taken[-1], now)) and not self.recent(self.refused, now)

    def recent(self, then: datetime | None, now: datetime) -> bool:
        # what seems to come later was said before the clock was set back: it would block its sender for as long
        return then is not None and timedelta(0) <= now - then < self.window


class Flood:
    """Counts the lines of every sender in every channel. It remembers nobody longer than the limits reach."""

    def __init__(self) -> None:
        self._flows: OrderedDict[Key, _Flow] = OrderedDict()
        """The one who has been silent for longest first."""

    def __len__(self) -> int:
        """How many senders it remembers."""
        return len(self._flows)

    def take(self, key: Key, limit: Limit, now: datetime) -> Pass | FirstOver | Over:
        """Count one line. Within any `limit.seconds` at most `limit.lines` (1 or more) pass; refused ones do not count.

        A flood ends when nothing was refused for `limit.seconds`.
        """
        self._forget(now)
        flow = self._flows.setdefault(key, _Flow(timedelta(seconds=limit.seconds)))
        self._flows.move_to_end(key)
        flow.taken = [then for then in flow.taken if flow.recent(then, now)]
        if len(flow.taken) < limit.lines:
            flow.taken.append(now)
            return Pass()
        told = flow.recent(flow.refused, now)
        flow.refused = now
        return Over() if told else FirstOver(flow.taken[0] + flow.window)

    def _forget(self, now: datetime) -> None:
        while self._flows:
            key, flow = next(iter(self._flows.items()))
            if not flow.over(now):
                return
            del self._flows[key]
