"""What happened goes in, what is to be done comes out: one SQLite file, one short transaction per verb.

Each verb runs on the journal's own thread, is on disk when it returns, and either happened whole or raises
JournalFailure. Decides nothing: when to try again and what to say is for those who ask.
"""

from __future__ import annotations

import asyncio
import dataclasses
import fcntl
import functools
import logging
import os
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sql
from sqlalchemy import event, exc

from labsbot.journal import schema
from labsbot.journal.schema import attempt, delivery, entry, handled
from labsbot.model import (
    Attempt,
    Delivery,
    DeliveryState,
    Edit,
    Entry,
    IdTaken,
    JournalFailure,
    LineKey,
    Telling,
    Told,
)

log = logging.getLogger("labsbot.journal")

P = ParamSpec("P")
T = TypeVar("T")


def _verb(call: Callable[Concatenate[Journal, P], T]) -> Callable[Concatenate[Journal, P], Coroutine[Any, Any, T]]:
    """Run a method on the journal's thread, so that the disk never holds up the loop."""

    @functools.wraps(call)
    async def on_own_thread(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(call, self, *args, **kwargs))

    return on_own_thread


def _news(call: Callable[Concatenate[Journal, P], T]) -> Callable[Concatenate[Journal, P], Coroutine[Any, Any, T]]:
    """A verb after which others may have something to do: wakes all who listen."""
    verb = _verb(call)

    @functools.wraps(call)
    async def and_ring(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = await verb(self, *args, **kwargs)
        self.ring()
        return result

    return and_ring


class Journal:
    """A journal that is open. Made by `Journal.open`; its verbs are awaited on one event loop."""

    def __init__(self, engine: sql.Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._thread = ThreadPoolExecutor(1, "journal")
        self._listeners: list[asyncio.Event] = []
        self._lock: int | None = None

    @classmethod
    def open(cls, path: Path) -> Journal:
        """Open the journal at `path`; make it, or bring it up to this release's schema, if need be.

        Raises JournalFailure: it cannot be read or written, is no journal, or was made by a newer labsbot.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalFailure(f"{path.parent} cannot be made: {error.strerror}") from error
        engine = sql.create_engine(
            f"sqlite:///{path}", poolclass=sql.StaticPool, connect_args={"check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        journal = cls(engine, path)
        with journal._transaction() as connection:
            _bring_up_to_date(connection, path)
        return journal

    def claim(self) -> None:
        """Become the one deliverer of this journal. Raises JournalFailure where another process is."""
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(lock, 20).decode(errors="replace").strip()
            os.close(lock)
            raise JournalFailure(f"another labsbot (process {owner or 'unknown'}) is running on {self._path}") from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def close(self) -> None:
        """Finish what is under way and close; safe to call twice."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def listen(self) -> asyncio.Event:
        """An event of one's own that is set whenever the journal has news; clear it before reading."""
        listener = asyncio.Event()
        self._listeners.append(listener)
        return listener

    def ring(self) -> None:
        """Set the event of everybody who listens (also when another process has written)."""
        for listener in self._listeners:
            listener.set()

    # --- the front desk ---

    @_news
    def accept(self, key: LineKey, accepted: Entry, log_day: date, clock: str, told: Told, now: datetime) -> bool:
        """Keep an entry and its delivery, and remember the line. False: the line was handled before, nothing changed.

        Raises IdTaken: another entry has this id.
        """
        with self._transaction() as connection:
            if _is_handled(connection, key):
                return False
            if connection.scalar(sql.select(entry.c.number).where(entry.c.id == accepted.id)) is not None:
                raise IdTaken(accepted.id)
            row = {**dataclasses.asdict(accepted), "accepted": now}
            number = connection.execute(entry.insert().values(row).returning(entry.c.number)).scalar_one()
            connection.execute(
                delivery.insert().values(
                    entry=number,
                    log_day=log_day,
                    clock=clock,
                    state=DeliveryState.PENDING.value,
                    fruitless=0,
                    told=told.value,
                )
            )
            _remember(connection, key, number, now)
            return True

    @_verb
    def remember(self, key: LineKey, now: datetime) -> bool:
        """Remember a line that made no entry, so that a replay of it is not answered. False: it was handled before."""
        with self._transaction() as connection:
            if _is_handled(connection, key):
                return False
            _remember(connection, key, None, now)
            return True

    # --- delivery ---

    @_verb
    def pending(self) -> list[Delivery]:
        """All deliveries that wait and that no open attempt carries, in the order in which they were said."""
        with self._transaction() as connection:
            rows = connection.execute(
                _DELIVERIES.where(delivery.c.state == DeliveryState.PENDING.value, delivery.c.batch.is_(None)).order_by(
                    entry.c.said, delivery.c.number
                )
            )
            return [_delivery(row) for row in rows]

    @_verb
    def open_attempts(self) -> list[Attempt]:
        """The attempts whose result is not recorded: each is unknown until the wiki's history was asked."""
        with self._transaction() as connection:
            attempts = connection.execute(
                attempt.select().where(attempt.c.ended.is_(None)).order_by(attempt.c.begun)
            ).all()
            return [
                Attempt(
                    row.batch,
                    row.wiki,
                    row.title,
                    row.begun,
                    None if row.edit is None else Edit(**row.edit),
                    tuple(
                        _delivery(each)
                        for each in connection.execute(
                            _DELIVERIES.where(delivery.c.batch == row.batch).order_by(entry.c.said, delivery.c.number)
                        )
                    ),
                )
                for row in attempts
            ]

    @_verb
    def begin(self, batch: str, wiki: str, title: str, deliveries: Sequence[Delivery], now: datetime) -> int:
        """Say that an attempt begins: if the process dies before any result, that is known afterwards.

        Returns how many attempts in a row, this one included, have begun for any of these without a result.
        """
        with self._transaction() as connection:
            connection.execute(attempt.insert().values(batch=batch, wiki=wiki, title=title, begun=now))
            connection.execute(_update(deliveries).values(batch=batch, fruitless=delivery.c.fruitless + 1))
            counts = sql.select(sql.func.max(delivery.c.fruitless)).where(delivery.c.batch == batch)
            return connection.scalar(counts) or 0

    @_verb
    def intend(self, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None:
        """Keep exactly what is about to be sent, and that it carries just these deliveries."""
        with self._transaction() as connection:
            connection.execute(attempt.update().where(attempt.c.batch == batch).values(edit=dataclasses.asdict(edit)))
            connection.execute(
                delivery.update()
                .where(delivery.c.batch == batch, delivery.c.number.not_in(_numbers(deliveries)))
                .values(batch=None, fruitless=0)
            )

    @_news
    def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None:
        """These stand on the page at `url` (without anchor) since `revision`; the attempt is over."""
        with self._transaction() as connection:
            connection.execute(
                _update(deliveries).values(
                    state=DeliveryState.DELIVERED.value, url=url, revision=revision, delivered=now, cause=None
                )
            )
            _end(connection, batch, "delivered", now)

    @_news
    def postpone(self, batch: str, deliveries: Sequence[Delivery], cause: str | None, now: datetime) -> None:
        """Nothing was saved and the attempt is over; they stay pending. `cause` None: nothing for people to hear."""
        with self._transaction() as connection:
            if cause is not None:
                connection.execute(_update(deliveries).values(cause=cause))
            _end(connection, batch, "postponed", now)

    @_news
    def doubt(self, batch: str, cause: str) -> None:
        """The result of an attempt is unknown: it stays open, and people can be told why."""
        with self._transaction() as connection:
            connection.execute(delivery.update().where(delivery.c.batch == batch).values(cause=cause))

    @_news
    def park(self, batch: str, deliveries: Sequence[Delivery], cause: str, now: datetime) -> None:
        """They wait for an operator, with the reason; the attempt is over."""
        with self._transaction() as connection:
            connection.execute(_update(deliveries).values(state=DeliveryState.PARKED.value, cause=cause))
            _end(connection, batch, "parked", now)

    @_news
    def abandon(self, batch: str, now: datetime) -> None:
        """An attempt that was never sent is over; its deliveries keep their count of fruitless ones."""
        with self._transaction() as connection:
            connection.execute(delivery.update().where(delivery.c.batch == batch).values(batch=None))
            _close_attempt(connection, batch, "abandoned", now)

    @_news
    def withdraw(self, batch: str, now: datetime) -> None:
        """An attempt that sent nothing and found out something instead never counted."""
        with self._transaction() as connection:
            connection.execute(
                delivery.update()
                .where(delivery.c.batch == batch)
                .values(batch=None, fruitless=delivery.c.fruitless - 1)
            )
            _close_attempt(connection, batch, "withdrawn", now)

    # --- the way back to the channel ---

    @_verb
    def to_tell(self) -> list[Telling]:
        """Deliveries whose state has not been told in the channel yet, oldest first."""
        untold = {
            DeliveryState.PENDING: (Told.NOTHING,),
            DeliveryState.PARKED: (Told.NOTHING, Told.LATE),
            DeliveryState.DELIVERED: (Told.NOTHING, Told.LATE, Told.PARKED),
        }
        news = sql.or_(
            *(
                sql.and_(delivery.c.state == state.value, delivery.c.told.in_([each.value for each in told]))
                for state, told in untold.items()
            )
        )
        with self._transaction() as connection:
            rows = connection.execute(_DELIVERIES.where(news).order_by(entry.c.said, delivery.c.number))
            return [Telling(_delivery(row), row.accepted, Told(row.told)) for row in rows]

    @_verb
    def tell(self, deliveries: Sequence[Delivery], told: Told) -> None:
        """Record what is about to be said in the channel about these."""
        with self._transaction() as connection:
            connection.execute(_update(deliveries).values(told=told.value))

    # --- the operator ---

    @_verb
    def queue(self) -> list[Telling]:
        """Everything accepted that is not on the wiki: pending and parked, oldest first."""
        states = [DeliveryState.PENDING.value, DeliveryState.PARKED.value]
        with self._transaction() as connection:
            rows = connection.execute(
                _DELIVERIES.where(delivery.c.state.in_(states)).order_by(entry.c.said, delivery.c.number)
            )
            return [Telling(_delivery(row), row.accepted, Told(row.told)) for row in rows]

    @_verb
    def find(self, entry_id: str) -> Telling | None:
        """The delivery of one entry, whatever became of it."""
        with self._transaction() as connection:
            row = connection.execute(_DELIVERIES.where(entry.c.id == entry_id)).first()
            return None if row is None else Telling(_delivery(row), row.accepted, Told(row.told))

    @_news
    def retry(self, entry_ids: Sequence[str]) -> list[str]:
        """Make parked entries pending again; returns the ids that were parked."""
        return self._resolve(entry_ids, DeliveryState.PENDING)

    @_news
    def drop(self, entry_ids: Sequence[str]) -> list[str]:
        """Give parked entries up for good; they stay in the journal. Returns the ids that were parked."""
        return self._resolve(entry_ids, DeliveryState.DROPPED)

    def _resolve(self, entry_ids: Sequence[str], state: DeliveryState) -> list[str]:
        parked = (
            sql.select(delivery.c.number, entry.c.id)
            .join_from(delivery, entry)
            .where(delivery.c.state == DeliveryState.PARKED.value, entry.c.id.in_(entry_ids))
        )
        with self._transaction() as connection:
            rows = connection.execute(parked).all()
            connection.execute(
                delivery.update()
                .where(delivery.c.number.in_([row.number for row in rows]))
                .values(state=state.value, fruitless=0)
            )
            return [row.id for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sql.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except exc.DBAPIError as error:
            # The statement and its parameters, messages among them, stay out of what travels on.
            raise JournalFailure(f"{self._path}: {error.orig}") from error


# --- SQL ----------------------------------------------------------------------------------------------------------

_DELIVERIES = sql.select(
    delivery.c.number,
    delivery.c.log_day,
    delivery.c.clock,
    delivery.c.state,
    delivery.c.cause,
    delivery.c.url,
    delivery.c.told,
    *(column for column in entry.c if column.name != "number"),
).join_from(delivery, entry)


def _delivery(row: sql.Row[Any]) -> Delivery:
    of_entry = Entry(**{name.name: getattr(row, name.name) for name in dataclasses.fields(Entry)})
    url = None if row.url is None else f"{row.url}#{row.id}"
    return Delivery(row.number, of_entry, row.log_day, row.clock, DeliveryState(row.state), row.cause, url)


def _numbers(deliveries: Iterable[Delivery]) -> list[int]:
    return [each.number for each in deliveries]


def _update(deliveries: Iterable[Delivery]) -> sql.Update:
    return delivery.update().where(delivery.c.number.in_(_numbers(deliveries)))


def _end(connection: sql.Connection, batch: str, outcome: str, now: datetime) -> None:
    """The attempt has a result: its deliveries are free of it, and no longer count it as fruitless."""
    connection.execute(delivery.update().where(delivery.c.batch == batch).values(batch=None, fruitless=0))
    _close_attempt(connection, batch, outcome, now)


def _close_attempt(connection: sql.Connection, batch: str, outcome: str, now: datetime) -> None:
    # The text that was sent is on the wiki now, or nowhere: a day's section per edit would fill the disk.
    connection.execute(attempt.update().where(attempt.c.batch == batch).values(ended=now, outcome=outcome, edit=None))


def _is_handled(connection: sql.Connection, key: LineKey) -> bool:
    """Whether the line was here before: by its msgid, or, where either copy lacks one, by its fingerprint."""
    same_place = [handled.c.network == key.network, handled.c.channel == key.channel]
    same_print = handled.c.fingerprint == key.fingerprint
    if key.msgid is not None:
        same = sql.or_(handled.c.msgid == key.msgid, sql.and_(handled.c.msgid.is_(None), same_print))
    else:
        same = same_print
    return connection.scalar(sql.select(handled.c.number).where(*same_place, same).limit(1)) is not None


def _remember(connection: sql.Connection, key: LineKey, number: int | None, now: datetime) -> None:
    connection.execute(handled.insert().values(**dataclasses.asdict(key), entry=number, handled=now))


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _bring_up_to_date(connection: sql.Connection, path: Path) -> None:
    """Leave the newest schema behind: make it in an empty file, or take an older one up step by step."""
    tables = sql.inspect(connection).get_table_names()
    if not tables:
        schema.metadata.create_all(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (schema.VERSION,))
        return
    if "alembic_version" not in tables:
        raise JournalFailure(f"{path} is a database of something else: name another file as `journal`")
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version != schema.VERSION:
        from labsbot.journal.upgrade import upgrade  # alembic weighs 10 MB and is needed once a release

        upgrade(connection, path, str(version))
