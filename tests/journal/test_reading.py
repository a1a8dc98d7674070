"""Whoever looks at the journal makes nothing, changes nothing and holds up nobody; to read it is right enough."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labsbot.journal import Journal, Reading, schema
from labsbot.model import DeliveryState, JournalFailure
from tests.neighbour import GROUP, as_root, done_by_neighbour, public_folder
from tests.nouns import NOON, an_acceptance, an_entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal #1?.sqlite3"


async def accept(journal: Journal, *messages: str) -> list[str]:
    for message in messages:
        entry = an_entry(message)
        assert await journal.entries.accept(an_acceptance(entry))
    return list(messages)


def messages(path: Path) -> list[str]:
    return [queued.telling.delivery.entry.message for queued in Reading(path).queue()]


def files(path: Path) -> list[tuple[str, bytes]]:
    return sorted((each.name, each.read_bytes()) for each in path.parent.iterdir())


def replace_journal(path: Path, by: Path) -> None:
    """As `labsbot restore` does."""
    for end in ("-wal", "-shm"):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    by.rename(path)


# --- what is there ---


def test_where_there_is_no_journal_none_is_made(path: Path) -> None:
    with pytest.raises(JournalFailure, match="there is no journal at"):
        Reading(path).queue()
    with pytest.raises(JournalFailure, match="there is no journal at"):
        Reading(path.parent / "no such folder" / "journal").queue()
    with pytest.raises(JournalFailure, match="there is no journal at"):
        Journal.join(path)
    assert os.listdir(path.parent) == []


def test_an_empty_file_is_no_journal(path: Path) -> None:
    path.touch()
    for look in (Reading(path).queue, lambda: Journal.join(path)):
        with pytest.raises(JournalFailure, match=r"there is no journal at .*: the file is empty \(`labsbot run` makes"):
            look()
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("version", "words"), [("0001", "start the bot with this release first"), ("9999", "newer labsbot")]
)
def test_a_journal_of_another_release_is_neither_migrated_nor_written(path: Path, version: str, words: str) -> None:
    Journal.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (version,))
    other.close()
    for look in (Reading(path).queue, lambda: Journal.join(path)):
        with pytest.raises(JournalFailure, match=words):
            look()
    assert sqlite3.connect(path).execute("SELECT version_num FROM alembic_version").fetchall() == [(version,)]


async def test_beside_the_bot_everything_that_is_committed_is_seen(journal: Journal, path: Path) -> None:
    assert messages(path) == []
    await accept(journal, "one")
    assert messages(path) == ["one"]
    await accept(journal, "two")
    assert messages(path) == ["one", "two"]


async def test_after_a_clean_end_the_file_alone_is_read_and_nothing_is_made_beside_it(path: Path) -> None:
    journal = Journal.open(path)
    said = await accept(journal, "one", "two")
    journal.close()
    before = files(path)
    assert messages(path) == said
    assert files(path) == before


async def test_what_a_killed_bot_left_is_read_as_it_is(journal: Journal, path: Path, tmp_path: Path) -> None:
    said = await accept(journal, "one", "two")
    left = tmp_path / "left"
    left.mkdir()
    for name in os.listdir(tmp_path):
        if name.startswith("journal"):
            shutil.copy(tmp_path / name, left)
    before = files(left / path.name)
    assert messages(left / path.name) == said
    assert [name for name, _ in files(left / path.name)] == [name for name, _ in before]


async def test_a_bot_that_comes_and_goes_meanwhile_is_noticed(path: Path) -> None:
    Journal.open(path).close()
    reading = Reading(path)
    answers: list[int] = []

    def interrupted(connection):
        found = connection.exec_driver_sql("SELECT count(*) FROM entry").scalar()
        if not answers:
            life = Journal.open(path)
            asyncio.run(accept(life, "said meanwhile"))
            life.close()
        answers.append(found)
        return found

    assert await asyncio.to_thread(reading._ask, interrupted) == 1
    assert answers == [0, 1]


async def test_who_keeps_connections_sees_whatever_becomes_of_the_journal(path: Path, tmp_path: Path) -> None:
    """Also another file in its place, by `labsbot restore`."""
    journal = Journal.open(path)
    reading, seen = Reading(path, 2), []

    def there() -> list[str]:
        with ThreadPoolExecutor(4) as pool:
            found = [pool.submit(reading.queue) for _ in range(8)]
        lists = [[each.telling.delivery.entry.message for each in one.result()] for one in found]
        assert lists == lists[:1] * 8
        return lists[0]

    def states_differ() -> None:
        state = reading.state()
        assert state == reading.state()
        assert state not in seen
        seen.append(state)

    assert there() == []
    states_differ()
    await accept(journal, "one")
    assert there() == ["one"]
    states_differ()
    await accept(journal, "two")
    states_differ()
    journal.close()
    assert there() == ["one", "two"]
    again = Journal.open(path)
    await accept(again, "three")
    states_differ()
    assert there() == ["one", "two", "three"]
    again.close()
    other = Journal.open(tmp_path / "other")
    await accept(other, "four")
    other.close()
    replace_journal(path, tmp_path / "other")
    assert there() == ["four"]
    states_differ()
    last = Journal.open(path)
    await accept(last, "five")
    assert there() == ["four", "five"]
    states_differ()
    last.close()


async def test_projects_of_which_something_is_new_are_known_at_once(path: Path, tmp_path: Path) -> None:
    journal = Journal.open(path)
    reading = Reading(path, 2)
    assert reading.projects() == []
    for projects in (("tools", "Tools"), ("tools",), ("bots",), ("Äpfel", "bots")):
        assert await journal.entries.accept(an_acceptance(an_entry(), *projects))
        assert reading.projects() == Reading(path).projects()
    assert reading.projects() == ["Tools", "bots", "tools", "Äpfel"]
    journal.close()
    assert reading.projects() == ["Tools", "bots", "tools", "Äpfel"]
    other = Journal.open(tmp_path / "other")
    for _ in range(9):
        assert await other.entries.accept(an_acceptance(an_entry(), "another"))
    other.close()
    replace_journal(path, tmp_path / "other")
    assert reading.projects() == ["another"]
    third = Journal.open(tmp_path / "third")
    for _ in range(9):  # as many as there are
        assert await third.entries.accept(an_acceptance(an_entry(), "yet another"))
    third.close()
    shutil.copyfile(tmp_path / "third", path)  # over what nobody has open
    assert reading.projects() == ["yet another"]


async def test_a_state_is_never_the_same_again_whichever_connection_tells_it(journal: Journal, path: Path) -> None:
    """Two threads may be the first to ask, and one that failed is made anew."""
    reading = Reading(path, 2)
    first = reading.state()
    await accept(journal, "one")
    reading._watched = None
    assert reading.state() != first


async def test_kept_connections_are_in_no_transaction(journal: Journal, path: Path) -> None:
    reading = Reading(path, 2)
    await accept(journal, "one")
    reading.state()
    reading.queue()
    await accept(journal, "two")
    assert await journal.erasures.empty()


async def test_an_attempt_its_page_and_what_it_met_with_are_told(journal: Journal, path: Path) -> None:
    await accept(journal, "one")
    due = await journal.deliveries.pending()
    (fresh,) = Reading(path).queue()
    assert (fresh.attempts, fresh.failure, fresh.next_try, fresh.batch, fresh.title) == (0, None, None, None, None)
    await journal.attempts.begin("b1", "wiki", "Tools/SAL", due, NOON)
    (carried,) = Reading(path).queue()
    assert (carried.attempts, carried.batch, carried.title) == (1, "b1", "Tools/SAL")
    await journal.attempts.postpone("b1", due, "it is read-only", NOON, "it is read-only (readonly)", NOON)
    (waits,) = Reading(path).queue()
    assert (waits.attempts, waits.failure, waits.next_try, waits.batch) == (1, "it is read-only (readonly)", NOON, None)
    await journal.attempts.begin("b2", "wiki", "Tools/SAL", due, NOON)
    await journal.attempts.park("b2", due, "the page is protected", NOON, "the page is protected (protectedpage)")
    history = Reading(path).find(due[0].entry.id)
    assert history is not None
    (found,) = history.queued
    assert found.telling.delivery.state is DeliveryState.PARKED
    assert (found.attempts, found.failure, found.next_try) == (2, "the page is protected (protectedpage)", None)
    assert Reading(path).find("sal-unheard-of") is None


# --- whom it holds up ---


async def test_twenty_who_are_in_the_middle_of_reading_hold_up_no_line(journal: Journal, path: Path) -> None:
    begun, over = threading.Barrier(21), threading.Event()

    def question(connection):
        before = connection.exec_driver_sql("SELECT count(*) FROM entry").scalar()
        begun.wait(30)
        over.wait(30)
        return before, connection.exec_driver_sql("SELECT count(*) FROM entry").scalar()

    reading = [asyncio.to_thread(Reading(path)._ask, question) for _ in range(20)]
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(21) as threads:
        loop.set_default_executor(threads)
        together = asyncio.gather(*reading)
        await loop.run_in_executor(None, begun.wait, 30)
        await accept(journal, "said meanwhile")
        over.set()
        assert set(await together) == {(0, 0)}
    assert messages(path) == ["said meanwhile"]


# --- who may ---


@pytest.fixture
def shared() -> Iterator[Path]:
    """A journal in a folder that is open to a group, and to nobody else."""
    with public_folder() as public:
        folder = public / "state"
        folder.mkdir()
        os.chown(folder, -1, GROUP)
        folder.chmod(0o2750)
        yield folder / "journal.sqlite3"


@as_root
@pytest.mark.parametrize("end", ["running", "closed", "killed"])
async def test_who_may_only_read_reads_whatever_became_of_the_bot(shared: Path, end: str) -> None:
    journal = Journal.open(shared)
    said = await accept(journal, "one", "two")
    if end == "closed":
        journal.close()
    elif end == "killed":
        whole = {each: each.read_bytes() for each in shared.parent.iterdir()}
        journal.close()
        for each, content in whole.items():
            each.write_bytes(content)
            each.chmod(0o640)
    before = sorted(os.listdir(shared.parent))
    assert done_by_neighbour(lambda: messages(shared), GROUP) == str(said)
    assert sorted(os.listdir(shared.parent)) == before
    assert done_by_neighbour(lambda: messages(shared)).endswith(f"cannot read the journal {shared}: Permission denied")
    journal.close()


@as_root
async def test_who_may_write_into_the_folder_makes_nothing_by_reading(shared: Path) -> None:
    shared.parent.chmod(0o2770)
    Journal.open(shared).close()
    assert done_by_neighbour(lambda: messages(shared), GROUP) == "[]"
    assert os.listdir(shared.parent) == [shared.name]
    Journal.open(shared).close()


@as_root
async def test_a_group_that_was_let_in_writes_beside_the_bot(shared: Path) -> None:
    shared.parent.chmod(0o2770)
    Journal.open(shared).close()
    os.chmod(shared, 0o660)  # as the operator wanted it: it stays so
    journal = Journal.open(shared)
    journal.claim()
    said = await accept(journal, "one")

    def drop() -> list[str]:
        beside = Journal.join(shared)
        found = asyncio.run(beside.undelivered.drop([Reading(shared).queue()[0].telling.delivery.entry.id]))
        beside.close()
        return found

    told = await asyncio.to_thread(done_by_neighbour, drop, GROUP)
    assert told.startswith("['sal-"), told
    assert messages(shared) == []
    assert said
    assert await accept(journal, "two")
    journal.close()


@as_root
async def test_who_may_only_read_cannot_write_and_is_told_so(shared: Path) -> None:
    Journal.open(shared).close()
    told = done_by_neighbour(lambda: Journal.join(shared), GROUP)
    assert told.startswith(
        f"JournalFailure: user nobody cannot write the journal {shared}: {shared.parent}: permission"
    )
    assert schema.VERSION in str(sqlite3.connect(shared).execute("SELECT version_num FROM alembic_version").fetchall())
