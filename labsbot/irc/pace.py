"""How long to wait, as values: between two attempts, and between two lines of ours; the clock is the caller's."""

from __future__ import annotations

from labsbot.settings import Backoff

HEALTHY = 120.0
"""Seconds after which what holds is called healthy: the next trouble is a first one again."""


def wait(backoff: Backoff, failures: int, chance: float) -> float:
    """Seconds to wait after that many failures in a row (1: the first); `chance`, between 0 and 1, is the jitter.

    Full jitter: a thousand clients that a server lost in the same second come back spread over the whole time.
    """
    return chance * min(backoff.most, backoff.first * 2.0 ** min(failures - 1, 60))


class Bucket:
    """Tokens for lines that cost something: some at once, then one a second, as most networks' flood limits have it."""

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
        """When the next token can be had: `now`, or later."""
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._per_second)
        self._filled = now
        # a token short by a rounding error is a token: otherwise the caller would come back too early for ever
        return now if self._tokens >= 1 - 1e-6 else now + (1 - self._tokens) / self._per_second
