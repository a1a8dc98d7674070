"""Pages on which the wiki takes its time: what they cost everybody else. The clock is the test's own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.delivery.outcomes import SORTING
from labsbot.delivery.settle import READ
from labsbot.model import Conflict, DeliveryState, Edit, Entry, Page, Saved, Unavailable
from tests.delivery.world import FailingWiki, World
from tests.nouns import NOON


class SlowWorld(World):
    """Time passes where the wiki is asked and where there is nothing to do, and nowhere else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.moment = 0.0
        self.turns_of_slow = 0
        self.saving = 0.2
        """Seconds that a save on a slow page takes that can be read."""
        self.readable = False
        dice = random.Random(1)
        self.deliverer._memory.schedule._jitter = lambda limit: dice.uniform(0, limit)
        self.deliverer._rest = self._passes  # type: ignore[method-assign]
        self.wiki.look = self._look  # type: ignore[method-assign]
        self.wiki.save = self._save  # type: ignore[method-assign]

    def clock(self) -> float:
        return getattr(self, "moment", 0.0)

    async def _passes(self, seconds: float | None) -> None:
        self.moment += min(1.0, max(seconds or 1.0, 0.001))

    def _look(self, title: str, together: Sequence[str] = ()) -> Page:
        if "slow" in title.lower() and not self.readable:
            self.turns_of_slow += 1
            self.moment += READ
            raise Unavailable("it is not answering")
        self.moment += 0.05
        return FailingWiki.look(self.wiki, title, together)

    def _save(self, edit: Edit) -> Saved:
        if "Slow" in edit.title:
            self.turns_of_slow += 1
            self.moment += self.saving
        self.moment += 0.2
        return FailingWiki.save(self.wiki, edit)

    async def waits(self, entry: Entry) -> float:
        """The seconds until it is delivered."""
        began = self.moment
        while (await self.delivery(entry)).state is DeliveryState.PENDING:
            assert self.moment - began < 3600
            await self.deliverer._next()
        return self.moment - began

    async def pass_until(self, moment: float) -> None:
        while self.moment < moment:
            await self.deliverer._next()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SlowWorld]:
    made = SlowWorld(tmp_path)
    yield made
    made.journal.close()


async def waits_of_bob(world: SlowWorld, every: float, lines: int, project: str = "tools") -> list[float]:
    """Bob logs a line now and then: how long each waited."""
    waits = []
    for number in range(lines):
        began = world.moment
        said = NOON + timedelta(seconds=world.moment)
        waits.append(await world.waits(await world.log(f"b{number}", said, nick="bob", project=project)))
        await world.pass_until(began + every)
    return waits


@pytest.mark.slow
@pytest.mark.parametrize("slow", [1, 3, 10])
async def test_however_many_pages_time_out_one_that_works_waits_for_two_of_their_turns_at_most(
    world: SlowWorld, slow: int
) -> None:
    await world.waits(await world.log("first", nick="bob"))
    for number in range(slow):
        await world.log("x", NOON, nick="mallory", project=f"slow{number}")
    assert max(await waits_of_bob(world, every=60, lines=12)) < 2 * READ


@pytest.mark.slow
async def test_a_page_that_is_new_waits_for_few_turns_of_those_that_have_timed_out(world: SlowWorld) -> None:
    for number in range(10):
        await world.log("x", NOON, nick="mallory", project=f"slow{number}")
    await world.pass_until(900)
    assert await world.waits(await world.log("fine", NOON, nick="bob")) < 2 * READ


@pytest.mark.slow
async def test_pages_that_time_out_are_tried_now_and_then_although_others_are_always_due(world: SlowWorld) -> None:
    await world.waits(await world.log("first", nick="bob"))
    await world.log("x", NOON, nick="mallory", project="slow")
    await waits_of_bob(world, every=0.0, lines=400)
    assert world.turns_of_slow >= 2
    assert world.turns_of_slow * READ < world.moment / 2


@pytest.mark.slow
async def test_pages_that_work_but_take_long_have_no_more_than_their_share_either(world: SlowWorld) -> None:
    await world.waits(await world.log("first", nick="bob"))
    world.readable, world.saving = True, READ
    for number in range(10):
        await world.log("x", NOON, nick="mallory", project=f"slow{number}")
    await world.pass_until(900)
    for number in range(10):
        await world.log("y", NOON, nick="mallory", project=f"slow{number}")
    assert max(await waits_of_bob(world, every=20, lines=20)) < 2 * READ


# --- a page that others keep changing ---


@pytest.mark.slow
async def test_a_page_that_others_keep_changing_is_tried_ever_more_seldom(world: SlowWorld) -> None:
    world.wiki.failures.extend([Conflict("somebody else is changing the page")] * 1000)
    await world.log("one")
    await world.pass_until(600)
    assert 6 <= len(world.wiki.edits) < 30


@pytest.mark.slow
async def test_an_outage_is_over_when_something_went_through_and_not_before(
    world: SlowWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the wiki spells the title otherwise, and what is known of it is forgotten with each conflict."""
    world.wiki.failures.extend([Conflict("somebody else is changing the page")] * 12)
    await world.waits(await world.log("one"))
    await world.pass_until(world.moment + 5)
    assert caplog.text.count("nothing goes through") == 1
    assert caplog.text.count("everything goes through again") == 1


async def test_who_waits_for_the_refused_of_others_is_told_so(world: SlowWorld) -> None:
    world.wiki.unwelcome = "buy"
    await world.log("buy", nick="mallory")
    fine = await world.log("fine", NOON + timedelta(seconds=1), nick="bob")
    while not world.wiki.edits:
        await world.deliverer._next()
    assert (await world.delivery(fine)).cause == SORTING
