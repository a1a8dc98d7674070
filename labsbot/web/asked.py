"""Read what is asked of a list of entries: parameters of an address come in, a query goes out, or what is wrong.

A parameter that is not known is told, too: whoever mistypes one would be answered with everything.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TypeVar

from starlette.datastructures import QueryParams

from labsbot.formats import EntryFormat
from labsbot.journal import EntryQuery
from labsbot.text import periods
from labsbot.text.message import clean
from labsbot.text.search import LONGEST, Search, SearchPart, SearchWords, Term, parse
from labsbot.web.problems import malformed

V = TypeVar("V")

MOST, AS_USUAL = 500, 50
"""Entries of an answer at most, and where nothing is said."""
MOST_NAMES = 50
"""Projects, or authors, of one question."""
LISTED = ("project", "author")
SINGLE = ("q", "host", "task", "from", "to", "robots", "limit", "cursor", "format")
_ROBOTS = {"0": False, "no": False, "1": True, "yes": True}


@dataclass(frozen=True, slots=True)
class AskedEntries:
    """Which entries somebody wants to see, and how."""

    query: EntryQuery
    """Its projects are still to be found."""
    projects: tuple[str, ...]
    """As they were typed; none: all."""
    search: Search
    """What is searched for, which is a part of the query but for its projects."""
    before: int | None
    most: int
    how: EntryFormat


def asked(given: QueryParams, zone: tzinfo, streamed: bool = False) -> AskedEntries:
    """`zone`: in which days begin. What is `streamed` has no pages and one format. Raises HttpProblem."""
    single = {name: _once(given, name) for name in SINGLE if name in given}
    known = (*LISTED, *(name for name in SINGLE if not streamed or name not in ("limit", "cursor", "format")))
    for name in given:
        if name not in known:
            raise malformed(f"“{name[:60]}” is unknown, expected {', '.join(known)}.")
    since = _moment("from", single.get("from"), zone, periods.beginning)
    until = _moment("to", single.get("to"), zone, periods.end)
    if since and until and since >= until:
        raise malformed("“from” is later than “to”.")
    for name in LISTED:
        if len(given.getlist(name)) > MOST_NAMES:
            raise malformed(f"“{name}”: at most {MOST_NAMES} at once.")
    robots = _one_of(single, "robots", _ROBOTS, True)
    how = _one_of(single, "format", {each.value: each for each in EntryFormat}, EntryFormat.JSON)
    query = EntryQuery(since=since, until=until, authors=tuple(given.getlist("author")) or None, robots=robots)
    search = _search(single, zone)
    before = place_of(single["cursor"]) if "cursor" in single else None
    most = _most(single.get("limit"))
    return AskedEntries(query.narrowed(search), tuple(given.getlist("project")), search, before, most, how)


def cursor_of(place: int) -> str:
    """The next page begins before this place: the same whatever is logged meanwhile."""
    return base64.urlsafe_b64encode(place.to_bytes(8, "big", signed=True)).decode().rstrip("=")


def place_of(cursor: str) -> int:
    """Raises HttpProblem: it is no cursor."""
    if re.fullmatch("[A-Za-z0-9_-]{11}", cursor):
        place = int.from_bytes(base64.urlsafe_b64decode(f"{cursor}="), "big", signed=True)
        if cursor_of(place) == cursor:
            return place
    raise malformed("this cursor is none: take “next” of an answer, as it is.")


def _search(single: Mapping[str, str], zone: tzinfo) -> Search:
    """What is searched for, with words of the message that have a parameter of their own; an empty one asks nothing."""
    search = parse(single.get("q", ""), zone)
    texts = [single[name] for name in ("host", "task") if single.get(name, "").strip()]
    named = tuple(Term(clean(text[:LONGEST]), SearchPart.MESSAGE) for text in texts)
    return replace(search, words=SearchWords(search.words.wanted + named, search.words.unwanted))


def _once(given: QueryParams, name: str) -> str:
    if len(given.getlist(name)) > 1:
        raise malformed(f"“{name}” stands there twice.")
    return given[name]


def _moment(name: str, written: str | None, zone: tzinfo, read: Callable[[str, tzinfo], datetime]) -> datetime | None:
    try:
        return None if written is None else read(written, zone)
    except periods.NoMoment as failure:
        raise malformed(f"“{name}”: {str(failure)[:200]}.") from None


def _one_of(single: Mapping[str, str], name: str, meanings: Mapping[str, V], as_usual: V) -> V:
    if name not in single:
        return as_usual
    if single[name] not in meanings:
        raise malformed(f"“{name}”: expected {', '.join(meanings)}.")
    return meanings[single[name]]


def _most(written: str | None) -> int:
    if written is None:
        return AS_USUAL
    if not re.fullmatch("[0-9]{1,9}", written) or not 1 <= int(written) <= MOST:
        raise malformed(f"“limit”: expected a number from 1 to {MOST}.")
    return int(written)
