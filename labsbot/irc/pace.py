"""Compute how long to wait between two connection attempts, and between two lines of ours. Pure: now is an argument."""

from __future__ import annotations

from labsbot.settings import Backoff

NEVER = float("inf")
"""A moment that does not come: nothing is due."""

HEALTHY = 60.0
"""Seconds after which a connection, or a membership of a channel, counts as stable: the next failure is a first one."""

QUICK = 20
"""So many attempts in a row that reach nobody are made in quick succession: they are cheap for everyone, and most
outages are short. A server that answers, and then disconnects or refuses us, is not pressed like that."""


def wait(backoff: Backoff, failures: int, chance: float, absent: int = 0) -> float:
    """Seconds to wait after that many failures in a row (1: the first); `chance`, between 0 and 1, is the jitter.

    `absent`: how many attempts since then reached nobody. The first QUICK of them do not double the wait, which is at
    most twice the first one: by default we are back within two seconds of a short outage.
    The jitter covers the whole wait, so that a thousand clients that a server lost at once do not return at once.
    """
    doublings = 1 + max(absent - QUICK, 0) if absent else failures - 1
    return chance * min(backoff.most, backoff.first * 2.0 ** min(doublings, 60))


class Bucket:
    """A token bucket for lines: a few at once, then one a second, as most networks' flood limits allow."""

    def __init__(self, now: float, burst: float = 4, per_second: float = 1) -> None:
        self._burst = burst
        self._per_second = per_second
        self._tokens = burst
        self._filled = now

    def take(self, now: float) -> bool:
        """Take one token, if there is one."""
        if self.due(now) > now:
            return False
        self._tokens -= 1
        return True

    def due(self, now: float) -> float:
        """When the next token is available: `now`, or later."""
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._per_second)
        self._filled = now
        # a token short by a rounding error is a token: otherwise the caller would come back too early for ever
        return now if self._tokens >= 1 - 1e-6 else now + (1 - self._tokens) / self._per_second
