"""The journal as those who use it see it: what went in comes out, once, also after it was closed or broken off."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from labsbot.journal import Journal
from labsbot.model import (
    DeliveryState,
    Edit,
    Entry,
    GivenUp,
    JournalFailure,
    LineKey,
    Log,
    NotDue,
    Presence,
    Told,
)
from tests.nouns import NOON, a_key, a_log, an_acceptance, an_entry

EDIT = Edit("Nova Resource:Tools/SAL", 1, 42, "2026-11-22T12:00:00Z", "== 2026-11-22 ==\n* …", "[b:00] alice: …")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path)
    yield opened
    opened.close()


async def accept(journal: Journal, entry: Entry, key: LineKey | None = None, told: Told = Told.NOTHING) -> bool:
    return await journal.accept(an_acceptance(entry, key=key, told=told)) is not None


async def accepted(journal: Journal, *messages: str) -> list[Entry]:
    entries = [an_entry(message, NOON + timedelta(minutes=number)) for number, message in enumerate(messages)]
    for entry in entries:
        assert await accept(journal, entry)
    return entries


# --- accepting ---


async def test_an_accepted_entry_is_pending_as_it_was_given(journal: Journal) -> None:
    (entry,) = await accepted(journal, "übergroße “Zeichen” 🎉")
    (delivery,) = await journal.pending()
    assert delivery.entry == entry
    assert (delivery.log_day, delivery.clock, delivery.state) == (entry.said.date(), "12:00", DeliveryState.PENDING)


async def test_an_accepted_entry_is_there_after_the_journal_was_opened_again(journal: Journal, path: Path) -> None:
    (entry,) = await accepted(journal, "restarted")
    journal.close()
    again = Journal.open(path)
    assert [delivery.entry for delivery in await again.pending()] == [entry]
    again.close()


async def test_an_accepted_entry_is_on_disk_before_accept_returns(journal: Journal, path: Path) -> None:
    (entry,) = await accepted(journal, "restarted")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as other:
        assert other.execute("SELECT id FROM entry").fetchall() == [(entry.id,)]
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_entries_are_pending_in_the_order_in_which_they_were_said(journal: Journal) -> None:
    late, early = an_entry("second", NOON + timedelta(minutes=1)), an_entry("first", NOON)
    await accept(journal, late)
    await accept(journal, early)
    assert [delivery.entry.message for delivery in await journal.pending()] == ["first", "second"]


async def test_a_line_heard_twice_is_one_entry(journal: Journal) -> None:
    assert await accept(journal, an_entry("once"), a_key(msgid="m1"))
    assert not await accept(journal, an_entry("once"), a_key(msgid="m1"))
    assert len(await journal.pending()) == 1


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (a_key("m1", "p1"), a_key("m1", "other"), True),
        (a_key("m1", "p1"), a_key("m2", "p1"), False),
        (a_key("m1", "p1"), a_key(None, "p1"), True),
        (a_key(None, "p1"), a_key("m1", "p1"), True),
        (a_key(None, "p1"), a_key(None, "p1"), True),
        (a_key(None, "p1"), a_key(None, "p2"), False),
        (a_key("m1", "p1"), a_key("m1", "p1", channel="#other"), False),
    ],
)
async def test_two_copies_of_a_line_meet_by_msgid_or_where_one_lacks_it_by_fingerprint(
    journal: Journal, first: LineKey, second: LineKey, same: bool
) -> None:
    await accept(journal, an_entry(), first)
    assert await accept(journal, an_entry(), second) is not same


async def test_a_refused_line_is_remembered_too(journal: Journal) -> None:
    assert await journal.remember(a_key("m1"), NOON)
    assert not await journal.remember(a_key("m1"), NOON)
    assert not await accept(journal, an_entry(), a_key("m1"))
    assert await journal.pending() == []


async def test_an_id_is_given_once(journal: Journal) -> None:
    for message in ("one", "two", "three"):
        await accept(journal, an_entry(message, id="sal-20261122120000-ffff"))
    ids = [each.entry.id for each in await journal.pending()]
    assert ids[0] == "sal-20261122120000-ffff"
    assert [re.fullmatch(ids[0] + "[0-9a-f]{8}", longer) is not None for longer in ids[1:]] == [True, True]
    assert ids[1] != ids[2]


async def test_however_many_ids_of_a_moment_are_taken_another_one_is_found_at_once(journal: Journal) -> None:
    counted: list[str] = []
    event.listen(journal._engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    entry = an_entry()
    wanting = [an_acceptance(replace(entry, message=str(number))) for number in range(500)]
    given = await asyncio.gather(*map(journal.accept, wanting))
    assert len({each.id for each in given if each}) == len(given)
    assert sorted(each.id for each in given if each)[0] == given[0].id == entry.id
    assert len(counted) < 2 * len(given)


async def test_what_was_heard_of_a_channel_is_kept_and_brought_up_to_date(journal: Journal) -> None:
    later = NOON + timedelta(minutes=5)
    await journal.heard("libera", "#cloud", Presence(NOON, NOON))
    await journal.heard("libera", "#tech", Presence(NOON, NOON))
    await journal.heard("libera", "#cloud", Presence(NOON, later))
    assert await journal.presences() == {
        ("libera", "#cloud"): Presence(NOON, later),
        ("libera", "#tech"): Presence(NOON, NOON),
    }


# --- delivering ---


async def test_what_waits_is_asked_for_by_place_and_project_together(journal: Journal) -> None:
    for channel, project in (("#cloud", "tools"), ("#cloud", "bots"), ("#cloud", "“ż”'"), ("#tech", "tools")):
        entry = an_entry(f"{channel} {project}", channel=channel)
        assert await journal.accept(an_acceptance(entry, project))
    logs = [a_log("“ż”'"), a_log("tools", "#tech"), Log("oftc #cloud", "bots")]
    assert [each.entry.message for each in await journal.pending(logs)] == ["#cloud “ż”'", "#tech tools"]
    assert await journal.pending([]) == []


async def test_however_many_entries_an_attempt_carries_its_statements_are_the_same(journal: Journal) -> None:
    # the last 128 different ones are kept: with thousands of parameters in each, that was most of our memory
    statements: set[str] = set()
    for engine in (journal._engine, journal._beside):
        event.listen(engine, "before_cursor_execute", lambda *given: statements.add(given[2]))
    await accepted(journal, *(f"m{number}" for number in range(30)))
    due = await journal.pending()

    async def carry(number: int) -> None:
        batch, some = f"b{number}", due[:number]
        await journal.begin(batch, "wiki", EDIT.title, some, NOON)
        await journal.intend(batch, EDIT, some)
        await journal.postpone(batch, some, "it is not answering", NOON)
        await journal.tell(some, Told.LATE)
        await journal.retry([each.entry.id for each in some])
        await journal.pending([a_log("tools", f"#{each}") for each in range(number)])

    await carry(1)
    of_one = set(statements)
    for number in (2, 7, 30):
        await carry(number)
    assert statements == of_one


async def test_an_attempt_carries_its_deliveries_until_it_has_a_result(journal: Journal) -> None:
    await accepted(journal, "one", "two")
    due = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, due, NOON)
    assert await journal.pending() == []
    await journal.intend("b1", EDIT, due[:1])
    assert [delivery.entry.message for delivery in await journal.pending()] == ["two"]
    (attempt,) = await journal.open_attempts()
    assert (attempt.batch, attempt.wiki, attempt.title, attempt.begun) == ("b1", "wiki", EDIT.title, NOON)
    assert attempt.edit == EDIT
    assert [delivery.entry.message for delivery in attempt.deliveries] == ["one"]

    await journal.delivered("b1", due[:1], "https://wiki/Tools/SAL", 43, NOON)
    assert await journal.open_attempts() == []
    found = await journal.find(due[0].entry.id)
    assert found is not None
    assert found.delivery.state is DeliveryState.DELIVERED
    assert found.delivery.url == f"https://wiki/Tools/SAL#{due[0].entry.id}"


async def test_an_intent_outlives_the_process(journal: Journal, path: Path) -> None:
    await accepted(journal, "one")
    due = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, due, NOON)
    await journal.intend("b1", EDIT, due)
    journal.close()
    again = Journal.open(path)
    assert [attempt.edit for attempt in await again.open_attempts()] == [EDIT]
    assert await again.pending() == []
    again.close()


async def test_a_page_has_one_open_attempt_at_most(journal: Journal) -> None:
    await accepted(journal, "one", "two")
    one, two = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, [one], NOON)
    with pytest.raises(JournalFailure):
        await journal.begin("b2", "wiki", EDIT.title, [two], NOON)
    await journal.begin("b3", "wiki", "Another page", [two], NOON)
    await journal.postpone("b1", [one], None, NOON)
    await journal.begin("b4", "wiki", EDIT.title, [one], NOON)


async def test_a_postponed_delivery_is_pending_with_its_cause(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, due, NOON)
    await journal.postpone("b1", due, "it is read-only", NOON)
    assert [delivery.cause for delivery in await journal.pending()] == ["it is read-only"]


async def test_a_doubtful_attempt_stays_open_and_says_why(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, due, NOON)
    await journal.intend("b1", EDIT, due)
    await journal.doubt("b1", "it is not answering")
    (attempt,) = await journal.open_attempts()
    assert [delivery.cause for delivery in attempt.deliveries] == ["it is not answering"]


async def test_attempts_without_a_result_are_counted_and_a_result_ends_the_count(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.pending()
    for number in (1, 2, 3):
        assert await journal.begin(f"b{number}", "wiki", EDIT.title, due, NOON) == number
        await journal.abandon(f"b{number}", NOON, may_come=False)
    assert await journal.begin("b4", "wiki", EDIT.title, due, NOON) == 4
    await journal.postpone("b4", due, None, NOON)
    assert await journal.begin("b5", "wiki", EDIT.title, due, NOON) == 1


async def test_what_an_abandoned_attempt_sent_stays_known_where_it_may_still_come(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.pending()
    carried = frozenset(each.number for each in due)
    for batch, may_come, minute in (("b1", True, 0), ("b2", False, 1), ("b3", True, 2)):
        await journal.begin(batch, "wiki", EDIT.title, due, NOON)
        await journal.intend(batch, EDIT, due)
        ended = NOON + timedelta(minutes=minute)
        await (journal.abandon if minute else journal.withdraw)(batch, ended, may_come)
    assert await journal.given_up(before=NOON) == [
        GivenUp("b1", EDIT.title, NOON, EDIT, carried),
        GivenUp("b3", EDIT.title, NOON + timedelta(minutes=2), EDIT, carried),
    ]
    assert [each.batch for each in await journal.given_up(before=NOON + timedelta(minutes=1))] == ["b3"]
    assert [each.batch for each in await journal.given_up(before=NOON)] == ["b3"]


# --- telling ---


async def test_the_newest_delivery_is_the_one_accepted_last(journal: Journal) -> None:
    assert await journal.newest() == 0
    await accepted(journal, "one", "two")
    assert await journal.newest() == max(each.number for each in await journal.pending())


async def test_what_was_told_is_not_to_be_told_again_until_there_is_news(journal: Journal) -> None:
    await accepted(journal, "one")
    (telling,) = (await journal.untold(1, [("libera", "#cloud")])).tellings
    assert (telling.accepted, telling.told) == (NOON, Told.NOTHING)
    await journal.tell([telling.delivery], Told.LATE)
    assert (await journal.untold(1, [("libera", "#cloud")])).tellings == ()
    await journal.begin("b1", "wiki", EDIT.title, [telling.delivery], NOON)
    await journal.delivered("b1", [telling.delivery], "https://wiki/x", 1, NOON)
    (telling,) = (await journal.untold(1, [("libera", "#cloud")])).tellings
    await journal.tell([telling.delivery], Told.LOGGED)
    assert (await journal.untold(1, [("libera", "#cloud")])).tellings == ()


async def test_what_is_not_late_yet_is_under_way_and_not_to_be_told(journal: Journal) -> None:
    await accepted(journal, "one", "two")
    untold = await journal.untold(1, [("libera", "#cloud")])
    assert [telling.delivery.entry.message for telling in untold.tellings] == ["one"]
    assert untold.under_way == {("libera", "#cloud", "alice", Told.NOTHING)}
    assert untold.newest == 2


async def test_nothing_is_ever_told_to_a_robot(journal: Journal) -> None:
    await accept(journal, an_entry(), told=Told.NEVER)
    (delivery,) = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, [delivery], NOON)
    await journal.park("b1", [delivery], "the page is protected", NOON)
    assert (await journal.untold(1, [("libera", "#cloud")])).tellings == ()


# --- the operator ---


async def test_a_parked_entry_is_retried_or_dropped_and_nothing_else_is(journal: Journal) -> None:
    waiting, stuck, hopeless = await accepted(journal, "waiting", "stuck", "hopeless")
    _, *parked = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, parked, NOON)
    await journal.park("b1", parked, "the page is protected", NOON)
    assert [telling.delivery.cause for telling in await journal.queue()] == [None, *["the page is protected"] * 2]
    assert await journal.retry([stuck.id, waiting.id, "sal-unheard-of"]) == [stuck.id]
    assert await journal.drop([hopeless.id]) == [hopeless.id]
    assert [telling.delivery.entry for telling in await journal.queue()] == [waiting, stuck]
    found = await journal.find(hopeless.id)
    assert found is not None
    assert found.delivery.state is DeliveryState.DROPPED
    assert await journal.find("sal-unheard-of") is None


async def test_an_entry_that_waits_is_dropped_but_not_while_an_attempt_carries_it(journal: Journal) -> None:
    waits, carried = await accepted(journal, "waits", "carried")
    first, second = await journal.pending()
    await journal.begin("b1", "wiki", EDIT.title, [second], NOON)
    assert await journal.drop([waits.id, carried.id]) == [waits.id]
    assert await journal.pending() == []
    await journal.postpone("b1", [second], None, NOON)
    assert await journal.pending() == [second]
    with pytest.raises(NotDue):
        await journal.begin("b2", "wiki", "Another page", [first, second], NOON)
    assert await journal.open_attempts() == []
    assert await journal.begin("b2", "wiki", "Another page", [second], NOON) == 1


async def test_who_listens_is_woken_by_news_and_by_nothing_else(journal: Journal) -> None:
    news = journal.listen()
    await journal.pending()
    assert not news.is_set()
    await accept(journal, an_entry())
    assert news.is_set()


# --- when it cannot work ---


async def test_a_second_deliverer_is_refused_and_told_who_is_the_first(journal: Journal, path: Path) -> None:
    journal.claim()
    second = Journal.open(path)
    with pytest.raises(JournalFailure, match=f"process {os.getpid()}"):
        second.claim()
    journal.close()
    second.claim()
    second.close()


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name)")
    with pytest.raises(JournalFailure, match="database of something else"):
        Journal.open(path)
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


@pytest.mark.parametrize(
    "content", [b"not a database at all, by any means\n" * 40, b"SQLite format 3\0" + b"\xff" * 200]
)
def test_a_file_that_is_no_database_is_refused_by_name(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalFailure, match=str(path)):
        Journal.open(path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_a_clear_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalFailure, match="file is no folder"):
        Journal.open(tmp_path / "file" / "journal.sqlite3")


async def test_a_journal_that_cannot_be_written_accepts_nothing_and_says_so(journal: Journal, path: Path) -> None:
    await accepted(journal, "before")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TRIGGER full BEFORE INSERT ON handled BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(JournalFailure, match="disk is full"):
        await accept(journal, an_entry("during"))
    other.execute("DROP TRIGGER full")
    assert "disk is full" in str(journal.failure)
    await journal.try_to_write()
    assert journal.failure is None
    assert await accept(journal, an_entry("after"))
    assert [delivery.entry.message for delivery in await journal.pending()] == ["before", "after"]


async def test_the_journal_is_used_from_a_thread_of_its_own(journal: Journal, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    accepting = asyncio.create_task(accept(journal, an_entry()))
    for _ in range(100):
        await asyncio.sleep(0)  # the loop turns although the database is locked
    assert not accepting.done()
    other.execute("COMMIT")
    assert await accepting
