"""Verbs that write come in, and are committed together: what waits while one transaction is under way is the next one.

Each verb stands alone for all that: it happens whole or not at all, whatever becomes of the others; only where the
transaction itself is lost, all of them are. Nobody hears of a result before it is on disk, but of what can be found out
again (`Writer.write`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sql
from sqlalchemy import exc

from labsbot.journal import sqlite
from labsbot.model import JournalFailure

log = logging.getLogger("labsbot.journal")

T = TypeVar("T")
G = TypeVar("G")

MOST = 500
"""Verbs that one transaction holds at most: some tenths of a second."""
QUIET = 0.2
"""Seconds without anything to write after which a step is gone with what nobody waits for."""

Together = Callable[[sql.Connection, Sequence[G]], Sequence[T | Exception]]
"""A verb that does at once what was asked of it several times; an exception is the outcome of one."""


@dataclass(frozen=True, slots=True)
class _Asked:
    verb: Together[Any, Any]
    given: Any
    outcome: asyncio.Future[Any]
    after: Callable[[Any], None]
    waits: bool


class Writer:
    """The one thread that writes. Its verbs are awaited on one event loop."""

    def __init__(
        self,
        transaction: Callable[[bool], AbstractContextManager[sql.Connection]],
        named: str,
        meanwhile: Callable[[], bool] = lambda: False,
    ) -> None:
        """`transaction` is told whether to wait for the disk, and raises JournalFailure where it fails; `named` is what
        the journal is called in failures. In quiet moments `meanwhile` goes a short step with what nobody waits
        for, and says whether there is more of it."""
        self._transaction = transaction
        self._named = named
        self._meanwhile = meanwhile
        self._thread = ThreadPoolExecutor(1, "journal")
        self._waiting: list[_Asked] = []
        self._news = asyncio.Event()
        """There is something that waits."""
        self._at_work: asyncio.Task[None] | None = None
        self._closed = False
        self.failure: JournalFailure | None = None
        """Why the last transaction failed; None: it did not."""

    async def write(
        self, verb: Callable[[sql.Connection], T], after: Callable[[T], None] = lambda _: None, waits: bool = True
    ) -> T:
        """Do it in a transaction; `after` is called with the result when that is on disk, whoever still waits.

        Where `waits` is False, it is with the system by then, and on disk with the next that waits: for what nobody
        misses, or what is found out again, should the machine itself stop before.
        """
        return await self.write_together(lambda connection, given: [verb(connection)], None, after, waits)

    async def write_together(self, verb: Together[G, T], given: G, after: Callable[[T], None], waits: bool = True) -> T:
        """The same for what is asked several times in a row: it is done at once."""
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(verb, given, outcome, after, waits))
        self._news.set()
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._work())
        return await outcome

    async def alone(self, call: Callable[[], T]) -> T:
        """Do something on the thread that is no transaction, between two of them."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def close(self) -> None:
        """Finish the transaction that is under way."""
        self._closed = True
        self._thread.shutdown(wait=True)

    async def _work(self) -> None:
        while True:
            await self._write_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET):
                    await self._news.wait()
                    continue
            is_over = self._closed or not await self._gone_on()
            if is_over and not self._waiting:  # for whoever came during the step, we are still at work
                return

    async def _gone_on(self) -> bool:
        """Go a step with what nobody waits for. Whatever becomes of it, who writes is served."""
        try:
            return await self.alone(self._meanwhile)
        except Exception:
            log.exception("what the journal does in quiet moments failed unexpectedly")
            return False

    async def _write_all(self) -> None:
        self._news.clear()
        while self._waiting:
            group = [each for each in self._waiting[:MOST] if not each.outcome.cancelled()]
            del self._waiting[:MOST]
            if not group:
                continue
            outcomes: Sequence[Any] | BaseException
            (outcomes,) = await asyncio.gather(self._committed(group), return_exceptions=True)
            self.failure = outcomes if isinstance(outcomes, JournalFailure) else None
            for number, asked in enumerate(group):
                # a transaction that failed has failed for all who asked
                _hand_out(asked, outcomes if isinstance(outcomes, BaseException) else outcomes[number])

    async def _committed(self, group: Sequence[_Asked]) -> Sequence[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, group)

    def _commit(self, group: Sequence[_Asked]) -> Sequence[Any]:
        with self._transaction(any(each.waits for each in group)) as connection:
            alone = len(group) == 1
            return [each for some in _alike(group) for each in self._do(connection, some, alone)]

    def _do(self, connection: sql.Connection, some: Sequence[_Asked], alone: bool) -> Sequence[Any]:
        """What comes of verbs that are one and the same; one that is alone in its transaction needs no savepoint."""
        if alone:
            return _raised(_run(connection, some))
        connection.exec_driver_sql("SAVEPOINT verb")
        try:
            outcomes = _run(connection, some)
        except Exception as error:
            if sqlite.is_rolled_back(connection):
                raise
            connection.exec_driver_sql("ROLLBACK TO verb")
            connection.exec_driver_sql("RELEASE verb")
            if len(some) == 1:
                return [self._told(error)]
            return [outcome for each in some for outcome in self._do(connection, [each], alone)]
        connection.exec_driver_sql("RELEASE verb")
        return outcomes

    def _told(self, error: Exception) -> Exception:
        return JournalFailure(sqlite.told(self._named, error.orig)) if isinstance(error, exc.DBAPIError) else error


def _alike(group: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    """Those in a row that ask for the same verb."""
    for _, some in itertools.groupby(group, key=lambda each: each.verb):
        yield list(some)


def _run(connection: sql.Connection, some: Sequence[_Asked]) -> Sequence[Any]:
    return some[0].verb(connection, [each.given for each in some])


def _raised(outcomes: Sequence[Any]) -> Sequence[Any]:
    for each in outcomes:
        if isinstance(each, Exception):
            raise each
    return outcomes


def _hand_out(asked: _Asked, outcome: Any) -> None:
    if isinstance(outcome, BaseException):
        if not asked.outcome.done():
            asked.outcome.set_exception(outcome)
        return
    asked.after(outcome)
    if not asked.outcome.done():
        asked.outcome.set_result(outcome)
