"""Read what somebody searches for: words as they were typed come in, what is to be found goes out. Pure.

Whatever is typed means something: an operator that cannot be understood is words like others. What the words find is
for an index to say.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from difflib import get_close_matches

from labsbot.text import periods
from labsbot.text.message import clean

LONGEST = 500
"""Characters that are read of a search, and MOST_TERMS of what they say: each costs time for itself."""
MOST_TERMS = 20
MOST_BEGINNINGS, SHORTEST_BEGINNING = 3, 2
"""``db*`` costs the more, the more words begin so: what is shorter, or comes behind so many, is a word."""

FIELDS = ("from", "project", "host", "task", "after", "before", "robots")
OTHERWISE_CALLED = {"author": "from", "user": "from", "by": "from", "since": "after", "until": "before"}

_QUOTES = '"“„”'
_TERM = re.compile(
    rf"(?P<without>-)?(?:(?P<operator>{'|'.join(FIELDS)}):)?"
    rf"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]?|(?P<word>[^\s{_QUOTES}]+))",
    re.IGNORECASE,
)
_LIKE_FIELD = re.compile(r"(?P<name>[a-z]+):(?!/)", re.IGNORECASE)
_BETWEEN = re.compile(r"[\W_]+")
_NO_OPERATORS = ("AND", "OR", "NOT")
_ROBOTS = {"no": False, "0": False, "yes": True, "1": True}


class SearchPart(enum.Enum):
    """In which part of an entry something is looked for."""

    ANYWHERE = "anywhere"
    """In what it says, and in its author's name."""
    MESSAGE = "message"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand next to each other."""

    text: str
    where: SearchPart = SearchPart.ANYWHERE
    begins: bool = False
    """The last of them is how a word begins."""


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What is looked for in texts."""

    wanted: tuple[Term, ...] = ()
    """Each of them occurs."""
    unwanted: tuple[Term, ...] = ()
    """None of them does."""

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)


NO_WORDS = SearchWords()


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries somebody looks for; all that is said here holds for them."""

    words: SearchWords = NO_WORDS
    authors: tuple[str, ...] = ()
    """By one of these; none: by anybody."""
    projects: tuple[str, ...] = ()
    """Of one of these, as they were typed; none: of any."""
    after: datetime | None = None
    """Said then or later, or logged then, where it was logged late."""
    before: datetime | None = None
    robots: bool = True
    """False: only what people typed."""
    day: date | None = None
    """Nothing else was typed than a day, and perhaps a project: that day may be meant."""


def parse(typed: str, zone: tzinfo) -> Search:
    """All words have to occur; ``"two words"`` are one phrase, ``db*`` is how a word begins, ``-word`` must not occur.

    ``from:`` and ``project:`` are names, of which one has to fit; ``host:`` and ``task:`` are words of the message;
    ``after:``, ``before:`` a day of the time zone, or a moment; ``robots:no``. Names, hosts and tasks may be phrases.
    """
    search, typed = _Read(zone), clean(typed[:LONGEST])
    for found in list(_TERM.finditer(typed))[:MOST_TERMS]:
        text = found["word"] if found["phrase"] is None else found["phrase"]
        search.take((found["operator"] or "").lower(), text, bool(found["without"]), found["phrase"] is not None)
    return search.told(typed)


def slips(typed: str, zone: tzinfo) -> tuple[str, ...]:
    """What looks as if it were meant otherwise than it is read, each in a sentence."""
    found = list(_TERM.finditer(clean(typed[:LONGEST])))[:MOST_TERMS]
    return tuple(dict.fromkeys(slip for each in found if (slip := _slip(each, zone))))


def _slip(term: re.Match[str], zone: tzinfo) -> str:
    field, text = (term["operator"] or "").lower(), term["word"] or term["phrase"] or ""
    if field in ("after", "before") and _moment(text, zone) is None:
        return f"{field}: needs a day, such as {field}:2026-01-31."
    if field == "robots" and text.lower() not in _ROBOTS:
        return "robots: is followed by no, or by yes."
    if (word := term["word"] or "") in _NO_OPERATORS and not (field or term["without"]):
        return f"“{word}” was looked for as a word: all words have to be there, and what stands behind - must not."
    if word.endswith("*") and len(word.rstrip("*")) < SHORTEST_BEGINNING and field in ("", "host", "task"):
        return f"At least {SHORTEST_BEGINNING} letters stand before *."
    if field or not (like := _LIKE_FIELD.match(term["word"] or "")):
        return ""
    name = like["name"].lower()
    if name in FIELDS:
        return f"Nothing stands behind {name}: – no space belongs there."
    near = OTHERWISE_CALLED.get(name) or next(iter(get_close_matches(name, FIELDS, n=1, cutoff=0.7)), None)
    return f"{name}: was looked for as a word. Did you mean {near}:?" if near else ""


class _Read:
    """What was read of a search so far."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._wanted: list[Term] = []
        self._unwanted: list[Term] = []
        self._names: dict[str, list[str]] = {"from": [], "project": []}
        self._moments: dict[str, datetime | None] = {"after": None, "before": None}
        self._robots = True
        self._beginnings = 0
        self._is_vain = True
        """Nothing of it could be looked for."""

    def take(self, operator: str, text: str, without: bool, is_phrase: bool) -> None:
        match operator:
            case "from" | "project" if text.strip() and not without:
                self._names[operator].append(text.strip())
                self._is_vain = False
            case "after" | "before" if not without and (moment := _moment(text, self._zone)):
                self._moments[operator] = moment
                self._is_vain = False
            case "robots" if not without and text.lower() in _ROBOTS:
                self._robots = _ROBOTS[text.lower()]
                self._is_vain = False
            case "host" | "task":
                self._add(text, SearchPart.MESSAGE, without, is_phrase)
            case "from":
                self._add(text, SearchPart.AUTHOR, without, is_phrase)
            case _:
                self._add(f"{operator} {text}", SearchPart.ANYWHERE, without, is_phrase)

    def told(self, typed: str) -> Search:
        wanted, unwanted = tuple(dict.fromkeys(self._wanted)), tuple(dict.fromkeys(self._unwanted))
        authors, projects = (tuple(dict.fromkeys(names)) for names in self._names.values())
        after, before = self._moments["after"], self._moments["before"]
        if typed and self._is_vain:
            wanted = (Term(typed),)  # nothing has no words
        is_bare = not (unwanted or authors or after or before) and self._robots and len(wanted) == 1
        day = _day(wanted[0].text) if is_bare and len(projects) < 2 else None
        return Search(SearchWords(wanted, unwanted), authors, projects, after, before, self._robots, day)

    def _add(self, text: str, where: SearchPart, without: bool, is_phrase: bool) -> None:
        begins = text.endswith("*") and not is_phrase
        text = text.strip().rstrip("*" if begins else "")
        if not has_words(text):
            return
        last = _BETWEEN.split(text)[-1]
        begins = begins and len(last) >= SHORTEST_BEGINNING and self._beginnings < MOST_BEGINNINGS
        self._beginnings += begins
        self._is_vain = False
        (self._unwanted if without else self._wanted).append(Term(text, where, begins))


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        return periods.beginning(text, zone)
    except periods.NoMoment:
        return None


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it; all else only stands between words."""
    return any(each.isalnum() or unicodedata.category(each) == "Co" for each in text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None
