"""A journal that cannot be written is told at the start: who, where, and why."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.journal import Journal, obstacle
from labsbot.model import JournalFailure
from tests.neighbour import NOBODY, as_root, done_by_neighbour, public_folder


@pytest.fixture
def path() -> Iterator[Path]:
    """Where nobody's bot keeps its journal, in a folder of nobody's."""
    with public_folder() as public:
        os.chown(public, NOBODY, NOBODY)
        yield public / "journal.sqlite3"


def started(path: Path) -> str:
    """All that `labsbot run` does with the journal before anything else."""
    import asyncio

    async def start() -> str:
        journal = Journal.open(path)
        journal.claim()
        journal.close()
        return "started"

    return asyncio.run(start())


@as_root
def test_in_a_folder_of_its_own_the_bot_starts(path: Path) -> None:
    assert done_by_neighbour(lambda: started(path)) == "started"
    assert done_by_neighbour(lambda: obstacle(path)) == "None"


@as_root
@pytest.mark.parametrize("name", ["", "-wal", "-shm", ".lock"])
def test_a_file_of_somebody_else_is_told_with_user_path_and_reason(path: Path, name: str) -> None:
    done_by_neighbour(lambda: started(path))
    foreign = path.with_name(f"{path.name}{name}")
    foreign.touch()
    os.chown(foreign, 0, 0)
    foreign.chmod(0o644)
    words = f"user nobody cannot write the journal {path}: {foreign}: permission denied (it is of user 0, mode 0644)"
    assert done_by_neighbour(lambda: obstacle(path)) == words
    assert done_by_neighbour(lambda: started(path)) == f"JournalFailure: {words}"


@as_root
def test_a_folder_that_is_closed_to_us_is_told(path: Path) -> None:
    os.chown(path.parent, 0, 0)
    words = (
        f"user nobody cannot write the journal {path}: {path.parent}: permission denied (it is of user 0, mode 0755)"
    )
    assert done_by_neighbour(lambda: obstacle(path)) == words
    assert done_by_neighbour(lambda: started(path)) == f"JournalFailure: {words}"
    assert os.listdir(path.parent) == []


def test_what_only_a_write_shows_is_found_by_one(path: Path) -> None:
    Journal.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE TRIGGER stuck BEFORE UPDATE ON alembic_version BEGIN SELECT RAISE(ABORT, 'it is read-only'); END"
        )
    other.close()
    for open_it in (Journal.open, Journal.join):
        with pytest.raises(JournalFailure, match=rf"cannot write the journal {path}: it is read-only"):
            open_it(path)


def test_looking_for_obstacles_makes_nothing(path: Path) -> None:
    assert obstacle(path) is None
    assert obstacle(path.parent / "deep" / "below" / "journal") is None
    assert os.listdir(path.parent) == []
