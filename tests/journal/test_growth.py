"""However many years are in a journal, what is asked all the time takes as long as in a young one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from labsbot.journal import Journal
from labsbot.model import Change, Changed, ChangeKind, LastOf, Told
from tests.journal.old import old_journal
from tests.nouns import NOON, a_key, a_log, an_acceptance, an_entry, keep, kept

MASK = "alice!user@host.example"
HERE = ("libera", "#cloud")

ASKED: dict[str, Callable[[Journal], Awaitable[Any]]] = {
    "what waits, or is tried again": lambda journal: journal.deliveries.outstanding(),
    "what is due": lambda journal: journal.deliveries.pending([a_log()], 50),
    "what is to be told": lambda journal: journal.tellings.untold(10**9, [HERE]),
    "how much waits": lambda journal: journal.undelivered.pending_by_log(),
    "who has an account": lambda journal: kept(journal, LastOf(*HERE, "nobody", "alice", MASK)),
    "who has none": lambda journal: kept(journal, LastOf(*HERE, None, "alice", MASK)),
    "who is behind a relay": lambda journal: kept(journal, LastOf(*HERE, "matrix", "alice", MASK, True)),
    "the newest of a project": lambda journal: journal.entries.last("p7", 3),
    "whose logs are empty": lambda journal: journal.entries.last("nosuch", 3),
    "what is to be announced": lambda journal: journal.announcements.to_announce(*HERE, NOON, 9),
    "what is retried": lambda journal: journal.undelivered.retry(["sal-unheard-of"]),
    "a new line": lambda journal: journal.entries.accept(an_acceptance(an_entry())),
}


@asynccontextmanager
async def grown(path: Path, entries: int) -> AsyncIterator[Journal]:
    """A journal with so many entries that are on the wiki, and one that was changed and waits."""
    old_journal(path, "0004", entries)
    journal = Journal.open(path)
    entry = an_entry()
    await journal.entries.accept(an_acceptance(entry, hostmask=MASK))
    strike = Change("undo-1", ChangeKind.STRIKE, "", "alice", NOON, *HERE, "alice")
    await keep(journal, Changed(a_key(), entry.id, strike, Told.NOTHING, NOON))
    yield journal
    journal.close()


async def steps(journal: Journal, ask: Callable[[Journal], Awaitable[Any]]) -> int:
    """How much work the database has with it: tens of instructions of its own machine."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    def watch(engine: sql.Engine, handler: Callable[[], None] | None) -> None:
        raw = engine.raw_connection()
        raw.dbapi_connection.set_progress_handler(handler, 10)
        raw.close()

    await ask(journal)
    for engine in (journal._transactions._engine, journal._transactions._beside):
        watch(engine, count)
    await ask(journal)
    for engine in (journal._transactions._engine, journal._transactions._beside):
        watch(engine, None)
    return counted


@pytest.mark.slow
async def test_what_is_asked_all_the_time_takes_no_longer_in_a_journal_ten_times_as_large(tmp_path: Path) -> None:
    async with grown(tmp_path / "young", 1000) as young, grown(tmp_path / "old", 10_000) as old:
        for what, ask in ASKED.items():
            assert await steps(old, ask) < 1.5 * await steps(young, ask) + 20, what


@asynccontextmanager
async def fresh(path: Path, entries: int, last: str) -> AsyncIterator[Journal]:
    """A journal that this release has made, all of it on the wiki but one entry; `last`: the index that was made last.
    That differs from journal to journal, and between two that it thinks alike SQLite chooses by it."""
    journal = Journal.open(path)
    with journal._transactions._engine.begin() as connection:
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (last,)).scalar_one()
        connection.exec_driver_sql(f"DROP INDEX {last}")
        connection.exec_driver_sql(made)
    for begin in range(0, entries, 500):
        times = [NOON + timedelta(seconds=number) for number in range(begin, min(entries, begin + 500))]
        await journal.entries.accept_all([an_acceptance(an_entry(said=each), "p7", told=Told.NEVER) for each in times])
        due = await journal.deliveries.pending()
        await journal.attempts.begin(f"b{begin}", "wiki", "P7/SAL", due, NOON)
        await journal.attempts.delivered(f"b{begin}", due, "https://wiki/SAL", 1, NOON)
    await journal.entries.accept(an_acceptance(an_entry()))
    yield journal
    journal.close()


@pytest.mark.slow
@pytest.mark.parametrize("last", ["delivery_entry", "delivery_state_told"])
async def test_nor_does_it_whichever_index_was_made_last(tmp_path: Path, last: str) -> None:
    # of a channel the last 500 entries are looked at
    async with fresh(tmp_path / "young", 600, last) as young, fresh(tmp_path / "old", 2400, last) as old:
        for what, ask in ASKED.items():
            assert await steps(old, ask) < 1.5 * await steps(young, ask) + 20, what
