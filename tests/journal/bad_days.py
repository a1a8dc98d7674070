"""What can happen to a journal's file, made to happen: a full disk, a file that is read-only, locked, or broken."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from labsbot.journal import Journal

BadDay = Callable[[Journal], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def full_disk(journal: Journal) -> Iterator[None]:
    """The file cannot grow by a page."""
    _pragma(journal, f"max_page_count={_pragma(journal, 'page_count')}")
    try:
        yield
    finally:
        _pragma(journal, f"max_page_count={2**30}")


@contextlib.contextmanager
def read_only(journal: Journal) -> Iterator[None]:
    """Nothing can be written, as on a file system that the kernel has made read-only."""
    _pragma(journal, "query_only=1")
    try:
        yield
    finally:
        _pragma(journal, "query_only=0")


@contextlib.contextmanager
def locked(journal: Journal, patience: float = 0.05) -> Iterator[None]:
    """Another process writes, and does not come to an end before we have waited for as long as we wait."""
    _pragma(journal, f"busy_timeout={int(patience * 1000)}")
    other = sqlite3.connect(journal._path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@contextlib.contextmanager
def taken_away(journal: Journal) -> Iterator[None]:
    """Somebody has moved the file away, or put another one in its place."""
    elsewhere = journal._path.with_name("elsewhere")
    journal._path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(journal._path)


@contextlib.contextmanager
def newest_taken_away(journal: Journal) -> Iterator[None]:
    """The same of what SQLite keeps beside it, in which all is that was accepted last."""
    beside = journal._path.with_name(f"{journal._path.name}-wal")
    elsewhere = beside.rename(beside.with_name("elsewhere"))
    try:
        yield
    finally:
        elsewhere.rename(beside)


@contextlib.contextmanager
def led_elsewhere(journal: Journal) -> Iterator[None]:
    """It is a link by now, which leads to another file."""
    real, other = journal._path.with_name("real"), journal._path.with_name("other")
    journal._path.rename(real)
    other.write_bytes(b"")
    journal._path.symlink_to(other)
    try:
        yield
    finally:
        journal._path.unlink()
        real.rename(journal._path)


def unsafe_but_fast(journal: Journal) -> None:
    """What was written outlives our process, not the machine."""
    journal._transactions._engine = journal._transactions._not_waiting


def spoil(path: Path) -> None:
    """The disk has lost the second half of the file."""
    half = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.seek(half)
        file.write(b"\xff" * half)


def _pragma(journal: Journal, pragma: str) -> int:
    """On the journal's own connection, whose thread is idle in these tests."""
    connection = journal._transactions._engine.raw_connection()
    try:
        row = connection.cursor().execute(f"PRAGMA {pragma}").fetchone()
        return int(row[0]) if row else 0
    finally:
        connection.close()
