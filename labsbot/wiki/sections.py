"""The wikitext of a page comes in; its sections come out, or the page with one of them replaced. For the folder wiki.

A real MediaWiki counts its own sections and is asked; this count comes near (the contract suite names the pages where
it does not), and of the categories that a page names only those in its own text are seen. Nothing is read or written.
Whoever can write into the folder decides what it reads: each text is gone through once, in linear time.
"""

from __future__ import annotations

import contextlib
import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from labsbot.model import Refused, Section
from labsbot.wiki import titles

PHP_BLANKS = " \t\n\r\0\x0b"
# Within these nothing is wikitext: MediaWiki's own and those of the extensions that come with it or that many add.
# https://www.mediawiki.org/wiki/Parser_extension_tags
_EXTENSIONS = (
    "categorytree|ce|charinsert|chem|gallery|graph|hiero|imagemap|indicator|inputbox|langconvert|mapframe|maplink|math"
    "|nowiki|poem|pre|quiz|ref|references|rss|score|section|seo|source|syntaxhighlight|tabber|templatedata"
    "|templatestyles|timeline"
)
_SIGN = re.compile(rf"<!--|\{{\{{|\}}\}}|<(?P<tag>{_EXTENSIONS}|includeonly)(?=[\s/>])[^<>]*+>", re.IGNORECASE)
_CLOSING = re.compile(rf"</({_EXTENSIONS}|includeonly)\s*+>", re.IGNORECASE)
_LINE = re.compile(r"^=", re.MULTILINE)
_DEEPEST = 6
_NOT_SHOWN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[^<>]*+>|'{2,}|\{\{[^{}]*+\}\}|\[\[(?:[^\[\]|]*+\|)?|\]\]|\[[^\s\[\]]++ ([^\[\]]*+)\]",
    re.DOTALL,
)
_LINK = re.compile(r"\[\[(?P<title>[^\[\]{}<>|\n]++)(?:\||\]\])")


@dataclass(frozen=True, slots=True)
class SectionSpan:
    """One section and where it stands, in characters; its subsections are within."""

    section: Section
    start: int
    end: int


def tidy(text: str) -> str:
    """The text as MediaWiki keeps it: one kind of newline, none at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip(PHP_BLANKS)


def spans(text: str) -> list[SectionSpan]:
    """Find the sections of a page; the first stands for what is above the first heading."""
    found = list(_headings(text))
    result = [SectionSpan(Section(0, 0, "", 0), 0, found[0][0] if found else len(text))]
    ends = _ends([level for _, level, _ in found])
    for number, (start, level, heading) in enumerate(found, 1):
        end = ends[number - 1]
        section = Section(number, level, heading, start)
        result.append(SectionSpan(section, start, found[end][0] if end < len(found) else len(text)))
    return result


def _ends(levels: list[int]) -> list[int]:
    """For each heading the index of the one that ends its section: the next of the same or a higher rank."""
    ends = [len(levels)] * len(levels)
    nearest = [len(levels)] * (_DEEPEST + 1)
    for index in range(len(levels) - 1, -1, -1):
        ends[index] = min(nearest[: levels[index] + 1])
        nearest[levels[index]] = index
    return ends


def replaced(text: str, span: SectionSpan, new: str) -> str:
    """The page with one section replaced, with the blank line that MediaWiki puts behind it."""
    return tidy(text[: span.start] + (f"{new}\n\n" if new else "") + text[span.end :])


def merged(base: str, current: str, span: SectionSpan, new: str) -> str | None:
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
    inside = _Outermost([span for span in _opaque(text) if span.kind != "{{"])
    for link in _LINK.finditer(text):
        with contextlib.suppress(Refused):
            name = link["title"]
            if not name.lstrip().startswith(":") and titles.spelt(name) == title and not inside.holds(link.start()):
                return True
    return False


# --- what is a heading --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opaque:
    """Something in which no line begins a heading: a comment, a template, a tag of an extension."""

    start: int
    end: int
    kind: str


class _Outermost:
    """Of what lies within each other the outermost; asked whether a place is inside of any."""

    def __init__(self, found: list[_Opaque]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for span in found:
            if not self._ends or span.start >= self._ends[-1]:
                self._starts.append(span.start)
                self._ends.append(span.end)

    def holds(self, place: int) -> bool:
        before = bisect_left(self._starts, place) - 1
        return before >= 0 and place < self._ends[before]

    def line_end(self, text: str, start: int) -> int:
        """The end of the line that begins here, which does not end within any."""
        end = start
        while True:
            end = text.find("\n", end)
            if end < 0:
                return len(text)
            before = bisect_left(self._starts, end) - 1
            if before < 0 or end >= self._ends[before]:
                return end
            end = self._ends[before]


def _headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each heading begins, its level, and what a reader sees of it."""
    opaque = _opaque(text)
    outermost = _Outermost(opaque)
    comments = {span.end: span.start for span in opaque if span.kind == "<!--"}
    done = 0
    for line in _LINE.finditer(text):
        start = line.start()
        if start < done or outermost.holds(start):
            continue
        done = outermost.line_end(text, start)
        if found := _heading(text, start, done, comments):
            yield start, *found


def _heading(text: str, start: int, end: int, comments: dict[int, int]) -> tuple[int, str] | None:
    """The level and words of the heading that a line is; None: it is none. As MediaWiki's preprocessor counts."""
    while end > start and (text[end - 1] in " \t" or end in comments):
        end = comments.get(end, end - 1)
    line = text[start:end]
    before = min(len(line) - len(line.lstrip("=")), _DEEPEST)
    behind = len(line) - len(line.rstrip("="))
    level = min(before, behind)
    if behind == len(line):  # nothing but marks: one or two of them are the words
        level = min((behind - 1) // 2, _DEEPEST)
    return (level, _seen(line[level : len(line) - level])) if level else None


def _seen(title: str) -> str:
    return html.unescape(_NOT_SHOWN.sub(r"\1", title)).strip()


def _opaque(text: str) -> list[_Opaque]:
    """All comments, closed templates and closed tags of extensions, in the order in which they begin."""
    return sorted(_find_opaque(text), key=lambda span: (span.start, -span.end))


def _find_opaque(text: str) -> Iterator[_Opaque]:
    closings: dict[str, list[int]] = {}
    for closing in _CLOSING.finditer(text):
        closings.setdefault(closing[1].lower(), []).extend(closing.span())
    braces: list[int] = []
    place = 0
    while sign := _SIGN.search(text, place):
        place = sign.end()
        if sign[0] == "<!--":
            end = text.find("-->", place)
            place = end + len("-->") if end >= 0 else len(text)
            yield _Opaque(sign.start(), place, "<!--")
        elif sign[0] == "{{":
            braces.append(sign.start())
        elif sign[0] == "}}":
            if braces:
                yield _Opaque(braces.pop(), place, "{{")
        elif not sign[0].endswith("/>"):
            name = sign["tag"].lower()
            ends = closings.get(name, [])
            after = bisect_left(ends, place)
            if after < len(ends):
                place = ends[after + 1]
                yield _Opaque(sign.start(), place, name)
            elif name == "includeonly":  # the one of them that needs no end
                yield _Opaque(sign.start(), len(text), name)
                place = len(text)
