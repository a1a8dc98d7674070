"""How something ended stands in the entry of its beginning, once, and the truth replaces that nothing is known."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.desk.answer import Receipt, Refusal
from labsbot.desk.runs import End, How, Runs, Unended, outcome_in_words
from labsbot.desk.scripts import Call, KeyReused, Script
from labsbot.desk.secrets import KNOWN
from labsbot.journal import Journal
from labsbot.model import RunState, Via
from tests.desk.test_scripts import ROOT, kept, some_scripts
from tests.nouns import NOON

DAY = timedelta(days=1)


class Desk:
    """The desk with a clock that can be set."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.journal = Journal.open(path)
        self.scripts = some_scripts(self.journal)
        self.runs = Runs(self.journal.entries, self.journal.runs, lambda: self.now)
        self.runs.take_up(KNOWN)

    async def begin(self, message: str = "upgrading", process: str | None = None) -> str:
        return await kept(self.scripts, Call(["tools"], message, begins=True, process=process))

    async def end(self, entry_id: str, how: How = How.DONE, seconds: float | None = None, **given: str) -> object:
        after = None if seconds is None else timedelta(seconds=seconds)
        return await self.runs.end(ROOT, End(entry_id, how, after, **given))  # type: ignore[arg-type]

    async def message(self, entry_id: str) -> str:
        (found,) = await self.journal.entries.kept([entry_id])
        return found.message


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "journal")
    yield made
    made.journal.close()


def refusal(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.text


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (End("", How.DONE, timedelta(minutes=3, seconds=2)), " → done after 3 min"),
        (End("", How.FAILED, timedelta(seconds=12), "exit 2"), " → failed after 12 s, exit 2"),
        (End("", How.FAILED, words="no such command", ran=False), " → failed: no such command"),
        (End("", How.DONE), " → done after 2 h"),
        (End("", How.UNKNOWN), " → no end is known"),
    ],
)
def test_how_it_was_is_said_briefly(end: End, words: str) -> None:
    assert outcome_in_words(end, timedelta(hours=2)) == words


async def test_an_end_is_added_to_what_was_said_at_the_beginning(desk: Desk) -> None:
    entry_id = await desk.begin()
    desk.now += timedelta(minutes=3)
    outcome = await desk.end(entry_id)
    assert isinstance(outcome, Receipt)
    assert outcome.change is not None
    assert outcome.change.author == "root"
    assert await desk.message(entry_id) == "upgrading → done after 3 min"


async def test_what_was_amended_meanwhile_stays_amended(desk: Desk) -> None:
    entry_id = await desk.begin()
    await desk.scripts.amend(ROOT, entry_id, "upgrading web-2")
    await desk.end(entry_id, How.FAILED, 12, words="exit 2")
    assert await desk.message(entry_id) == "upgrading web-2 → failed after 12 s, exit 2"


async def test_a_second_end_is_refused_with_the_first(desk: Desk) -> None:
    entry_id = await desk.begin()
    await desk.end(entry_id, seconds=5)
    told = refusal(await desk.end(f"https://wiki.example/wiki/SAL#{entry_id}", How.FAILED))
    assert told == f"Not added: {entry_id} has its end already: upgrading → done after 5 s"


async def test_a_repetition_gets_the_receipt_of_the_first(desk: Desk) -> None:
    entry_id = await desk.begin()
    first = await desk.end(entry_id, seconds=5, key="k")
    assert await desk.end(entry_id, seconds=6, key="k") == first
    assert isinstance(await desk.end(entry_id, How.FAILED, key="k"), KeyReused)
    other = await desk.begin("another")
    assert isinstance(await desk.end(other, key="k"), KeyReused)
    assert await desk.message(other) == "another"


