"""Entries are read page by page, newest first; a page takes as long in an old journal as in a young one."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from labsbot.journal import EntryQuery, Journal, Reading, entries, sqlite
from labsbot.journal import statements as st
from labsbot.model import Changed, ChangeKind, Entry, Told
from labsbot.text import search
from tests.journal.old import old_journal
from tests.nouns import NOON, a_change, a_key, an_acceptance, an_entry, keep

MINUTE = timedelta(minutes=1)


async def accept(journal: Journal, message: str, minute: int = 0, *projects: str, author: str = "alice") -> Entry:
    entry = an_entry(message, NOON + minute * MINUTE, author=author)
    assert await journal.entries.accept(an_acceptance(entry, *projects))
    return entry


async def change(journal: Journal, entry: Entry, kind: ChangeKind, text: str = "") -> str:
    made = a_change(kind, text)
    assert await keep(journal, Changed(a_key(), entry.id, made, Told.NOTHING, NOON))
    return made.id


def read(path: Path, most: int | None = None, **asked: object) -> list[str]:
    words = search.parse(str(asked.pop("words", "")), UTC)
    query = EntryQuery(**asked).narrowed(words)  # type: ignore[arg-type]
    return [kept.message for kept in Reading(path).entries(query, most)]


# --- which ------------------------------------------------------------------------------------------------------------


async def test_entries_come_newest_first_by_the_time_said_whenever_they_were_accepted(
    journal: Journal, path: Path
) -> None:
    for message, minute in (("two", 2), ("late", 1), ("three", 3), ("as early", 1)):
        await accept(journal, message, minute)
    assert read(path) == ["three", "two", "as early", "late"]
    assert read(path, 2) == ["three", "two"]


async def test_an_entry_of_several_logs_comes_once_whoevers_log_is_read(journal: Journal, path: Path) -> None:
    await accept(journal, "both", 0, "tools", "Tools")
    await accept(journal, "another's", 1, "bots")
    assert read(path) == ["another's", "both"]
    assert read(path, projects=("tools",)) == read(path, projects=("tools", "Tools")) == ["both"]
    assert read(path, projects=()) == read(path, projects=("unheard of",)) == []
    assert Reading(path).projects() == ["Tools", "bots", "tools"]


async def test_from_is_included_and_to_is_not(journal: Journal, path: Path) -> None:
    for minute in range(4):
        await accept(journal, f"m{minute}", minute)
    assert read(path, since=NOON + MINUTE, until=NOON + 3 * MINUTE) == ["m2", "m1"]
    assert read(path, since=NOON + 4 * MINUTE) == read(path, until=NOON) == []


# --- page by page -----------------------------------------------------------------------------------------------------


async def test_pages_follow_each_other_and_the_last_one_says_so(journal: Journal, path: Path) -> None:
    for minute in range(5):
        await accept(journal, f"m{minute}", minute, *(("tools", "Tools") if minute % 2 else ("tools",)))
    for projects in (None, ("tools",), ("Tools", "tools")):
        told, before = [], None
        for last in (False, False, True):
            page = Reading(path).page(EntryQuery(projects), before, 2)
            told.append([kept.message for kept in page.entries])
            assert (page.older is None) == last
            before = page.older
        assert told == [["m4", "m3"], ["m2", "m1"], ["m0"]]
    assert Reading(path).page(EntryQuery(("tools",)), None, 5).older is None


@pytest.mark.parametrize("searched", [1, 2, 3, 7, 2000])
async def test_it_goes_on_until_enough_is_found_however_much_is_looked_through_at_once(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch, searched: int
) -> None:
    monkeypatch.setattr(entries, "SEARCHED", searched)
    for minute in range(12):
        await accept(journal, f"m{minute}", minute, author="bob" if minute % 3 == 0 else "alice")
    for words in ("", "-nosuch"):
        asked: dict[str, Any] = {"authors": ("bob",), "projects": ("tools",), "words": words}
        assert read(path, **asked) == ["m9", "m6", "m3", "m0"]
        assert len(read(path, 2, **asked)) == 2
    assert read(path, words="-m1 -m2 -m3 -m4 -m5 -m6 -m7 -m8 -m9 -m10 -m11") == ["m0"]
    assert read(path, words="unheard-of") == []


async def test_what_is_logged_meanwhile_neither_waits_nor_disturbs(journal: Journal, path: Path) -> None:
    for minute in range(4):
        await accept(journal, f"m{minute}", minute)
    first = Reading(path).page(EntryQuery(), None, 2)
    await asyncio.wait_for(accept(journal, "newer", 9), 5)
    await accept(journal, "late", 0)
    older = Reading(path).page(EntryQuery(), first.older, 9)
    assert [kept.message for kept in (*first.entries, *older.entries)] == ["m3", "m2", "m1", "late", "m0"]


# --- one --------------------------------------------------------------------------------------------------------------


async def test_an_entry_is_found_by_its_id_and_by_that_of_what_was_changed_about_it(
    journal: Journal, path: Path
) -> None:
    entry = await accept(journal, "restarted", 0, "tools", "bots")
    undo = await change(journal, entry, ChangeKind.STRIKE)
    for its_id in (entry.id, undo):
        history = Reading(path).find(its_id)
        assert history is not None
        assert [history.kept] == await journal.entries.kept([entry.id])
        assert [each.telling.delivery for each in history.queued] == list(history.kept.deliveries)
        assert [each.telling.delivery.id for each in history.queued] == [entry.id, entry.id, undo, undo]
    assert Reading(path).find("sal-unheard-of") is None


# --- what it costs ----------------------------------------------------------------------------------------------------


def looked_for(typed: str) -> EntryQuery:
    meant = search.parse(typed, UTC)
    return EntryQuery(meant.projects or None).narrowed(meant)


ASKED = {
    "the newest": (EntryQuery(), None),
    "a project's newest": (EntryQuery(("p7",)), None),
    "the newest of two spellings": (EntryQuery(("p7", "P7")), None),
    "until": (EntryQuery(until=NOON.replace(year=2020, month=1, day=1, hour=2)), None),
    "whose logs are empty": (EntryQuery(("nosuch",)), None),
    "what is found": (looked_for("restarted"), None),
    "what is nowhere": (looked_for("nosuch"), None),
    "what is there and what is not": (looked_for("restarted -nosuch"), None),
    "what is of nobody": (looked_for("restarted from:nick7 project:nosuch"), None),
    "what somebody did not say": (looked_for("-nosuch"), None),
}


def steps(path: Path) -> dict[str, int]:
    """How much work the database has with the first page of each: tens of instructions of its own machine."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    engine = sqlite.on(path, "mode=ro", poolclass=sql.StaticPool)
    told = {}
    with engine.connect() as connection:
        connection.connection.dbapi_connection.set_progress_handler(count, 10)
        for what, (query, before) in ASKED.items():
            counted = 0
            entries.page(connection, query, before, 10)
            told[what] = counted
        counted = 0
        connection.scalars(st.PROJECTS).all()
        told["which projects there are"] = counted
        counted = 0
        assert entries.history(connection, f"sal-{1000:012x}") is not None
        told["one entry"] = counted
    engine.dispose()
    return told


@pytest.mark.slow
def test_a_page_takes_no_longer_in_a_journal_ten_times_as_large(tmp_path: Path) -> None:
    for name, size in (("young", 2500), ("old", 25_000)):
        old_journal(tmp_path / name, "0004", size)
        Journal.open(tmp_path / name).close()
    young, old = steps(tmp_path / "young"), steps(tmp_path / "old")
    for what in young:
        assert old[what] < 1.5 * young[what] + 50, what
