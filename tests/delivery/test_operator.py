"""What an operator does meanwhile, and what an operator is told of an entry that waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from labsbot.journal import Reading
from labsbot.model import Delivery, DeliveryState, Unavailable
from tests.delivery.world import World
from tests.nouns import NOON


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


async def test_an_entry_that_is_dropped_just_before_its_attempt_is_not_sent_and_the_others_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwanted = await world.log("unwanted")
    await world.log("wanted")
    pending = world.journal.deliveries.pending
    dropped: list[str] = []

    async def then_dropped(*given: object) -> list[Delivery]:
        due = await pending(*given)  # type: ignore[arg-type]
        if not dropped and len(due) == 2:
            dropped.extend(await world.journal.undelivered.drop([unwanted.id]))
        return due

    monkeypatch.setattr(world.journal.deliveries, "pending", then_dropped)
    await world.deliver()
    assert world.order_on_page() == ["wanted"]
    assert dropped == [unwanted.id]
    assert (await world.delivery(unwanted)).state is DeliveryState.DROPPED


async def test_what_the_wiki_said_and_about_when_it_is_asked_again_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await world.log("one")

    def read_only(title: str, together: Sequence[str]) -> None:
        raise Unavailable("it is read-only", "readonly")

    monkeypatch.setattr(world.wiki, "look", read_only)
    reading = Reading(world.folder / "journal")
    await world.deliver(until=lambda: reading.queue()[0].failure)
    history = reading.find(entry.id)
    assert history is not None
    (found,) = history.queued
    assert (found.failure, found.telling.delivery.cause) == ("it is read-only (readonly)", "it is read-only")
    assert found.next_try is not None
    assert found.next_try >= NOON
    assert found.attempts >= 1
