"""What a log's page tells comes in and is kept as delivered already; what is known of its days goes out first.

Both happen in one transaction, so that two who read the same page import it once.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sql

from labsbot.journal import questions, rows, words
from labsbot.journal import statements as st
from labsbot.journal.acceptance import LONGER, free_id, wish
from labsbot.journal.transactions import JournalPart, news
from labsbot.model import Change, ChangeKind, Imported, Imports, Kept, Log

T = TypeVar("T")

Compare = Callable[[Sequence[Kept], Collection[str]], tuple[Imports, T]]
"""Says what a page tells beyond what is known, and what is said of that: what is known of its days comes in the order
in which it was said, and of its ids all that the journal knows."""

_CHANGE = tuple(each.name for each in dataclasses.fields(Change) if each.name != "kind")


class KeptImports(JournalPart):
    """What was on pages before the journal knew of it, or came there by hand."""

    @news
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
        found, said = compare(*known(connection, logs, first, last, ids))
        keep(connection, found, now)
        return said


def known(
    connection: sql.Connection, logs: Sequence[Log], first: date, last: date, ids: Collection[str]
) -> tuple[list[Kept], set[str]]:
    """The entries of some days of these logs, and which of the ids are known at all."""
    asked = {
        "logs": [(log.place, log.project) for log in logs],
        "projects": sorted({log.project for log in logs}),
        "first": first,
        "last": last,
    }
    found = questions.kept(connection, st.ENTRIES_OF_LOGS_BETWEEN, asked)
    return found, set(connection.scalars(st.TAKEN_IDS, {"ids": list(ids)}))


def keep(connection: sql.Connection, imports: Imports, now: datetime) -> None:
    """Keep what was read: it stands there, is owed to nobody and told to nobody."""
    number = connection.scalar(st.NEWEST_ENTRY) or 0
    taken = set(connection.scalars(st.TAKEN_IDS, {"ids": [each.entry.id for each in imports.new]}))
    entries, deliveries = [], []
    free: dict[int, int] = {}
    for each in imports.new:
        number += 1
        entry_id = free_id(connection, each.entry.id, taken)
        taken.add(entry_id)
        entries.append(_entry(each, entry_id, number, now) | {"wish": _place(connection, wish(each.entry.said), free)})
        deliveries.append(_delivery(each, number, now))
    if entries:
        connection.execute(st.NEW_ENTRY, entries)
        connection.execute(st.IMPORTED_DELIVERY, deliveries)
        words.add(connection, [entry["number"] for entry in entries])
    struck = [(entry["id"], each.strike) for entry, each in zip(entries, imports.new, strict=True) if each.strike]
    for entry_id, change in (*struck, *imports.changes):
        _change(connection, entry_id, change, now)
    for entry_id, before, after in imports.urls:
        connection.execute(st.READDRESS_ONE, {"of_id": entry_id, "before": before, "after": after})


def _entry(imported: Imported, entry_id: str, number: int, now: datetime) -> dict[str, Any]:
    row = {name: getattr(imported.entry, name) for name in rows.ENTRY}
    return {**row, "id": entry_id, "number": number, "accepted": now, "hostmask": None}


def _place(connection: sql.Connection, wished: int, free: dict[int, int]) -> int:
    """Where an entry may stand that wishes for this place. Of a page thousands may be of one minute, which all wish for
    the same: the free one is looked for once, and the next is that behind it."""
    if wished not in free:
        free[wished] = connection.scalars(st.FREE_PLACE, {"wish": wished}).one()
    free[wished] += 1
    return free[wished] - 1


def _delivery(imported: Imported, number: int, now: datetime) -> dict[str, Any]:
    owed = imported.owed
    return {
        "of": number,
        "log": owed.log.place,
        "project": owed.log.project,
        "log_day": owed.log_day,
        "clock": owed.clock,
        "url": _without_own_anchor(imported),
        "delivered": now,
    }


def _without_own_anchor(imported: Imported) -> str:
    """An entry's own anchor is put behind the address of its page when it is read."""
    return imported.url.removesuffix(f"#{imported.entry.id}")


def _change(connection: sql.Connection, entry_id: str, made: Change, now: datetime) -> None:
    """Keep what people have made of a line; it stands so in each of the entry's logs."""
    entry = connection.execute(st.NUMBER_OF_ID, {"id": entry_id}).scalar_one()
    row = {name: getattr(made, name) for name in _CHANGE}
    row |= {"id": _free_change_id(connection, made.id), "kind": made.kind.value, "entry": entry}
    row |= {"accepted": now, "hostmask": None}
    number = connection.execute(st.NEW_CHANGE, row).scalar_one()
    there = connection.execute(st.PLACES_ON_WIKI, {"of": entry})
    rows_of_change = [{**each._mapping, "of": entry, "change": number, "delivered": now} for each in there]
    if rows_of_change:
        connection.execute(st.IMPORTED_DELIVERY, rows_of_change)
    if made.kind is not ChangeKind.STRIKE:
        words.renew(connection, [entry])


def _free_change_id(connection: sql.Connection, wanted: str) -> str:
    """The id itself, or, where it is taken, a longer one: many lines may be found struck at one moment."""
    taken = connection.scalar(st.CHANGE_OF_ID, {"id": wanted}) is not None
    return wanted + secrets.token_hex(LONGER) if taken else wanted
