"""Decide what time it is: readings of outside clocks come in, the time that is believed comes out.

The networks' clocks (their ``time`` tags) and the wiki's are compared with this machine's. Where more of them agree
against ours than with it, they are believed; in all other cases ours is. `judge` is pure; `Clocks` holds what was read
last and says what it finds. Every comparison is made at one moment of a steady clock, which nobody sets.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from labsbot.model import CLOCKS_AGREE, ClockReading

log = logging.getLogger("labsbot.service.clocks")

AGREE = CLOCKS_AGREE.total_seconds()
AGREE_AGAIN = 60.0
"""So near ours has to come before it is believed again: a clock at the border would be believed by turns."""
MOST = 86_400.0 + AGREE
"""Seconds by which ours may be corrected, a day: what seems to be further off is for an operator to look at."""
UNCERTAIN = 60.0
"""Seconds between a question and its answer; what came later may have been said long before."""
RECENT = 3600.0
"""Seconds for which a reading counts."""
JUMP = 5.0
"""Seconds by which our clock goes away from the steady one at once if it was set, or if the machine stood still: nobody
can tell which."""
EVERY = 300.0
"""Seconds between two questions to the wiki, and to the resolver."""
AGAIN = 60.0
"""Seconds after which a wiki that did not answer is asked again."""
LOOK = 5.0
"""Seconds between two looks at our own clocks."""
REMIND = 6 * 3600.0
"""Seconds after which it is said again that clocks disagree."""
WIKI = "the wiki"


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


class Clocks:
    """The time that is believed now. What clocks say comes in by `heard`, and is asked for while it runs."""

    def __init__(
        self,
        wall: Callable[[], datetime],
        steady: Callable[[], float],
        addresses: Callable[[str], Awaitable[frozenset[str]]],
        wiki: tuple[str, Callable[[], Awaitable[ClockReading | None]]] | None = None,
        ask_networks: Callable[[], None] = lambda: None,
    ) -> None:
        """`wall` is this machine's clock (aware, UTC); `steady` counts seconds, also while the machine sleeps, and
        nobody sets it. `addresses` finds those of a host. `wiki`: its host, and how to ask it (None: no answer).
        `ask_networks` is called where all networks are to show their clocks again."""
        self._wall = wall
        self._steady = steady
        self._addresses = addresses
        self._wiki = wiki
        self._ask_networks = ask_networks
        self._read: dict[str, tuple[str, ClockReading]] = {}
        """By the name of the clock: its host, and how it was read last."""
        self._hosts: dict[str, frozenset[str] | None] = {}
        """What else a host is called; None: that is not known yet, and its clock does not count."""
        self._ours = wall().timestamp() - steady()
        self._begun = float("-inf")
        """Since when our clocks have not jumped."""
        self._believed: float | None = None
        self._told, self._told_at = ClockKind.NOBODY, 0.0
        self.verdict = Verdict(ClockKind.NOBODY)
        """What is made of all that is known now."""
        self._since = 0.0
        """When it became that."""
        self._turned, self._jumped, self._unknown = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def now(self) -> datetime:
        """The time (UTC) by the clocks that are believed."""
        steady = self._look()
        if self._believed is None:
            return self._wall()
        return datetime.fromtimestamp(steady + self._believed, UTC)

    @property
    def believed(self) -> bool:
        """Other clocks are, and ours is not."""
        return self._believed is not None

    def offsets(self) -> dict[str, float]:
        """Seconds by which each outside clock is ahead of ours."""
        since = self._steady() - RECENT
        return {each.name: each.base - self._ours for each in self._outside() if each.reading.got >= since}

    def heard(self, name: str, host: str, reading: ClockReading) -> None:
        """What an outside clock said just now."""
        self._look()
        if reading.asked < self._begun or reading.got - reading.asked > UNCERTAIN:
            return
        self._read[name] = (host, reading)
        if host not in self._hosts:
            self._hosts[host] = None
            self._unknown.set()
        self._judge()

    def _look(self) -> float:
        """Compare our two clocks. If one of them has jumped, what others said before it is worth nothing."""
        before, steady = self._ours, self._steady()
        self._ours = self._wall().timestamp() - steady
        if abs(self._ours - before) > JUMP:
            log.info("this machine's clock has jumped by %.0f s: others are asked again", self._ours - before)
            self._read.clear()
            self._begun, self._believed = steady, None
            self._judge()
            self._jumped.set()
            self._ask_networks()
        return steady

    def _outside(self) -> list[Clock]:
        return [
            Clock(name, also | {host}, reading)
            for name, (host, reading) in self._read.items()
            if (also := self._hosts[host]) is not None
        ]

    def _judge(self) -> None:
        now = self._steady()
        before, self.verdict = self.verdict, judge(self._outside(), self._ours, now, self._believed)
        if self.verdict.kind is not ClockKind.BELIEVED:
            self._believed = None
        elif self._believed is None or abs(self._ours + self.verdict.off - self._believed) > AGREE:
            # else it stays as it is: times must not go to and fro by what a reading is unsure of
            self._believed = self._ours + self.verdict.off
        if self.verdict.kind is not before.kind:
            self._since = now
            self._turned.set()

    # --- what goes on by itself

    async def run(self) -> None:
        """Ask the wiki, watch our own clock and say what is wrong with it, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            tasks.create_task(self._ask_again_and_again())
            tasks.create_task(self._find_addresses_again_and_again())

    async def _watch(self) -> None:
        while True:
            self.tell()
            await _event(self._turned, LOOK)

    async def _ask_again_and_again(self) -> None:
        while True:
            answered = await self.ask()
            await _event(self._jumped, EVERY if answered else AGAIN)

    async def ask(self) -> bool:
        """Read the wiki's clock, if it has one and answers."""
        if self._wiki is None:
            return False
        host, ask = self._wiki
        reading = await ask()
        if reading is not None:
            self.heard(WIKI, host, reading)
        return reading is not None

    async def _find_addresses_again_and_again(self) -> None:
        while True:
            await self.find_addresses()
            await _event(self._unknown, EVERY)

    async def find_addresses(self) -> None:
        """Learn which hosts are one machine; until that is known, a clock does not count."""
        for host in list(self._hosts):
            self._hosts[host] = await self._addresses(host)
        self._judge()

    def tell(self) -> None:
        """Say what is wrong, in the log: when it begins, seldom after that, and once when it is over."""
        now = self._look()
        self._judge()
        kind = self.verdict.kind
        if kind in (ClockKind.DOUBTED, ClockKind.TOO_FAR, ClockKind.NOBODY) and now - self._since < LOOK:
            return  # another clock may answer in a moment
        if kind is self._told and (kind not in WRONG or now - self._told_at < REMIND):
            return
        if kind in WRONG:
            log.warning("%s", in_words(self.verdict))
        elif self._told in WRONG:
            log.warning("this machine's clock is used: %s", in_words(self.verdict))
        self._told, self._told_at = kind, now


async def _event(event: asyncio.Event, patience: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await event.wait()
    event.clear()


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
