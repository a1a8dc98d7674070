"""What waits for its end is sent when that has come, or when its time is over, and nobody has to say so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labsbot.model import Begun, Changed, ChangeKind, DeliveryState, Entry, RunState, Told
from tests.delivery.world import World
from tests.nouns import NOON, a_change, an_acceptance, an_entry, keep


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


async def begin(world: World, message: str, due: datetime) -> Entry:
    entry = an_entry(message)
    assert await world.journal.entries.accept(replace(an_acceptance(entry), begun=Begun(due)))
    return entry


async def end(world: World, entry: Entry, message: str) -> None:
    change = a_change(ChangeKind.AMEND, message)
    assert await keep(world.journal, Changed(None, entry.id, change, Told.NEVER, NOON, ends=RunState.ENDED))


async def test_what_ends_soon_is_one_edit_and_one_line(world: World) -> None:
    entry = await begin(world, "upgrading", NOON + timedelta(seconds=10))
    await world.quiet()
    world.restart()
    await world.quiet()
    assert world.wiki.edits == []
    await end(world, entry, "upgrading:done")
    await world.deliver()
    assert len(world.wiki.edits) == 1
    assert "alice: upgrading:done<span" in world.page()
    assert await world.fates(entry) == [DeliveryState.DELIVERED]


async def test_others_are_not_held_up(world: World) -> None:
    await begin(world, "upgrading", NOON + timedelta(seconds=10))
    await world.log("other")
    await world.quiet()
    assert world.order_on_page() == ["other"]


async def test_it_is_sent_when_its_time_is_over_without_any_news(world: World) -> None:
    world.now = lambda: datetime.now(UTC)  # type: ignore[method-assign]
    world.deliverer = world.started()
    due = datetime.now(UTC) + timedelta(seconds=0.3)
    await begin(world, "upgrading", due)
    await world.deliver(until=lambda: world.wiki.edits)
    assert datetime.now(UTC) >= due
    await world.deliver()
    assert world.order_on_page() == ["upgrading"]


async def test_a_clock_that_was_wrong_holds_nothing_up_for_long(world: World) -> None:
    await begin(world, "upgrading", NOON + timedelta(hours=5))
    await world.quiet()
    assert world.order_on_page() == ["upgrading"]


async def test_an_end_that_comes_later_changes_the_line(world: World) -> None:
    entry = await begin(world, "upgrading", NOON)
    await world.deliver()
    await end(world, entry, "upgrading, done")
    await world.deliver()
    assert len(world.wiki.edits) == 2
    assert "alice: upgrading, done<span" in world.page()
