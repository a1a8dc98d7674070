"""What was accepted and is not on the wiki: how much it is, why, and what an operator decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sql

from labsbot.journal import questions, rows, words
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, news, question
from labsbot.model import DeliveryState, Log, Obstruction, Telling


class Undelivered(JournalPart):
    """What is pending or parked."""

    @question
    def queue(self, connection: sql.Connection) -> list[Telling]:
        """Everything accepted that is not on the wiki: pending and parked, oldest first."""
        return questions.ask(connection, rows.telling, st.QUEUE)

    @question
    def pending_by_log(self, connection: sql.Connection) -> dict[Log, int]:
        """How many deliveries are pending, by log."""
        return rows.by_log(connection.execute(st.COUNTS))

    @question
    def backlog(self, connection: sql.Connection) -> dict[DeliveryState, tuple[int, datetime]]:
        """How many deliveries are pending and how many parked, and when the oldest of them was accepted."""
        return rows.backlog(connection.execute(st.BACKLOG))

    @question
    def obstructions(self, connection: sql.Connection, most: int) -> list[Obstruction]:
        """Why what is not on the wiki is not there; what is in the way of most comes first, at most so many."""
        return list(map(rows.obstruction, connection.execute(st.OBSTRUCTIONS, {"most": most})))

    @question
    def find(self, connection: sql.Connection, entry_id: str) -> Telling | None:
        """The delivery of one entry, whatever became of it."""
        return next(iter(questions.ask(connection, rows.telling, st.OF_ID, {"id": entry_id})), None)

    @news
    def retry(self, connection: sql.Connection, ids: Sequence[str]) -> list[str]:
        """Make parked entries, or changes of them, pending again; returns the ids of which something was parked."""
        found = connection.execute(st.RESOLVABLE, {"ids": list(ids)}).all()
        parked = [row for row in found if row.state == DeliveryState.PARKED.value and row.batch is None]
        _resolve(connection, parked, DeliveryState.PENDING)
        return _named(ids, parked)

    @news
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
        words.renew_of(connection, [row.number for row in dropped if row.change_id is not None])
        return _named(free, dropped)


def _resolve(connection: sql.Connection, found: Sequence[sql.Row[Any]], state: DeliveryState) -> None:
    anew = {"fruitless": 0, "hindrance": None, "next_try": None, "refusals": 0, "due": None}
    numbers = [row.number for row in found]
    connection.execute(st.UPDATE_THESE, {"numbers": numbers, "state": state.value, **anew})


def _named(ids: Sequence[str], found: Sequence[sql.Row[Any]]) -> list[str]:
    """Those of the ids of which something was found."""
    known = {each for row in found for each in (row.id, row.change_id)}
    return [each for each in ids if each in known]
