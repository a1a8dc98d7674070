"""The last good answer, whatever becomes of the next questions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.refreshed import Keep, Refreshed, SourceFailure
from labsbot.refreshed.refreshed import pause
from tests.irc.conftest import until
from tests.nouns import NOON

Names = tuple[str, ...]


class World:
    """A source with good and bad days, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.answers: deque[Names | str] = deque()
        """What it answers, one after the other, and the last again and again; a word: why it does not."""
        self.asked = 0
        self.keep: Keep[Names] = Keep(folder / "state" / "names.json", list, tuple)

    async def ask(self) -> Names:
        self.asked += 1
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise SourceFailure(answer)
        return answer

    def question(self, *answers: Names | str, every: float = 300.0, doubt_empty: bool = False) -> Refreshed[Names]:
        self.answers = deque(answers)
        return Refreshed("names", self.ask, every, self.keep, lambda: self.now, doubt_empty=doubt_empty)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@contextlib.asynccontextmanager
async def running(question: Refreshed[Names]) -> AsyncIterator[None]:
    run = asyncio.create_task(question.run())
    try:
        yield
    finally:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run


async def test_it_is_asked_at_once_and_then_again(world: World) -> None:
    question = world.question(("a",), ("a", "b"), every=0.001)
    assert (question.value, question.at, question.failure) == (None, None, None)
    async with running(question):
        await until(lambda: question.value == ("a", "b"), "the second answer")
    assert question.at == NOON


async def test_a_failure_leaves_the_last_good_answer(world: World) -> None:
    question = world.question(("a",), "it is not answering", ("b",))
    await question.refresh()
    world.now += timedelta(minutes=5)
    assert not await question.refresh()
    assert (question.value, question.at, question.failure) == (("a",), NOON, "it is not answering")
    await question.refresh()
    assert (question.value, question.at, question.failure) == (("b",), world.now, None)


async def test_a_question_that_failed_is_put_again_soon(world: World) -> None:
    question = world.question("no", "no", ("a",), every=0.001)
    async with running(question):
        await until(lambda: question.value, "an answer")


@pytest.mark.parametrize(
    ("failures", "every", "seconds"),
    [(0, 300, 300), (1, 300, 2), (2, 300, 4), (3, 300, 8), (8, 300, 256), (9, 300, 300), (9999, 300, 300), (1, 1, 1)],
)
def test_the_pause_grows_with_failures_and_never_over_the_ordinary_one(
    failures: int, every: float, seconds: float
) -> None:
    assert pause(failures, every) == seconds


async def test_an_outage_is_logged_once_with_the_age_of_what_serves(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    question = world.question(("a",), "no", "no", "no", ("a",), ("a",))
    caplog.set_level(logging.INFO)
    for _ in range(6):
        await question.refresh()
        world.now += timedelta(minutes=5)
    assert caplog.messages == [
        "names: 1 known",
        "names: no; the answer of 0:05:00 ago serves meanwhile",
        "names: answers again, 1 known",
    ]


async def test_another_cause_is_told_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    question = world.question("one", "one", "two")
    for _ in range(3):
        await question.refresh()
    assert caplog.messages == ["names: one; nothing is known", "names: two; nothing is known"]


async def test_an_empty_answer_is_believed_the_third_time(world: World, caplog: pytest.LogCaptureFixture) -> None:
    question = world.question(("a", "b"), (), doubt_empty=True)
    await question.refresh()
    for _ in range(2):
        assert await question.refresh()
        assert question.value == ("a", "b")
        assert question.failure == "it lists nothing where there were 2, which is not believed yet"
    assert len(caplog.messages) == 1
    await question.refresh()
    assert (question.value, question.failure) == ((), None)


async def test_one_full_answer_ends_the_doubt(world: World) -> None:
    question = world.question(("a",), (), (), ("a",), (), (), doubt_empty=True)
    for _ in range(6):
        await question.refresh()
    assert question.value == ("a",)


async def test_an_empty_answer_is_believed_where_nothing_was_before(world: World) -> None:
    question = world.question((), doubt_empty=True)
    await question.refresh()
    assert question.value == ()


async def test_an_empty_answer_is_believed_of_a_source_that_people_write(world: World) -> None:
    question = world.question(("a",), ())
    await question.refresh()
    await question.refresh()
    assert question.value == ()


async def test_an_answer_that_did_not_change_is_the_same_object(world: World) -> None:
    question = world.question(("a",), tuple("a"))
    await question.refresh()
    before = question.value
    await question.refresh()
    assert question.value is before


# --- over a restart -----------------------------------------------------------------------------------------------


async def test_the_last_good_answer_outlives_a_restart(world: World) -> None:
    await world.question(("a",)).refresh()
    world.now += timedelta(hours=1)
    question = world.question("no")
    question.load()
    await question.refresh()
    assert (question.value, question.at, question.failure) == (("a",), NOON, "no")


async def test_an_empty_answer_after_a_restart_is_doubted_too(world: World) -> None:
    await world.question(("a",)).refresh()
    question = world.question((), doubt_empty=True)
    question.load()
    await question.refresh()
    assert question.value == ("a",)


async def test_the_time_of_an_answer_that_does_not_change_is_kept_each_minute(world: World) -> None:
    question = world.question(("a",))
    times = []
    for seconds in (0, 30, 30, 30):
        world.now += timedelta(seconds=seconds)
        await question.refresh()
        kept = world.keep.read()
        assert kept
        times.append((kept[1] - NOON).total_seconds())
    assert times == [0, 0, 60, 60]


def test_there_may_be_nothing_to_take_up(world: World) -> None:
    question = world.question(("a",))
    question.load()
    assert (question.value, question.at) == (None, None)


async def test_whatever_a_source_answers_the_last_good_answer_serves_and_it_is_asked_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[Names | type[Exception]] = [("a",), RecursionError, OverflowError, RecursionError, ("a", "b")]

    async def odd() -> Names:
        answer = answers.pop(0)
        if isinstance(answer, tuple):
            return answer
        raise answer

    question = Refreshed("names", odd, 300.0, None, lambda: NOON)
    await question.refresh()
    for cause in ("RecursionError", "OverflowError", "RecursionError"):
        assert not await question.refresh()
        assert question.value == ("a",)
        assert question.failure == f"asking it failed unexpectedly ({cause})"
    await question.refresh()
    assert question.value == ("a", "b")
    assert sum("Traceback" in str(record.exc_text) for record in caplog.records) == 3
