"""Which clocks are believed: tables of what they show, then a machine whose clocks jump."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.model import ClockReading
from labsbot.service.clock_verdict import AGREE, RECENT, Clock, ClockKind, Verdict, judge
from labsbot.service.clocks import EVERY, LOOK, REMIND, UNCERTAIN, WIKI, Clocks
from tests.irc.conftest import until
from tests.nouns import NOON

HOUR = 3600.0
NOW = 1000.0
OURS = NOON.timestamp() - NOW
"""The base of our own clock: it is noon, by it."""


def clock(name: str, off: float, *hosts: str, ago: float = 0.0) -> Clock:
    """One that is `off` seconds ahead of ours, and was read a while ago."""
    got = NOW - ago
    said = datetime.fromtimestamp(OURS + off + got, UTC)
    return Clock(name, frozenset(hosts or {f"{name}.example"}), ClockReading(got - 1, got, said))


A, B, C, D = "afnet", "bnet", "cnet", "dnet"

VERDICTS = {
    "nobody is there": ([], ClockKind.NOBODY, (), 0),
    "one agrees": ([clock(A, 3)], ClockKind.AGREED, (A,), 0),
    "up to two minutes are agreement": ([clock(A, AGREE), clock(B, -AGREE)], ClockKind.AGREED, (A, B), 0),
    "one alone moves nothing": ([clock(A, 3 * HOUR)], ClockKind.DOUBTED, (A,), 3 * HOUR),
    "one against one moves nothing": ([clock(A, 3 * HOUR), clock(B, 0)], ClockKind.DOUBTED, (A,), 3 * HOUR),
    "two against ours are believed": (
        [clock(A, 3 * HOUR), clock(B, 3 * HOUR + 60)],
        ClockKind.BELIEVED,
        (A, B),
        3 * HOUR,
    ),
    "behind ours, too": ([clock(A, -3 * HOUR - 60), clock(B, -3 * HOUR)], ClockKind.BELIEVED, (A, B), -3 * HOUR),
    "just over two minutes": ([clock(A, AGREE + 1), clock(B, AGREE + 1)], ClockKind.BELIEVED, (A, B), AGREE + 1),
    "a day": ([clock(A, 24 * HOUR), clock(B, 24 * HOUR + 1)], ClockKind.BELIEVED, (A, B), 24 * HOUR),
    "more than a day is for people": ([clock(A, 25 * HOUR), clock(B, 25 * HOUR)], ClockKind.TOO_FAR, (A, B), 25 * HOUR),
    "two that differ": ([clock(A, 3 * HOUR), clock(B, -5 * HOUR)], ClockKind.DOUBTED, (A, B), -5 * HOUR),
    "two that differ by more than two minutes": (
        [clock(A, HOUR), clock(B, HOUR + 121)],
        ClockKind.DOUBTED,
        (A, B),
        3721,
    ),
    "two against one and ours": ([clock(A, HOUR), clock(B, HOUR), clock(C, 0)], ClockKind.DOUBTED, (A, B), HOUR),
    "three against one and ours": (
        [clock(A, HOUR), clock(B, HOUR), clock(C, 0), clock(D, HOUR)],
        ClockKind.BELIEVED,
        (A, B, D),
        HOUR,
    ),
    "two agree, a third is elsewhere": (
        [clock(A, HOUR), clock(B, HOUR), clock(C, -7 * HOUR)],
        ClockKind.BELIEVED,
        (A, B),
        HOUR,
    ),
    "two and two": (
        [clock(A, HOUR), clock(B, HOUR), clock(C, -HOUR), clock(D, -HOUR)],
        ClockKind.DOUBTED,
        (A, B, C, D),
        HOUR,
    ),
    "two names of one machine are one clock": (
        [clock(A, HOUR, "irc.example", "192.0.2.1"), clock(WIKI, HOUR, "wiki.example", "192.0.2.1")],
        ClockKind.DOUBTED,
        (A,),
        HOUR,
    ),
    "what was read long ago does not count": (
        [clock(A, HOUR), clock(B, HOUR, ago=RECENT + 1)],
        ClockKind.DOUBTED,
        (A,),
        HOUR,
    ),
    "what was read a while ago does": ([clock(A, HOUR), clock(B, HOUR, ago=RECENT)], ClockKind.BELIEVED, (A, B), HOUR),
    "of those who agree the one nearest to ours gives the time": (
        [clock(A, -HOUR - 100), clock(B, -HOUR)],
        ClockKind.BELIEVED,
        (A, B),
        -HOUR,
    ),
}


@pytest.mark.parametrize(("outside", "kind", "names", "off"), VERDICTS.values(), ids=VERDICTS)
def test_more_clocks_must_agree_against_ours_than_with_it(outside, kind, names, off):
    verdict = judge(outside, OURS, NOW)
    assert (verdict.kind, verdict.clocks) == (kind, names)
    assert verdict.off == pytest.approx(off, abs=0.01)


@given(
    liar=st.floats(-1e6, 1e6),
    honest=st.lists(st.floats(-30, 30), max_size=4),
    ours=st.floats(-1e6, 1e6),
)
def test_a_server_that_lies_alone_moves_nothing(liar, honest, ours):
    """Whatever it says: what is believed is our time or the true one."""
    outside = [clock(A, liar), *(clock(f"{number}net", off) for number, off in enumerate(honest))]
    verdict = judge(outside, OURS + ours, NOW)
    if verdict.kind is ClockKind.BELIEVED:
        assert abs(ours + verdict.off) <= AGREE


BELIEVED = OURS + HOUR

WHILE_BELIEVED = {
    "one of them is away": ([clock(A, HOUR)], ClockKind.BELIEVED, HOUR),
    "one shows another time now": ([clock(A, HOUR), clock(B, 5 * HOUR)], ClockKind.BELIEVED, HOUR),
    "one shows our time now": ([clock(A, HOUR), clock(B, 0)], ClockKind.DOUBTED, HOUR),
    "nobody shows it any more": ([clock(A, 5 * HOUR)], ClockKind.DOUBTED, 5 * HOUR),
    "all are away": ([], ClockKind.NOBODY, 0),
    "both show another time now": ([clock(A, 5 * HOUR), clock(B, 5 * HOUR)], ClockKind.BELIEVED, 5 * HOUR),
    "ours comes near": ([clock(A, 90), clock(B, 90)], ClockKind.BELIEVED, 90),
    "ours is right again": ([clock(A, 60), clock(B, 60)], ClockKind.AGREED, 0),
}


@pytest.mark.parametrize(("outside", "kind", "off"), WHILE_BELIEVED.values(), ids=WHILE_BELIEVED)
def test_what_two_have_shown_holds_while_one_still_does_and_none_shows_ours(outside, kind, off):
    believed = BELIEVED if off != 90 else OURS + 90
    verdict = judge(outside, OURS, NOW, believed)
    assert verdict.kind is kind
    assert verdict.off == pytest.approx(off, abs=0.01)


# --- a machine ----------------------------------------------------------------------------------------------------


class Machine:
    """True time, this machine's clock, its steady one, and clocks elsewhere that are right."""

    def __init__(self, off: float = 0.0) -> None:
        self.true = NOON
        self.off = off
        self.steadily = 500.0
        self.machines: dict[str, frozenset[str]] = {}
        self.wiki_answers = True
        self.wiki_off = 0.0
        self.asked = self.networks_asked = 0
        self.clocks = Clocks(
            lambda: self.true + timedelta(seconds=self.off),
            lambda: self.steadily,
            self.addresses,
            ("wiki.example", self.ask),
            self.ask_networks,
        )

    def ask_networks(self) -> None:
        self.networks_asked += 1

    async def addresses(self, host: str) -> frozenset[str]:
        return self.machines.get(host, frozenset())

    async def ask(self) -> ClockReading | None:
        self.asked += 1
        return self.reading(self.wiki_off) if self.wiki_answers else None

    def reading(self, off: float = 0.0, took: float = 0.2) -> ClockReading:
        """What a clock that is so far off shows just now."""
        return ClockReading(self.steadily - took, self.steadily, self.true + timedelta(seconds=off))

    def passes(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)
        self.steadily += seconds

    def stands_still(self, seconds: float) -> None:
        """A virtual machine that is paused: none of its clocks goes on."""
        self.true += timedelta(seconds=seconds)
        self.off -= seconds

    async def hears(self, network: str = A, off: float = 0.0, took: float = 0.2) -> None:
        """A network shows its clock."""
        self.clocks.heard(network, f"irc.{network}.example", self.reading(off, took))
        await self.clocks.find_addresses()

    async def asks(self) -> None:
        await self.clocks.ask()
        await self.clocks.find_addresses()

    @property
    def wrong_by(self) -> float:
        """How far what is believed is from the true time."""
        return (self.clocks.now() - self.true).total_seconds()

    @contextlib.asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.clocks.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("off", [3 * HOUR, -3 * HOUR, 24 * HOUR, -24 * HOUR])
