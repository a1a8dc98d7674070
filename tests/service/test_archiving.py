"""An operator sees what would move to archives, and has it moved, whatever a page's size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from labsbot.edge.answers import WrongAnswer
from labsbot.service.archiving import Archiving, MovingDays, WouldMove, would_move
from labsbot.service.submissions import Peer
from labsbot.settings import ArchivedBy
from tests.delivery.archive_world import OLD, ArchiveWorld, by, log_page
from tests.delivery.world import TITLE
from tests.nouns import NOON

ASKED = "Nova Resource:tools/SAL"
"""As the settings have it."""
US = Peer(1, "root")
TOOLS = {"place": "libera #cloud", "project": "tools"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ArchiveWorld]:
    """Its page is far from being over its size."""
    made = ArchiveWorld(tmp_path, by(over=1_000_000))
    yield made
    made.journal.close()


async def ask(world: ArchiveWorld, verb: str, **asked: object) -> object:
    return (await Archiving(world.deliverer).answer(verb, asked, US))["pages"]


def test_what_would_move_is_shown_and_nothing_moves(world: ArchiveWorld) -> None:
    before = world.page()
    found = would_move(world.wiki, TITLE, world.settings, NOON, 500_000)
    size = len(log_page(days=12).encode())
    assert found == WouldMove(
        TITLE, len(before.encode()), [MovingDays(OLD, date(2025, 12, 20), date(2025, 12, 31), 12, size)], []
    )
    assert (world.page(), world.page(OLD)) == (before, "")


def test_days_that_would_stay_are_named_with_the_reason(world: ArchiveWorld) -> None:
    world.write(world.page().replace("* 09:00 bob: 2025-12-30-0", "{|\n* 09:00 bob: 2025-12-30-0"))
    found = would_move(world.wiki, TITLE, world.settings, NOON, 500_000)
    assert found.kept
    assert all("a box, a table" in why for _, why in found.kept)


def test_where_there_is_no_page_nothing_would(world: ArchiveWorld) -> None:
    assert would_move(world.wiki, "None", world.settings, NOON, 500_000) == WouldMove("None", 0, (), ())


async def test_what_is_asked_for_moves_whatever_the_size(world: ArchiveWorld) -> None:
    await world.grows()
    assert world.page(OLD) == ""
    assert await ask(world, "archive", logs=[TOOLS]) == [ASKED]
    assert await ask(world, "archived", pages=[ASKED]) == {ASKED: None}
    await world.pass_time(10)
    assert await ask(world, "archived", pages=[ASKED]) == {ASKED: ""}
    assert "2025-12-31" in world.page(OLD)
    assert "2025-12-31" not in world.page()
    assert world.is_whole("hello")


async def test_why_nothing_moves_is_told_and_it_can_be_asked_for_again(world: ArchiveWorld) -> None:
    world.write("That is about something else.", OLD)
    await ask(world, "archive", logs=[TOOLS])
    await world.pass_time(10)
    assert await ask(world, "archived", pages=[ASKED]) == {
        ASKED: f"{OLD} is there and no archive of it: it is not written to"
    }
    world.write(f"Archive of [[:{TITLE}]].", OLD)
    await ask(world, "archive", logs=[TOOLS])
    await world.pass_time(10)
    assert await ask(world, "archived", pages=[ASKED]) == {ASKED: ""}


async def test_where_archives_are_not_wanted_nothing_is_begun(world: ArchiveWorld) -> None:
    world.settings = by(by=ArchivedBy.NEVER)
    assert await ask(world, "archive", logs=[TOOLS]) == []


async def test_a_bot_that_knows_nothing_of_it_says_so(world: ArchiveWorld) -> None:
    assert await ask(world, "archived", pages=[ASKED]) == {ASKED: "the bot was started anew meanwhile: ask again"}


async def test_a_question_that_makes_no_sense_is_a_wrong_answer(world: ArchiveWorld) -> None:
    with pytest.raises(WrongAnswer):
        await ask(world, "archive", logs=["tools"])
