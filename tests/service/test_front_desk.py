"""A burst at the front desk: what networks tell in, entries in the journal and words for the channel out, in order."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labsbot.chat.networks import Networks
from labsbot.desk.catchup import CatchUp
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import CaughtUp, Entered, Importance, News, Present, Privmsg, Sender
from labsbot.service import stations, tasks
from labsbot.settings import Channel, Network, PageSettings, Server
from tests.journal.bad_days import locked
from tests.journal.commits import commits
from tests.nouns import NOON, a_directory, a_front_desk, a_line

PLACE = ("libera", "#cloud")
ON = ("libera", "#cloud", NOON)
CHANNEL = Channel("#cloud", None, PageSettings())


class Heard(Networks):
    """A network that tells what the test says, and where all that is said arrives."""

    def __init__(self, folder: Path, heard_until: Callable[[str, str], datetime | None]) -> None:
        network = Network("libera", (Server("127.0.0.1", 1),), None, "labsbot", "x", (CHANNEL,))
        super().__init__((network,), lambda: None, lambda: NOON, heard_until, folder)
        self.said: list[str] = []

    def tell(self, news: Iterable[News]) -> None:
        """All of it at once."""
        for each in news:
            self._hear(each)

    def say(self, network: str, target: str, text: str, importance: Importance, *_: Any) -> bool:
        self.said.append(text)
        return True


class World:
    """The front desk at work, with a journal on a disk."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder / "journal")
        self.lines = a_front_desk(self.journal.entries, {PLACE: self.rules("tools")}, "wiki")
        network = Network("libera", (Server("127.0.0.1", 1),), None, "labsbot", "x", (CHANNEL,))
        self.catch_up = CatchUp(self.journal.presences, self.lines.hear, [network])
        self.networks = Heard(folder, self.catch_up.heard_until)
        self.working = asyncio.create_task(stations.front_desk(self.networks, self.catch_up, Counter()))

    def rules(self, project: str) -> ChannelRules:
        return ChannelRules(CHANNEL, a_directory(project))

    async def deal_with(self, *news: News) -> list[str]:
        """All of it, told at once; what is said of it."""
        self.networks.said.clear()
        self.networks.tell(news)
        await self.networks.heard.join()
        return self.networks.said

    async def messages(self) -> list[str]:
        return [each.entry.message for each in await self.journal.deliveries.pending() if each.change is None]

    async def struck(self) -> list[str]:
        return [each.entry.message for each in await self.journal.deliveries.pending() if each.change is not None]

    async def handed_over(self) -> None:
        """Wait until the journal is at work on what it was asked, and nothing waits for that."""
        await until(
            lambda: (
                self.journal._transactions.writer._at_work is not None
                and not self.journal._transactions.writer._waiting
            )
        )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    await tasks.cancel([world.working])
    world.journal.close()


def typed(*texts: str, **given: Any) -> list[Privmsg]:
    """What alice types, a millisecond apart."""
    return [a_line(text, arrived=NOON + timedelta(milliseconds=n), **given) for n, text in enumerate(texts)]


def crowd(number: int) -> list[Privmsg]:
    """So many people log a line each."""
    return [
        a_line(f"!log tools m{n}", sender=Sender(f"nick{n}", "u", f"host{n}"), msgid=f"m{n}") for n in range(number)
    ]


async def test_a_thousand_lines_at_once_are_kept_in_order_in_few_commits(world: World) -> None:
    with commits(world.journal) as seen:
        assert await world.deal_with(*crowd(1000)) == []
        assert len(seen) < 40
    assert await world.messages() == [f"m{n}" for n in range(1000)]


async def test_a_line_that_is_alone_has_a_commit_of_its_own_and_waits_for_nothing_before_it(world: World) -> None:
    await world.deal_with()
    with commits(world.journal) as seen:
        for text, number in (("!log tools x", 1), ("!log nosuch x", 2), ("hello", 2), ("!undo", 3), ("!last", 4)):
            await world.deal_with(*typed(text))
            assert len(seen) == number, text
    world.networks.tell(typed("!log tools y"))
    for _ in range(2):  # it is heard, and it is handed over
        assert not world.journal._transactions.writer._waiting
        await asyncio.sleep(0)
    assert len(world.journal._transactions.writer._waiting) == 1


async def test_whatever_is_answered_is_answered_in_the_order_of_the_lines(world: World) -> None:
    said = await world.deal_with(
        *typed("!log nosuch 1", "!log tools 2", "!log help", "!log tools", "!undo sal-none", "!last", "!log other 7")
    )
    assert [text.split()[1:4] for text in said] == [
        ["Not", "logged:", "there"],
        ["!log", "<project>", "<message>,"],
        ["Not", "logged:", "one"],
        ["Not", "taken", "back:"],
        ["12:00", "tools", "a\u200blice:"],
        ["Not", "logged:", "there"],
    ]


async def test_what_somebody_takes_back_is_what_they_had_logged_until_then(world: World) -> None:
    said = await world.deal_with(*typed("!log tools one", "!undo", "!log tools two", "!log tools three", "!undo"))
    assert said == []
    assert await world.struck() == ["one", "three"]


async def test_corrections_and_refusals_cost_a_burst_no_commits(world: World) -> None:
    people = crowd(100)
    undone = [a_line("!undo", sender=each.sender, msgid=f"undo {each.msgid}") for each in people]
    refused = [a_line("!log nosuch x", sender=each.sender, msgid=f"refused {each.msgid}") for each in people]
    with commits(world.journal) as seen:
        mixed = [line for together in zip(people, undone, refused, strict=True) for line in together]
        assert len(await world.deal_with(*mixed)) == 100
        assert len(seen) < 40
    assert await world.struck() == await world.messages() == [f"m{n}" for n in range(100)]


