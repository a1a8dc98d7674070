"""A page as a wiki renders it comes in; each list element comes out as a reader sees it, and what it is made of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Line:
    """One list element, or whatever else `Shown` was told to look for."""

    text: str = ""
    elements: list[str] = field(default_factory=list)
    """Each tag in it with its attributes' names: ``a class href``."""
    ids: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """What each link is, by its class, and where it leads."""


class Shown(HTMLParser):
    """The list elements of a page, in order; and what stands outside of them."""

    def __init__(self, page: str, element: str = "li") -> None:
        super().__init__()
        self.element = element
        self.lines: list[Line] = []
        self.outside = Line()
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self.element:
            if self._depth == 0:
                self.lines.append(Line())
            self._depth += 1
        line = self.lines[-1] if self._depth else self.outside
        named = {name: value or "" for name, value in attrs}
        line.elements.append(" ".join([tag, *sorted(named)]))
        if "id" in named:
            line.ids.append(named["id"])
        if tag == "a":
            line.links.append((named.get("class", ""), named.get("href", "")))

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == self.element

    def handle_data(self, data: str) -> None:
        (self.lines[-1] if self._depth else self.outside).text += data

    def handle_comment(self, data: str) -> None:
        (self.lines[-1] if self._depth else self.outside).elements.append("comment")


def plain(text: str) -> str:
    """The text with every kind and number of blanks as one, as HTML shows it."""
    return " ".join(text.split())


def page_of(href: str) -> str:
    """The title to which a link within the wiki leads, as `title_of` leaves it."""
    address = urlsplit(href)
    return title_of(parse_qs(address.query).get("title", [""])[0] or unquote(address.path.removeprefix("/wiki/")))


def title_of(target: str) -> str:
    """What is left of a link's target to compare: neither its namespace, which has other names too, nor its section."""
    return plain(re.sub("[_\u180e]", " ", target.partition("#")[0]).rpartition(":")[2]).casefold()


def address_of(text: str) -> str:
    """An address, or a text that holds some, as `Sanitizer::cleanUrl` leaves it."""
    return "".join(sign for sign in unquote(text) if unicodedata.category(sign) != "Cf" and sign not in _IGNORED)


_IGNORED = "\u034f\u115f\u1160\u180b\u180c\u180d\u3164\ufe0f\uffa0\U000e0100" + "".join(map(chr, range(0xFFF0, 0xFFF9)))


def added(page: dict[str, Any]) -> dict[str, int]:
    """How much of each kind a page has, beside its text."""
    return {kind: len(found) for kind, found in page.items() if kind in ADDED}


ADDED = (
    *("categories", "templates", "images", "langlinks", "properties", "sections", "parsewarnings"),
    *("indicators", "modules", "modulescripts", "modulestyles", "jsconfigvars"),
)
"""What a page can have beside its text; the API calls the last three kinds ``modules|jsconfigvars``."""
