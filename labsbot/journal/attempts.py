"""What is being sent, and what came of it: an attempt begins, says exactly what it sends, and ends with one result.

An attempt without a result is unknown until the wiki's history was asked. See the decision "Intent before the edit,
history after doubt".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sql

from labsbot.journal import questions, rows, words
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, Transactions, news, note, question, verb
from labsbot.model import Attempt, Delivery, DeliveryState, Edit, GivenUp, Hindrance, NotDue


class KeptAttempts(JournalPart):
    """Of deliveries to pages, one at a time for each page."""

    def __init__(self, transactions: Transactions) -> None:
        super().__init__(transactions)
        self.done = self.parked = 0
        """How many deliveries came to their page, and how many were parked, since we opened the journal."""
        self.last_delivered: datetime | None = None
        self.on_page: Callable[[timedelta], None] = lambda waited: None
        """Is told of each delivery that came to its page how long ago it was accepted."""

    @question
    def open_attempts(self, connection: sql.Connection) -> list[Attempt]:
        """The attempts whose result is not recorded: each is unknown until the wiki's history was asked."""
        return questions.open_attempts(connection)

    @note
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
        NotDue: one of them was given up meanwhile; nothing has begun. Should the machine stop, nobody misses it:
        nothing is sent before that is on disk (`intend`).
        """
        connection.execute(st.NEW_ATTEMPT, {"batch": batch, "wiki": wiki, "title": title, "begun": now})
        begun = connection.execute(st.BEGIN_THESE, {"carrier": batch, "numbers": rows.numbers(deliveries)})
        if begun.rowcount != len(deliveries):
            raise NotDue
        return connection.scalar(st.MOST_FRUITLESS, {"carrier": batch}) or 0

    @verb
    def intend(self, connection: sql.Connection, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None:
        """Keep exactly what is about to be sent, and that it carries just these deliveries."""
        sent = {"edit": dataclasses.asdict(edit), "carried": rows.numbers(deliveries)}
        connection.execute(st.UPDATE_ATTEMPT, {"carrier": batch, **sent})
        connection.execute(st.RELEASE_ALL_BUT_THESE, {"carrier": batch, "numbers": rows.numbers(deliveries)})

    async def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None:
        """These stand on the page at `url` (without anchor) since `revision`; the attempt is over.

        Should the machine stop before that is on disk, the attempt is open again, and found in the wiki's history.
        """

        def verb(connection: sql.Connection) -> list[datetime]:
            there = {"state": DeliveryState.DELIVERED.value, "url": url, "delivered": now}
            if revision is not None:  # what was found there again came by the revision that we know
                there["revision"] = revision
            _update(connection, deliveries, **there, cause=None, **_SETTLED)
            _end(connection, batch, "delivered", now)
            return list(connection.scalars(st.WHEN_ACCEPTED, {"numbers": rows.numbers(deliveries)}))

        def after(accepted: list[datetime]) -> None:
            self.done += len(deliveries)
            self.last_delivered = now
            for each in accepted:
                self.on_page(now - each)
            self._transactions.ring()

        await self._transactions.writer.write(verb, after, waits=False)

    @news
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
        words.renew_of(connection, [each.number for each in deliveries if each.change is not None])
        _end(connection, batch, "left", now)

    @news
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

    @news
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
            "numbers": rows.numbers(deliveries),
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
            self.parked += len(deliveries)
            self._transactions.ring()

        await self._transactions.writer.write(verb, after)

    @news
    def abandon(self, connection: sql.Connection, batch: str, now: datetime, may_come: bool) -> None:
        """An attempt is over that saved nothing; its deliveries keep their count of fruitless ones.

        `may_come`: what it sent may still be on its way to the wiki, and stays known.
        """
        connection.execute(st.UPDATE_CARRIED, {"carrier": batch, "batch": None})
        _close_attempt(connection, batch, "abandoned", now, may_come)

    @note
    def withdraw(self, connection: sql.Connection, batch: str, now: datetime, may_come: bool) -> None:
        """As `abandon`, for an attempt that never counted: what ended it was not its doing.

        Should the machine stop before that is on disk, it is withdrawn again.
        """
        connection.execute(st.TAKE_BACK, {"carrier": batch})
        _close_attempt(connection, batch, "withdrawn", now, may_come)

    @verb
    def given_up(self, connection: sql.Connection, before: datetime) -> list[GivenUp]:
        """What was sent by attempts that were abandoned or withdrawn; what ended before a time is forgotten."""
        connection.execute(st.FORGET_GIVEN_UP, {"before": before})
        return [
            GivenUp(row.batch, row.title, row.ended, Edit(**row.edit), frozenset(row.carried or ()))
            for row in connection.execute(st.GIVEN_UP)
        ]


_SETTLED = {"failure": None, "hindrance": None, "next_try": None}
"""Of what will not be tried again."""


def _update(connection: sql.Connection, deliveries: Iterable[Delivery], **values: object) -> None:
    connection.execute(st.UPDATE_THESE, {"numbers": rows.numbers(deliveries), **values})


def _end(connection: sql.Connection, batch: str, outcome: str, now: datetime) -> None:
    """The attempt has a result: its deliveries are free of it, and no longer count it as fruitless."""
    connection.execute(st.UPDATE_CARRIED, {"carrier": batch, "batch": None, "fruitless": 0})
    _close_attempt(connection, batch, outcome, now)


def _close_attempt(connection: sql.Connection, batch: str, outcome: str, now: datetime, may_come: bool = False) -> None:
    # The text that was sent is on the wiki now, or nowhere: a day's section per edit would fill the disk.
    edit = {} if may_come else {"edit": None}
    connection.execute(st.UPDATE_ATTEMPT, {"carrier": batch, "ended": now, "outcome": outcome, **edit})