async def test_who_takes_back_twice_at_once_strikes_one_entry(world: World) -> None:
    (said,) = await world.deal_with(*typed("!log tools one", "!log tools two", "!undo", "!undo"))
    assert "is taken back already" in said
    assert await world.struck() == ["two"]


async def test_the_line_that_goes_on_is_told_of_the_one_that_it_follows(world: World) -> None:
    (said,) = await world.deal_with(*typed("!log tools did this:", "  that", "!log tools that, and"))
    assert said.startswith("alice: The log has your message up to “this:” only: what came after was a line of its own.")


async def test_what_follows_a_line_that_was_refused_is_told_of_that_alone(world: World) -> None:
    (said,) = await world.deal_with(*typed("!log nosuch did this:", "  that"))
    assert said.startswith("alice: Not logged: there is no project “nosuch”.")


async def test_a_line_repeated_in_a_burst_is_one_entry_whatever_comes_between(world: World) -> None:
    again = [
        a_line("!log tools m0", msgid="m0"),
        a_line("!log nosuch x", msgid="n"),
        a_line("!log nosuch x", msgid="n"),
    ]
    assert len(await world.deal_with(*crowd(5), *again)) == 1
    assert await world.messages() == [f"m{n}" for n in range(5)]


async def test_where_the_journal_fails_in_a_burst_each_is_told_and_what_comes_after_is_kept(world: World) -> None:
    people = crowd(10)
    with locked(world.journal, patience=1):
        world.networks.tell(people[:5])
        await world.handed_over()
        world.networks.tell([*people[5:], Present(*ON)])
        await until(lambda: bool(world.networks.said))
        assert world.catch_up.heard_until(*PLACE) is None
    await world.networks.heard.join()
    assert [text.partition(". ")[0] for text in world.networks.said] == [
        f"nick{n}: Not logged: the journal cannot be written" for n in range(5)
    ]
    assert await world.messages() == [f"m{n}" for n in range(5, 10)]
    assert world.catch_up.heard_until(*PLACE) == NOON


async def test_until_when_a_channel_was_heard_never_passes_a_line_that_is_on_its_way(world: World) -> None:
    replayed = typed("!log tools x", replayed=True, server_time=NOON + timedelta(minutes=1))
    news: list[News] = [Entered(*ON), *replayed, CaughtUp(*PLACE, NOON + timedelta(minutes=2), repeated=True)]
    with locked(world.journal, patience=30):
        world.networks.tell(news)
        await world.handed_over()
        assert world.catch_up.heard_until(*PLACE) == NOON
        assert not world.networks.present(*PLACE)
    await world.networks.heard.join()
    assert world.catch_up.heard_until(*PLACE) == NOON + timedelta(minutes=2)
    assert await world.messages() == ["x"]


async def test_a_line_that_fails_unexpectedly_fails_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    people = crowd(4)
    half_a_pair = a_line("!log tools \ud800", msgid="odd")
    in_no_channel_of_ours = a_line("!log tools x", channel="#elsewhere")
    await world.deal_with(*people[:2], half_a_pair, in_no_channel_of_ours, *people[2:])
    assert await world.messages() == [f"m{n}" for n in range(4)]
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [each.getMessage() for each in failures] == ["a line on libera failed unexpectedly"] * 2


async def test_what_is_begun_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stations.MOST_BEGUN < 1200
    with locked(world.journal, patience=30):
        world.networks.tell(crowd(1200))
        await until(lambda: len(world.journal._transactions.writer._waiting) > 0)
        for _ in range(100):
            await asyncio.sleep(0)
        begun = 1200 - world.networks.heard.qsize()
        assert begun <= stations.MOST_BEGUN + 2, "one more waits for room, and one is being finished"
    await world.networks.heard.join()
    assert len(await world.messages()) == 1200


async def test_rules_that_change_in_a_burst_hold_from_the_next_line_on(world: World) -> None:
    other = a_front_desk(world.journal.entries, {}, "wiki")
    world.networks.tell(typed(*["!log tools before"] * 3))
    await until(world.networks.heard.empty)
    world.lines.take_up(other._desk, {PLACE: world.rules("bots")}, lambda sender: None, ())
    later = [
        replace(each, arrived=NOON + timedelta(minutes=1)) for each in typed("!log tools after", "!log bots after")
    ]
    await world.deal_with(*later)
    assert len(world.networks.said) == 1
    assert await world.messages() == ["before", "before", "before", "after"]


class Idle:
    """A deliverer that has nothing to do until it is to stop."""

    def __init__(self) -> None:
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        await self._stopped.wait()


async def end(world: World) -> None:
    deliverer = Idle()
    begun = {"networks": world.networks.run(), "deliverer": deliverer.run()}
    running = {name: asyncio.create_task(station) for name, station in begun.items()}
    await stations.end(world.networks, deliverer, {**running, "front desk": world.working})  # type: ignore[arg-type]


async def test_an_end_in_the_middle_of_a_burst_loses_nothing(world: World) -> None:
    world.networks.tell([Entered(*ON), *crowd(300), Present(*PLACE, NOON + timedelta(minutes=1))])
    await until(lambda: world.journal._transactions.writer._at_work is not None)
    await end(world)
    assert world.working.done()
    assert len(await world.messages()) == 300
    assert (await world.journal.presences.presences())[PLACE].until == NOON + timedelta(minutes=1)


async def test_what_an_end_cannot_wait_for_is_counted_and_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stations, "ENDING", 0.1)
    with locked(world.journal, patience=30):
        world.networks.tell([*crowd(3), Present(*ON)])
        await world.handed_over()
        await end(world)
    assert "3 lines that were heard are not dealt with" in caplog.text
    assert await world.journal.presences.presences() == {}
