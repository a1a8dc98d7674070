"""What waits to be delivered, and in which order: when it comes due, and what is in its way.

What is under way is in `attempts`; what an operator decides, in `undelivered`.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sql

from labsbot.journal import questions, rows
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, news, question, verb
from labsbot.model import Delivery, DeliveryState, Hindrance, Log, Outstanding, Waiting


class Deliveries(JournalPart):
    """What a deliverer asks before it sends anything."""

    @question
    def outstanding(self, connection: sql.Connection) -> Outstanding:
        """In which logs something is due and from whom, and when something else will be.

        One question, for it is asked before each edit and behind it: whoever has logged waits for that.
        """
        waiting = tuple(Waiting(Log(*of), sender) for *of, sender in connection.execute(st.WAITING))
        hindered = questions.ask(
            connection, lambda row, changes: (rows.delivery(row, changes), row.next_try), st.NEXT_HINDERED
        )
        return Outstanding(waiting, connection.scalar(st.NEXT_DUE), next(iter(hindered), None))

    @question
    def pending(
        self,
        connection: sql.Connection,
        logs: Sequence[Log] | None = None,
        most: int | None = None,
        sender: str | None = None,
        without: Collection[str] = (),
    ) -> list[Delivery]:
        """Deliveries that wait and that no open attempt carries, in the order in which they were said.

        The first `most` of these logs (None: all), of this sender alone or of all senders `without` these; and what was
        changed about the last entry of them, which stands in its line.
        """
        limit: dict[str, Any] = {"most": most or sys.maxsize}
        if logs is None:
            return questions.deliveries(connection, st.PENDING, limit)
        limit["logs"] = _pairs(logs)
        if sender is None:
            found = questions.deliveries(connection, st.PENDING_FROM, {**limit, "without": list(without)})
        else:
            found = questions.deliveries(connection, st.PENDING_OF, {**limit, "sender": sender})
        if len(found) == most and not found[-1].is_correction:
            found += questions.deliveries(connection, st.PENDING_TOO, _after(found[-1], logs))
        return found

    @question
    def changes_waiting(self, connection: sql.Connection, parked: Delivery) -> list[Delivery]:
        """What was changed about an entry that is parked, and stands in its line when that is written."""
        if parked.is_correction:
            return []
        return questions.deliveries(connection, st.CHANGES_WAITING, _after(parked, [parked.log]))

    @verb
    def come_due(self, connection: sql.Connection, until: datetime) -> None:
        """What was not to be sent before a time up to this is due from now on."""
        connection.execute(st.COME_DUE, {"until": until})

    @question
    def newest(self, connection: sql.Connection) -> int:
        """The number of the newest delivery; 0: there is none."""
        return connection.scalar(st.NEWEST) or 0

    @question
    def hindered(self, connection: sql.Connection, by: Hindrance) -> list[Log]:
        """The logs of which something is parked with this hindrance."""
        return [Log(*row) for row in connection.execute(st.HINDERED, {"by": by.value})]

    @verb
    def put_off(self, connection: sql.Connection, by: Hindrance, logs: Sequence[Log], next_try: datetime) -> None:
        """What is parked there with this hindrance is not tried before then."""
        connection.execute(st.UPDATE_HINDERED, {"by": by.value, "logs": _pairs(logs), "next_try": next_try})

    @news
    def release(self, connection: sql.Connection, by: Hindrance, logs: Sequence[Log]) -> int:
        """What is parked there with this hindrance is pending again; returns how many."""
        free = {"state": DeliveryState.PENDING.value, "hindrance": None, "next_try": None}
        those = {"by": by.value, "logs": _pairs(logs)}
        return connection.execute(st.UPDATE_HINDERED, {**those, **free}).rowcount


def _after(delivery: Delivery, logs: Iterable[Log]) -> dict[str, object]:
    return {"id": delivery.entry.id, "number": delivery.number, "logs": _pairs(logs)}


def _pairs(logs: Iterable[Log]) -> list[tuple[str, str]]:
    return [(each.place, each.project) for each in logs]
