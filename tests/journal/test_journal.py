"""The journal as those who use it see it: what went in comes out, once, also after it was closed or broken off."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from labsbot.journal import Journal, schema
from labsbot.model import JournalFailure
from tests.journal.accepting import accept, accepted
from tests.nouns import an_entry


async def test_who_listens_is_woken_by_news_and_by_nothing_else(journal: Journal) -> None:
    news = journal.listen()
    await journal.deliveries.pending()
    assert not news.is_set()
    await accept(journal, an_entry())
    assert news.is_set()


async def test_a_second_deliverer_is_refused_and_told_who_is_the_first(journal: Journal, path: Path) -> None:
    journal.claim()
    second = Journal.open(path)
    with pytest.raises(JournalFailure, match=f"process {os.getpid()}"):
        second.claim()
    journal.close()
    second.claim()
    second.close()


@pytest.mark.parametrize(
    "version", [None, [], ["ae1027a6acf"], ["1975ea83b712"], ["00010"], ["0001"], [schema.VERSION]]
)
def test_a_database_of_something_else_is_refused_and_left_alone(path: Path, version: list[str] | None) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name)")
        if version is not None:  # it may use alembic, too
            other.execute("CREATE TABLE alembic_version (version_num)")
            other.executemany("INSERT INTO alembic_version VALUES (?)", [(each,) for each in version])
    path.chmod(0o644)
    before = path.read_bytes(), path.stat().st_mode
    for way in (Journal.open, Journal.join):
        with pytest.raises(JournalFailure, match="database of something else"):
            way(path)
    assert (path.read_bytes(), path.stat().st_mode) == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    "content", [b"not a database at all, by any means\n" * 40, b"SQLite format 3\0" + b"\xff" * 200]
)
def test_a_file_that_is_no_database_is_refused_by_name(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
    for way in (Journal.open, Journal.join):
        with pytest.raises(JournalFailure, match=str(path)):
            way(path)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644


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
    assert [delivery.entry.message for delivery in await journal.deliveries.pending()] == ["before", "after"]


async def test_the_journal_is_used_from_a_thread_of_its_own(journal: Journal, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    accepting = asyncio.create_task(accept(journal, an_entry()))
    for _ in range(100):
        await asyncio.sleep(0)  # the loop turns although the database is locked
    assert not accepting.done()
    other.execute("COMMIT")
    assert await accepting
