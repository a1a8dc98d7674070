"""What was accepted is kept once, under an id of its own, and in order."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from labsbot.journal import Journal
from labsbot.model import DeliveryState, LineKey
from tests.journal.accepting import accept, accepted
from tests.nouns import NOON, a_key, an_acceptance, an_entry


async def test_an_accepted_entry_is_pending_as_it_was_given(journal: Journal) -> None:
    (entry,) = await accepted(journal, "übergroße “Zeichen” 🎉")
    (delivery,) = await journal.deliveries.pending()
    assert delivery.entry == entry
    assert (delivery.log_day, delivery.clock, delivery.state) == (entry.said.date(), "12:00", DeliveryState.PENDING)


async def test_an_accepted_entry_is_there_after_the_journal_was_opened_again(journal: Journal, path: Path) -> None:
    (entry,) = await accepted(journal, "restarted")
    journal.close()
    again = Journal.open(path)
    assert [delivery.entry for delivery in await again.deliveries.pending()] == [entry]
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
    assert [delivery.entry.message for delivery in await journal.deliveries.pending()] == ["first", "second"]


async def test_a_line_heard_twice_is_one_entry(journal: Journal) -> None:
    assert await accept(journal, an_entry("once"), a_key(msgid="m1"))
    assert not await accept(journal, an_entry("once"), a_key(msgid="m1"))
    assert len(await journal.deliveries.pending()) == 1


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
    assert await journal.entries.remember(a_key("m1"), NOON)
    assert not await journal.entries.remember(a_key("m1"), NOON)
    assert not await accept(journal, an_entry(), a_key("m1"))
    assert await journal.deliveries.pending() == []


async def test_an_id_is_given_once(journal: Journal) -> None:
    for message in ("one", "two", "three"):
        await accept(journal, an_entry(message, id="sal-20261122120000-ffff"))
    ids = [each.entry.id for each in await journal.deliveries.pending()]
    assert ids[0] == "sal-20261122120000-ffff"
    assert [re.fullmatch(ids[0] + "[0-9a-f]{8}", longer) is not None for longer in ids[1:]] == [True, True]
    assert ids[1] != ids[2]


async def test_however_many_ids_of_a_moment_are_taken_another_one_is_found_at_once(journal: Journal) -> None:
    counted: list[str] = []
    event.listen(journal._transactions._engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    entry = an_entry()
    wanting = [an_acceptance(replace(entry, message=str(number))) for number in range(500)]
    given = await asyncio.gather(*map(journal.entries.accept, wanting))
    assert len({each.id for each in given if each}) == len(given)
    assert sorted(each.id for each in given if each)[0] == given[0].id == entry.id
    assert len(counted) < 2 * len(given)
