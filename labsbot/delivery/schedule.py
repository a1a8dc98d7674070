"""When each page is tried again: failures and answers go in, the page whose turn it is comes out. Reads no clock.

Seconds are those of any clock that never goes back. Every page waits for itself, with full jitter between nothing and
twice its last limit (M. Brooker, "Exponential Backoff and Jitter"); one answer of the wiki ends the waits that began
while it was silent, and while it is silent one page every few seconds asks whether it is back.

There is one thread for all pages. What a page takes of it without result, or beyond measure, it owes to the others:
for a multiple of that time whoever else is due goes first, those that are known to work before all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Turn = TypeVar("Turn", bound=Hashable)
"""What is waited for: a page, or a lane of one."""

FIRST, MOST = 1.0, 300.0
PROBE = 2.0
"""Seconds between two questions to a wiki that does not answer, however many pages wait for it."""
OTHERS = 3.0
"""So many times as long as a page that fails has taken, others go first."""
SLOW = 5.0
"""Seconds from which on a turn is long: a page that takes so many lets others go first, even if it works."""


def limit(failures: int) -> float:
    """The longest wait after so many failures in a row, in seconds."""
    return min(MOST, FIRST * 2.0 ** min(failures - 1, 32))


@dataclass(slots=True)
class _Wait:
    failures: int
    since: float
    until: float
    tried: float


class Schedule(Generic[Turn]):
    """The waits of all pages of one wiki."""

    def __init__(self, jitter: Callable[[float], float]) -> None:
        """`jitter` takes a limit and gives a wait between nothing and that limit."""
        self._jitter = jitter
        self._waits: dict[Turn, _Wait] = {}
        self._answered = -math.inf
        self._held_until = -math.inf
        self._began = math.inf
        """When the turn began that is under way."""
        self._others_until = -math.inf
        """Until then pages that fail or are slow have had their share."""
        self._works: dict[Turn, bool] = {}
        """Pages whose last turn had a result, and whether it came in good time."""

    def failed(self, title: Turn, now: float, retry_after: float | None = None) -> float:
        """The wiki did nothing for this page; `retry_after`: it asks for that much peace.

        Returns the seconds after which it is tried again, or sooner, if the wiki answers others.
        """
        before = self._waits.get(title)
        failures = before.failures + 1 if before else 1
        since = before.since if before and before.failures else now
        wait = self._jitter(limit(failures))
        took = self._took(now)
        self._works.pop(title, None)
        self._others_until = max(self._others_until, now + OTHERS * took)
        if took >= SLOW and since < self._answered:
            # The trouble is its own, and each of its tries is at the cost of others.
            wait = max(wait, OTHERS * took)
        self._waits[title] = _Wait(failures, since, now + wait, now)
        if retry_after is None:
            return wait
        self._held_until = max(self._held_until, now + min(retry_after, MOST))
        return max(wait, self._held_until - now)

    def rest(self, title: Turn, now: float, seconds: float) -> None:
        """The wiki answers, and this page is not tried before so many seconds are over, give or take."""
        self.answered(title, now)
        self._waits[title] = _Wait(0, -math.inf, now + self._jitter(seconds), now)

    def answered(self, title: Turn, now: float) -> None:
        """The wiki did what was asked for this page, or refused it for good: it is there."""
        self._waits.pop(title, None)
        self._works.pop(title, None)
        self.looked([title], now)
        self.heard(now)

    def looked(self, titles: Iterable[Turn], now: float) -> None:
        """This page, by whatever titles, could be read. That is not all there is to do, and ends no wait."""
        took = self._took(now)
        if took >= SLOW:
            self._others_until = max(self._others_until, now + OTHERS * took)
        for title in titles:
            if title not in self._waits:
                self._works.setdefault(title, took < SLOW)

    def _took(self, now: float) -> float:
        """The seconds of the turn that ends now, if one was under way."""
        took, self._began = max(0.0, now - self._began), math.inf
        return took

    def heard(self, now: float) -> None:
        """The wiki answered a question: it is there, which says nothing of any page."""
        for wait in self._waits.values():
            # A page that failed while the wiki answered others has a trouble of its own, and goes on waiting.
            if wait.since >= self._answered:
                wait.until = now
        self._answered = now

    def is_shared_out(self, now: float) -> bool:
        """Somebody has had more than their share: until the others have had theirs, it is not the first's turn."""
        return now < self._others_until

    def due_in(self, turn: Turn, now: float) -> float:
        """Seconds that this one still waits for itself; it may be asked earlier whether the wiki is back."""
        wait = self._waits.get(turn)
        return max(0.0, wait.until - now, self._held_until - now) if wait else 0.0

    def turn(self, titles: Sequence[Turn], now: float) -> tuple[Turn | None, float | None]:
        """The page that is to be tried now; else None and the seconds until one may be (None: no page).

        That is the first of these, unless it has had more than its share.
        """
        title, wait = self._turn(titles, now)
        if title is not None:
            self._began = now
        return title, wait

    def _turn(self, titles: Sequence[Turn], now: float) -> tuple[Turn | None, float | None]:
        if not titles:
            return None, None
        if now < self._held_until:
            return None, self._held_until - now
        waits = {title: self._waits[title] for title in titles if title in self._waits}
        ready = [title for title in titles if title not in waits or waits[title].until <= now]
        if ready:
            return (min(ready, key=self._rank) if self.is_shared_out(now) else ready[0]), None
        soonest = min(wait.until for wait in waits.values())
        silent = [title for title, wait in waits.items() if wait.since >= self._answered]
        if silent:
            last = max(wait.tried for wait in waits.values())
            if last + PROBE <= now:
                return min(silent, key=lambda title: waits[title].tried), None
            soonest = min(soonest, last + PROBE)
        return None, soonest - now

    def _rank(self, title: Turn) -> int:
        """Who goes first while others have had more than their share: who works, who is new, who is slow or fails."""
        if title in self._waits and self._waits[title].failures:
            return 2
        if title not in self._works:
            return 1
        return 0 if self._works[title] else 2
