"""Rows of the journal come in, nouns of the model go out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sql

from labsbot.model import Delivery, DeliveryState, Entry, Hindrance, Log, Owed, Queued, Telling, Told


def delivery(row: sql.Row[Any]) -> Delivery:
    of_entry = Entry(**{name.name: getattr(row, name.name) for name in dataclasses.fields(Entry)})
    url = None if row.url is None else f"{row.url}#{row.id}"
    state = DeliveryState(row.state)
    hindrance = None if row.hindrance is None else Hindrance(row.hindrance)
    log = Log(row.log, row.project)
    return Delivery(row.number, of_entry, log, row.log_day, row.clock, state, row.cause, url, hindrance, row.refusals)


def telling(row: sql.Row[Any]) -> Telling:
    return Telling(delivery(row), row.accepted, Told(row.told))


def queued(row: sql.Row[Any]) -> Queued:
    return Queued(telling(row), row.attempts, row.failure, row.next_try, row.batch, row.carried_to)


def by_log(found: Iterable[sql.Row[Any]]) -> dict[Log, int]:
    """How many there are of which log."""
    return {Log(row.log, row.project): row.number for row in found}


def values(owed: Owed) -> dict[str, Any]:
    """The columns of a delivery that is owed."""
    return {"log": owed.log.place, "project": owed.log.project, "log_day": owed.log_day, "clock": owed.clock}
