"""Judge whether this machine's clock is right: readings of outside clocks come in, what to make of them goes out. Pure.

Where more of them agree against ours than with it, they are believed; in all other cases ours is. Every comparison is
made at one moment of a steady clock, which nobody sets.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labsbot.model import CLOCKS_AGREE, ClockReading

AGREE = CLOCKS_AGREE.total_seconds()
AGREE_AGAIN = 60.0
"""So near ours has to come before it is believed again: a clock at the border would be believed by turns."""
MOST = 86_400.0 + AGREE
"""Seconds by which ours may be corrected, a day: what seems to be further off is for an operator to look at."""
RECENT = 3600.0
"""Seconds for which a reading counts."""


@dataclass(frozen=True, slots=True)
class Clock:
    """An outside clock, as it was read last."""

    name: str
    """A network's, or the wiki."""
    hosts: frozenset[str]
    """Names and addresses of the machine whose clock it is."""
    reading: ClockReading

    @property
    def base(self) -> float:
        """What it showed, in seconds since 1970, when our steady clock showed 0."""
        return self.reading.said.timestamp() - self.reading.got


class ClockKind(enum.Enum):
    NOBODY = "there is no clock to compare ours with"
    AGREED = "all agree with ours"
    DOUBTED = "not all agree with ours, and not enough agree against it: ours counts"
    TOO_FAR = "more agree against ours than with it, and are too far from it to be believed: ours counts"
    BELIEVED = "more agree against ours than with it: theirs counts"


WRONG = (ClockKind.DOUBTED, ClockKind.TOO_FAR, ClockKind.BELIEVED)


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: ClockKind
    clocks: tuple[str, ...] = ()
    """Those that agree with ours; that are against it; that are believed."""
    off: float = 0.0
    """Seconds by which those against ours are ahead of it (where they differ, the one that is furthest off)."""


def judge(outside: Iterable[Clock], ours: float, now: float, believed: float | None = None) -> Verdict:
    """What to make of what outside clocks show.

    `ours` is the base of our own clock, `now` the moment on the steady one; `believed` is the base of what is believed
    instead until now. That stays while one clock still shows it and none shows our time: one of two may be away.
    """
    clocks = _of_different_machines([each for each in outside if now - each.reading.got <= RECENT])
    agree = AGREE if believed is None else AGREE_AGAIN
    against = [each for each in clocks if abs(each.base - ours) > agree]
    if not clocks:
        return Verdict(ClockKind.NOBODY)
    if not against:
        return Verdict(ClockKind.AGREED, _names(clocks))
    with_ours = len(clocks) - len(against)
    together = _agreeing(against)
    if len(together) > max(1 + with_ours, len(against) - len(together)):
        # the one nearest to ours: whoever lies among those who agree adds nothing
        base = min((each.base for each in together), key=lambda base: abs(base - ours))
    elif believed is not None and not with_ours and (still := [e for e in clocks if abs(e.base - believed) <= AGREE]):
        together, base = still, believed
    else:
        return _doubted(against, ours)
    if abs(base - ours) > MOST:
        return Verdict(ClockKind.TOO_FAR, _names(together), base - ours)
    return Verdict(ClockKind.BELIEVED, _names(together), base - ours)


def _doubted(against: Sequence[Clock], ours: float) -> Verdict:
    furthest = max(against, key=lambda each: abs(each.base - ours))
    return Verdict(ClockKind.DOUBTED, _names(against), furthest.base - ours)


def _of_different_machines(outside: Sequence[Clock]) -> list[Clock]:
    """The clock of each machine once: what was read of it last."""
    different: list[Clock] = []
    for each in sorted(outside, key=lambda clock: clock.reading.got, reverse=True):
        if all(each.hosts.isdisjoint(other.hosts) for other in different):
            different.append(each)
    return different


def _agreeing(clocks: Sequence[Clock]) -> list[Clock]:
    """As many of them as agree with each other."""
    groups = ([each for each in clocks if 0 <= each.base - first.base <= AGREE] for first in clocks)
    return max(groups, key=len)


def _names(clocks: Iterable[Clock]) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in clocks))


def in_words(verdict: Verdict) -> str:
    """For operators."""
    clocks = " and ".join(verdict.clocks)
    match verdict.kind:
        case ClockKind.NOBODY:
            return "there is no other clock to compare it with"
        case ClockKind.AGREED:
            return f"it agrees with {clocks}"
        case ClockKind.TOO_FAR:
            return (
                f"this machine's clock is {_apart(verdict.off)} {clocks}, which agree, but it is used all the same:"
                " more than a day is not believed. Set the clock."
            )
        case ClockKind.DOUBTED:
            return (
                f"this machine's clock is {_apart(verdict.off)} {clocks}; it is used all the same,"
                " for too few others agree against it. See which of them is wrong."
            )
    return (
        f"this machine's clock is {_apart(verdict.off)} {clocks}, which agree: entries get their time. Set the clock."
    )


_UNITS = ((86_400, "days"), (3600, "h"), (60, "min"))


def _apart(off: float) -> str:
    size, unit = next((each for each in _UNITS if abs(off) >= 2 * each[0]), (1, "s"))
    return f"{abs(off) / size:.0f} {unit} {'behind' if off > 0 else 'ahead of'}"
