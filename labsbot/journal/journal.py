"""What happened goes in, what is to be done comes out: one SQLite file, one short transaction per verb.

Each verb runs on the journal's own thread, is on disk when it returns, and either happened whole or raises
JournalFailure. Decides nothing: when to try again and what to say is for those who ask.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sql

from labsbot.journal import lock, opening, rows
from labsbot.journal import statements as st
from labsbot.journal.schema import presence
from labsbot.model import (
    Accepted,
    Attempt,
    Delivery,
    DeliveryState,
    Edit,
    GivenUp,
    Hindrance,
    IdTaken,
    JournalCounts,
    LineKey,
    Log,
    NotDue,
    Presence,
    Telling,
    Told,
    Untold,
    Waiting,
)

log = logging.getLogger("labsbot.journal")

PEOPLE, PORTION = 20, 2000
"""People, and deliveries of theirs, of which the announcer gets to know at once: after a long outage there are many."""

P = ParamSpec("P")
T = TypeVar("T")

SPARED = 5000
"""So many lines are remembered however old they seem: more than networks repeat, should the clock have been wrong."""


def _verb(call: Callable[Concatenate[Journal, P], T]) -> Callable[Concatenate[Journal, P], Coroutine[Any, Any, T]]:
    """Run a method on the journal's thread, so that the disk never holds up the loop."""

    @functools.wraps(call)
    async def on_own_thread(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        log.debug("asked to %s", call.__name__)
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
        self._counts = JournalCounts()

    @property
    def counts(self) -> JournalCounts:
        """What happened since we opened it."""
        return self._counts

    def _count(self, **values: object) -> None:
        self._counts = dataclasses.replace(self._counts, **values)  # type: ignore[arg-type]

    @classmethod
    def open(cls, path: Path) -> Journal:
        """Open the journal at `path`; make it, or bring it up to this release's schema, if need be.

        Raises JournalFailure: it cannot be read or written, is no journal, or was made by a newer labsbot.
        """
        return cls(opening.make(path), path)

    @classmethod
    def join(cls, path: Path) -> Journal:
        """Open a journal to write into it beside the bot, whether that runs or not.

        Raises JournalFailure: there is none, it cannot be written, or it is of another release.
        """
        return cls(opening.join(path), path)

    def claim(self) -> None:
        """Become the one deliverer of this journal. Raises JournalFailure: another process is, or we may not."""
        self._lock = lock.take(self._path)

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
    def accept(self, accepted: Accepted) -> bool:
        """Keep an entry and its deliveries, and remember the line. False: it was handled before, nothing changed.

        Raises IdTaken: another entry has this id.
        """
        with self._transaction() as connection:
            if _is_handled(connection, accepted.key):
                return False
            entry = accepted.entry
            if connection.scalar(st.NUMBER_OF_ID, {"id": entry.id}) is not None:
                raise IdTaken(entry.id)
            row = {**dataclasses.asdict(entry), "accepted": accepted.now, "hostmask": accepted.hostmask}
            number = connection.execute(st.NEW_ENTRY, row).scalar_one()
            pending = {"state": DeliveryState.PENDING.value, "fruitless": 0, "told": accepted.told.value}
            connection.execute(
                st.NEW_DELIVERY, [{"entry": number, **rows.values(each), **pending} for each in accepted.owed]
            )
            _remember(connection, accepted.key, number, accepted.now)
        self._count(accepted=self._counts.accepted + 1)
        return True

    @_verb
    def remember(self, key: LineKey, now: datetime) -> bool:
        """Remember a line that made no entry, so that a replay of it is not answered. False: it was handled before."""
        with self._transaction() as connection:
            if _is_handled(connection, key):
                return False
            _remember(connection, key, None, now)
            return True

    @_verb
    def presences(self) -> dict[tuple[str, str], Presence]:
        """What was heard of each channel, by network and channel."""
        with self._transaction() as connection:
            rows = connection.execute(presence.select())
            return {(row.network, row.channel): Presence(row.since, row.until) for row in rows}

    @_verb
    def heard(self, network: str, channel: str, heard: Presence) -> None:
        """Keep what was heard of a channel until now."""
        times = dataclasses.asdict(heard)
        with self._transaction() as connection:
            kept = connection.execute(
                presence.update().where(presence.c.network == network, presence.c.channel == channel).values(times)
            )
            if not kept.rowcount:
                connection.execute(presence.insert().values(network=network, channel=channel, **times))

    # --- delivery ---

    @_verb
    def waiting(self) -> list[Waiting]:
        """In which logs something is due and from whom, who has waited longest first."""
        with self._transaction() as connection:
            return [Waiting(Log(*of), sender) for *of, sender in connection.execute(st.WAITING)]

    @_verb
    def pending(
        self,
        logs: Sequence[Log] | None = None,
        most: int | None = None,
        sender: str | None = None,
        without: Collection[str] = (),
    ) -> list[Delivery]:
        """Deliveries that wait and that no open attempt carries, in the order in which they were said.

        The first `most` of these logs (None: all), of this sender alone or of all senders `without` these.
        """
        with self._transaction() as connection:
            limit = {"most": most or sys.maxsize}
            if logs is None:
                found = connection.execute(st.PENDING, limit)
            elif sender is None:
                those = {"logs": _pairs(logs), "without": list(without)}
                found = connection.execute(st.PENDING_FROM, those | limit)
            else:
                found = connection.execute(st.PENDING_OF, {"logs": _pairs(logs), "sender": sender, **limit})
            return [rows.delivery(row) for row in found]

    @_verb
    def newest(self) -> int:
        """The number of the newest delivery; 0: there is none."""
        with self._transaction() as connection:
            return connection.scalar(st.NEWEST) or 0

    @_verb
    def open_attempts(self) -> list[Attempt]:
        """The attempts whose result is not recorded: each is unknown until the wiki's history was asked."""
        with self._transaction() as connection:
            return [
                Attempt(
                    row.batch,
                    row.wiki,
                    row.title,
                    row.begun,
                    None if row.edit is None else Edit(**row.edit),
                    tuple(rows.delivery(each) for each in connection.execute(st.CARRIED, {"carrier": row.batch})),
                )
                for row in connection.execute(st.OPEN_ATTEMPTS).all()
            ]

    @_verb
    def begin(self, batch: str, wiki: str, title: str, deliveries: Sequence[Delivery], now: datetime) -> int:
        """Say that an attempt begins: if the process dies before any result, that is known afterwards.

        Returns how many attempts in a row, this one included, have begun for any of these without a result. Raises
        NotDue: one of them was given up meanwhile; nothing has begun.
        """
        with self._transaction() as connection:
            connection.execute(st.NEW_ATTEMPT, {"batch": batch, "wiki": wiki, "title": title, "begun": now})
            begun = connection.execute(st.BEGIN_THESE, {"carrier": batch, "numbers": _numbers(deliveries)})
            if begun.rowcount != len(deliveries):
                raise NotDue
            return connection.scalar(st.MOST_FRUITLESS, {"carrier": batch}) or 0

    @_verb
    def intend(self, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None:
        """Keep exactly what is about to be sent, and that it carries just these deliveries."""
        with self._transaction() as connection:
            connection.execute(st.UPDATE_ATTEMPT, {"carrier": batch, "edit": dataclasses.asdict(edit)})
            connection.execute(st.RELEASE_ALL_BUT_THESE, {"carrier": batch, "numbers": _numbers(deliveries)})

    @_news
    def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None:
        """These stand on the page at `url` (without anchor) since `revision`; the attempt is over."""
        with self._transaction() as connection:
            there = {"state": DeliveryState.DELIVERED.value, "url": url, "revision": revision, "delivered": now}
            _update(connection, deliveries, **there, cause=None, **_SETTLED)
            _end(connection, batch, "delivered", now)
        self._count(delivered=self._counts.delivered + len(deliveries), last_delivered=now)

    @_news
    def leave(self, batch: str, deliveries: Sequence[Delivery], cause: str, url: str, now: datetime) -> None:
        """What people have made of these entries' lines at `url` (without anchor) stays; the attempt is over."""
        with self._transaction() as connection:
            _update(connection, deliveries, state=DeliveryState.LEFT.value, cause=cause, url=url, **_SETTLED)
            _end(connection, batch, "left", now)

    @_news
    def postpone(
        self,
        batch: str,
        deliveries: Sequence[Delivery],
        cause: str | None,
        now: datetime,
        failure: str | None = None,
        next_try: datetime | None = None,
    ) -> None:
        """Nothing was saved and the attempt is over; they stay pending. `cause` None: nothing for people to hear.

        For the operator: `failure` in the wiki's own words, and about when it is tried again, if that is known.
        """
        with self._transaction() as connection:
            if cause is not None:
                _update(connection, deliveries, cause=cause, failure=failure, next_try=next_try)
            _end(connection, batch, "postponed", now)

    @_news
    def doubt(self, batch: str, cause: str, failure: str | None = None, next_try: datetime | None = None) -> None:
        """The result of an attempt is unknown: it stays open, and people can be told why."""
        with self._transaction() as connection:
            doubtful = {"cause": cause, "failure": failure, "next_try": next_try, "fruitless": 0}
            # It did not end without a result: we are here to say that there was none.
            connection.execute(
                st.UPDATE_CARRIED,
                {"carrier": batch, **doubtful},
            )

    @_news
    def park(
        self,
        batch: str,
        deliveries: Sequence[Delivery],
        cause: str,
        now: datetime,
        failure: str | None = None,
        hindrance: Hindrance | None = None,
        next_try: datetime | None = None,
    ) -> None:
        """They wait for an operator, with the reason (`failure`: in the wiki's own words); the attempt is over.

        With a hindrance they are tried again by themselves at `next_try`; what was dropped meanwhile stays dropped.
        """
        parked = {
            "numbers": _numbers(deliveries),
            "state": DeliveryState.PARKED.value,
            "cause": cause,
            "failure": failure,
            "hindrance": hindrance and hindrance.value,
            "next_try": next_try,
        }
        with self._transaction() as connection:
            connection.execute(st.HINDER_THESE if hindrance else st.PARK_THESE, parked)
            _end(connection, batch, "parked", now)
        self._count(parked=self._counts.parked + len(deliveries))

    @_verb
    def next_hindered(self) -> tuple[Delivery, datetime] | None:
        """What is parked and is the next to be tried again by itself, and when."""
        with self._transaction() as connection:
            row = connection.execute(st.NEXT_HINDERED).first()
            return None if row is None else (rows.delivery(row), row.next_try)

    @_verb
    def hindered(self, by: Hindrance) -> list[Log]:
        """The logs of which something is parked with this hindrance."""
        with self._transaction() as connection:
            return [Log(*row) for row in connection.execute(st.HINDERED, {"by": by.value})]

    @_verb
    def put_off(self, by: Hindrance, logs: Sequence[Log], next_try: datetime) -> None:
        """What is parked there with this hindrance is not tried before then."""
        with self._transaction() as connection:
            connection.execute(st.UPDATE_HINDERED, {"by": by.value, "logs": _pairs(logs), "next_try": next_try})

    @_news
    def release(self, by: Hindrance, logs: Sequence[Log]) -> int:
        """What is parked there with this hindrance is pending again; returns how many."""
        free = {"state": DeliveryState.PENDING.value, "hindrance": None, "next_try": None}
        with self._transaction() as connection:
            those = {"by": by.value, "logs": _pairs(logs)}
            return connection.execute(st.UPDATE_HINDERED, {**those, **free}).rowcount

    @_news
    def abandon(self, batch: str, now: datetime, may_come: bool) -> None:
        """An attempt is over that saved nothing; its deliveries keep their count of fruitless ones.

        `may_come`: what it sent may still be on its way to the wiki, and stays known.
        """
        with self._transaction() as connection:
            connection.execute(st.UPDATE_CARRIED, {"carrier": batch, "batch": None})
            _close_attempt(connection, batch, "abandoned", now, may_come)

    @_verb
    def given_up(self, before: datetime) -> list[GivenUp]:
        """What was sent by attempts that were abandoned or withdrawn; what ended before a time is forgotten."""
        with self._transaction() as connection:
            connection.execute(st.FORGET_GIVEN_UP, {"before": before})
            rows = connection.execute(st.GIVEN_UP)
            return [GivenUp(row.batch, row.title, row.ended, Edit(**row.edit)) for row in rows]

    @_news
    def withdraw(self, batch: str, now: datetime, may_come: bool) -> None:
        """As `abandon`, for an attempt that never counted: what ended it was not its doing."""
        with self._transaction() as connection:
            connection.execute(st.TAKE_BACK, {"carrier": batch})
            _close_attempt(connection, batch, "withdrawn", now, may_come)

    # --- the way back to the channel ---

    @_verb
    def untold(self, late: int, places: Collection[tuple[str, str]], after: int = 0) -> Untold:
        """What has not been told in these channels yet; of what is pending, that up to the delivery `late` alone.

        It is that of the first few people whose oldest such delivery comes behind `after`, and at most PORTION of it.
        """
        asked = {"late": late, "places": list(places), "after": after, "people": PEOPLE}
        with self._transaction() as connection:
            people = connection.execute(st.TO_BE_TOLD, asked).all()
            persons = [tuple(person) for *person, _ in people]
            to_tell = connection.execute(st.TO_TELL, {"late": late, "persons": persons, "most": PORTION})
            under_way = connection.execute(st.UNDER_WAY, {"persons": persons})
            return Untold(
                tuple(rows.telling(row) for row in to_tell),
                frozenset((*person, Told(told)) for *person, told in under_way),
                connection.scalar(st.NEWEST) or 0,
                people[-1].first if len(people) == PEOPLE else None,
            )

    @_verb
    def tell(self, deliveries: Sequence[Delivery], told: Told) -> None:
        """Record what is about to be said in the channel about these."""
        with self._transaction() as connection:
            _update(connection, deliveries, told=told.value)

    @_verb
    def untell(self, deliveries: Sequence[Delivery], told: Told, before: Told) -> None:
        """What was recorded to be said was not heard, for certain: what they heard `before` is what they know."""
        with self._transaction() as connection:
            connection.execute(
                st.UNTELL_THESE, {"numbers": _numbers(deliveries), "was": told.value, "told": before.value}
            )

    # --- the operator ---

    @_verb
    def queue(self) -> list[Telling]:
        """Everything accepted that is not on the wiki: pending and parked, oldest first."""
        with self._transaction() as connection:
            return [rows.telling(row) for row in connection.execute(st.QUEUE)]

    @_verb
    def pending_by_log(self) -> dict[Log, int]:
        """How many deliveries are pending, by log."""
        with self._transaction() as connection:
            return rows.by_log(connection.execute(st.COUNTS))

    @_verb
    def backlog(self) -> dict[DeliveryState, tuple[int, datetime]]:
        """How many deliveries are pending and how many parked, and when the oldest of them was accepted."""
        with self._transaction() as connection:
            return {DeliveryState(row.state): (row.number, row.oldest) for row in connection.execute(st.BACKLOG)}

    @_verb
    def find(self, entry_id: str) -> Telling | None:
        """The delivery of one entry, whatever became of it."""
        with self._transaction() as connection:
            row = connection.execute(st.OF_ID, {"id": entry_id}).first()
            return None if row is None else rows.telling(row)

    @_news
    def retry(self, entry_ids: Sequence[str]) -> list[str]:
        """Make parked entries pending again; returns the ids that were parked."""
        return self._resolve(entry_ids, DeliveryState.PENDING)

    @_news
    def drop(self, entry_ids: Sequence[str]) -> list[str]:
        """Give entries up for good that are parked or wait; they stay in the journal.

        Returns the ids of which this is true now. One that an attempt carries may be on its way, and is none of them.
        """
        return self._resolve(entry_ids, DeliveryState.DROPPED, DeliveryState.PENDING)

    def _resolve(self, entry_ids: Sequence[str], state: DeliveryState, *also: DeliveryState) -> list[str]:
        """Give this state to those of the entries that are parked, or in one of the other states."""
        states = [each.value for each in (DeliveryState.PARKED, *also)]
        with self._transaction() as connection:
            found = connection.execute(st.RESOLVABLE_OF_IDS, {"ids": list(entry_ids), "states": states}).all()
            anew = {"fruitless": 0, "hindrance": None, "next_try": None, "refusals": 0}
            numbers = [row.number for row in found]
            connection.execute(st.UPDATE_THESE, {"numbers": numbers, "state": state.value, **anew})
            return [row.id for row in found]

    # --- what is no longer needed ---

    @_verb
    def forget_lines(self, before: datetime, after: int, most: int) -> int | None:
        """Forget lines that were handled before a time; a short step of the way, from the number `after` on.

        Looks at no more than `most` of them. Returns where the next step begins; None: that was the last one. The
        newest ones stay, however old they are by a clock that may have been wrong.
        """
        with self._transaction() as connection:
            step = {"after": after, "most": most, "spared": SPARED}
            end = connection.execute(st.END_OF_STEP, step).one()
            connection.execute(st.FORGET_LINES, {"after": after, "last": end.last or 0, "before": before})
            return int(end.last) if end.lines == most else None  # lines that come meanwhile are for another time

    def _transaction(self) -> AbstractContextManager[sql.Connection]:
        return opening.transaction(self._engine, self._path)


_SETTLED = {"failure": None, "hindrance": None, "next_try": None}
"""Of what will not be tried again."""

# --- SQL ----------------------------------------------------------------------------------------------------------


def _pairs(logs: Iterable[Log]) -> list[tuple[str, str]]:
    return [(each.place, each.project) for each in logs]


def _numbers(deliveries: Iterable[Delivery]) -> list[int]:
    return [each.number for each in deliveries]


def _update(connection: sql.Connection, deliveries: Iterable[Delivery], **values: object) -> None:
    connection.execute(st.UPDATE_THESE, {"numbers": _numbers(deliveries), **values})


def _end(connection: sql.Connection, batch: str, outcome: str, now: datetime) -> None:
    """The attempt has a result: its deliveries are free of it, and no longer count it as fruitless."""
    connection.execute(st.UPDATE_CARRIED, {"carrier": batch, "batch": None, "fruitless": 0})
    _close_attempt(connection, batch, outcome, now)


def _close_attempt(connection: sql.Connection, batch: str, outcome: str, now: datetime, may_come: bool = False) -> None:
    # The text that was sent is on the wiki now, or nowhere: a day's section per edit would fill the disk.
    edit = {} if may_come else {"edit": None}
    connection.execute(st.UPDATE_ATTEMPT, {"carrier": batch, "ended": now, "outcome": outcome, **edit})


def _is_handled(connection: sql.Connection, key: LineKey) -> bool:
    """Whether the line was here before: by its msgid, or, where either copy lacks one, by its fingerprint."""
    same = st.HANDLED_WITHOUT_MSGID if key.msgid is None else st.HANDLED_WITH_MSGID
    return connection.scalar(same, dataclasses.asdict(key)) is not None


def _remember(connection: sql.Connection, key: LineKey, number: int | None, now: datetime) -> None:
    connection.execute(st.NEW_HANDLED, {**dataclasses.asdict(key), "entry": number, "handled": now})