async def test_a_network_and_the_wiki_correct_ours(off):
    machine = Machine(off)
    await machine.hears()
    assert machine.wrong_by == off
    await machine.asks()
    assert machine.wrong_by == pytest.approx(0)
    assert machine.clocks.believed
    assert machine.clocks.offsets() == {A: pytest.approx(-off), WIKI: pytest.approx(-off)}
    machine.passes(600)
    assert machine.wrong_by == pytest.approx(0)


async def test_two_networks_do_so_too():
    machine = Machine(3 * HOUR)
    await machine.hears(A)
    await machine.hears(B)
    assert machine.wrong_by == pytest.approx(0)


async def test_a_clock_does_not_count_until_it_is_known_whose_it_is():
    machine = Machine(3 * HOUR)
    machine.machines = {name: frozenset({"192.0.2.7"}) for name in ("wiki.example", f"irc.{A}.example")}
    await machine.asks()
    machine.clocks.heard(A, f"irc.{A}.example", machine.reading())
    assert machine.clocks.verdict.clocks == (WIKI,)
    await machine.clocks.find_addresses()
    assert machine.wrong_by == 3 * HOUR
    await machine.hears(B)
    assert machine.wrong_by == pytest.approx(0)


async def test_an_answer_that_took_long_tells_nothing():
    machine = Machine()
    await machine.hears(A, off=-3 * HOUR, took=UNCERTAIN + 1)
    await machine.hears(B, off=-3 * HOUR, took=UNCERTAIN + 1)
    assert machine.clocks.verdict == Verdict(ClockKind.NOBODY)


