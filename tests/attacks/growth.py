"""Something that reads a text comes in, with texts of two sizes; whether its time grows faster than they do goes out.

Time is the processor's, of this process. What would take for ever is given up after a while; nobody waits for its end.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SMALL, LARGE = 10_000, 100_000
STEEP = 30.0
"""So much more time for ten times the text is more than linear, and much less than the square of it."""
NOTHING = 0.0015
"""Seconds for the small text that no square of its length fits into."""
HARDLY = 0.06
"""Seconds for the large text that hurt nobody."""
ROUNDS = 4
"""What looks slow is measured again so often, and the least counts: a busy machine is no reason."""
GIVEN_UP = 4.0
"""Seconds after which nothing is waited for any more."""


class TooSlow(BaseException):
    """It takes for ever; no guard is to catch this."""


def too_steep(reads: Callable[[str], object], text_of: Callable[[int], str]) -> str | None:
    """Say how time grows with the text, where it is more than in proportion; None: it is not.

    `text_of` makes a text of a given size.
    """
    small, large = text_of(SMALL), text_of(LARGE)
    short = long = GIVEN_UP
    for _ in range(ROUNDS):
        try:
            short = min(short, _seconds(reads, small))
            if short < NOTHING:
                return None
            long = min(long, _seconds(reads, large))
        except TooSlow:
            return f"given up after {GIVEN_UP} s"
        if long < max(HARDLY, STEEP * short):
            return None
    return f"{SMALL} characters: {short:.3f} s, {LARGE}: {long:.3f} s"


def _seconds(reads: Callable[[str], object], text: str) -> float:
    with given_up(GIVEN_UP):
        begin = time.process_time()
        reads(text)
        return time.process_time() - begin


@contextmanager
def given_up(seconds: float) -> Iterator[None]:
    """Raises TooSlow within the block after so many seconds of the processor; an expression is interrupted, too."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
