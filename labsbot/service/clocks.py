"""Know what time it is: readings of outside clocks come in, the time that is believed comes out.

The networks' clocks (their ``time`` tags) and the wiki's are compared with this machine's. `Clocks` holds what was read
last, has it judged (`clock_verdict`), and says what it finds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

from labsbot.model import ClockReading
from labsbot.service.clock_verdict import AGREE, RECENT, WRONG, Clock, ClockKind, Verdict, in_words, judge

log = logging.getLogger("labsbot.service.clocks")

UNCERTAIN = 60.0
"""Seconds between a question and its answer; what came later may have been said long before."""
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

    def take_up(self, networks: Collection[str]) -> None:
        """These are the networks from now on: forget the clocks of others."""
        self._read = {name: read for name, read in self._read.items() if name == WIKI or name in networks}
        hosts = {host for host, _ in self._read.values()}
        self._hosts = {host: also for host, also in self._hosts.items() if host in hosts}
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
            found = await self._addresses(host)
            if host in self._hosts:
                self._hosts[host] = found
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
