"""A copy of the journal while somebody writes, and the way back."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.journal import Journal, Reading, lock
from labsbot.journal.backup import back_up, restore
from labsbot.journal.entries import EntryQuery
from labsbot.model import JournalFailure
from tests.neighbour import NOBODY, as_root, mode, public_folder
from tests.nouns import NOON, an_acceptance, an_entry


def written(path: Path, *messages: str) -> None:
    """A journal with these entries, closed."""

    async def write() -> None:
        journal = Journal.open(path)
        for number, message in enumerate(messages):
            await journal.entries.accept(an_acceptance(an_entry(message, NOON + timedelta(minutes=number))))
        journal.close()

    asyncio.run(write())


def messages(path: Path) -> list[str]:
    return [kept.entry.message for kept in Reading(path).entries(EntryQuery())]


async def test_what_was_accepted_is_in_the_copy_while_the_bot_has_the_journal_open(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    journal = Journal.open(path)
    await journal.entries.accept(an_acceptance(an_entry("said before", NOON)))
    assert path.with_name("journal.sqlite3-wal").stat().st_size
    back_up(path, copy)
    await journal.entries.accept(an_acceptance(an_entry("said after", NOON)))
    journal.close()
    assert messages(copy) == ["said before"]
    assert mode(copy) == 0o600


def test_nothing_is_written_over_and_nothing_unfinished_stays(tmp_path: Path) -> None:
    path, there = tmp_path / "journal.sqlite3", tmp_path / "there"
    written(path, "one")
    there.write_text("mine")
    with pytest.raises(JournalFailure, match="there is there already: name another file"):
        back_up(path, there)
    with pytest.raises(JournalFailure, match=r"cannot write .*none/copy: No such file"):
        back_up(path, tmp_path / "none" / "copy")
    with pytest.raises(JournalFailure, match="there is no journal at"):
        back_up(tmp_path / "nothing", tmp_path / "copy")
    assert there.read_text() == "mine"
    assert not list(tmp_path.glob(".labsbot*"))


def test_where_the_disk_is_full_that_is_told_and_nothing_stays(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, most))
    try:
        for deed in (lambda: back_up(path, tmp_path / "other"), lambda: restore(path, copy, NOON)):
            with pytest.raises(JournalFailure, match=r"(other|journal.sqlite3): .*(I/O error|full)"):
                deed()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    assert not list(tmp_path.glob(".labsbot*"))
    assert messages(path) == ["one"]


def test_a_copy_becomes_the_journal_and_what_was_there_is_kept(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "old")
    back_up(path, copy)
    written(path, "new")
    aside = restore(path, copy, NOON)
    assert aside == tmp_path / "journal.sqlite3.until-20261122T120000Z"
    assert messages(path) == ["old"]
    assert messages(aside) == ["new", "old"]
    written(path, "goes on")
    assert messages(path) == ["goes on", "old"]


@pytest.mark.parametrize("way", ["start", "join", "restore"])
def test_a_copy_that_was_put_over_a_journal_does_not_get_what_lies_beside_it(tmp_path: Path, way: str) -> None:
    """As by ``cp`` where the bot was killed: SQLite would play the one's newest entries onto the other."""
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, *map(str, range(20)))
    back_up(path, copy)
    subprocess.run([sys.executable, "-c", KILLED, path], check=True)
    beside = path.with_name(f"{path.name}-wal")
    newest, before = beside.read_bytes(), copy.read_bytes()
    assert newest
    path.write_bytes(before)
    with pytest.raises(JournalFailure, match=rf"is a copy that was put in a journal's place, and .* {beside}: keep"):
        {"start": Journal.open, "join": Journal.join, "restore": lambda _: restore(path, copy, NOON)}[way](path)
    assert (beside.read_bytes(), path.read_bytes()) == (newest, before)
    beside.rename(tmp_path / "kept")
    Journal.open(path).close()
    assert messages(path) == [str(number) for number in reversed(range(20))]


KILLED = """
import asyncio, os, sys
from pathlib import Path
from labsbot.journal import Journal
from tests.nouns import an_acceptance, an_entry

async def write():
    journal = Journal.open(Path(sys.argv[1]))
    await journal.entries.accept(an_acceptance(an_entry("newest")))
    os._exit(0)

asyncio.run(write())
"""


