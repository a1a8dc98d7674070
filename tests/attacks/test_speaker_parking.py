"""Somebody whose lines a wiki refuses, or whose pile is too large: what the others said stands all the same."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.journal import Journal
from labsbot.model import DeliveryState, Entry, Hindrance
from tests.delivery.real import Edge, RealWorld
from tests.delivery.world import World
from tests.nouns import NOON, a_log
from tests.servers.mediawiki import MediaWiki as Server

MINUTE = timedelta(minutes=1)
FILTER = """
$wgHooks['EditFilterMergedContent'][] = function ($context, $content, $status) {{
    if (strpos($content->getText(), '{}') !== false) {{
        $status->fatal(new ApiMessage('rawmessage', 'abusefilter-disallowed'));
        return false;
    }}
}};
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


async def states(world: World, *entries: Entry) -> set[DeliveryState]:
    return {(await world.delivery(entry)).state for entry in entries}


# --- one who is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 3, 4, 5, pytest.param(30, marks=pytest.mark.slow)])
async def test_refused_lines_of_one_park_nobody_elses(world: World, lines: int) -> None:
    spam = [await world.log(f"buy{number}", NOON + number * MINUTE, nick="mallory") for number in range(lines)]
    bob = [await world.log(f"fine{number}", NOON + (lines + number) * MINUTE, nick="bob") for number in range(3)]
    world.wiki.unwelcome = "buy"
    await world.deliver()
    assert await states(world, *bob) == {DeliveryState.DELIVERED}
    assert await states(world, *spam) == {DeliveryState.PARKED}
    assert world.order_on_page() == ["fine2", "fine1", "fine0"]


@pytest.mark.slow
async def test_many_names_that_are_refused_park_nobody_elses(world: World) -> None:
    for number in range(20):
        await world.log(f"buy{number}", NOON + number * MINUTE, nick=f"mallory{number}")
        await world.log(f"fine{number}", NOON + number * MINUTE, nick=f"bob{number}")
    world.wiki.unwelcome = "buy"
    await world.deliver()
    assert len(world.order_on_page()) == 20
    parked = {telling.delivery.entry.nick[:7] for telling in await world.journal.undelivered.queue()}
    assert parked == {"mallory"}


async def test_who_goes_on_being_refused_holds_up_the_others_for_no_edit_more(world: World) -> None:
    world.wiki.unwelcome = "buy"
    for number in range(8):
        await world.log(f"buy{number}", NOON + number * MINUTE, nick="mallory")
    await world.log("fine", NOON + 9 * MINUTE, nick="bob")
    await world.deliver()
    for round_ in range(1, 6):
        said = NOON + round_ * 10 * MINUTE
        await world.log(f"buy{round_}", said, nick="mallory")
        await world.log(f"fine{round_}", said + MINUTE, nick="bob")
        before = len(world.wiki.edits)
        await world.deliver(until=lambda word=f"fine{round_}": word in world.page())  # type: ignore[misc]
        sent = world.wiki.edits[before:]
        assert next(number for number, edit in enumerate(sent) if f"fine{round_}" in edit.text) == 0
        await world.deliver()


@pytest.mark.parametrize("relay", [None, "account", "bob"])
async def test_whose_name_is_the_account_of_another_is_not_taken_for_them(world: World, relay: str | None) -> None:
    world.wiki.unwelcome = "buy"
    spam = [await world.log(f"buy{n}", NOON + n * MINUTE, nick="bob", account=None, relay=relay) for n in range(3)]
    fine = await world.log("fine", NOON + 9 * MINUTE, nick="bob_", account="bob")
    await world.deliver()
    assert await states(world, fine) == {DeliveryState.DELIVERED}
    assert fine.sender not in {each.sender for each in spam}


async def test_the_journal_knows_a_sender_by_the_same_name_as_the_entry_does(world: World) -> None:
    names: list[dict[str, object]] = [
        {"account": None},
        {"account": "alice"},
        {"account": ""},
        {"account": "bob", "relay": "bridge"},
    ]
    entries = [await world.log("one", NOON + number * MINUTE, **given) for number, given in enumerate(names)]
    assert {each.sender for each in (await world.journal.deliveries.outstanding()).waiting} == {
        entry.sender for entry in entries
    }
    for entry in entries:
        of_sender = await world.journal.deliveries.pending([a_log()], 9, entry.sender)
        assert entry.id in {delivery.entry.id for delivery in of_sender}


