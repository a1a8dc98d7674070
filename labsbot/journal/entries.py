"""Entries for people who read: which are asked for comes in, a page of them goes out, newest first by their place.

A page is read in one transaction and is bounded, whatever is asked: what one index finds is taken from its end, and
looked through for the rest. Where words are looked for, theirs is the index.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sql

from labsbot.journal import questions, rows, words
from labsbot.journal import statements as st
from labsbot.model import TAKEN_OUT, ChangeKind, Kept, Log, Queued, Written
from labsbot.settings import folded
from labsbot.text.search import NO_WORDS, Search, SearchWords

FEW, SEARCHED = 4, 2000
"""Entries that are looked through for one page of what no index finds by itself: so many times as are wanted of it, and
where those are not among them, so many."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -(2**63), 2**63 - 1
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries are meant: all that is said here holds for them."""

    projects: tuple[str, ...] | None = None
    """Of one of these, spelt as in the journal; None: of any."""
    since: datetime | None = None
    """Said then or later."""
    until: datetime | None = None
    """Said before that."""
    words: SearchWords = NO_WORDS
    """In which these words are, and those are not."""
    authors: tuple[str, ...] | None = None
    """By one of these, whatever their case; None: by anybody."""
    robots: bool = True
    """False: only what people typed."""
    day: date | None = None
    """Under this day of the log."""
    after: datetime | None = None
    """Said then or later, or logged then, where it was logged late for a time before."""
    before: datetime | None = None
    """The same: said before that, or logged."""
    hidden: frozenset[str] = frozenset()
    """Not of these projects (`folded`), of which nothing is shown: their logs are left out of what stands elsewhere."""

    def narrowed(self, search: Search) -> EntryQuery:
        """The same, and what is searched for; which projects are meant has still to be found out."""
        authors = search.authors or None
        if self.authors is not None and authors is not None:
            own = {each.lower() for each in self.authors}
            authors = tuple(each for each in authors if each.lower() in own)
        return replace(
            self,
            words=SearchWords(self.words.wanted + search.words.wanted, self.words.unwanted + search.words.unwanted),
            authors=self.authors if authors is None else authors,
            robots=self.robots and search.robots,
            after=search.after,
            before=search.before,
        )


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some of the entries of a query, newest first; it may be fewer than there are, or none, though there are older
    ones."""

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
    driver = _driver(connection, query)
    # mostly that is enough, and costs a tenth
    for portion in (min(FEW * most, SEARCHED), SEARCHED) if driver.is_looked_through else (most,):
        places, more = _places(connection, query, driver, before, portion)
        wanted = _looked_through(connection, driver, places)
        if len(wanted) > most or not more:
            break
    taken = wanted[:most]
    entries = questions.kept(connection, st.AT_PLACES, {"places": list(taken)})
    older = taken[-1] if len(wanted) > most else places[-1] if more else None
    return EntryPage(tuple(without_logs(kept, query.hidden) for kept in entries), older)


def _looked_through(connection: sql.Connection, driver: _Driver, places: Sequence[int]) -> Sequence[int]:
    """At which of these places all else is there that was asked for."""
    if driver.rest is not None:
        places = connection.scalars(st.AMONG, {**driver.rest, "places": list(places)}).all()
    if driver.words is not None and places:
        places = _with_words(connection, driver.words, places)
    return places


def history(connection: sql.Connection, its_id: str) -> EntryHistory | None:
    """Of the entry with this id, or to which the correction with this id belongs."""
    for kept in questions.kept(connection, st.ENTRIES_OF_IDS, {"ids": [its_id]}):
        queued = questions.ask(connection, rows.queued, st.OF_ID, {"id": kept.entry.id})
        return EntryHistory(without_logs(kept, frozenset()), tuple(queued))
    return None


def texts(connection: sql.Connection, entry_id: str) -> list[str]:
    """All that an entry says and ever said, and what was said of its changes, as it lies there."""
    return list(connection.scalars(st.TEXTS_OF, {"id": entry_id}))


def written(connection: sql.Connection, entry_id: str) -> list[Written]:
    """By which edits an entry came to its pages, and what was changed about it."""
    return [rows.written(row) for row in connection.execute(st.WRITTEN_OF, {"id": entry_id}).all()]


def archives(connection: sql.Connection, log: Log) -> list[str]:
    """The archives to which days of a log may have gone."""
    return list(connection.scalars(st.ARCHIVES_OF_LOG, {"of": log.place, "in_project": log.project}))


def holding(connection: sql.Connection, pieces: Collection[str]) -> SaidElsewhere:
    """Where any of these texts stands."""
    of_entries, of_attempts = {"pieces": list(pieces)}, {"pieces": [json.dumps(each)[1:-1] for each in pieces]}
    return SaidElsewhere(
        tuple(connection.scalars(st.ENTRIES_HOLDING, of_entries)),
        tuple(connection.scalars(st.ATTEMPTS_HOLDING, of_attempts)),
    )


def visible_projects(connection: sql.Connection, hidden: frozenset[str]) -> tuple[str, ...]:
    """All projects that have entries, as they are spelt with those, but these (`folded`)."""
    return _shown(connection.scalars(st.PROJECTS).all(), hidden)