async def test_a_clock_that_is_set_wrong_while_we_run_is_corrected_as_soon_as_two_were_asked_again():
    machine = Machine()
    await machine.hears()
    await machine.asks()
    machine.off = -3 * HOUR
    assert machine.wrong_by == -3 * HOUR
    machine.passes(1)
    await machine.hears()
    await machine.asks()
    assert machine.wrong_by == pytest.approx(0)


async def test_a_clock_that_is_set_right_is_believed_at_once():
    machine = Machine(3 * HOUR)
    await machine.hears()
    await machine.asks()
    machine.off = 0
    assert machine.wrong_by == 0
    assert not machine.clocks.believed


async def test_a_clock_that_is_set_right_little_by_little_makes_no_jump():
    machine = Machine(300)
    await machine.hears()
    await machine.asks()
    for _ in range(300):
        machine.passes(1)
        machine.off -= 1
        assert abs(machine.wrong_by) < 1
    await machine.hears()
    assert not machine.clocks.believed
    assert machine.wrong_by == 0


async def test_what_two_clocks_showed_before_the_machine_stood_still_is_not_believed_after_it():
    machine = Machine()
    await machine.hears(A)
    await machine.hears(B)
    machine.stands_still(3 * HOUR)
    machine.off = 0  # set right when it goes on
    machine.clocks.now()
    assert machine.clocks.verdict.kind is ClockKind.NOBODY
    assert machine.wrong_by == 0


async def test_what_was_asked_before_the_machine_stood_still_is_no_answer_to_it():
    machine = Machine()
    asked = machine.reading()
    machine.stands_still(3 * HOUR)
    machine.off = 0
    machine.passes(0.1)
    machine.clocks.now()
    for network in (A, B):
        late = ClockReading(asked.asked, machine.steadily, asked.said)
        machine.clocks.heard(network, f"irc.{network}.example", late)
    await machine.clocks.find_addresses()
    assert machine.wrong_by == 0


async def test_what_is_believed_does_not_go_to_and_fro_with_each_reading():
    machine = Machine(3 * HOUR)
    await machine.hears()
    await machine.asks()
    before = machine.clocks.now()
    for off in (-0.9, 0.4, -50, 20):
        await machine.hears(off=off)
        assert machine.clocks.now() == before


async def test_all_are_asked_again_after_a_jump(monkeypatch):
    monkeypatch.setattr("labsbot.service.clocks.LOOK", 0.001)
    machine = Machine()
    async with machine.runs():
        await until(lambda: machine.asked == 1, "the wiki is asked")
        machine.off = HOUR
        await until(lambda: machine.asked == 2, "the wiki is asked again")
        assert machine.networks_asked == 1


async def test_what_is_wrong_is_said_when_it_begins_seldom_after_that_and_when_it_is_over(caplog):
    caplog.set_level(logging.WARNING, "labsbot.service.clocks")
    machine = Machine(3 * HOUR)

    def look() -> list[str]:
        caplog.clear()
        machine.clocks.tell()
        return list(caplog.messages)

    await machine.hears()
    assert look() == [], "another may answer in a moment"
    await machine.asks()
    assert look() == [
        "this machine's clock is 3 h ahead of afnet and the wiki, which agree: entries get their time. Set the clock."
    ]
    for _ in range(int((REMIND - 1) / EVERY)):
        machine.passes(EVERY)
        await machine.hears()
        await machine.asks()
        assert look() == []
    machine.passes(EVERY + 1)
    await machine.hears()
    assert len(look()) == 1
    machine.off = 0
    machine.clocks.now()
    machine.passes(1)
    await machine.hears()
    await machine.asks()
    assert look() == ["this machine's clock is used: it agrees with afnet and the wiki"]
    assert look() == []


async def test_a_clock_that_differs_alone_is_warned_of(caplog):
    caplog.set_level(logging.WARNING, "labsbot.service.clocks")
    machine = Machine()
    await machine.hears(off=-90 * 60)
    machine.passes(LOOK)
    machine.clocks.tell()
    assert caplog.messages == [
        "this machine's clock is 90 min ahead of afnet; it is used all the same, for too few others agree against it."
        " See which of them is wrong."
    ]


async def test_the_clock_of_a_network_that_is_gone_counts_no_more_and_its_host_is_looked_up_no_more():
    machine = Machine()
    await machine.hears(A, HOUR)
    await machine.hears(B, HOUR)
    assert machine.clocks.believed
    machine.clocks.take_up([B])
    assert set(machine.clocks.offsets()) == {B}
    looked_up: list[str] = []

    async def addresses(host: str) -> frozenset[str]:
        looked_up.append(host)
        return frozenset()

    machine.clocks._addresses = addresses
    await machine.clocks.find_addresses()
    assert looked_up == [f"irc.{B}.example"]
