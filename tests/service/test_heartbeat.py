"""Whether the bot is of use, whether it lives, and who is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from labsbot.edge.notify import Notifier
from labsbot.journal import Journal, Reading
from labsbot.model import BotStatus, DeliveryState, JournalFailure
from labsbot.service.heartbeat import Heartbeat, Signs, in_one_line, seen_from_beside
from tests.nouns import NOON, an_acceptance, an_entry


class World:
    """Rooms of which one can have anything be seen."""

    now = 0.0
    failure: JournalFailure | None = None
    is_rewritten = False
    waits = 0.0
    there = True
    noted: BotStatus | None = None

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.answers.set()

    async def note(self, status: BotStatus) -> None:
        await self.answers.wait()
        if self.failure:
            raise self.failure
        self.noted = status

    @property
    def undelivered(self) -> World:
        return self

    async def backlog(self) -> Mapping[DeliveryState, tuple[int, datetime]]:
        return {DeliveryState.PENDING: (2, NOON), DeliveryState.PARKED: (1, NOON)}

    def online(self) -> Mapping[str, bool]:
        return {"libera": self.there, "oftc": False}

    def presences(self) -> Mapping[tuple[str, str], bool]:
        return {("libera", "#cloud"): self.there, ("libera", "#ops"): self.there}

    def held_up(self) -> float:
        return self.waits


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0labsbot-heartbeat-{os.getpid()}")
        listening.settimeout(5)
        yield listening


def told(manager: socket.socket) -> list[str]:
    """What the service manager has heard so far."""
    heard: list[str] = []
    manager.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(manager.recv(4096).decode())
    return heard


@pytest.fixture
def heartbeat(world: World, manager: socket.socket) -> Heartbeat:
    notifier = Notifier({"NOTIFY_SOCKET": f"@labsbot-heartbeat-{os.getpid()}"})
    return Heartbeat(world, world, notifier, lambda: world.now, lambda: NOON)


@pytest.mark.parametrize(
    ("signs", "reasons", "of_life"),
    [
        (Signs(), (), True),
        (Signs(offline=119, unanswered=60, held_up=60), (), True),
        (Signs(failure="disk is full"), ("the journal cannot be written: disk is full",), True),
        (Signs(offline=121), ("no network has been online for 121 s",), True),
        (Signs(unanswered=61), ("the journal has not answered for 61 s",), False),
        (Signs(held_up=61), ("what was said on IRC has not been dealt with for 61 s",), False),
        (
            Signs(unanswered=90, held_up=90, is_rewritten=True),
            (
                "the journal has not answered for 90 s",
                "what was said on IRC has not been dealt with for 90 s",
            ),
            True,
        ),
    ],
)
def test_what_is_of_no_use_need_not_be_dead(signs: Signs, reasons: tuple[str, ...], of_life: bool) -> None:
    assert (signs.reasons, signs.of_life) == (reasons, of_life)


def test_a_network_that_comes_back_begins_the_two_minutes_anew(world: World, heartbeat: Heartbeat) -> None:
    world.now, world.there = 200, True
    assert heartbeat.signs().offline == 0
    world.now, world.there = 319, False
    assert heartbeat.signs().offline == 119


async def test_the_row_says_how_it_is_and_people_read_it_in_one_line(
    world: World, heartbeat: Heartbeat, manager: socket.socket
) -> None:
    world.now, world.there = 150, False
    await heartbeat.note()
    assert world.noted == BotStatus(NOON, ("no network has been online for 150 s",))
    assert heartbeat.reasons() == world.noted.reasons
    assert told(manager) == ["STATUS=0 of 2 networks, 0 of 2 channels, 2 waiting, 1 parked"]


async def test_a_journal_that_fails_has_answered(world: World, heartbeat: Heartbeat, manager: socket.socket) -> None:
    world.now, world.failure = 90, JournalFailure("/j: disk is full")
    await heartbeat.note()
    heartbeat.look()
    assert told(manager) == ["STATUS=the journal fails: /j: disk is full", "WATCHDOG=1"]


async def test_a_journal_that_hangs_or_lines_that_nobody_deals_with_are_no_life(
    world: World, heartbeat: Heartbeat, manager: socket.socket
) -> None:
    world.answers.clear()
    noting = asyncio.create_task(heartbeat.note())
    await asyncio.sleep(0)
    world.now = 61
    heartbeat.look()
    assert told(manager) == []
    world.answers.set()
    await noting
    heartbeat.look()
    assert told(manager)[1:] == ["WATCHDOG=1"]
    world.waits = 61
    heartbeat.look()
    assert told(manager) == []


async def test_as_long_as_it_runs_it_is_told_again_and_again(
    world: World, heartbeat: Heartbeat, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.service.heartbeat.LOOK", 0.01)
    running = asyncio.create_task(heartbeat.run())
    heard = [(await asyncio.to_thread(manager.recv, 4096)).split(b"=")[0] for _ in range(6)]
    running.cancel()
    assert heard.count(b"STATUS") == 1
    assert heard.count(b"WATCHDOG") == 5


async def test_when_all_is_well_the_line_is_short(world: World) -> None:
    class Well(World):
        def online(self) -> Mapping[str, bool]:
            return {"libera": True}

    assert in_one_line(Well(), {}) == "1 network, 2 channels, 0 waiting"


@pytest.mark.parametrize(
    ("status", "reasons"),
    [
        (None, ("no bot has run here yet",)),
        (BotStatus(NOON - timedelta(seconds=60), ()), ()),
        (BotStatus(NOON - timedelta(seconds=60), ("no network",)), ("no network",)),
        (BotStatus(NOON - timedelta(seconds=61), ()), ("the bot was seen last 61 s ago",)),
        (BotStatus(NOON + timedelta(hours=1), ()), ()),  # the clock was set back
    ],
)
def test_from_beside_a_bot_is_seen_by_its_row(status: BotStatus | None, reasons: tuple[str, ...]) -> None:
    assert seen_from_beside(status, NOON) == reasons


async def test_the_row_is_one_and_whoever_reads_the_journal_sees_it(tmp_path: Path) -> None:
    journal, reading = Journal.open(tmp_path / "journal"), Reading(tmp_path / "journal")
    assert reading.bot_status() is None
    for status in (BotStatus(NOON, ("one", "two")), BotStatus(NOON + timedelta(seconds=15), ())):
        await journal.note(status)
        assert reading.bot_status() == status
    await journal.entries.accept(an_acceptance(an_entry()))
    assert reading.backlog() == await journal.undelivered.backlog() == {DeliveryState.PENDING: (1, NOON)}
    journal.close()