def without_logs(kept: Kept, hidden: frozenset[str]) -> Kept:
    """The entry as if it were in no log of these projects (`folded`). What people have taken out of the others is not
    read any more, and what it said before is not, either."""
    if hidden:
        seen = tuple(each for each in kept.deliveries if folded(each.log.project) not in hidden)
        kept = replace(kept, deliveries=seen)
    if kept.taken_out is None or kept.redaction is not None:
        return kept
    return _without_text(kept)


def _without_text(kept: Kept) -> Kept:
    entry = replace(kept.entry, message=TAKEN_OUT)
    changes = {each.id: replace(each, text=TAKEN_OUT if each.kind is ChangeKind.AMEND else "") for each in kept.changes}
    deliveries = (
        replace(each, entry=entry, change=each.change and changes[each.change.id], changes=())
        for each in kept.deliveries
    )
    return replace(kept, entry=entry, changes=tuple(changes.values()), deliveries=tuple(deliveries))


def place(moment: datetime) -> int:
    """Before which place all stand that were said before a moment."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


_Asked = tuple[sql.Select[Any], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class _Driver:
    """What of a query indexes find, from their ends."""

    asked: tuple[_Asked, ...]
    late: _Asked | None
    """What was logged late finds those that were said before the time that is asked for; None: they are not meant."""
    rest: Mapping[str, object] | None
    """For what else is looked through what they find; None: for nothing else."""
    words: SearchWords | None
    """For these it is looked through, too."""

    @property
    def is_looked_through(self) -> bool:
        return self.rest is not None or self.words is not None


def said(place: int) -> datetime:
    """When what has this place was said, but for the microseconds that tell it from others of one moment."""
    return _EPOCH + timedelta(microseconds=place)


def _driver(connection: sql.Connection, query: EntryQuery) -> _Driver:
    listed = query.projects
    if query.hidden:
        listed = visible_projects(connection, query.hidden) if listed is None else _shown(listed, query.hidden)
    robots, authors, projects = query.robots, query.authors, listed
    still: SearchWords | None = query.words or None
    late: _Asked = (st.PLACES_LATE, {})
    if query.words.wanted and query.day is None:
        match = {"match": words.asked(query.words, authors or (), listed or ())}
        asked: tuple[_Asked, ...] = ((st.PLACES_WITH_WORDS, match),)
        late, still = (st.PLACES_LATE_WITH_WORDS, match), None
    elif query.projects is not None and (query.day is not None or authors is None):
        statement = st.PLACES_OF_PROJECT if query.day is None else st.PLACES_OF_PROJECTS_DAY
        asked = tuple((statement, {"project": each, "day": query.day}) for each in listed or ())
        projects = None
    elif query.day is not None:
        asked = ((st.PLACES_OF_DAY, {"day": query.day}),)
    elif authors is not None:
        asked = tuple((st.PLACES_OF_AUTHOR, {"author": each}) for each in authors)
        authors = None
    else:
        asked = ((st.PLACES if robots else st.PLACES_TYPED, {}),)
        robots = True
    if query.after is not None and query.day is None:
        return _Driver(asked, late, _rest(query.robots, query.authors, listed), still)
    return _Driver(asked, None, _rest(robots, authors, projects), still)


def _rest(robots: bool, authors: Sequence[str] | None, projects: Sequence[str] | None) -> Mapping[str, object] | None:
    if robots and authors is None and projects is None:
        return None
    rest = {"robots": robots, "authors": list(authors or ()), "projects": list(projects or ())}
    return {**rest, "any_author": authors is None, "any_project": projects is None}


def _shown(projects: Sequence[str], hidden: frozenset[str]) -> tuple[str, ...]:
    return tuple(each for each in projects if folded(each) not in hidden)


def _places(
    connection: sql.Connection, query: EntryQuery, driver: _Driver, before: int | None, most: int
) -> tuple[Sequence[int], bool]:
    """Where the newest of what indexes find are, of those before a place, and whether there are more."""
    since = _FIRST if query.since is None else place(query.since)
    first = since if query.after is None else max(since, place(query.after))
    ends = [place(each) for each in (query.until, query.before) if each is not None]
    end = min([_LAST if before is None else before, *ends])
    found: set[int] = set()
    for statement, of_index in driver.asked:
        given = {"since": first, "before": end, "most": most + 1}
        found.update(connection.scalars(statement, {**given, **of_index}))
    if driver.late is not None:
        statement, of_index = driver.late
        logged = {"logged_since": query.after, "logged_before": query.before or _NEVER}
        given = {"since": since, "before": min(first, end), "most": most + 1}
        found.update(connection.scalars(statement, {**given, **logged, **of_index}))
    places = sorted(found, reverse=True)
    return places[:most], len(places) > most


def _with_words(connection: sql.Connection, meant: SearchWords, places: Sequence[int]) -> list[int]:
    """At which of these places, newest first, an entry has all wanted words, and none of the unwanted ones."""
    match = words.asked(meant) if meant.wanted else words.any_of(meant.unwanted)
    given = {"match": match, "since": places[-1], "before": places[0] + 1, "most": len(places)}
    found = set(connection.scalars(st.AMONG_WITH_WORDS, {**given, "places": list(places)}))
    return [each for each in places if (each in found) == bool(meant.wanted)]