@pytest.mark.parametrize("names", [60, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "bob", [{"nick": "bob", "account": "bob"}, {"nick": "bob", "account": None, "relay": "bridge"}]
)
@pytest.mark.parametrize("way", [{"relay": "bridge"}, {"account": None}])
async def test_however_many_names_are_refused_another_is_through_after_few_edits(
    world: World, way: dict[str, str | None], bob: dict[str, str | None], names: int
) -> None:
    """Whoever has an account, or has been accepted before."""
    if "relay" in bob:
        await world.log("first", NOON - MINUTE, **bob)
        await world.deliver()
    world.wiki.unwelcome = "buy"
    for number in range(names):
        await world.log("buy", NOON, nick=f"mallory{number}", **way)
    await world.log("fine", NOON + MINUTE, **bob)
    before = len(world.wiki.edits)
    await world.deliver(until=lambda: "fine" in world.page())
    assert len(world.wiki.edits) - before <= names.bit_length() + 2


async def test_a_word_that_stands_on_the_page_already_parks_everybody_for_minutes_and_one_success_frees_all(
    world: World,
) -> None:
    world.write("== 2026-11-22 ==\n* 09:00 mallory: casino")
    world.wiki.unwelcome = "casino"
    entries = [await world.log(f"m{n}", NOON + n * MINUTE, nick=f"n{n}") for n in range(6)]
    await world.deliver()
    parked = [await world.delivery(entry) for entry in entries]
    assert [each.hindrance for each in parked] == [Hindrance.TEXT] * 2 + [Hindrance.PAGE] * 4
    world.write("== 2026-11-22 ==\n* 09:00 mallory: (removed)")
    await world.log("later", NOON + 9 * MINUTE, nick="zed")
    await world.deliver(until=lambda: len(world.order_on_page()) == 8)


async def test_who_is_refused_with_many_names_is_not_tried_again_with_every_line_of_another(world: World) -> None:
    world.wiki.unwelcome = "buy"
    for number in range(6):
        await world.log("buy", NOON, nick=f"mallory{number}")
    for number in range(5):
        await world.log(f"fine{number}", NOON + number * MINUTE, nick="bob")
        await world.deliver()
    before = len(world.wiki.edits)
    for number in range(5, 10):
        await world.log(f"fine{number}", NOON + number * MINUTE, nick="bob")
        await world.deliver()
    assert len(world.wiki.edits) - before == 5


@pytest.mark.servers
async def test_on_a_real_wiki_a_filter_parks_the_lines_of_one_alone(tmp_path: Path, mediawiki: Server) -> None:
    edge = Edge(mediawiki)
    world = RealWorld(tmp_path, edge)
    try:
        spam = [await _said(world, f"buy{number}", number, "mallory") for number in range(4)]
        bob = [await _said(world, f"fine{number}", 5 + number, "bob") for number in range(4)]
        with mediawiki.setting("filter", FILTER.format("buy")):
            await world.deliver()
        assert await states(world, *bob) == {DeliveryState.DELIVERED}
        assert await states(world, *spam) == {DeliveryState.PARKED}
        assert world.order_on_page() == ["fine3", "fine2", "fine1", "fine0"]
        world.wall += timedelta(hours=1)
        await world.deliver(until=lambda: len(world.order_on_page()) == 8)
        assert world.order_on_page()[4:] == ["buy3", "buy2", "buy1", "buy0"]
    finally:
        world.journal.close()
        edge.worker.close()


async def _said(world: RealWorld, message: str, minute: int, nick: str) -> Entry:
    return await world.log(message, NOON + minute * MINUTE, nick=nick, author=nick, project=world.project)


# --- piles ----------------------------------------------------------------------------------------------------------


@pytest.mark.servers
async def test_a_page_with_room_for_the_short_ones_takes_the_short_ones(tmp_path: Path, mediawiki: Server) -> None:
    """After an outage: sixty long lines and two of bob's, and a page of at most 8 KB."""
    edge = Edge(mediawiki)
    world = RealWorld(tmp_path, edge)
    try:
        long = [await _said(world, "x" * 9000 + f"m{number}", number, "alice") for number in range(10)]
        bob = [await _said(world, f"fine{number}", 20 + number, "bob") for number in range(2)]
        with mediawiki.setting("small", "$wgMaxArticleSize = 8;"):
            await world.deliver()
        assert await states(world, *bob) == {DeliveryState.DELIVERED}
        assert await states(world, *long) == {DeliveryState.PARKED}
    finally:
        world.journal.close()
        edge.worker.close()


MEASURED = """
import asyncio, sys
from pathlib import Path
from tests.attacks.test_speaker_parking import deliver_a_while
asyncio.run(deliver_a_while(Path(sys.argv[1])))
"""
PENDING = 100_000


@pytest.mark.slow
def test_a_hundred_thousand_entries_that_wait_do_not_fill_the_memory(tmp_path: Path) -> None:
    Journal.open(tmp_path / "journal").close()
    fill(tmp_path / "journal")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    delivered, megabytes = map(int, done.stdout.split())
    assert delivered >= 5000
    assert megabytes < 120


def fill(journal: Path) -> None:
    with sqlite3.connect(journal) as database:
        entries = (
            (
                number,
                f"sal-20261122120000-{number:07x}",
                f"nick{number % 50}",
                f"m{number} {'x' * 200}",
            )
            for number in range(1, PENDING + 1)
        )
        database.executemany(
            "INSERT INTO entry (number, id, network, channel, nick, author, message, said, accepted, place, sequence)"
            " VALUES (?1, ?2, 'libera', '#cloud', ?3, ?3, ?4, '2026-11-22T12:00:00.000000Z',"
            " '2026-11-22T12:00:00.000000Z', ?1, ?1)",
            entries,
        )
        database.execute(
            "INSERT INTO delivery (number, entry, log, project, log_day, clock, state, fruitless, told, place)"
            " SELECT number, number, 'libera #cloud', 'p' || (number % 4), '2026-11-22', '12:00', 'pending', 0,"
            " 'never', place FROM entry"
        )


async def deliver_a_while(folder: Path) -> None:
    """In a process of its own: deliver some portions, and print how many entries that were and the memory in MB."""
    world = World(folder)
    await world.deliver(until=lambda: len(world.wiki.edits) >= 5, patience=200)
    done = sum(world.page(f"Nova Resource:P{number}/SAL").count("<span") for number in range(4))
    print(done, _most_memory() // 1024)


def _most_memory() -> int:
    """In kB. Not by getrusage: that remembers the process that started this one."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes)
