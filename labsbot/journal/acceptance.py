"""What the desk accepted comes in and is kept, line, entry and all that is owed; whatever was handled before is not.

Many at once share their statements: alone, an entry costs seven of them, and those cost more than the disk.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sql

from labsbot.journal import questions, rows, words
from labsbot.journal import statements as st
from labsbot.model import (
    Accepted,
    Begun,
    Change,
    Changed,
    ChangeKind,
    Entry,
    JournalFailure,
    Kept,
    LastOf,
    LineKey,
    Log,
    Owed,
    Told,
)

T = TypeVar("T")

Decide = Callable[[Kept | None], tuple[Changed | None, T]]
"""Says of an entry what is to be changed about it, if anything, and what is said of that; None: there is none."""

LONGER = 4
"""Random bytes that are put behind an id that is taken."""
TRIES = 3
"""How many of these are tried: that one is taken as well, hardly ever happens."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHANGE = tuple(each.name for each in dataclasses.fields(Change) if each.name != "kind")


def accept(connection: sql.Connection, submissions: Sequence[Accepted]) -> list[Entry | None]:
    """Keep each of these entries, under another id where its own is taken; None: its line was handled before."""
    fresh = _fresh(connection, [each.key for each in submissions])
    ids = [each.entry.id for each, new in zip(submissions, fresh, strict=True) if new]
    taken = set(connection.scalars(st.TAKEN_IDS, {"ids": ids}))
    number = connection.scalar(st.NEWEST_ENTRY) or 0
    outcomes: list[Entry | None] = []
    entries: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    announcements: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for each, new in zip(submissions, fresh, strict=True):
        if not new:
            outcomes.append(None)
            continue
        number += 1
        entry = replace(each.entry, id=free_id(connection, each.entry.id, taken))
        taken.add(entry.id)
        entries.append(_entry(each, entry, number))
        deliveries += [_delivery(number, owed, each.told, each.begun) for owed in each.owed]
        announcements += [_announcement(number, each, *channel) for channel in each.announced_in]
        if each.begun is not None:
            runs.append({"of": number, "process": each.begun.process})
        if each.key is not None:
            lines.append(_line(each.key, number, each.now))
        outcomes.append(entry)
    if entries:
        connection.execute(st.NEW_ENTRY, entries)
        connection.execute(st.NEW_DELIVERY, deliveries)
        words.add(connection, [each["number"] for each in entries])
    if announcements:
        connection.execute(st.NEW_ANNOUNCEMENT, announcements)
    if runs:
        connection.execute(st.NEW_RUN, runs)
    if lines:
        connection.execute(st.NEW_HANDLED, lines)
    return outcomes


def accept_all(connection: sql.Connection, submissions: Sequence[Accepted]) -> list[Entry] | None:
    """Keep all of these entries; None: one of their lines was handled before, and none is kept."""
    if not all(_fresh(connection, [each.key for each in submissions])):
        return None
    return [entry for entry in accept(connection, submissions) if entry is not None]


def free_id(connection: sql.Connection, wish: str, taken: Collection[str]) -> str:
    """The id itself, or, where it is taken, a longer one, which stands behind it in their order.

    Were the line sent back for another one, those behind it would be accepted first.
    """
    if wish not in taken:
        return wish
    for _ in range(TRIES):
        longer = wish + secrets.token_hex(LONGER)
        if longer not in taken and connection.scalar(st.NUMBER_OF_ID, {"id": longer}) is None:
            return longer
    raise JournalFailure(f"no id is free that begins with {wish}")


def correct(connection: sql.Connection, meant: str | LastOf, decide: Decide[T]) -> tuple[T, bool]:
    """Keep what is decided about an entry; returns what is said of it, and whether anything is changed: nothing where
    the line was handled before."""
    kept = _meant(connection, meant)
    while True:
        changed, said = decide(kept)
        if changed is None or _fresh(connection, [changed.key]) != [True]:
            return said, False
        if connection.scalar(st.CHANGE_OF_ID, {"id": changed.change.id}) is not None:
            continue
        if not _ends(connection, changed):
            return said, False
        _change(connection, changed)
        return said, True


def redact(connection: sql.Connection, entry_id: str, decide: Decide[T], gateway: timedelta) -> tuple[T, bool]:
    """The same where all that an entry ever said is to be removed. What is parked of it comes along; nothing of it is
    sent before whatever was sent earlier can come no more, `gateway` after it was given up. Asked again, its pages are
    looked at again."""
    said, new = correct(connection, entry_id, decide)
    if (of := connection.scalar(st.NUMBER_OF_ID, {"id": entry_id})) is not None:
        connection.execute(st.REDACT_AGAIN, {"of": of})
        given_up = connection.scalar(st.NEWEST_GIVEN_UP, {"id": entry_id})
        connection.execute(st.HOLD_BACK, {"of": of, "due": given_up and given_up + gateway})
    return said, new


