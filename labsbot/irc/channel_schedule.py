"""Decide when to ask to join a channel (again), and when to stop waiting for its history. Pure: now is an argument.

What happens to us in each channel goes in; what is due comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from labsbot.irc.pace import HEALTHY, NEVER, wait
from labsbot.settings import Backoff

ANSWERING = 60.0
"""Seconds after which we repeat a JOIN that got no answer, give up a history that did not come, and follow another
invitation."""


@dataclass(slots=True)
class _Channel:
    failures: int = 0
    due: float = NEVER
    """When to ask again, unless we are in by then."""
    since: float = 0.0
    invited: float = -NEVER
    caught_up_by: float = NEVER
    """When to stop waiting for the rest of its history."""
    caught_up: bool = False


class ChannelSchedule:
    """All times are seconds of the same clock."""

    def __init__(self, names: Iterable[str], backoff: Backoff) -> None:
        self._channels = {name: _Channel() for name in names}
        self._backoff = backoff

    @property
    def names(self) -> list[str]:
        """All channels, those too that we are leaving."""
        return list(self._channels)

    def added(self, name: str, now: float) -> None:
        """A channel that is new: ask to join at once, where we can."""
        self._channels[name] = _Channel(due=now)

    def rekeyed(self, name: str, now: float) -> None:
        """It has another key, which may let us in where the old one did not."""
        self._channels[name].due = now

    def leaving(self, name: str) -> None:
        """We have asked to leave: what is said there until we are out is still heard."""
        self._channels[name].due = NEVER

    def removed(self, name: str) -> None:
        """We are out, and it is no channel of ours any more."""
        self._channels.pop(name, None)

    def registered(self, now: float) -> None:
        """We are about to ask to join all channels."""
        for channel in self._channels.values():
            channel.due = now + ANSWERING

    def entered(self, name: str, now: float) -> None:
        """We joined; its history may follow."""
        channel = self._channels[name]
        channel.since = now
        channel.due = NEVER
        channel.caught_up = False
        channel.caught_up_by = now + ANSWERING

    def history_goes_on(self, now: float) -> None:
        """Some history arrived: the rest may take as long again."""
        for channel in self._channels.values():
            if channel.caught_up_by != NEVER:
                channel.caught_up_by = now + ANSWERING

    def caught_up(self, name: str) -> None:
        """All of its history has arrived."""
        self._channels[name].caught_up_by = NEVER
        self._channels[name].caught_up = True

    def left(self, name: str, now: float, chance: float) -> float:
        """We are no longer in; returns the seconds until we ask again."""
        channel = self._channels[name]
        channel.caught_up = False
        channel.caught_up_by = NEVER
        if now - channel.since > HEALTHY:
            channel.failures = 0
        return self.refused(name, now, chance)

    def refused(self, name: str, now: float, chance: float) -> float:
        """Our JOIN was refused; returns the seconds until we ask again. `chance`, between 0 and 1, is the jitter."""
        channel = self._channels[name]
        channel.failures += 1
        # at least half of the wait: after a kick we do not return at once
        delay = wait(self._backoff, channel.failures, 0.5 + chance / 2)
        channel.due = now + delay
        return delay

    def invited(self, name: str, now: float) -> bool:
        """Somebody invites us. True: we ask to join at once, which we do at most once a minute."""
        channel = self._channels[name]
        if now < channel.invited + ANSWERING:
            return False
        channel.invited = channel.due = now
        return True

    def to_join(self, present: Callable[[str], bool], now: float) -> list[str]:
        """The channels that we ask to join now."""
        due = [name for name, channel in self._channels.items() if now >= channel.due and not present(name)]
        for name in due:
            self._channels[name].due = now + ANSWERING
        return due

    def history_overdue(self, now: float) -> list[str]:
        """The channels whose history should have arrived by now; each is returned once."""
        due = [name for name, channel in self._channels.items() if now >= channel.caught_up_by]
        for name in due:
            self._channels[name].caught_up_by = NEVER
        return due

    def all_caught_up(self) -> list[str]:
        """The channels of which we have heard everything that the network can repeat."""
        return [name for name, channel in self._channels.items() if channel.caught_up]

    def next(self, present: Callable[[str], bool]) -> float:
        """When something is due next."""
        joins = [channel.due for name, channel in self._channels.items() if not present(name)]
        return min([*joins, *(channel.caught_up_by for channel in self._channels.values())], default=NEVER)
