"""Whoever waits is told what became of it, once it became anything, and however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.desk.receipts import Became, Receipts, became
from labsbot.journal import Journal
from labsbot.model import Changed, ChangeKind, DeliveryState, JournalFailure, Kept, Told
from tests.nouns import NOON, a_change, a_key, an_acceptance, an_entry, keep


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
async def receipts(journal: Journal) -> AsyncIterator[Receipts]:
    made = Receipts(journal.entries)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()


async def an_accepted(journal: Journal, *projects: str) -> str:
    entry = an_entry()
    await journal.entries.accept(an_acceptance(entry, *projects))
    return entry.id


async def deliver(journal: Journal, batch: str = "b") -> None:
    due = await journal.deliveries.pending()
    await journal.attempts.begin(batch, "wiki", "Page", due, NOON)
    await journal.attempts.delivered(batch, due, "https://wiki.example/Page", 7, NOON)


async def test_who_waits_is_told_where_it_stands(journal: Journal, receipts: Receipts) -> None:
    entry_id = await an_accepted(journal)
    waiting = [asyncio.create_task(receipts.settled(entry_id, 30)) for _ in range(3)]
    await asyncio.sleep(0)
    await deliver(journal)
    url = f"https://wiki.example/Page#{entry_id}"
    assert await asyncio.gather(*waiting) == [Became(DeliveryState.DELIVERED, (url,))] * 3
    assert len(receipts) == 0


async def test_what_has_become_of_it_long_ago_is_told_at_once(journal: Journal, receipts: Receipts) -> None:
    entry_id = await an_accepted(journal)
    await deliver(journal)
    found = await receipts.settled(entry_id, 30)
    assert found is not None
    assert found.state is DeliveryState.DELIVERED


async def test_a_change_is_waited_for_by_its_own_id(journal: Journal, receipts: Receipts) -> None:
    entry_id = await an_accepted(journal)
    await deliver(journal)
    change = a_change(ChangeKind.STRIKE)
    await keep(journal, Changed(a_key(), entry_id, change, Told.NEVER, NOON))
    waiting = asyncio.create_task(receipts.settled(change.id, 30))
    assert await receipts.settled(change.id, 0.05) is None
    await deliver(journal, "c")
    found = await waiting
    assert found is not None
    assert found.state is DeliveryState.DELIVERED


async def test_what_waits_still_is_nothing_yet_and_nobody_waits_on(journal: Journal, receipts: Receipts) -> None:
    entry_id = await an_accepted(journal)
    assert await receipts.settled(entry_id, 0.01) is None
    assert await receipts.settled("sal-none", 0) is None
    assert len(receipts) == 0


async def test_of_several_logs_what_is_least_done_counts_and_each_says_why(journal: Journal) -> None:
    entry_id = await an_accepted(journal, "tools", "bots")
    tools, bots = await journal.deliveries.pending()
    await journal.attempts.begin("b", "wiki", "Page", [tools], NOON)
    await journal.attempts.delivered("b", [tools], "https://wiki.example/Page", 7, NOON)
    (kept,) = await journal.entries.kept([entry_id])
    assert became(kept, entry_id).state is DeliveryState.PENDING
    await journal.attempts.begin("c", "wiki", "Other", [bots], NOON)
    await journal.attempts.park("c", [bots], "the page is protected", NOON)
    (kept,) = await journal.entries.kept([entry_id])
    there = (f"https://wiki.example/Page#{entry_id}",)
    assert became(kept, entry_id) == Became(DeliveryState.PARKED, there, ("bots: the page is protected",))
    await journal.undelivered.drop([entry_id])
    (kept,) = await journal.entries.kept([entry_id])
    assert became(kept, entry_id).state is DeliveryState.DELIVERED


class Unreadable:
    """A journal that cannot be read the first time."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.asked = 0

    def listen(self) -> asyncio.Event:
        return self.journal.listen()

    async def kept(self, entry_ids: list[str]) -> list[Kept]:
        self.asked += 1
        if self.asked == 1:
            raise JournalFailure("disk I/O error")
        return await self.journal.entries.kept(entry_ids)


async def test_a_journal_that_cannot_be_read_is_asked_again(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsbot.desk.receipts.AGAIN", 0.01)
    entry_id = await an_accepted(journal)
    await deliver(journal)
    receipts = Receipts(Unreadable(journal))  # type: ignore[arg-type]
    running = asyncio.create_task(receipts.run())
    assert await receipts.settled(entry_id, 30) is not None
    running.cancel()


async def test_however_many_wait_the_journal_is_asked_once_for_all(journal: Journal) -> None:
    unreadable = Unreadable(journal)
    unreadable.asked = 1
    receipts = Receipts(unreadable)  # type: ignore[arg-type]
    ids = [await an_accepted(journal) for _ in range(100)]
    await deliver(journal)
    waiting = [asyncio.create_task(receipts.settled(each, 30)) for each in ids]
    await asyncio.sleep(0)
    running = asyncio.create_task(receipts.run())
    await asyncio.gather(*waiting)
    assert unreadable.asked <= 3
    running.cancel()
