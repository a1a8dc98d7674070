"""A seed comes in; what will go wrong comes out, in order: with each request, with each life of the bot. No I/O.

The same seed gives the same faults to the same requests (the third edit, the tenth read …) and the same ends to the
same lives, whatever time each of them takes.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


class Fault(enum.Enum):
    """What may become of a request; the value is how it is called in the report."""

    NONE = "passed on"
    DROPPED = "dropped before the wiki"
    UNANSWERED = "answer lost after the wiki acted"
    CUT = "answer cut in the middle"
    SLOW = "answer late"
    LANDS_LATE = "hung up on, reaches the wiki later"
    OUTAGE = "begins an outage (connections refused)"
    TOO_MANY = "429 with Retry-After"
    BROKEN = "500"
    BAD_GATEWAY = "502"
    BAD_GATEWAY_AFTER = "502 after the wiki acted"
    NO_SERVICE = "503 with Retry-After"
    HTML = "a page of HTML with 200"
    HTML_AFTER = "a page of HTML with 200 after the wiki acted"
    MAXLAG = "API error maxlag"
    RATELIMITED = "API error ratelimited"
    READONLY = "API error readonly"
    BADTOKEN = "API error badtoken"
    ASSERTUSERFAILED = "API error assertuserfailed"
    EDITCONFLICT = "API error editconflict"


LONGEST = 3.0
"""Seconds of an outage, or that an answer is held, at most."""
LATEST = 1.0
"""Seconds that a request is held at most before it goes to the wiki."""

_READS: dict[Fault, int] = dict.fromkeys(Fault, 1) | {
    Fault.NONE: 160,
    # Only a save can conflict, or come late.
    Fault.EDITCONFLICT: 0,
    Fault.LANDS_LATE: 0,
}
_SAVES: dict[Fault, int] = dict.fromkeys(Fault, 1) | {
    Fault.NONE: 22,
    # What leaves us in doubt comes oftener than it would.
    Fault.DROPPED: 2,
    Fault.UNANSWERED: 5,
    Fault.CUT: 3,
    Fault.LANDS_LATE: 5,
    Fault.BAD_GATEWAY_AFTER: 2,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one request."""

    fault: Fault = Fault.NONE
    seconds: float = 0.0
    """How long the wait of `SLOW`, `LANDS_LATE` and `OUTAGE` is."""


class Moment(enum.Enum):
    """When the bot is killed; the value is how it is called in the report."""

    ANY = "at any moment"
    EDIT_BEGUN = "while an edit was on its way to the wiki"
    EDIT_SAVED = "when the wiki had saved an edit, before its answer"
    DAYS_COPIED = "when days stood on their page and in its archive"


@dataclass(frozen=True, slots=True)
class Life:
    """One run of the bot, from its start to its ``kill -9``."""

    seconds: float
    """At the latest it is killed so long after it was ready; negative: so long after its start, ready or not."""
    end: Moment
    days: int
    """How many days the bot's clock is behind the wiki's."""
    before_midnight: float | None
    """Seconds of its own clock at which it starts before the day ends; None: at the time of day that it is."""
    is_quiet: bool
    """Nobody says anything, so that old days move; it ends while they do."""


class Plan:
    """All that goes wrong in a run."""

    def __init__(self, seed: int, lives: int) -> None:
        self._reads = _steps(Random(f"{seed} reads"), _READS)
        self._saves = _steps(Random(f"{seed} saves"), _SAVES)
        self.lives = tuple(_lives(Random(f"{seed} lives"), lives))

    def step(self, save: bool) -> Step:
        """What becomes of the next edit, or of the next other request."""
        return next(self._saves if save else self._reads)


def _steps(chance: Random, weights: dict[Fault, int]) -> Iterator[Step]:
    faults, counts = list(weights), list(weights.values())
    while True:
        fault = chance.choices(faults, counts)[0]
        yield Step(fault, chance.uniform(0.2, LATEST if fault is Fault.LANDS_LATE else LONGEST))


DAYS = 4
"""Log days that a run goes through."""
QUIET = 3
"""Of so many lives, one is quiet."""


def _lives(chance: Random, number: int) -> Iterator[Life]:
    for life in range(number):
        # The clock goes on from day to day; now and then it was set wrong and steps back.
        days = DAYS - 1 - DAYS * life // number
        if chance.random() < 0.15:
            days = chance.randint(days, DAYS - 1)
        seconds = -chance.uniform(0.1, 2.0) if chance.random() < 0.05 else chance.uniform(0.3, 3.5)
        before_midnight = chance.uniform(1.0, 4.0) if days and chance.random() < 0.3 else None
        is_quiet = life % QUIET == QUIET - 1
        ends = [Moment.EDIT_BEGUN, Moment.EDIT_SAVED]
        end = chance.choice([*ends, Moment.DAYS_COPIED, Moment.DAYS_COPIED] if is_quiet else [Moment.ANY, *ends])
        yield Life(seconds, end, days, before_midnight, is_quiet)
