"""Rows of the journal come in, nouns of the model go out."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sql

from labsbot.model import (
    REDACTED,
    BotStatus,
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Edit,
    Entry,
    Hindrance,
    Kept,
    Log,
    Move,
    MovedDay,
    MoveStage,
    Obstruction,
    Queued,
    Run,
    RunState,
    Telling,
    Told,
    Written,
)

ENTRY = tuple(each.name for each in dataclasses.fields(Entry))
_FIELDS = operator.attrgetter(*ENTRY)
_CHANGE = tuple(each.name for each in dataclasses.fields(Change) if each.name != "kind")

Changes = Sequence[sql.Row[Any]]
"""What was changed about one entry, in the order in which it was accepted: once for each log to which it is owed."""


def numbers(deliveries: Iterable[Delivery]) -> list[int]:
    """How the journal knows them."""
    return [each.number for each in deliveries]


def delivery(row: sql.Row[Any], changes: Changes) -> Delivery:
    return delivery_of(entry(row, changes), row, changes)


def delivery_of(of_entry: Entry, row: sql.Row[Any], changes: Changes) -> Delivery:
    """Of an entry that is known."""
    removed = _is_redacted(changes)
    return Delivery(
        row.number,
        of_entry,
        Log(row.log, row.project),
        row.log_day,
        row.clock,
        DeliveryState(row.state),
        row.cause,
        None if row.url is None else row.url if "#" in row.url else f"{row.url}#{of_entry.id}",
        None if row.hindrance is None else Hindrance(row.hindrance),
        row.refusals,
        next((_change(each, removed) for each in changes if each.number == row.change_number), None),
        tuple(_change(each, removed) for each in changes if _stands(each, row)),
        bool(row.added),
        row.revision,
        frozenset(each.partition("#")[0] for each in (row.also_at or "").splitlines()),
    )


def _stands(changed: sql.Row[Any], row: sql.Row[Any]) -> bool:
    """Whether a change is part of the line that we write in the log of this delivery."""
    if changed.by_hand or (changed.log, changed.project) != (row.log, row.project):
        return False
    if changed.number == row.change_number:
        return True
    # What the wiki refused does not keep other changes from a line that stands there; but an entry that has been taken
    # back does not arrive as if it had not been.
    parked = changed.state == DeliveryState.PARKED.value
    left = changed.state == DeliveryState.LEFT.value  # and who asked for it was told so
    return not left and changed.state != DeliveryState.DROPPED.value and not (parked and row.added)


def telling(row: sql.Row[Any], changes: Changes) -> Telling:
    return Telling(delivery(row, changes), row.accepted, Told(row.told))


def queued(row: sql.Row[Any], changes: Changes) -> Queued:
    return Queued(telling(row, changes), row.attempts, row.failure, row.next_try, row.batch, row.carried_to, row.due)


def kept(row: sql.Row[Any], of_entry: Entry, deliveries: Iterable[Delivery], changes: Changes) -> Kept:
    removed = _is_redacted(changes)
    return Kept(
        of_entry,
        row.accepted,
        row.hostmask,
        tuple({each.number: _change(each, removed) for each in changes}.values()),
        tuple(deliveries),
    )


def run(row: Any) -> Run:
    return Run(row.id, row.account, row.accepted, row.process, RunState(row.state))


def move(row: Any) -> Move:
    edit = None if row.edit is None else Edit(**row.edit)
    after = None if row.after is None else _days(row.after)
    log = Log(row.log, row.project)
    return Move(row.number, log, row.title, row.archive, MoveStage(row.stage), _days(row.days), row.batch, edit, after)


def as_kept(days: Iterable[MovedDay]) -> list[list[str]]:
    return [[each.heading, each.first.isoformat(), each.last.isoformat(), each.text] for each in days]


def _days(kept: Iterable[Sequence[str]]) -> tuple[MovedDay, ...]:
    return tuple(
        MovedDay(heading, date.fromisoformat(first), date.fromisoformat(last), text)
        for heading, first, last, text in kept
    )


def written(row: sql.Row[Any]) -> Written:
    change = None if row.kind is None else ChangeKind(row.kind)
    is_there = row.state == DeliveryState.DELIVERED.value
    return Written(Log(row.log, row.project), change, is_there, row.revision, row.url)


def backlog(found: Iterable[sql.Row[Any]]) -> dict[DeliveryState, tuple[int, datetime]]:
    """How many there are in which state, and when the oldest of them was accepted."""
    return {DeliveryState(row.state): (row.number, row.oldest) for row in found}


def obstruction(row: sql.Row[Any]) -> Obstruction:
    return Obstruction(DeliveryState(row.state), row.cause, row.number, row.next_try)


def bot_status(row: Any) -> BotStatus:
    return BotStatus(row.noted, tuple(map(str, row.reasons)))


def by_log(found: Iterable[sql.Row[Any]]) -> dict[Log, int]:
    """How many there are of which log."""
    return {Log(row.log, row.project): row.number for row in found}


def _is_redacted(changes: Changes) -> bool:
    """Whether the entry's text is removed: then nobody reads it here any more, erased or not."""
    return any(each.kind == ChangeKind.REDACT.value for each in changes)


def entry(row: sql.Row[Any], changes: Changes) -> Entry:
    found = Entry(*_FIELDS(row))
    return dataclasses.replace(found, message=REDACTED) if _is_redacted(changes) else found


def _change(row: sql.Row[Any], removed: bool) -> Change:
    kind, fields = ChangeKind(row.kind), {name: getattr(row, name) for name in _CHANGE}
    if removed:
        fields["text"] = REDACTED if kind is ChangeKind.AMEND else ""
    return Change(kind=kind, **fields)
