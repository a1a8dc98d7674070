"""What was accepted since, in that order, for people who watch: each question costs what it tells.

Entries and what was changed about them are numbered together. A number says how far somebody has heard: whoever names
it again hears what came after it, and nothing twice. What was read from the wiki is no news; what is hidden is passed
over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sql

from labsbot.journal import questions
from labsbot.journal import statements as st
from labsbot.journal.entries import without_logs
from labsbot.model import Kept

SPAN = 10_000
"""Numbers that are looked through at once: of a quiet project there may be no news among a million."""


@dataclass(frozen=True, slots=True)
class NewsOfEntry:
    """That an entry was accepted, or something was changed about it."""

    number: int
    kept: Kept
    """As it is by now, whatever came later."""
    is_new: bool
    """False: it was changed."""


@dataclass(frozen=True, slots=True)
class News:
    of_entries: tuple[NewsOfEntry, ...]
    until: int
    """Up to this number nothing else is news."""


def newest(connection: sql.Connection) -> int:
    """The number of what was accepted last."""
    found: int = connection.scalar(st.NEWEST_ACCEPTED) or 0
    return found


def number_of(connection: sql.Connection, its_id: str) -> int | None:
    """That of an entry."""
    return connection.scalar(st.ACCEPTED_AS, {"id": its_id})


def since(
    connection: sql.Connection, after: int, projects: Sequence[str] | None, hidden: frozenset[str], most: int
) -> News:
    """What came after a number, in logs of these projects (None: of any), but of these (`folded`); at most so much."""
    until = min(after + SPAN, newest(connection))
    among = {"projects": list(projects or ()), "any_project": projects is None}
    rows = connection.execute(st.ACCEPTED_BETWEEN, {"after": after, "until": until, "most": most, **among}).all()
    kept = questions.kept(connection, st.AT_PLACES, {"places": list({row.place for row in rows})})
    seen = {each.entry.id: without_logs(each, hidden) for each in kept}
    told = (NewsOfEntry(row.sequence, seen[row.id], not row.is_change) for row in rows)
    return News(
        tuple(each for each in told if each.kept.deliveries),
        rows[-1].sequence if len(rows) == most else max(until, after),
    )
