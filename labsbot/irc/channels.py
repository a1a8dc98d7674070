"""What happens to us in our channels goes in, when to ask to be let in (again) comes out. Pure: now is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from labsbot.irc.pace import HEALTHY, wait
from labsbot.settings import Backoff

ANSWERING = 60.0
"""Seconds after which a JOIN that nobody answered is sent again, and a history that nobody sent is given up; and after
which an invitation counts again."""
NEVER = float("inf")


@dataclass(slots=True)
class _Channel:
    failures: int = 0
    due: float = NEVER
    """When we ask to be let in again, if we are not in by then."""
    since: float = 0.0
    invited: float = -NEVER
    caught_up_by: float = NEVER
    """When we no longer wait for the rest of its history."""
    caught_up: bool = False


class Channels:
    """All seconds are those of one clock."""

    def __init__(self, names: Iterable[str], backoff: Backoff) -> None:
        self._channels = {name: _Channel() for name in names}
        self._backoff = backoff

    def registered(self, now: float) -> None:
        """We ask to be let in everywhere about now."""
        for channel in self._channels.values():
            channel.due = now + ANSWERING

    def entered(self, name: str, now: float) -> None:
        """We are in; what it repeats of its history follows."""
        channel = self._channels[name]
        channel.since = now
        channel.due = NEVER
        channel.caught_up = False
        channel.caught_up_by = now + ANSWERING

    def history_goes_on(self, now: float) -> None:
        """Some history came: the rest of it may take as long again."""
        for channel in self._channels.values():
            if channel.caught_up_by != NEVER:
                channel.caught_up_by = now + ANSWERING

    def caught_up(self, name: str) -> None:
        self._channels[name].caught_up_by = NEVER
        self._channels[name].caught_up = True

    def left(self, name: str, now: float, chance: float) -> float:
        """We are no longer in; the seconds until we ask again."""
        channel = self._channels[name]
        channel.caught_up = False
        channel.caught_up_by = NEVER
        if now - channel.since > HEALTHY:
            channel.failures = 0
        return self.refused(name, now, chance)

    def refused(self, name: str, now: float, chance: float) -> float:
        """We are not let in; the seconds until we ask again. `chance`, between 0 and 1, is the jitter."""
        channel = self._channels[name]
        channel.failures += 1
        # at least half of the time: who was just kicked does not come back at once
        delay = wait(self._backoff, channel.failures, 0.5 + chance / 2)
        channel.due = now + delay
        return delay

    def invited(self, name: str, now: float) -> bool:
        """Somebody wants us in: whether we ask at once, which we do once a minute."""
        channel = self._channels[name]
        if now < channel.invited + ANSWERING:
            return False
        channel.invited = channel.due = now
        return True

    def to_ask(self, present: Callable[[str], bool], now: float) -> list[str]:
        """The channels that we ask now to let us in."""
        due = [name for name, channel in self._channels.items() if now >= channel.due and not present(name)]
        for name in due:
            self._channels[name].due = now + ANSWERING
        return due

    def without_end(self, now: float) -> list[str]:
        """The channels whose history should have come by now."""
        due = [name for name, channel in self._channels.items() if now >= channel.caught_up_by]
        for name in due:
            self._channels[name].caught_up_by = NEVER
        return due

    def heard(self) -> list[str]:
        """The channels of which we have heard everything, as far as it is to be had."""
        return [name for name, channel in self._channels.items() if channel.caught_up]

    def next(self, present: Callable[[str], bool]) -> float:
        """When something will be due here."""
        joins = [channel.due for name, channel in self._channels.items() if not present(name)]
        return min([*joins, *(channel.caught_up_by for channel in self._channels.values())], default=NEVER)
