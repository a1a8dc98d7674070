"""Statements that ask for deliveries or entries come in, nouns go out; their changes are asked for once for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sql

from labsbot.journal import rows
from labsbot.journal import statements as st
from labsbot.model import Attempt, Delivery, Edit, Kept

T = TypeVar("T")


def ask(
    connection: sql.Connection,
    noun: Callable[[sql.Row[Any], rows.Changes], T],
    statement: sql.Executable,
    given: Mapping[str, Any] | None = None,
) -> list[T]:
    """What a statement finds that asks for deliveries; `noun` says as what."""
    found: Sequence[sql.Row[Any]] = connection.execute(statement, given).all()
    changes = _changes(connection, {row.entry_number for row in found})
    return [noun(row, changes[row.entry_number]) for row in found]


def deliveries(
    connection: sql.Connection, statement: sql.Executable, given: Mapping[str, Any] | None = None
) -> list[Delivery]:
    return ask(connection, rows.delivery, statement, given)


def open_attempts(connection: sql.Connection) -> list[Attempt]:
    return [
        Attempt(
            row.batch,
            row.wiki,
            row.title,
            row.begun,
            None if row.edit is None else Edit(**row.edit),
            tuple(deliveries(connection, st.CARRIED, {"carrier": row.batch})),
        )
        for row in connection.execute(st.OPEN_ATTEMPTS).all()
    ]


def kept(connection: sql.Connection, statement: sql.Executable, given: Mapping[str, Any]) -> list[Kept]:
    """The entries that a statement finds, with all that is known of them."""
    found = connection.execute(statement, given).all()
    changes = _changes(connection, {row.number for row in found})
    entries = {row.number: rows.entry(row, changes[row.number]) for row in found}
    owed: dict[int, list[Delivery]] = defaultdict(list)
    if entries:
        for each in connection.execute(st.OF_ENTRIES, {"numbers": list(entries)}):
            number = each.entry_number
            owed[number].append(rows.delivery_of(entries[number], each, changes[number]))
    return [rows.kept(row, entries[row.number], owed[row.number], changes[row.number]) for row in found]


def _changes(connection: sql.Connection, entries: Iterable[int]) -> dict[int, list[sql.Row[Any]]]:
    """What was changed about these entries, by their numbers."""
    changes: dict[int, list[sql.Row[Any]]] = defaultdict(list)
    if numbers := list(entries):
        for row in connection.execute(st.CHANGES_OF, {"numbers": numbers}):
            changes[row.entry].append(row)
    return changes
