"""What the journal has brought to a log is compared with what stands there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.journal import Reading
from labsbot.service.verifying import Difference, DifferenceKind, Verified, verify
from tests.delivery.archive_world import OLD, ArchiveWorld
from tests.delivery.world import TITLE
from tests.nouns import NOON

AN_OLD_DAY = NOON.replace(year=2025, month=12, day=30)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ArchiveWorld]:
    made = ArchiveWorld(tmp_path)
    yield made
    made.journal.close()


def verified(world: ArchiveWorld) -> Verified:
    reading = Reading(world.folder / "journal")
    return verify(world.wiki, reading, reading.logs(), world.settings, NOON)


def differences(world: ArchiveWorld) -> list[tuple[DifferenceKind, str]]:
    return [(each.kind, each.id) for each in verified(world).differences]


async def test_where_all_stands_as_it_is_to_be_nothing_differs(world: ArchiveWorld) -> None:
    await world.log("of_old", AN_OLD_DAY)
    amended, undone, redacted = [await world.log(word) for word in ("one", "two", "three")]
    await world.deliver()
    await world.amend(amended, "uno")
    await world.undo(undone, "not yet")
    await world.redact(redacted)
    await world.grows()
    await world.log("waits", NOON + timedelta(hours=1))
    assert "of_old" in world.page(OLD)
    assert verified(world) == Verified(TITLE, 5, 2, ())


async def test_what_was_taken_out_is_missing(world: ArchiveWorld) -> None:
    entry = await world.log("of_old", AN_OLD_DAY)
    await world.grows()
    world.write("\n".join(line for line in world.page(OLD).split("\n") if entry.id not in line), OLD)
    missing = Difference(DifferenceKind.MISSING, entry.id, TITLE, "alice: of_old")
    assert verified(world).differences == (missing,)


async def test_a_line_that_people_have_changed_is_shown(world: ArchiveWorld) -> None:
    entry = await world.log("one")
    await world.deliver()
    world.write(world.page().replace("alice: one", "alice: one (it was two)"))
    (found,) = verified(world).differences
    assert (found.kind, found.id) == (DifferenceKind.CHANGED, entry.id)
    assert found.words.endswith("alice: one (it was two)")


async def test_a_line_that_stands_on_the_page_and_in_the_archive_is_there_twice(world: ArchiveWorld) -> None:
    entry = await world.log("of_old", AN_OLD_DAY)
    await world.grows()
    line = next(line for line in world.page(OLD).split("\n") if entry.id in line)
    world.write(f"{world.page()}\n{line}")
    assert differences(world) == [(DifferenceKind.TWICE, entry.id)] * 2


async def test_an_entry_that_the_journal_does_not_know_is_unknown(world: ArchiveWorld) -> None:
    await world.log("one")
    await world.deliver()
    other = "sal-20261122000000-0000000"
    world.write(f'{world.page()}\n* <span id="{other}">[[#{other}|00:00]]</span> eve: two')
    assert differences(world) == [(DifferenceKind.UNKNOWN, other)]


async def test_what_an_operator_has_given_up_is_not_missed(world: ArchiveWorld) -> None:
    entry = await world.log("one")
    await world.journal.undelivered.drop([entry.id])
    assert verified(world) == Verified(TITLE, 0, 1, ())
