"""The text of a page or section comes in; the ids of the entries that stand in it go out, or those it has an anchor of.

So do the ids of what was changed about entries; each has an anchor of its own, in the entry's line.

An entry *stands* where a reader sees it: its own anchor is in an item of a list, and in nothing that is not shown or
that people have made of it. An anchor anywhere else, in a comment or a cell of a table, says nothing sure: somebody
may have moved the line there, or may want us to believe that it was logged. See the decision "What stands on a page".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from labsbot.settings import PageSettings
from labsbot.wikitext.entry import ANCHOR, CHANGE_ANCHOR, ITEM, rewritten
from labsbot.wikitext.spans import SHOWN_HERE, Span, SpanKind, spans

_ANCHOR = re.compile(f"{ANCHOR}|{CHANGE_ANCHOR}")
_ELEMENT = re.compile(r"<[A-Za-z][^<>]*+>")
_NAME = re.compile(r"\{\{\s*+(?:(?:safe)?subst:\s*+)?(?P<name>[^{}|\[\]<>\n]*+)", re.IGNORECASE)
# What may show nothing: comments, tags, entities such as &nbsp;, switches, templates, links to categories and the like.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<[^<>]*+>|&#?\w++;|__[^\W_]++__|\{\{[^{}]*+\}\}|\[\[[^\[\]|:#]++:[^\[\]]*+\]\]", re.DOTALL
)
_SAMPLE = "sal-20000101000000-0"


@dataclass(frozen=True, slots=True)
class Stands:
    """An id that stands in a text, and the line in which it does."""

    id: str
    start: int
    end: int
    """Where the line ends, before its newline."""


def ids_anchored(text: str) -> set[str]:
    """Return the ids of which a text has an anchor, wherever it is; ids that are only mentioned do not count."""
    return {_id(anchor) for anchor in _ANCHOR.finditer(text)}


def ids_standing(text: str, settings: PageSettings) -> set[str]:
    """Return the ids of all entries that stand in a text, written as they are configured or in a span of their own.

    And the ids of what was changed about them, each in a span of its own.
    """
    return {found.id for found in standing(text, settings)}


def line_of(text: str, settings: PageSettings, wanted: str) -> str | None:
    """Return the line in which an id stands first; None: it does not.

    In a revision of ours, the id of what we wrote then, an entry's or a change's, is in one line: in ours.
    """
    if wanted not in text:
        return None
    return next((text[found.start : found.end] for found in standing(text, settings) if found.id == wanted), None)


def standing(text: str, settings: PageSettings) -> Iterator[Stands]:
    """Find all that stands in a text, from its beginning on; an id that was copied, as often as it is there."""
    own = _templates_of_an_entry(settings.entry)
    anything = rewritten(settings)  # then the wiki knows what became of the template
    for found, templates in _shown_in_items(text) if own is not None else _anchored(text):
        if not templates or (found.id.startswith("sal-") and (templates == own or (anything and len(templates) == 1))):
            yield found


@lru_cache(maxsize=64)
def _templates_of_an_entry(entry: str) -> tuple[str, ...] | None:
    """The names of the templates around the anchor of an entry as it is configured; None: it does not stand."""
    line = ITEM + entry.replace("{id}", _SAMPLE).replace("{message}", "x")
    return next((templates for found, templates in _shown_in_items(line) if found.id == _SAMPLE), None)


def _anchored(text: str) -> Iterator[tuple[Stands, tuple[str, ...]]]:
    """Each anchor: entries are written so that a reader sees none, and nothing can be told from where it is."""
    lines = _Lines(text)
    for anchor in _ANCHOR.finditer(text):
        yield Stands(_id(anchor), *lines.around(anchor.end())), ()


def _shown_in_items(text: str) -> Iterator[tuple[Stands, tuple[str, ...]]]:
    """Each anchor that a reader sees in an item of a list, with the names of the templates around it (at most two)."""
    anchors = list(_ANCHOR.finditer(text))
    if not anchors:
        return
    lines = _Lines(text)
    around = _Around(text)
    elements = [(element.start(), element.end()) for element in _ELEMENT.finditer(text)]
    element = 0
    for anchor in anchors:
        place = anchor.end() - len(_id(anchor))
        templates = around.templates(place)
        if templates is None or not lines.is_item(place):
            continue
        while element < len(elements) and elements[element][1] <= place:
            element += 1
        in_element = element < len(elements) and elements[element][0] < place
        # An element is nothing to see; what a template makes of an id only the wiki knows.
        named = text[anchor.start() - 1 : anchor.start()].isspace()  # an attribute of its own, not data-id
        if templates or (in_element and named and lines.shows_something(place)):
            yield Stands(_id(anchor), *lines.around(place)), templates


def _id(anchor: re.Match[str]) -> str:
    return anchor["id"] or anchor["change"]


class _Around:
    """What is around a place; asked from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        found = [span for span in spans(text) if span.name not in SHOWN_HERE]
        self._starts = iter([(span.start, span) for span in found])
        self._next = next(self._starts, None)
        self._sheltered_until = 0
        self._templates: list[Span] = []

    def templates(self, place: int) -> tuple[str, ...] | None:
        """The names of the templates around a place, at most two; None: it is in something else, too."""
        while self._next is not None and self._next[0] <= place:
            span = self._next[1]
            if span.kind is SpanKind.TEMPLATE:
                while self._templates and self._templates[-1].end <= span.start:
                    self._templates.pop()
                self._templates.append(span)
            else:
                self._sheltered_until = max(self._sheltered_until, span.end)
            self._next = next(self._starts, None)
        while self._templates and self._templates[-1].end <= place:
            self._templates.pop()
        if place < self._sheltered_until:
            return None
        return tuple(self._name(span) for span in self._templates[-2:])

    def _name(self, template: Span) -> str:
        name = _NAME.match(self._text, template.start)
        spelt = " ".join((name["name"] if name else "").replace("_", " ").split())
        return spelt[:1].upper() + spelt[1:]


class _Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(newline.end() for newline in re.finditer("\n", text))]
        self._shown: dict[int, bool] = {}

    def around(self, place: int) -> tuple[int, int]:
        """Where the line of a place begins and ends."""
        line = self._line(place)
        return self._starts[line], self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self._text)

    def is_item(self, place: int) -> bool:
        return self._text[self._starts[self._line(place)]] in "*#:;"

    def shows_something(self, place: int) -> bool:
        """Whether a letter or digit is on the line of a place, beside what may show nothing."""
        line = self._line(place)
        if line not in self._shown:
            start, end = self.around(place)
            self._shown[line] = re.search(r"\w", _MARKUP.sub("", self._text[start:end])) is not None
        return self._shown[line]

    def _line(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1
