"""The transactions of a journal that is open: what writes goes one after the other, what only reads goes beside it.

Verbs of one subject are a `JournalPart`. Each of them is on disk when it returns (but for a `note`), and happened whole
or raised JournalFailure; the loop never waits for the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sql

from labsbot.journal import opening, sqlite, words
from labsbot.journal.writer import Writer
from labsbot.model import JournalFailure

P = ParamSpec("P")
S = TypeVar("S", bound="JournalPart")
T = TypeVar("T")

REPLACED = "put it back; or end labsbot, move what lies there elsewhere, -wal too, and `labsbot restore` a backup"
"""What to do where what we write into is not at its place any more: begun on another file, it would be spoilt by what
lies beside it of ours."""

_Verb = Callable[Concatenate[S, sql.Connection, P], T]
_Awaited = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


class Transactions:
    """Of one file, awaited on one event loop; who listens is woken when there is news."""

    def __init__(self, engine: sql.Engine, path: Path) -> None:
        self._engine = engine
        self._not_waiting = sqlite.not_waiting(engine)
        self._path = path
        self.writer = Writer(self._transaction, str(path), self._join_words)
        self._real = Path(os.path.realpath(path))
        self._files = self._files_now()
        self._beside = sqlite.reader(self._real)
        self._reader = ThreadPoolExecutor(1, "journal reader")
        self._checkpoints = ThreadPoolExecutor(1, "journal checkpoint")
        self._transactions = itertools.count(1)
        self._has_new_words = False
        self._listeners: list[asyncio.Event] = []

    async def read(self, question: Callable[[sql.Connection], T]) -> T:
        """Ask beside the writer: it knows of whatever was awaited before, and holds up nobody."""

        def answer() -> T:
            with opening.transaction(self._beside, self._path) as connection:
                return question(connection)

        return await asyncio.get_running_loop().run_in_executor(self._reader, answer)

    @contextlib.contextmanager
    def _transaction(self, waits: bool) -> Iterator[sql.Connection]:
        engine = self._engine if waits else self._not_waiting
        with opening.transaction(engine, self._path) as connection:
            yield connection
            if self._files_now() != self._files:  # what we write into would be gone when we end
                raise JournalFailure(f"{self._path} was removed, or another file was put there: {REPLACED}")
            self._has_new_words |= words.any_new(connection)
        if next(self._transactions) % sqlite.BETWEEN_CHECKPOINTS == 0:
            self._checkpoints.submit(self._checkpoint)

    def _files_now(self) -> tuple[object, object]:
        """Which are at the journal's place, where links may lead by now; what is accepted is in the second first."""
        return _file_at(self._path), _file_at(self._real.with_name(f"{self._real.name}{opening.BESIDE[0]}"))

    def _checkpoint(self) -> None:
        # what fails is tried again after the next ones, and the longest log is brought over by whoever writes
        with contextlib.suppress(*sqlite.ERRORS):
            sqlite.checkpoint(self._real)

    def _join_words(self) -> bool:
        """Go a step in joining parts of the index of words; returns whether there is more to do."""
        if not self._has_new_words:
            return False
        with contextlib.suppress(JournalFailure), opening.transaction(self._engine, self._path) as connection:
            self._has_new_words = sqlite.merge_words(connection)
            return self._has_new_words
        return False  # whoever writes next is told of the failure

    async def alone(self, call: Callable[[sql.Engine], T]) -> T:
        """Do to the file what is no transaction, between two of them."""

        def done() -> T:
            self._checkpoints.submit(lambda: None).result()  # none is under way then, nor begins before we are done
            with opening.failures(self._path):
                return call(self._engine)

        return await self.writer.alone(done)

    def listen(self) -> asyncio.Event:
        """An event of one's own that is set whenever the journal has news; clear it before reading."""
        listener = asyncio.Event()
        self._listeners.append(listener)
        return listener

    def ring(self) -> None:
        """Set the event of everybody who listens."""
        for listener in self._listeners:
            listener.set()

    def close(self) -> None:
        """Finish what is under way and close; safe to call twice."""
        self.writer.close()
        for thread in (self._reader, self._checkpoints):
            thread.shutdown(wait=True)
        self._beside.dispose()
        self._engine.dispose()


def _file_at(path: Path) -> tuple[int, int] | None:
    """By what the file at a place is told from any other; None: there is none, or nobody lets us see it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class JournalPart:
    """The verbs of one subject."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def listen(self) -> asyncio.Event:
        """An event of one's own that is set whenever the journal has news; clear it before reading."""
        return self._transactions.listen()


def verb(call: _Verb[S, P, T]) -> _Awaited[S, P, T]:
    """Run a method in a transaction on the writer's thread."""

    @functools.wraps(call)
    async def written(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._transactions.writer.write(lambda connection: call(self, connection, *args, **kwargs))

    return written


def note(call: _Verb[S, P, T]) -> _Awaited[S, P, T]:
    """The same, for what is not waited for until it is on disk (`Writer.write`)."""

    @functools.wraps(call)
    async def written(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._transactions.writer.write(
            lambda connection: call(self, connection, *args, **kwargs), waits=False
        )

    return written


def news(call: _Verb[S, P, T]) -> _Awaited[S, P, T]:
    """A verb after which others may have something to do: wakes all who listen, once it is on disk."""

    @functools.wraps(call)
    async def written(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._transactions.writer.write(
            lambda connection: call(self, connection, *args, **kwargs), lambda _: self._transactions.ring()
        )

    return written


def question(call: _Verb[S, P, T]) -> _Awaited[S, P, T]:
    """Run a method that only reads."""

    @functools.wraps(call)
    async def read(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._transactions.read(lambda connection: call(self, connection, *args, **kwargs))

    return read
