"""How long to wait, as values: between two attempts, between two lines of ours, and for a server that says nothing.

The clock is the caller's.
"""

from __future__ import annotations

from labsbot.settings import Backoff, Ping

HEALTHY = 60.0
"""Seconds after which what holds is called healthy: the next trouble is a first one again."""

QUICK = 20
"""So many tries in a row at which nobody was there are made soon after each other: they cost nobody anything, and most
breaks are short. A server that is there, and ends it or refuses us, is not pressed."""


def wait(backoff: Backoff, failures: int, chance: float, absent: int = 0) -> float:
    """Seconds to wait after that many failures in a row (1: the first); `chance`, between 0 and 1, is the jitter.

    `absent`: after these, so many tries found nobody there. The first QUICK of them double nothing, and the wait is at
    most twice the first: so by default we are back within two seconds of a server that was away for some.
    Full jitter: a thousand clients that a server lost in the same second come back spread over the whole time.
    """
    doublings = 1 + max(absent - QUICK, 0) if absent else failures - 1
    return chance * min(backoff.most, backoff.first * 2.0 ** min(doublings, 60))


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


class Pulse:
    """Whether a server is still there."""

    def __init__(self, ping: Ping, now: float) -> None:
        self._ping = ping
        self._begun = now
        self._heard = now
        self._asked = False

    def heard(self, now: float) -> None:
        self._heard = now
        self._asked = False

    def lost(self, unfinished: str, now: float) -> str | None:
        """Why to give it up, for people; None: it is there. `unfinished`: what has to be done before we are on."""
        if unfinished and now >= self._begun + self._ping.give_up:
            # however much it says meanwhile
            return f"no end of {unfinished} after {self._ping.give_up:.0f} s"
        if now >= self._heard + self._ping.give_up:
            return f"nothing heard for {now - self._heard:.0f} s"
        return None

    def ask(self, now: float) -> bool:
        """Whether to ask for a sign of life now: once in each silence."""
        if self._asked or now < self._heard + self._ping.after:
            return False
        self._asked = True
        return True

    def next(self, unfinished: str) -> float:
        """When one of these is due."""
        if unfinished:
            return self._begun + self._ping.give_up
        return self._heard + (self._ping.give_up if self._asked else self._ping.after)
