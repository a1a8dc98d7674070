"""What happened goes in, what is to be done comes out: one SQLite file, one short transaction per verb.

Each verb runs on the journal's own thread, is on disk when it returns, and either happened whole or raises
JournalFailure. Decides nothing: when to try again and what to say is for those who ask.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import logging
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sql

from labsbot.journal import acceptance, imports, lock, opening, questions, rows, sqlite, words
from labsbot.journal import statements as st
from labsbot.journal.acceptance import Decide
from labsbot.journal.asked_together import AskedTogether
from labsbot.journal.imports import Compare
from labsbot.journal.opening import TakingLong
from labsbot.journal.schema import presence
from labsbot.journal.writer import Writer
from labsbot.model import (
    Accepted,
    Archived,
    Attempt,
    BotStatus,
    Delivery,
    DeliveryState,
    Edit,
    Entry,
    GivenUp,
    Hindrance,
    JournalCounts,
    JournalFailure,
    Kept,
    LastOf,
    LineKey,
    Log,
    Move,
    MovedDay,
    MoveStage,
    NotDue,
    Obstruction,
    Presence,
    Repeated,
    Run,
    RunState,
    Sent,
    Telling,
    ToAnnounce,
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

_Verb = Callable[Concatenate["Journal", sql.Connection, P], T]
_Awaited = Callable[Concatenate["Journal", P], Coroutine[Any, Any, T]]


def _verb(call: _Verb[P, T]) -> _Awaited[P, T]:
    """Run a method in a transaction on the writer's thread, so that the disk never holds up the loop."""

    @functools.wraps(call)
    async def written(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._writer.write(lambda connection: call(self, connection, *args, **kwargs))

    return written


def _news(call: _Verb[P, T]) -> _Awaited[P, T]:
    """A verb after which others may have something to do: wakes all who listen, once it is on disk."""

    @functools.wraps(call)
    async def written(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._writer.write(
            lambda connection: call(self, connection, *args, **kwargs), lambda _: self.ring()
        )

    return written


def _question(call: _Verb[P, T]) -> _Awaited[P, T]:
    """Run a method that only reads beside the writer: it knows of whatever was awaited before, and holds up nobody."""

    @functools.wraps(call)
    async def read(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        def answer() -> T:
            with opening.transaction(self._beside, self._path) as connection:
                return call(self, connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._reader, answer)

    return read


class Journal:
    """A journal that is open. Made by `Journal.open`; its verbs are awaited on one event loop."""

    def __init__(self, engine: sql.Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._writer = Writer(lambda: opening.transaction(engine, path), str(path))
        self._beside = sqlite.reader(Path(os.path.realpath(path)))
        self._reader = ThreadPoolExecutor(1, "journal reader")
        self._kept = AskedTogether(self._kept_by_id)
        self._listeners: list[asyncio.Event] = []
        self._lock: int | None = None
        self._counts = JournalCounts()
        self._rewriting = False
        self.on_page: Callable[[timedelta], None] = lambda waited: None
        """Is told of each delivery that came to its page how long ago it was accepted."""

    @property
    def counts(self) -> JournalCounts:
        """What happened since we opened it."""
        return self._counts

    def _count(self, **values: object) -> None:
        self._counts = dataclasses.replace(self._counts, **values)  # type: ignore[arg-type]

    @classmethod
    def open(cls, path: Path, taking_long: TakingLong = contextlib.nullcontext) -> Journal:
        """Open the journal at `path`; make it, or bring it up to this release's schema, if need be.

        That happens within `taking_long`. Raises JournalFailure: it cannot be read or written, is no journal, or was
        made by a newer labsbot.
        """
        return cls(opening.make(path, taking_long), path)

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
        self._writer.close()
        self._reader.shutdown(wait=True)
        self._beside.dispose()
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

    async def accept(self, submission: Accepted) -> Entry | None:
        """Keep what was accepted with all that is owed for it, and remember the line, or nothing of it.

        Returns the entry, which has got another id where its own was taken. None: the line was handled before, nothing
        changed.
        """
        return await self._writer.write_together(acceptance.accept, submission, self._accepted)

    async def accept_all(self, submissions: Sequence[Accepted]) -> list[Entry] | None:
        """The same for several entries: all of them are kept, or none (None)."""

        def after(kept: list[Entry] | None) -> None:
            if kept is not None:
                self._count(accepted=self._counts.accepted + len(kept))
                self.ring()

        return await self._writer.write(lambda connection: acceptance.accept_all(connection, submissions), after)

    @property
    def failure(self) -> JournalFailure | None:
        """Why what was to be written last could not be; None: it was."""
        return self._writer.failure

    @_verb
    def try_to_write(self, connection: sql.Connection) -> None:
        """Have `failure` say what is true now, where nobody else has anything to write. Changes nothing."""
        connection.exec_driver_sql(opening.A_WRITE)

    def _accepted(self, entry: Entry | None) -> None:
        if entry is not None:
            self._count(accepted=self._counts.accepted + 1)
            self.ring()

    async def correct(self, meant: str | LastOf, decide: Decide[T]) -> tuple[T, bool]:
        """Have it decided what becomes of an entry (its id, or whose last it is) behind all that was handed over
        before, and keep that. Returns what is said of it, and whether anything is changed.

        `decide` runs on the writer's thread: it is pure, and asked again where the id that it makes is taken.
        """

        def after(outcome: tuple[T, bool]) -> None:
            if outcome[1]:
                self.ring()

        return await self._writer.write(lambda connection: acceptance.correct(connection, meant, decide), after)

    async def redact(self, entry_id: str, decide: Decide[T], gateway: timedelta) -> tuple[T, bool]:
        """The same where all that an entry ever said is to be removed for good; from then on nobody reads it here.
        Nothing of it is sent before `gateway` is over since what was sent with it was given up."""

        return await self._writer.write(
            lambda connection: acceptance.redact(connection, entry_id, decide, gateway), lambda _: self.ring()
        )

    @_verb
    def remember(self, connection: sql.Connection, key: LineKey, now: datetime) -> bool:
        """Remember a line that made no entry, so that a replay of it is not answered. False: it was handled before."""
        return acceptance.remember(connection, key, now)

    @_question
    def repeated(self, connection: sql.Connection, key: LineKey) -> Repeated | None:
        """The entry that was made when this key was first used; None: there is none."""
        given = {"network": key.network, "channel": key.channel, "msgid": key.msgid}
        found = connection.execute(st.REPEATED, given).one_or_none()
        return found and Repeated(*found)

    async def kept(self, entry_ids: Sequence[str]) -> list[Kept]:
        """These entries with all that became of them, as far as they are known, by entry's or change's id."""
        known = await self._kept.of(entry_ids)
        found = {known[each].entry.id: known[each] for each in entry_ids if each in known}
        return list(found.values())

    @_question
    def _kept_by_id(self, connection: sql.Connection, entry_ids: Sequence[str]) -> dict[str, Kept]:
        found = questions.kept(connection, st.ENTRIES_OF_IDS, {"ids": list(entry_ids)})
        return {each: kept for kept in found for each in (kept.entry.id, *(change.id for change in kept.changes))}

    @_question
    def run(self, connection: sql.Connection, entry_id: str) -> Run | None:
        """What is known of what an entry was the beginning of; None: it was none, or there is no such entry."""
        found = connection.execute(st.RUN, {"id": entry_id}).one_or_none()
        return found and rows.run(found)

    @_question
    def running(self, connection: sql.Connection) -> list[Run]:
        """What was begun and whose entry says nothing of an end, the oldest first: never many."""
        return [rows.run(row) for row in connection.execute(st.RUNNING)]

    @_news
    def give_up_run(self, connection: sql.Connection, entry_id: str) -> None:
        """Nothing can be added to this entry any more."""
        entry = connection.execute(st.NUMBER_OF_ID, {"id": entry_id}).scalar_one()
        connection.execute(st.END_RUN[RunState.ENDED], {"of": entry})
        connection.execute(st.DUE_NOW, {"of": entry})

    @_question
    def last(self, connection: sql.Connection, project: str, most: int) -> list[Kept]:
        """What was said last in the logs of a project, whatever their place, the newest first."""
        return questions.kept(connection, st.NEWEST_OF_PROJECT, {"project": project, "most": most})

    @_question
    def last_here(self, connection: sql.Connection, place: str, most: int) -> list[Kept]:
        """What was said last in the logs of a place, whatever their project, the newest first."""
        return questions.kept(connection, st.NEWEST_OF_PLACE, {"place": place, "most": most})

    @_question
    def presences(self, connection: sql.Connection) -> dict[tuple[str, str], Presence]:
        """What was heard of each channel, by network and channel."""
        rows = connection.execute(presence.select())
        return {(row.network, row.channel): Presence(row.since, row.until) for row in rows}

    @_verb
    def heard(self, connection: sql.Connection, network: str, channel: str, heard: Presence) -> None:
        """Keep what was heard of a channel until now."""
        times = dataclasses.asdict(heard)
        kept = connection.execute(
            presence.update().where(presence.c.network == network, presence.c.channel == channel).values(times)
        )
        if not kept.rowcount:
            connection.execute(presence.insert().values(network=network, channel=channel, **times))

    @_verb
    def note(self, connection: sql.Connection, status: BotStatus) -> None:
        """Let others see how the bot is."""
        row = {"noted": status.noted, "reasons": list(status.reasons)}
        if not connection.execute(st.UPDATE_BOT_STATUS, row).rowcount:
            connection.execute(st.NEW_BOT_STATUS, row)

    # --- what is read from the wiki ---

    @_news
    def import_days(
        self,
        connection: sql.Connection,
        logs: Sequence[Log],
        first: date,
        last: date,
        ids: Collection[str],
        compare: Compare[T],
        now: datetime,
    ) -> T:
        """Keep what a page says of days of these logs, and with these ids, beyond what is known; returns what
        `compare` says of it, which runs on the writer's thread: it is pure.
        """
        found, said = compare(*imports.known(connection, logs, first, last, ids))
        imports.keep(connection, found, logs, now)
        return said

    # --- delivery ---

    @_question
    def waiting(self, connection: sql.Connection) -> list[Waiting]:
        """In which logs something is due and from whom, who has waited longest first."""
        return [Waiting(Log(*of), sender) for *of, sender in connection.execute(st.WAITING)]

    @_question
    def pending(
        self,
        connection: sql.Connection,
        logs: Sequence[Log] | None = None,
        most: int | None = None,
        sender: str | None = None,
        without: Collection[str] = (),
    ) -> list[Delivery]:
        """Deliveries that wait and that no open attempt carries, in the order in which they were said.

        The first `most` of these logs (None: all), of this sender alone or of all senders `without` these.
        """
        limit: dict[str, Any] = {"most": most or sys.maxsize}
        if logs is None:
            return questions.deliveries(connection, st.PENDING, limit)
        limit["logs"] = _pairs(logs)
        if sender is None:
            return questions.deliveries(connection, st.PENDING_FROM, {**limit, "without": list(without)})
        return questions.deliveries(connection, st.PENDING_OF, {**limit, "sender": sender})

    @_question
    def next_due(self, connection: sql.Connection) -> datetime | None:
        """When the next of what is not due yet comes due; None: all that waits is due."""
        found: datetime | None = connection.scalar(st.NEXT_DUE)
        return found

    @_verb
    def come_due(self, connection: sql.Connection, until: datetime) -> None:
        """What was not to be sent before a time up to this is due from now on."""
        connection.execute(st.COME_DUE, {"until": until})

    @_question
    def newest(self, connection: sql.Connection) -> int:
        """The number of the newest delivery; 0: there is none."""
        return connection.scalar(st.NEWEST) or 0

    @_question
    def open_attempts(self, connection: sql.Connection) -> list[Attempt]:
        """The attempts whose result is not recorded: each is unknown until the wiki's history was asked."""
        return questions.open_attempts(connection)

    @_verb
    def begin(
        self,
        connection: sql.Connection,
        batch: str,
        wiki: str,
        title: str,
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> int:
        """Say that an attempt begins: if the process dies before any result, that is known afterwards.

        Returns how many attempts in a row, this one included, have begun for any of these without a result. Raises
        NotDue: one of them was given up meanwhile; nothing has begun.
        """
        connection.execute(st.NEW_ATTEMPT, {"batch": batch, "wiki": wiki, "title": title, "begun": now})
        begun = connection.execute(st.BEGIN_THESE, {"carrier": batch, "numbers": _numbers(deliveries)})
        if begun.rowcount != len(deliveries):
            raise NotDue
        return connection.scalar(st.MOST_FRUITLESS, {"carrier": batch}) or 0

    @_verb
    def intend(self, connection: sql.Connection, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None:
        """Keep exactly what is about to be sent, and that it carries just these deliveries."""
        sent = {"edit": dataclasses.asdict(edit), "carried": _numbers(deliveries)}
        connection.execute(st.UPDATE_ATTEMPT, {"carrier": batch, **sent})
        connection.execute(st.RELEASE_ALL_BUT_THESE, {"carrier": batch, "numbers": _numbers(deliveries)})

    async def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None:
        """These stand on the page at `url` (without anchor) since `revision`; the attempt is over."""

        def verb(connection: sql.Connection) -> list[datetime]:
            there = {"state": DeliveryState.DELIVERED.value, "url": url, "delivered": now}
            if revision is not None:  # what was found there again came by the revision that we know
                there["revision"] = revision
            _update(connection, deliveries, **there, cause=None, **_SETTLED)
            _end(connection, batch, "delivered", now)
            return list(connection.scalars(st.WHEN_ACCEPTED, {"numbers": _numbers(deliveries)}))

        def after(accepted: list[datetime]) -> None:
            self._count(delivered=self._counts.delivered + len(deliveries), last_delivered=now)
            for each in accepted:
                self.on_page(now - each)
            self.ring()

        await self._writer.write(verb, after)

    @_news
    def leave(
        self,
        connection: sql.Connection,
        batch: str,
        deliveries: Sequence[Delivery],
        cause: str,
        url: str,
        now: datetime,
    ) -> None:
        """People have changed the lines of these, on the page at `url`: they are left alone; the attempt is over."""
        left = {"state": DeliveryState.LEFT.value, "cause": cause, "url": url}
        _update(connection, deliveries, **left, **_SETTLED)
        _renew_words(connection, [each.number for each in deliveries if each.change is not None])
        _end(connection, batch, "left", now)

    @_news
    def postpone(
        self,
        connection: sql.Connection,
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
        if cause is not None:
            _update(connection, deliveries, cause=cause, failure=failure, next_try=next_try)
        _end(connection, batch, "postponed", now)

    @_news
    def doubt(
        self,
        connection: sql.Connection,
        batch: str,
        cause: str,
        failure: str | None = None,
        next_try: datetime | None = None,
    ) -> None:
        """The result of an attempt is unknown: it stays open, and people can be told why."""
        doubtful = {"cause": cause, "failure": failure, "next_try": next_try, "fruitless": 0}
        # It did not end without a result: we are here to say that there was none.
        connection.execute(
            st.UPDATE_CARRIED,
            {"carrier": batch, **doubtful},
        )

    async def park(
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

        With a hindrance they are tried again by themselves at `next_try`.
        """
        parked = {
            "numbers": _numbers(deliveries),
            "state": DeliveryState.PARKED.value,
            "cause": cause,
            "failure": failure,
            "hindrance": hindrance and hindrance.value,
            "next_try": next_try,
        }

        def verb(connection: sql.Connection) -> None:
            connection.execute(st.HINDER_THESE if hindrance else st.UPDATE_THESE, parked)
            _end(connection, batch, "parked", now)

        def after(_: None) -> None:
            self._count(parked=self._counts.parked + len(deliveries))
            self.ring()

        await self._writer.write(verb, after)

    @_question
    def next_hindered(self, connection: sql.Connection) -> tuple[Delivery, datetime] | None:
        """What is parked and is the next to be tried again by itself, and when."""
        found = questions.ask(
            connection, lambda row, changes: (rows.delivery(row, changes), row.next_try), st.NEXT_HINDERED
        )
        return next(iter(found), None)

    @_question
    def hindered(self, connection: sql.Connection, by: Hindrance) -> list[Log]:
        """The logs of which something is parked with this hindrance."""
        return [Log(*row) for row in connection.execute(st.HINDERED, {"by": by.value})]

    @_verb
    def put_off(self, connection: sql.Connection, by: Hindrance, logs: Sequence[Log], next_try: datetime) -> None:
        """What is parked there with this hindrance is not tried before then."""
        connection.execute(st.UPDATE_HINDERED, {"by": by.value, "logs": _pairs(logs), "next_try": next_try})

    @_news
    def release(self, connection: sql.Connection, by: Hindrance, logs: Sequence[Log]) -> int:
        """What is parked there with this hindrance is pending again; returns how many."""
        free = {"state": DeliveryState.PENDING.value, "hindrance": None, "next_try": None}
        those = {"by": by.value, "logs": _pairs(logs)}
        return connection.execute(st.UPDATE_HINDERED, {**those, **free}).rowcount

    @_news
    def abandon(self, connection: sql.Connection, batch: str, now: datetime, may_come: bool) -> None:
        """An attempt is over that saved nothing; its deliveries keep their count of fruitless ones.

        `may_come`: what it sent may still be on its way to the wiki, and stays known.
        """
        connection.execute(st.UPDATE_CARRIED, {"carrier": batch, "batch": None})
        _close_attempt(connection, batch, "abandoned", now, may_come)

    @_verb
    def given_up(self, connection: sql.Connection, before: datetime) -> list[GivenUp]:
        """What was sent by attempts that were abandoned or withdrawn; what ended before a time is forgotten."""
        connection.execute(st.FORGET_GIVEN_UP, {"before": before})
        rows = connection.execute(st.GIVEN_UP)
        return [
            GivenUp(row.batch, row.title, row.ended, Edit(**row.edit), frozenset(row.carried or ())) for row in rows
        ]

    @_news
    def withdraw(self, connection: sql.Connection, batch: str, now: datetime, may_come: bool) -> None:
        """As `abandon`, for an attempt that never counted: what ended it was not its doing."""
        connection.execute(st.TAKE_BACK, {"carrier": batch})
        _close_attempt(connection, batch, "withdrawn", now, may_come)

    # --- what moves to archives ---

    @_question
    def open_moves(self, connection: sql.Connection, wiki: str) -> list[Move]:
        """What is on its way from a log's page to an archive, the oldest first."""
        return [rows.move(row) for row in connection.execute(st.OPEN_MOVES, {"in_wiki": wiki})]

    @_question
    def archives(self, connection: sql.Connection, wiki: str, title: str) -> list[Archived]:
        """The archives to which we have moved days of a log's page, those of the youngest days first."""
        return [Archived(*row) for row in connection.execute(st.ARCHIVES, {"in_wiki": wiki, "of": title})]

    @_question
    def unfinished_moves(self, connection: sql.Connection, wiki: str) -> dict[str, tuple[Log, date]]:
        """By page, of which log it is and up to which day days are to move from it, of which some did."""
        found = connection.execute(st.UNFINISHED_MOVES, {"in_wiki": wiki})
        return {row.title: (Log(row.log, row.project), row.until) for row in found}

    @_verb
    def finish_moves(self, connection: sql.Connection, wiki: str, title: str) -> None:
        """All that was to move from a page did."""
        connection.execute(st.FINISH_MOVES, {"in_wiki": wiki, "of": title})

    @_verb
    def begin_move(
        self,
        connection: sql.Connection,
        wiki: str,
        log: Log,
        archive: str,
        title: str,
        days: Sequence[MovedDay],
        until: date,
        batch: str,
        edit: Edit,
        now: datetime,
    ) -> Move:
        """Say that days of the page `title` are about to be copied to an archive by just this edit.

        What is earlier than `until` is to follow them.
        """
        begun = {
            "wiki": wiki,
            "log": log.place,
            "project": log.project,
            "title": title,
            "archive": archive,
            "first": min(each.first for each in days),
            "last": max(each.last for each in days),
            "until": until,
            "stage": MoveStage.COPYING.value,
            "days": rows.as_kept(days),
            "batch": batch,
            "edit": dataclasses.asdict(edit),
            "begun": now,
        }
        number = connection.execute(st.NEW_MOVE, begun).scalar_one()
        return rows.move(connection.execute(st.MOVE, {"of": number}).one())

    @_verb
    def intend_move(
        self, connection: sql.Connection, move: Move, batch: str, edit: Edit, after: Sequence[MovedDay] | None = None
    ) -> Move:
        """Keep exactly what is about to be sent for days that are copied, and how they stand when it is saved."""
        sent = {
            "batch": batch,
            "edit": dataclasses.asdict(edit),
            "after": None if after is None else rows.as_kept(after),
        }
        return _updated_move(connection, move, **sent)

    @_verb
    def move_on(self, connection: sql.Connection, move: Move) -> Move:
        """The edit under way is saved: the days stand in the archive, and as it was kept of them."""
        days = move.days if move.after is None else move.after
        there = {"stage": MoveStage.REMOVING.value, "days": rows.as_kept(days)}
        return _updated_move(connection, move, **there, **_NOTHING_SENT)

    @_verb
    def not_moved(self, connection: sql.Connection, move: Move) -> Move:
        """The edit under way was not saved, and never will be."""
        return _updated_move(connection, move, **_NOTHING_SENT)

    @_news
    def end_move(self, connection: sql.Connection, move: Move, now: datetime, cause: str | None = None) -> None:
        """It is over; `cause`: why it was given up before it was done. The days' texts are forgotten."""
        over = {"ended": now, "cause": cause, "days": None, **_NOTHING_SENT}
        connection.execute(st.UPDATE_MOVE, {"of": move.number, **over})

    @_verb
    def readdress(self, connection: sql.Connection, entry_ids: Collection[str], before: str, after: str) -> None:
        """These entries stand at another page than before; both are addresses without an anchor."""
        connection.execute(st.READDRESS, {"ids": list(entry_ids), "before": before, "after": after})

    # --- the way back to the channel ---

    @_question
    def untold(
        self, connection: sql.Connection, late: int, places: Collection[tuple[str, str]], after: int = 0
    ) -> Untold:
        """What has not been told in these channels yet; of what is pending, that up to the delivery `late` alone.

        What came of one submission, to several logs, is told together: none of it before nothing of it is pending, and
        then all of it. It is that of the first few people whose oldest comes behind `after`, and at most PORTION of it.
        """
        asked = {"late": late, "places": list(places), "after": after, "people": PEOPLE}
        people = connection.execute(st.TO_BE_TOLD, asked).all()
        persons = [tuple(person) for *person, _ in people]
        to_tell = {"late": late, "persons": persons, "most": PORTION + 1}
        tellings = questions.ask(connection, rows.telling, st.TO_TELL, to_tell) if persons else []
        under_way = connection.execute(st.UNDER_WAY, {"persons": persons}) if persons else ()
        return Untold(
            tuple(tellings if len(tellings) <= PORTION else _without_the_last(tellings)),
            frozenset((*person, Told(told)) for *person, told in under_way),
            connection.scalar(st.NEWEST) or 0,
            people[-1].first if len(people) == PEOPLE else None,
        )

    @_verb
    def tell(self, connection: sql.Connection, deliveries: Sequence[Delivery], told: Told) -> None:
        """Record what is about to be said in the channel about these."""
        _update(connection, deliveries, told=told.value)

    @_verb
    def untell(self, connection: sql.Connection, deliveries: Sequence[Delivery], told: Told, before: Told) -> None:
        """What was recorded to be said was not heard, for certain: what they heard `before` is what they know."""
        connection.execute(st.UNTELL_THESE, {"numbers": _numbers(deliveries), "was": told.value, "told": before.value})

    # --- announcements of what scripts have logged ---

    @_question
    def to_announce(
        self, connection: sql.Connection, network: str, channel: str, late: datetime, most: int
    ) -> ToAnnounce:
        """What is to be announced in a channel: what nothing is owed for any more, and what has waited since `late`."""
        asked = {"on": network, "there": channel, "late": late}
        entries = questions.kept(connection, st.ENTRIES_TO_ANNOUNCE, {**asked, "most": most})
        return ToAnnounce(tuple(entries), connection.scalar(st.NEXT_TO_ANNOUNCE, asked))

    @_verb
    def announced(self, connection: sql.Connection, network: str, channel: str, entries: Sequence[Kept]) -> None:
        """Record that these entries are about to be announced in a channel, or that nobody needs it any more."""
        connection.execute(st.ANNOUNCED, {"on": network, "there": channel, "ids": _ids(entries)})

    @_verb
    def not_announced(self, connection: sql.Connection, network: str, channel: str, entries: Sequence[Kept]) -> None:
        """What was recorded to be announced was not heard, for certain: it is still to be announced."""
        connection.execute(st.NOT_ANNOUNCED, {"on": network, "there": channel, "ids": _ids(entries)})

    # --- the operator ---

    @_question
    def queue(self, connection: sql.Connection) -> list[Telling]:
        """Everything accepted that is not on the wiki: pending and parked, oldest first."""
        return questions.ask(connection, rows.telling, st.QUEUE)

    @_question
    def pending_by_log(self, connection: sql.Connection) -> dict[Log, int]:
        """How many deliveries are pending, by log."""
        return rows.by_log(connection.execute(st.COUNTS))

    @_question
    def backlog(self, connection: sql.Connection) -> dict[DeliveryState, tuple[int, datetime]]:
        """How many deliveries are pending and how many parked, and when the oldest of them was accepted."""
        return rows.backlog(connection.execute(st.BACKLOG))

    @_question
    def obstructions(self, connection: sql.Connection, most: int) -> list[Obstruction]:
        """Why what is not on the wiki is not there; what is in the way of most comes first, at most so many."""
        return list(map(rows.obstruction, connection.execute(st.OBSTRUCTIONS, {"most": most})))

    @_question
    def find(self, connection: sql.Connection, entry_id: str) -> Telling | None:
        """The delivery of one entry, whatever became of it."""
        return next(iter(questions.ask(connection, rows.telling, st.OF_ID, {"id": entry_id})), None)

    @_news
    def retry(self, connection: sql.Connection, ids: Sequence[str]) -> list[str]:
        """Make parked entries, or changes of them, pending again; returns the ids of which something was parked."""
        found = connection.execute(st.RESOLVABLE, {"ids": list(ids)}).all()
        parked = [row for row in found if row.state == DeliveryState.PARKED.value and row.batch is None]
        _resolve(connection, parked, DeliveryState.PENDING)
        return _named(ids, parked)

    @_news
    def drop(self, connection: sql.Connection, ids: Sequence[str]) -> list[str]:
        """Give entries (with what was changed about them), or changes, up for good that are parked or wait.

        They stay in the journal. Returns the ids of which this is true now. Something of which an attempt carries may
        be on its way, and is none of them.
        """
        found = connection.execute(st.RESOLVABLE, {"ids": list(ids)}).all()
        carried = set(_named(ids, [row for row in found if row.batch is not None]))
        free = [each for each in ids if each not in carried]
        dropped = [row for row in found if row.id in free or row.change_id in free]
        _resolve(connection, dropped, DeliveryState.DROPPED)
        _renew_words(connection, [row.number for row in dropped if row.change_id is not None])
        return _named(free, dropped)

    # --- what is removed for good ---

    @_question
    def sent_with(self, connection: sql.Connection, entry_ids: Sequence[str]) -> list[Sent]:
        """What attempts have sent in which one of these entries stands, as far as it is kept."""
        found = [row for each in entry_ids for row in connection.execute(st.SENT_WITH, {"id": each})]
        return [Sent(row.batch, row.ended, Edit(**row.edit)) for row in found]

    @_verb
    def erase(
        self, connection: sql.Connection, entry_ids: Sequence[str], scrubbed: Mapping[str, Edit]
    ) -> frozenset[str]:
        """Erase the texts of these entries, which are redacted, and put other edits in the place of what was given up,
        by batch. Returns of which it is done: of the others something is still to come to a page. What is erased leaves
        the files by `rewrite` and `empty`."""
        settled = {row.id: row.number for row in connection.execute(st.REDACTED_SETTLED, {"ids": list(entry_ids)})}
        numbers = {"numbers": list(settled.values())}
        for erase in (st.ERASE_ENTRIES, st.ERASE_CHANGES, st.ERASE_FAILURES):
            connection.execute(erase, numbers)
        for batch, edit in scrubbed.items():
            connection.execute(st.ERASE_SENT, {"carrier": batch, "edit": dataclasses.asdict(edit)})
        return frozenset(settled)

    async def rewrite(self) -> None:
        """Have nothing in the journal's file that was erased before. Whoever has something to write waits meanwhile."""
        self._rewriting = True
        try:
            await self._writer.alone(lambda: self._translated(sqlite.rewrite))
        finally:
            self._rewriting = False

    @property
    def is_rewritten(self) -> bool:
        """That goes on now, and takes as long as it takes."""
        return self._rewriting

    async def empty(self) -> bool:
        """The same for what lies beside it. False: somebody reads an older state."""
        return await self._writer.alone(lambda: self._translated(sqlite.emptied))

    def _translated(self, call: Callable[[sql.Engine], T]) -> T:
        with opening.failures(self._path):
            return call(self._engine)

    # --- what is no longer needed ---

    @_verb
    def forget_lines(self, connection: sql.Connection, before: datetime, after: int, most: int) -> int | None:
        """Forget lines that were handled before a time; a short step of the way, from the number `after` on.

        Looks at no more than `most` of them. Returns where the next step begins; None: that was the last one. The
        newest ones stay, however old they are by a clock that may have been wrong.
        """
        step = {"after": after, "most": most, "spared": SPARED}
        end = connection.execute(st.END_OF_STEP, step).one()
        connection.execute(st.FORGET_LINES, {"after": after, "last": end.last or 0, "before": before})
        return int(end.last) if end.lines == most else None  # lines that come meanwhile are for another time

    @_verb
    def forget_hostmasks(self, connection: sql.Connection, before: datetime, most: int) -> int:
        """Forget whose entries and changes were that were accepted before a time, at most so many; returns how many."""
        limit = {"before": before, "most": most}
        return sum(connection.execute(forget, limit).rowcount for forget in st.FORGET_HOSTMASKS)

    @_verb
    def forget_announcements(self, connection: sql.Connection, before: datetime) -> None:
        """Give up to announce what was to be announced before a time."""
        connection.execute(st.FORGET_ANNOUNCEMENTS, {"before": before})


_SETTLED = {"failure": None, "hindrance": None, "next_try": None}
"""Of what will not be tried again."""

_NOTHING_SENT = {"batch": None, "edit": None, "after": None}

# --- SQL ----------------------------------------------------------------------------------------------------------


def _pairs(logs: Iterable[Log]) -> list[tuple[str, str]]:
    return [(each.place, each.project) for each in logs]


def _numbers(deliveries: Iterable[Delivery]) -> list[int]:
    return [each.number for each in deliveries]


def _ids(entries: Iterable[Kept]) -> list[str]:
    return [each.entry.id for each in entries]


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


def _updated_move(connection: sql.Connection, move: Move, **values: object) -> Move:
    connection.execute(st.UPDATE_MOVE, {"of": move.number, **values})
    return rows.move(connection.execute(st.MOVE, {"of": move.number}).one())


def _resolve(connection: sql.Connection, found: Sequence[sql.Row[Any]], state: DeliveryState) -> None:
    anew = {"fruitless": 0, "hindrance": None, "next_try": None, "refusals": 0, "due": None}
    numbers = [row.number for row in found]
    connection.execute(st.UPDATE_THESE, {"numbers": numbers, "state": state.value, **anew})


def _renew_words(connection: sql.Connection, given_up: Sequence[int]) -> None:
    """Changes came to nothing, by the numbers of their deliveries: their entries say what they did before."""
    if given_up:
        words.renew(connection, connection.scalars(st.ENTRIES_OF_DELIVERIES, {"numbers": given_up}).all())


def _named(ids: Sequence[str], found: Sequence[sql.Row[Any]]) -> list[str]:
    """Those of the ids of which something was found."""
    known = {each for row in found for each in (row.id, row.change_id)}
    return [each for each in ids if each in known]


def _without_the_last(tellings: Sequence[Telling]) -> Sequence[Telling]:
    """Without those of the last submission, which may go on beyond what was asked for."""
    last = tellings[-1].delivery.id
    return [each for each in tellings if each.delivery.id != last]
