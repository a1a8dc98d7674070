"""The wikitext of a page comes in; its sections come out, or the page with one of them replaced. For the folder wiki.

A real MediaWiki counts its own sections and is asked; this count comes near (the contract suite names the pages where
it does not), and of the categories that a page names only those in its own text are seen. Nothing is read or written.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

import wikitextparser

from labsbot.model import Refused, Section
from labsbot.wiki import titles

PHP_BLANKS = " \t\n\r\0\x0b"
_STRIP_MARKS = re.compile(r"<!--.*?-->|</?nowiki\s*/?>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """One section and where it stands, in characters; its subsections are within."""

    section: Section
    start: int
    end: int


def tidy(text: str) -> str:
    """The text as MediaWiki keeps it: one kind of newline, none at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip(PHP_BLANKS)


def spans(text: str) -> list[Span]:
    """Find the sections of a page; the first stands for what is above the first heading."""
    found = wikitextparser.parse(text).get_sections(include_subsections=False)
    starts = [section.span[0] for section in found]
    levels = [section.level for section in found]
    result = [Span(Section(0, 0, "", 0), 0, starts[1] if len(found) > 1 else len(text))]
    for number in range(1, len(found)):
        followers = (starts[i] for i in range(number + 1, len(found)) if levels[i] <= levels[number])
        section = Section(number, levels[number], _heading(found[number].title), starts[number])
        result.append(Span(section, starts[number], next(followers, len(text))))
    return result


def replaced(text: str, span: Span, new: str) -> str:
    """The page with one section replaced, with the blank line that MediaWiki puts behind it."""
    return tidy(text[: span.start] + (f"{new}\n\n" if new else "") + text[span.end :])


def merged(base: str, current: str, span: Span, new: str) -> str | None:
    """Replace a section of `base` in `current`, which somebody has changed elsewhere; None: the place was changed."""
    top = span.section.number == 0
    old = base[span.start : span.end].rstrip(PHP_BLANKS)
    behind = base[span.end :].partition("\n")[0]
    same = [
        place
        for place in spans(current)
        if (place.section.number == 0) == top
        and current[place.start : place.end].rstrip(PHP_BLANKS) == old
        # Above the first heading there may be nothing, which is the same on every page: what follows must be too.
        and not (top and current[place.end :].partition("\n")[0] != behind)
    ]
    return replaced(current, same[0], new) if len(same) == 1 else None


def in_category(text: str, title: str) -> bool:
    """Whether the page says that it is in the category of this title; templates are not expanded."""
    if "[[" not in text:
        return False
    for link in wikitextparser.parse(text).wikilinks:
        with contextlib.suppress(Refused):
            if not link.title.lstrip().startswith(":") and titles.spelt(link.title) == title:
                return True
    return False


def _heading(title: str) -> str:
    return str(wikitextparser.parse(_STRIP_MARKS.sub("", title)).plain_text()).strip()