async def test_that_nothing_is_known_gives_way_to_the_end_and_never_the_other_way_round(desk: Desk) -> None:
    entry_id = await desk.begin()
    assert isinstance(await desk.end(entry_id, How.UNKNOWN), Receipt)
    assert await desk.message(entry_id) == "upgrading → no end is known"
    assert "has its end already" in refusal(await desk.end(entry_id, How.UNKNOWN))
    assert isinstance(await desk.end(entry_id, seconds=7200), Receipt)
    assert await desk.message(entry_id) == "upgrading → done after 2 h"
    assert "has its end already" in refusal(await desk.end(entry_id, How.UNKNOWN))


async def test_ends_that_come_together_are_one(desk: Desk) -> None:
    entry_id = await desk.begin()
    outcomes = await asyncio.gather(*(desk.end(entry_id, how, 5) for how in (How.UNKNOWN, How.DONE, How.FAILED) * 3))
    ends = [each for each in outcomes if isinstance(each, Receipt)]
    assert len(ends) <= 2
    (found,) = await desk.journal.entries.kept([entry_id])
    assert len(found.changes) == len(ends)
    assert found.message.count("→") == 1


async def test_what_is_no_beginning_gets_no_end(desk: Desk) -> None:
    entry_id = await kept(desk.scripts, Call(["tools"], "restarted"))
    told = refusal(await desk.end(entry_id))
    assert told == f"Not added: {entry_id} is not the beginning of anything. `labsbot amend` changes what it says."
    assert refusal(await desk.end("sal-none")).startswith("Not added: I know no such entry")


async def test_what_was_taken_back_stays_so_and_is_not_asked_for_again(desk: Desk) -> None:
    entry_id = await desk.begin()
    await desk.scripts.undo(ROOT, entry_id)
    assert "taken back already" in refusal(await desk.end(entry_id))
    found = await desk.journal.runs.run(entry_id)
    assert found is not None
    assert found.state is RunState.ENDED


async def test_a_secret_is_not_kept_and_neither_is_a_novel(desk: Desk) -> None:
    entry_id = await desk.begin()
    assert "seems to contain" in refusal(await desk.end(entry_id, words="password=hunter2345"))
    assert "too long" in refusal(await desk.end(entry_id, words="x" * 4097))
    assert isinstance(await desk.end(entry_id), Receipt)


async def test_a_script_sees_what_it_has_begun_itself(desk: Desk) -> None:
    entry_id = await desk.begin(process="boot 1 2 3")
    await desk.begin()
    await desk.scripts.log(Script("bob", "user bob", Via.COMMAND), Call(["tools"], "x", begins=True, process="bob's"))
    assert [(each.entry_id, each.process) for each in await desk.runs.unended(ROOT)] == [(entry_id, "boot 1 2 3")]


async def test_after_a_while_the_bot_says_that_no_end_is_known_once(desk: Desk) -> None:
    unended = Unended(desk.journal.runs, desk.runs, lambda: desk.now, DAY)
    assert await unended.tell() == timedelta(hours=1)
    entry_id = await desk.begin()
    assert await unended.tell() == timedelta(hours=1)
    desk.now += DAY - timedelta(minutes=5)
    assert await unended.tell() == timedelta(minutes=5)
    assert await desk.message(entry_id) == "upgrading"
    desk.now += timedelta(minutes=5)
    await unended.tell()
    await unended.tell()
    (found,) = await desk.journal.entries.kept([entry_id])
    assert [each.text for each in found.changes] == ["upgrading → no end is known"]


async def test_it_wakes_by_itself_and_by_other_rules(desk: Desk) -> None:
    entry_id = await desk.begin()
    unended = Unended(desk.journal.runs, desk.runs, lambda: desk.now, DAY)
    news = desk.journal.listen()
    running = asyncio.create_task(unended.run())
    desk.now += timedelta(minutes=1)
    await asyncio.sleep(0)
    news.clear()
    unended.take_up(timedelta(seconds=30))
    async with asyncio.timeout(10):
        while "→" not in await desk.message(entry_id):
            await news.wait()
            news.clear()
    running.cancel()
    assert await desk.message(entry_id) == "upgrading → no end is known"
