"""What was accepted since, in that order, for people who watch: each question costs what it tells.

Its number says how far somebody has heard: whoever names it again hears what came after it, and nothing twice. What was
read from the wiki is no news; what is hidden is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sql

from labsbot.journal import questions
from labsbot.journal import statements as st
from labsbot.journal.entries import without_logs
from labsbot.model import Kept, Via


@dataclass(frozen=True, slots=True)
class News:
    entries: tuple[tuple[int, Kept], ...]
    """Each with its number."""
    until: int
    """Up to this number nothing else is news."""


def newest(connection: sql.Connection) -> int:
    """The number of what was accepted last."""
    found: int = connection.scalar(st.NEWEST_ACCEPTED) or 0
    return found


def number_of(connection: sql.Connection, its_id: str) -> int | None:
    """That of an entry."""
    return connection.scalar(st.ACCEPTED_AS, {"id": its_id})


def since(connection: sql.Connection, after: int, hidden: frozenset[str], most: int) -> News:
    """What came after a number, but in logs of these projects (`folded`); at most so many are looked at."""
    rows = connection.execute(st.ACCEPTED_AFTER, {"after": after, "most": most}).all()
    told = [row for row in rows if row.via is not Via.WIKI]
    kept = questions.kept(connection, st.AT_PLACES, {"places": [row.place for row in told]})
    seen = {each.entry.id: without_logs(each, hidden) for each in kept}
    entries = tuple((row.sequence, seen[row.id]) for row in told if seen[row.id].deliveries)
    return News(entries, rows[-1].sequence if rows else after)