def test_a_copy_that_was_opened_is_a_journal_as_any(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    restore(path, copy, NOON)
    subprocess.run([sys.executable, "-c", KILLED, path], check=True)
    assert path.with_name(f"{path.name}-wal").stat().st_size
    assert messages(path) == ["newest", "one"]
    Journal.open(path).close()
    assert messages(path) == ["newest", "one"]


def test_where_there_was_none_the_copy_makes_one(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    assert restore(tmp_path / "new" / "journal.sqlite3", copy, NOON) is None
    assert messages(tmp_path / "new" / "journal.sqlite3") == ["one"]


def test_where_the_journal_alone_was_removed_what_lies_beside_does_not_become_part_of_the_copy(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    bereft(path, "two")
    assert restore(path, copy, NOON) is None
    assert messages(path) == ["one"]
    assert (tmp_path / "journal.sqlite3.until-20261122T120000Z-wal").exists()


@pytest.mark.parametrize("emptied", [True, False])
def test_the_bot_makes_no_journal_over_what_was_accepted_last(tmp_path: Path, emptied: bool) -> None:
    """SQLite removes what lies beside an empty file."""
    path = tmp_path / "journal.sqlite3"
    bereft(path, "one")
    beside = path.with_name("journal.sqlite3-wal").read_bytes()
    if emptied:
        path.touch()
        with pytest.raises(JournalFailure, match="the file is empty"):
            Reading(path).queue()
    with pytest.raises(JournalFailure, match=r"is empty or missing, .*journal.sqlite3-wal.*`labsbot restore`"):
        Journal.open(path)
    assert path.exists() == emptied
    assert path.with_name("journal.sqlite3-wal").read_bytes() == beside


def bereft(path: Path, message: str) -> None:
    """What a bot that was killed leaves beside its journal, without the journal."""
    journal = Journal.open(path)
    asyncio.run(journal.entries.accept(an_acceptance(an_entry(message, NOON + timedelta(hours=1)))))
    beside = {each: each.read_bytes() for each in (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))}
    journal.close()
    path.unlink()
    for each, held in beside.items():
        each.write_bytes(held)


def newer(copy: Path) -> None:
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def damaged(copy: Path) -> None:
    content = bytearray(copy.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    copy.write_bytes(content)


def incomplete(copy: Path) -> None:
    with sqlite3.connect(copy) as connection:
        connection.execute("DROP TABLE attempt")
    connection.close()


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (incomplete, "is damaged: it lacks what is kept in attempt"),
        (newer, r"was written by a newer labsbot \(schema 9999\): install that release"),
        (damaged, "is damaged|malformed"),
        (lambda copy: copy.write_bytes(b"no journal" * 1000), "file is not a database"),
        (lambda copy: copy.unlink(), "there is no journal at"),
        (lambda copy: copy.with_name("copy-wal").touch(), "is no copy but a journal that is in use"),
    ],
)
def test_what_is_no_good_copy_replaces_nothing(tmp_path: Path, spoilt, words: str) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    spoilt(copy)
    with pytest.raises(JournalFailure, match=words):
        restore(path, copy, NOON)
    assert messages(path) == ["one"]
    assert not list(tmp_path.glob(".labsbot*"))


def test_under_a_running_bot_nothing_is_restored(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    held = lock.take(path)
    with pytest.raises(JournalFailure, match=r"another labsbot .* is running on"):
        restore(path, copy, NOON)
    os.close(held)


async def test_while_anybody_has_the_journal_open_nothing_is_restored(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    journal = Journal.open(path)  # as `labsbot web` does, which takes no lock
    await journal.entries.accept(an_acceptance(an_entry("one", NOON)))
    back_up(path, copy)
    with pytest.raises(JournalFailure, match=r"somebody has .* open: end all of labsbot first"):
        restore(path, copy, NOON)
    await journal.entries.accept(an_acceptance(an_entry("two", NOON)))
    journal.close()
    assert messages(path) == ["two", "one"]


def test_a_journal_that_is_damaged_gives_way_to_its_copy(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal.sqlite3", tmp_path / "copy"
    written(path, "one")
    back_up(path, copy)
    path.write_bytes(b"no journal" * 1000)
    restore(path, copy, NOON)
    assert messages(path) == ["one"]


@as_root
def test_what_root_restores_is_the_bots() -> None:
    with public_folder() as folder:
        written(folder / "other", "one")
        back_up(folder / "other", folder / "copy")
        (folder / "state").mkdir()
        os.chown(folder / "state", NOBODY, NOBODY)
        restore(folder / "state" / "journal.sqlite3", folder / "copy", NOON)
        for path in (folder / "state").iterdir():
            assert (path.stat().st_uid, mode(path)) == (NOBODY, 0o600)