def _ends(connection: sql.Connection, changed: Changed) -> bool:
    """Note the end that a change tells, if it tells one; False: another one is told already."""
    if changed.ends is None:
        return True
    entry = connection.execute(st.NUMBER_OF_ID, {"id": changed.entry_id}).scalar_one()
    return bool(connection.execute(st.END_RUN[changed.ends], {"of": entry}).rowcount)


def _meant(connection: sql.Connection, meant: str | LastOf) -> Kept | None:
    """Of who asks for their last entry, only the newest RECENT of the channel are looked at."""
    if isinstance(meant, str):
        found = questions.kept(connection, st.ENTRY, {"id": meant})
    else:
        given = {name: getattr(meant, name) for name in ("network", "channel", "nick")}
        given |= {"account": meant.account or None, "userhost": meant.hostmask.partition("!")[2]}
        found = questions.kept(connection, st.LAST_RELAYED if meant.relayed else st.LAST_NATIVE, given)
    return next(iter(found), None)


def _change(connection: sql.Connection, changed: Changed) -> None:
    """Keep a change of an entry, owed to each of its logs but those in which the entry was given up."""
    made = changed.change
    entry = connection.execute(st.NUMBER_OF_ID, {"id": changed.entry_id}).scalar_one()
    if changed.ends is not None:
        connection.execute(st.DUE_NOW, {"of": entry})
    row = {name: getattr(made, name) for name in _CHANGE}
    row |= {"kind": made.kind.value, "entry": entry, "accepted": changed.now, "hostmask": changed.hostmask}
    number = connection.execute(st.NEW_CHANGE, row).scalar_one()
    there = connection.execute(st.LOGS_OF_ENTRY, {"of": entry})
    # Its line says when the entry was done, whatever is changed about it.
    owed = [Owed(Log(log, project), day, clock) for log, project, day, clock in there]
    if owed:
        connection.execute(
            st.NEW_DELIVERY, [{**_delivery(entry, each, changed.told), "change": number} for each in owed]
        )
    if made.kind is not ChangeKind.STRIKE:
        words.renew(connection, [entry])
    if changed.key is not None:
        connection.execute(st.NEW_HANDLED, _line(changed.key, entry, changed.now))


def remember(connection: sql.Connection, key: LineKey, now: datetime) -> bool:
    """Keep that a line was handled that made nothing; False: it was handled before."""
    if _fresh(connection, [key]) != [True]:
        return False
    connection.execute(st.NEW_HANDLED, _line(key, None, now))
    return True


def _fresh(connection: sql.Connection, keys: Sequence[LineKey | None]) -> list[bool]:
    """Which of these lines were never handled: known by the msgid, or, where either copy lacks one, by fingerprint."""
    asked = [key and (key.network, key.channel, key.msgid, key.fingerprint) for key in keys]
    before = set(connection.scalars(st.HANDLED, {"keys": asked}) if any(asked) else ())  # most calls have no key
    seen: set[tuple[str, ...]] = set()
    fresh = []
    for number, key in enumerate(keys):
        new = key is None or (number not in before and seen.isdisjoint(_meets(key)))
        fresh.append(new)
        if new and key is not None:
            seen.update(_is_met_by(key))
    return fresh


def _is_met_by(key: LineKey) -> list[tuple[str, ...]]:
    """By what later copies of a line know it."""
    there = key.network, key.channel
    named = () if key.msgid is None else (("msgid", *there, key.msgid),)
    prints = ("any", "bare") if key.msgid is None else ("any",)
    return [*named, *((kind, *there, key.fingerprint) for kind in prints)]


def _meets(key: LineKey) -> list[tuple[str, ...]]:
    """By what it knows earlier ones."""
    there = key.network, key.channel
    if key.msgid is None:
        return [("any", *there, key.fingerprint)]
    return [("msgid", *there, key.msgid), ("bare", *there, key.fingerprint)]


def _entry(accepted: Accepted, entry: Entry, number: int) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in rows.ENTRY}
    given = {"number": number, "accepted": accepted.now, "hostmask": accepted.hostmask, "wish": wish(entry.said)}
    return {**row, **given}


def wish(said: datetime) -> int:
    """The place that an entry has which was said then, if nothing has it yet."""
    return (said - _EPOCH) // timedelta(microseconds=1)


def _delivery(of: int, owed: Owed, told: Told, begun: Begun | None = None) -> dict[str, Any]:
    return {
        "of": of,
        "log": owed.log.place,
        "project": owed.log.project,
        "log_day": owed.log_day,
        "clock": owed.clock,
        "told": told.value,
        "due": begun and begun.due,
    }


def _announcement(of: int, accepted: Accepted, network: str, channel: str) -> dict[str, Any]:
    # of what waits for its end, no more is to be said before
    owed = accepted.begun.due if accepted.begun else accepted.now
    return {"of": of, "network": network, "channel": channel, "owed": owed}


def _line(key: LineKey, entry: int | None, now: datetime) -> dict[str, Any]:
    return {
        "network": key.network,
        "channel": key.channel,
        "msgid": key.msgid,
        "fingerprint": key.fingerprint,
        "entry": entry,
        "handled": now,
    }
