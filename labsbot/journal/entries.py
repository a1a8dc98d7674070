"""Entries for people who read: which are asked for comes in, a page of them goes out, newest first by their place.

A page is read in one transaction and is bounded, whatever is asked. What is searched for is looked for in the entries
themselves; `_worth_reading` is what an index replaces.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from labsbot.journal import questions, rows
from labsbot.journal import statements as st
from labsbot.model import Kept, Queued, Written
from labsbot.text.search import Search

SEARCHED = 2000
"""Entries that are looked through for one page of a search."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries are meant: all that is said here holds for them."""

    projects: tuple[str, ...] | None = None
    """Of one of these, spelt as in the journal; None: of any."""
    since: datetime | None = None
    """Said then or later."""
    until: datetime | None = None
    """Said before that."""
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some of the entries of a query, newest first; of a search it may be none, though there are older ones."""

    entries: tuple[Kept, ...]
    older: int | None
    """Where the next page begins: those before this place. None: there are no more."""


@dataclass(frozen=True, slots=True)
class EntryHistory:
    """All that is known about one entry."""

    kept: Kept
    queued: tuple[Queued, ...]
    """Its deliveries, and those of what was changed about it, to all its logs."""


@dataclass(frozen=True, slots=True)
class SaidElsewhere:
    """In what of the journal a text stands."""

    entries: tuple[str, ...]
    """The ids of entries that say it or once said it, or of which something else says it."""
    batches: tuple[str, ...]
    """Attempts that have sent it."""


def page(connection: sql.Connection, query: EntryQuery, before: int | None, most: int) -> EntryPage:
    """At most so many entries, of those before this place."""
    places, more = _places(connection, query, before, most if query.search is None else SEARCHED)
    wanted = places if query.search is None else _worth_reading(connection, query.search, places)
    taken = wanted[:most]
    entries = questions.kept(connection, st.AT_PLACES, {"places": taken})
    found = tuple(kept for kept in entries if query.search is None or query.search.finds(_texts(kept)))
    return EntryPage(found, taken[-1] if len(wanted) > most else places[-1] if more else None)


def history(connection: sql.Connection, its_id: str) -> EntryHistory | None:
    """Of the entry with this id, or to which the correction with this id belongs."""
    for kept in questions.kept(connection, st.ENTRIES_OF_IDS, {"ids": [its_id]}):
        return EntryHistory(kept, tuple(questions.ask(connection, rows.queued, st.OF_ID, {"id": kept.entry.id})))
    return None


def texts(connection: sql.Connection, entry_id: str) -> list[str]:
    """All that an entry says and ever said, and what was said of its changes, as it lies there."""
    return list(connection.scalars(st.TEXTS_OF, {"id": entry_id}))


def written(connection: sql.Connection, entry_id: str) -> list[Written]:
    """By which edits an entry came to its pages, and what was changed about it."""
    return [rows.written(row) for row in connection.execute(st.WRITTEN_OF, {"id": entry_id}).all()]


def holding(connection: sql.Connection, pieces: Collection[str]) -> SaidElsewhere:
    """Where any of these texts stands."""
    of_entries, of_attempts = {"pieces": list(pieces)}, {"pieces": [json.dumps(each)[1:-1] for each in pieces]}
    return SaidElsewhere(
        tuple(connection.scalars(st.ENTRIES_HOLDING, of_entries)),
        tuple(connection.scalars(st.ATTEMPTS_HOLDING, of_attempts)),
    )


def _places(connection: sql.Connection, query: EntryQuery, before: int | None, most: int) -> tuple[Sequence[int], bool]:
    """Where the newest entries are, of those before a place, and whether there are more."""
    end = min(_LAST if query.until is None else _place(query.until), _LAST if before is None else before)
    given = {"since": _FIRST if query.since is None else _place(query.since), "before": end, "most": most + 1}
    found: set[int] = set()
    if query.projects is None:
        found.update(connection.scalars(st.PLACES, given))
    for project in query.projects or ():
        found.update(connection.scalars(st.PLACES_OF_PROJECT, {**given, "project": project}))
    places = sorted(found, reverse=True)
    return places[:most], len(places) > most


def _worth_reading(connection: sql.Connection, search: Search, places: Sequence[int]) -> list[int]:
    """At which of these places an entry has all that is searched for, in what it says or ever said."""
    texts = connection.execute(st.TEXTS, {"places": places})
    return [place for place, *its_texts in texts if search.may_find(filter(None, its_texts))]


def _texts(kept: Kept) -> list[str]:
    """In what is searched."""
    return [kept.message, kept.entry.author, *{each.log.project for each in kept.deliveries}]


def _place(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
