"""What was typed and what a wiki shows to its readers come in; everything that is wrong there comes out.

It shares no code with the bot, and reads no wikitext: the wiki's own HTML says what stands under which day. The log's
page and its archives, newest day first, one after the other, must be what was typed, turned round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import html5lib
import requests

DAY = re.compile(r"\d{4}-\d\d-\d\d")
LINE = re.compile(r"(\d\d:\d\d) (\S+): (.*)", re.DOTALL)
HTML = "{http://www.w3.org/1999/xhtml}"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, as somebody reads it."""

    day: str
    time: str
    nick: str
    message: str


def titles(api: str, title: str) -> list[str]:
    """The page and those below it, as the wiki lists them; it is in the namespace without a name."""
    asked = {"action": "query", "list": "allpages", "apprefix": title, "aplimit": "max", "format": "json"}
    named = requests.get(api, asked, timeout=60).json()["query"]["allpages"]
    return [page["title"] for page in named if page["title"] == title or page["title"].startswith(f"{title}/")]


def shown(api: str, title: str) -> list[Line]:
    """The entries of a page, from top to bottom."""
    asked = {"action": "parse", "page": title, "prop": "text", "format": "json", "formatversion": "2"}
    asked |= {"disablelimitreport": "1", "disableeditsection": "1"}
    return list(read(requests.get(api, asked, timeout=300).json()["parse"]["text"]))


def read(html: str) -> Iterator[Line]:
    """The entries in the HTML of a page."""
    day = ""
    for element in html5lib.parse(html).iter():
        if element.tag in (f"{HTML}h2", f"{HTML}h3"):
            day = found[0] if (found := DAY.search(_words(element))) else ""
        elif element.tag == f"{HTML}li" and (line := LINE.fullmatch(_words(element))):
            yield Line(day, *line.groups())


def check(typed: Sequence[Line], pages: Sequence[Sequence[Line]]) -> list[str]:
    """Everything that is wrong, in words; `typed` in the order in which it was."""
    standing = [line for page in pages for line in page]
    wrong = [f"missing: {line}" for line in (Counter(typed) - Counter(standing)).elements()]
    wrong += [f"more than once, or typed by nobody: {line}" for line in (Counter(standing) - Counter(typed)).elements()]
    for page in pages:
        days = [line.day for line in page]
        wrong += [f"days out of order: {later} above {earlier}" for later, earlier in pairwise(days) if later < earlier]
    twice = Counter(day for page in pages for day in {line.day for line in page})
    wrong += [f"on {times} pages: {day}" for day, times in twice.items() if times > 1]
    by_day = sorted(standing, key=lambda line: line.day, reverse=True)  # each day's own order is kept
    if not wrong and by_day != list(reversed(typed)):
        wrong.append("entries of a day are out of order")
    return wrong


def plain(text: str) -> str:
    """As it is read: one blank, of whatever kind, is like another and like many."""
    return " ".join(text.split())


def _words(element: Any) -> str:
    return plain("".join(element.itertext()))
