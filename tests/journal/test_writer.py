"""What waits is committed together, each verb whole or not at all, and nobody hears of it before it is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sql

from labsbot.journal import Journal, sqlite, writer
from labsbot.journal.writer import Writer
from labsbot.model import Accepted, Edit, Entry, JournalFailure, LastOf, Presence, Told
from tests.journal.bad_days import full_disk, locked
from tests.journal.commits import commits
from tests.nouns import NOON, a_key, an_acceptance, an_entry, kept


def submissions(number: int) -> list[Accepted]:
    return [an_acceptance(an_entry(f"m{each}", NOON + timedelta(seconds=each))) for each in range(number)]


async def outcomes(journal: Journal, *handed_over: Accepted) -> list[Entry | BaseException | None]:
    """What comes of submissions that are handed over at once."""
    return await asyncio.gather(*map(journal.entries.accept, handed_over), return_exceptions=True)


async def messages(journal: Journal) -> list[str]:
    return [each.entry.message for each in await journal.deliveries.pending()]


async def test_a_burst_is_kept_in_few_commits_and_in_order_and_a_lone_line_in_one(journal: Journal) -> None:
    with commits(journal) as seen:
        burst = submissions(100)
        assert await outcomes(journal, *burst) == [each.entry for each in burst]
        assert len(seen) < 20
        assert await messages(journal) == [f"m{number}" for number in range(100)]
        seen.clear()
        assert await journal.entries.accept(an_acceptance(an_entry("alone")))
        assert len(seen) == 1


async def test_in_a_burst_too_a_line_is_handled_once_and_an_id_is_given_once(journal: Journal) -> None:
    one, two, three = submissions(3)
    copies = [
        an_acceptance(an_entry("a copy"), key=one.key),
        an_acceptance(two.entry),
        an_acceptance(an_entry("a copy without msgid"), key=a_key(None, "print")),
        an_acceptance(an_entry("a copy of that with msgid"), key=a_key("m9", "print")),
        an_acceptance(an_entry("the same words, said again"), key=a_key("m8", "other")),
        an_acceptance(an_entry("said again"), key=a_key("m7", "other")),
        three,
    ]
    found = await outcomes(journal, one, two, *copies)
    assert [isinstance(each, Entry) for each in found] == [True, True, False, True, True, False, True, True, True]
    assert len({each.id for each in found if isinstance(each, Entry)}) == 7


async def test_one_verb_that_fails_takes_no_other_with_it(journal: Journal) -> None:
    first, second, third = submissions(3)
    broken = an_acceptance(an_entry("\ud800"))
    found = await asyncio.gather(
        journal.entries.accept(first),
        journal.entries.accept(broken),
        journal.entries.accept(second),
        journal.attempts.begin("b1", "wiki", "Tools/SAL", [], NOON),
        journal.attempts.begin("b2", "wiki", "Tools/SAL", [], NOON),
        journal.entries.accept(third),
        return_exceptions=True,
    )
    assert isinstance(found[1], UnicodeEncodeError)
    assert isinstance(found[4], JournalFailure), "one page has one open attempt"
    assert [found[number] for number in (0, 2, 3, 5)] == [first.entry, second.entry, 0, third.entry]
    assert await messages(journal) == ["m0", "m1", "m2"]


async def test_a_transaction_that_is_lost_is_lost_for_all_in_it_and_wakes_nobody(journal: Journal) -> None:
    news = journal.listen()
    small, other = submissions(2)
    huge = an_acceptance(an_entry("x" * 200_000))
    with full_disk(journal):
        found = await asyncio.gather(
            journal.presences.heard("libera", "#cloud", Presence(NOON, NOON)),
            journal.entries.accept(small),
            journal.entries.accept(huge),
            journal.entries.accept(other),
            return_exceptions=True,
        )
    assert [isinstance(each, JournalFailure) for each in found] == [True] * 4
    assert not news.is_set()
    assert await messages(journal) == []
    assert await journal.presences.presences() == {}
    assert await outcomes(journal, small, huge, other) == [small.entry, huge.entry, other.entry]
    assert news.is_set()


async def test_nobody_hears_of_a_line_before_it_is_on_disk(journal: Journal, path: Path) -> None:
    on_disk: list[int] = []

    def look() -> None:
        with closing(sqlite3.connect(path)) as other:
            on_disk.extend(number for (number,) in other.execute("SELECT count(*) FROM entry"))

    async def accept(submission: Accepted) -> None:
        await journal.entries.accept(submission)
        look()

    await asyncio.gather(*map(accept, submissions(5)))
    assert on_disk == [5] * 5


async def test_what_nobody_waits_for_any_more_is_kept_all_the_same_once_it_is_under_way(journal: Journal) -> None:
    news = journal.listen()
    (submission,) = submissions(1)
    with locked(journal, patience=5):
        accepting = asyncio.create_task(journal.entries.accept(submission))
        while not journal._transactions.writer._at_work or journal._transactions.writer._waiting:  # noqa: ASYNC110
            await asyncio.sleep(0)
        accepting.cancel()
    await news.wait()
    assert await messages(journal) == ["m0"]


async def test_who_asks_is_not_held_up_by_who_writes_nor_the_other_way_round(journal: Journal) -> None:
    before, after = submissions(2)
    await journal.entries.accept(before)
    with locked(journal, patience=5):
        accepting = asyncio.create_task(journal.entries.accept(after))
        assert await messages(journal) == ["m0"]
        assert not accepting.done()
    assert await accepting
    assert await messages(journal) == ["m0", "m1"]


async def test_an_entry_that_was_handed_over_before_is_known_to_who_asks_for_it(journal: Journal) -> None:
    before, after = submissions(2)
    mine = LastOf("libera", "#cloud", None, "alice", "")
    _, found, _ = await asyncio.gather(
        journal.entries.accept(before), kept(journal, mine), journal.entries.accept(after)
    )
    assert found is not None
    assert found.entry == before.entry


@pytest.mark.parametrize(
    ("waits", "expected"), [([True], ["FULL"]), ([False], ["NORMAL"]), ([False, True], ["FULL"] * 2)]
)
async def test_what_is_found_out_again_does_not_wait_for_the_disk_unless_something_beside_it_does(
    journal: Journal, waits: list[bool], expected: list[str]
) -> None:
    def how(connection: sql.Connection) -> str:
        return {1: "NORMAL", 2: "FULL"}[connection.exec_driver_sql("PRAGMA synchronous").scalar_one()]

    writer = journal._transactions.writer
    for _ in range(2):  # one leaves nothing behind for the next
        assert await asyncio.gather(*(writer.write(how, waits=each) for each in waits)) == expected


async def test_only_what_is_found_out_again_about_an_attempt_is_not_waited_for(journal: Journal) -> None:
    waited: list[bool] = []
    kept_alone = journal._transactions._transaction

    def transaction(waits: bool) -> contextlib.AbstractContextManager[sql.Connection]:
        waited.append(waits)
        return kept_alone(waits)

    journal._transactions.writer._transaction = transaction
    await journal.entries.accept(submissions(1)[0])
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b0", "wiki", "SAL", due, NOON)
    await journal.attempts.withdraw("b0", NOON, may_come=False)
    await journal.attempts.begin("b1", "wiki", "SAL", due, NOON)
    await journal.attempts.intend("b1", Edit("SAL", 1, 42, "2026-11-22T12:00:00Z", "x", "[b:b1]"), due)
    await journal.attempts.delivered("b1", due, "https://wiki/SAL", 43, NOON)
    await journal.tellings.tell(due, Told.LOGGED)
    assert waited == [True, False, False, False, True, False, True]


# --- what nobody waits for --------------------------------------------------------------------------------------------


async def test_in_quiet_moments_it_goes_on_with_what_nobody_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUIET", 0.01)
    done: list[str] = []
    loop, asked = asyncio.get_running_loop(), asyncio.Event()

    def meanwhile() -> bool:
        done.append("step")
        loop.call_soon_threadsafe(asked.set)
        return done.count("step") < 4

    one = Writer(lambda _: contextlib.nullcontext(connection), "journal", meanwhile)
    with sql.create_engine("sqlite://").connect() as connection:
        await one.write(lambda _: done.append("first"))
        assert done == ["first"], "nobody waits for it"
        await asked.wait()
        await one.write(lambda _: done.append("second"))
        assert done.index("second") <= 3, "who writes comes before the next step"
        assert one._at_work is not None
        await one._at_work
    assert done.count("step") == 4
    one.close()


async def test_who_comes_during_the_last_step_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUIET", 0)
    begun, goes_on = threading.Event(), threading.Event()

    def meanwhile() -> bool:
        begun.set()
        assert not goes_on.wait(10), "which is a fault of ours"
        return True

    one = Writer(lambda _: contextlib.nullcontext(connection), "journal", meanwhile)
    with sql.create_engine("sqlite://").connect() as connection:
        await one.write(lambda _: None)
        await asyncio.to_thread(begun.wait, 10)
        served = asyncio.create_task(one.write(lambda _: "served"))
        await asyncio.sleep(0)
        goes_on.set()
        assert await asyncio.wait_for(served, 10) == "served"
    one.close()


async def test_a_step_that_fails_is_no_failure_of_the_journal_and_a_closed_one_takes_none(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "QUIET", 0.01)
    at_work = journal._transactions.writer
    assert await journal.entries.accept(submissions(1)[0])
    monkeypatch.setattr(sqlite, "merge_words", lambda connection: connection.exec_driver_sql("SELECT nothing"))
    assert at_work._at_work is not None
    await at_work._at_work
    assert journal.failure is None
    monkeypatch.setattr(sqlite, "merge_words", None)
    assert await journal.entries.accept(submissions(2)[1])
    journal.close()
    await at_work._at_work


async def test_what_was_committed_is_brought_to_the_file_itself_while_others_may_write(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BETWEEN_CHECKPOINTS", 1)
    assert await journal.entries.accept(an_acceptance(an_entry("brought over")))
    await asyncio.wrap_future(journal._transactions._checkpoints.submit(int))
    assert b"brought over" in await asyncio.to_thread(path.read_bytes)
