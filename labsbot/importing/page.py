"""The text of a log's page and its sections come in; its entries go out, and every other line, with why it is none.

The sections are as the wiki counts them. What stands above the days or belongs to the page, such as its categories, is
no part of the log; everything below a day's heading is an entry, a part of one, or is listed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote

from labsbot.importing.line import LineRead, Strike, begins_entry, read_line, shows_time
from labsbot.model import Section
from labsbot.settings import Order, PageSettings
from labsbot.wikitext import ids_anchored
from labsbot.wikitext.page import Layout, section_end, with_changing
from labsbot.wikitext.spans import SpanKind, spans

NO_DAY = "no heading above it is a day"
NO_TIME = "it has no time"
TO_COME = "its day is still to come"
NO_SUCH_TIME = "there is no such time of day"
NO_ENTRY = "there is no entry to which it belongs"
A_HEADING = "a heading within a day"
HIDDEN = "it is hidden in a comment"
BETWEEN = " · "
"""Joins the lines of one entry."""
LONGEST_HEAD = 500
"""Characters within which the time of an entry stands."""
ONE_DAY = timedelta(days=1)
_BULLET = tuple("*#:;")

# What belongs to the page or only arranges it: categories and other links in the margin, magic words, rules, boxes,
# templates and comments without a word of their own.
_NO_WORDS = re.compile(
    r"\[\[[^\[\]|:#\n]++:[^\[\]\n]++\]\]|\{\{DEFAULTSORT:[^{}\n]*+\}\}|__[A-Z]++__|-{4,}"
    r"|</?(?:noinclude|includeonly|onlyinclude|div|center|blockquote|small|section|br|p|nowiki)\b[^<>\n]*+>"
    r"|\{\{[^{}|\n]*+\}\}|\{\{[^{}|\n]*?\b(?:top|begin|start|cot|hat|bottom|end|cob|hab)[ \t]*+(?:\|[^{}\n]*+)?\}\}"
)
_HEADING = re.compile(r"={1,6}.+={1,6}[ \t]*\Z")
_BULLETS = re.compile(r"[*#:;]*+")
_NEWLINE = re.compile("\n")
_IN_LINES = re.compile(r"[^\n]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class PageEntry:
    """An entry as it stands on a page."""

    day: date
    heading: str
    """Of its day, as an address names it."""
    line: int
    """Where it begins on the page, counted from 1."""
    clock: str
    written: str
    """As of `LineRead`, these two."""
    author: str
    """Empty: nobody knows."""
    message: str
    said: datetime | None
    """The second in which it was said; None: nobody knows."""
    user: str | None = None
    relay: str | None = None
    id: str | None = None
    """Its own, where the bot has written it."""
    strike: Strike | None = None
    text: str = ""
    """As it stands there, of several lines all."""


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line that is no entry that could be understood."""

    line: int
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class PageRead:
    """What a page holds."""

    entries: tuple[PageEntry, ...]
    """In the order in which they were said, as far as the page is in order."""
    unread: tuple[UnreadLine, ...]
    anchored: frozenset[str] = frozenset()
    """All ids of which it has an anchor, but in a comment: in an entry or anywhere else."""


def read_page(
    text: str, sections: Sequence[Section], settings: PageSettings, today: date, until: date | None = None
) -> PageRead:
    """Read a page whole; days without a year are no later than `until`, as far as they can. Default: than `today`."""
    layout = Layout.of(with_changing(sections, -1, text), settings, until or today)
    shown, hidden = _without_comments(text)
    reading = _Reading(text, shown, settings, today)
    done = _begin(layout)
    for start, end, index in _days(layout, len(text)):
        reading.read_outside(done, start)
        reading.read_day(start, end, layout.days[index], layout.sections[index].heading)
        done = end
    reading.read_outside(done, _end(layout, len(text)))
    reading.list_hidden(hidden)
    entries = reading.entries[::-1] if settings.order is Order.NEWEST else reading.entries
    # The days of a page may be out of order; within a day it is the page that knows.
    in_order = sorted(entries, key=lambda entry: entry.day)
    unread = tuple(sorted(reading.unread, key=lambda each: each.line))
    return PageRead(tuple(in_order), unread, frozenset(ids_anchored(shown)))


def _begin(layout: Layout) -> int:
    """Where the log begins."""
    if layout.settings.heading is None:
        return 0
    return -1 if layout.home is None else layout.sections[layout.home].offset or 0


def _end(layout: Layout, length: int) -> int:
    """Where the log ends: below our own heading, with its section."""
    if layout.settings.heading is None:
        return length
    if layout.home is None:
        return -1
    after = section_end(layout.sections, layout.home)
    return (layout.sections[after].offset or 0) if after < len(layout.sections) else length


def _days(layout: Layout, length: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and index of each day, in page order; a day below another one ends it."""
    sections = layout.sections
    for index in sorted(layout.days):
        after = section_end(sections, index)
        inner = (other for other in range(index + 1, after) if other in layout.days or other in layout.months)
        end = next(inner, after)
        yield sections[index].offset or 0, (sections[end].offset or 0) if end < len(sections) else length, index


def _without_comments(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with blanks for its comments, and where those are; one that is never closed is only text."""
    comments = [
        (span.start, span.end) for span in spans(text) if span.kind is SpanKind.COMMENT and span.end <= len(text)
    ]
    parts, done = [], 0
    for start, end in comments:
        if start >= done:
            parts += [text[done:start], _IN_LINES.sub(" ", text[start:end])]
            done = end
    return "".join([*parts, text[done:]]), comments


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line, or several that something holds together."""

    line: int
    text: str
    behind_blank: bool
    """There is an empty line, or nothing, above it."""


class _Reading:
    """What was read of one page so far."""

    def __init__(self, text: str, shown: str, settings: PageSettings, today: date) -> None:
        self._text = text
        self._shown = shown
        self._settings = settings
        self._last_day = today + ONE_DAY  # somewhere it is tomorrow already
        self._newlines = [found.start() for found in _NEWLINE.finditer(text)]
        self._held = _held_together(shown)
        self._held_starts = [start for start, _ in self._held]
        self.entries: list[PageEntry] = []
        self.unread: list[UnreadLine] = []

    def read_outside(self, start: int, end: int) -> None:
        """What is no day's: only what looks like an entry is missed."""
        for piece in self._pieces(start, end):
            if shows_time(piece.text):
                self._list(piece, NO_DAY)

    def read_day(self, start: int, end: int, day: date, heading: str) -> None:
        """All below the heading of a day."""
        own: list[tuple[_Piece, list[str]]] = []
        bullets = ""
        for number, piece in enumerate(self._pieces(start, end)):
            its_bullets = _BULLETS.match(piece.text)
            assert its_bullets is not None
            if number == 0 and piece.text.startswith("="):
                continue
            if begins_entry(piece.text):
                bullets = its_bullets[0]
                own.append((piece, [piece.text]))
            elif not _NO_WORDS.sub("", piece.text).strip():
                continue
            elif _HEADING.match(piece.text):
                self._list(piece, A_HEADING)
            elif own and self._goes_on(piece, its_bullets[0], bullets):
                own[-1][1].append(piece.text[its_bullets.end() :].strip())
            else:
                self._list(piece, _why_no_entry(piece.text, bool(its_bullets[0])))
        for piece, lines in own:
            first = read_line(lines[0], self._settings)
            if first is None:
                self._list(piece, NO_TIME)
            elif day > self._last_day:
                self._list(piece, TO_COME)
            else:
                self.entries.append(_entry(first, lines, self._settings, day, heading, piece.line))

    def list_hidden(self, comments: Sequence[tuple[int, int]]) -> None:
        """What looks like an entry and is in a comment."""
        for start, end in comments:
            first = bisect_right(self._newlines, start - 1)
            begins = [newline + 1 for newline in self._newlines[first : bisect_right(self._newlines, end - 1)]]
            at_line_start = start == 0 or self._text[start - 1] == "\n"
            for begin in [start, *begins] if at_line_start else begins:
                text = self._text[begin : self._newline(begin)]
                if shows_time(text.removeprefix("<!--").strip()):
                    self.unread.append(UnreadLine(self._line(begin), HIDDEN, text))

    @staticmethod
    def _goes_on(piece: _Piece, bullets: str, above: str) -> bool:
        """Whether a line belongs to the entry above: it is farther in, or stands below it without a bullet."""
        return len(bullets) > len(above) if bullets else not piece.behind_blank

    def _list(self, piece: _Piece, why: str) -> None:
        self.unread.append(UnreadLine(piece.line, why, piece.text))

    def _pieces(self, start: int, end: int) -> Iterator[_Piece]:
        behind_blank = True
        while 0 <= start < end:
            stop = self._end_of_line(start, end)
            text = self._shown[start:stop].strip()
            if text:
                yield _Piece(self._line(start), text, behind_blank)
            behind_blank = not text
            start = stop + 1

    def _end_of_line(self, start: int, end: int) -> int:
        """Where a line ends, or what begins in it and goes on in others."""
        stop = self._newline(start)
        while stop < end:
            number = bisect_right(self._held_starts, stop) - 1
            if number < 0 or self._held[number][0] < start or self._held[number][1] <= stop:
                break
            stop = self._newline(self._held[number][1] - 1)
        return min(stop, end)

    def _newline(self, offset: int) -> int:
        number = bisect_right(self._newlines, offset - 1)
        return self._newlines[number] if number < len(self._newlines) else len(self._text)

    def _line(self, offset: int) -> int:
        return bisect_right(self._newlines, offset - 1) + 1


def _why_no_entry(text: str, has_bullet: bool) -> str:
    if shows_time(text):
        return NO_SUCH_TIME
    return NO_TIME if has_bullet else NO_ENTRY


def _held_together(text: str) -> list[tuple[int, int]]:
    """Begin and end of what goes on over several lines, in order, none within another.

    What holds entries of its own is none: there somebody has forgotten to close a brace, or has put a box around them.
    """
    lines = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]
    own = [
        line for line in lines if text[line : line + 1] in _BULLET and begins_entry(text[line : line + LONGEST_HEAD])
    ]
    found: list[tuple[int, int]] = []
    for span in spans(text):
        if span.end > len(text) or (found and span.start < found[-1][1]):
            continue
        is_one_line = bisect_right(lines, span.start) == bisect_right(lines, span.end - 1)
        if not is_one_line and bisect_right(own, span.start) == bisect_right(own, span.end - 1):
            found.append((span.start, span.end))
    return found


def _entry(
    first: LineRead, lines: Sequence[str], settings: PageSettings, day: date, heading: str, line: int
) -> PageEntry:
    whole = first
    if len(lines) > 1:
        joined = read_line(BETWEEN.join([lines[0].rstrip(), *filter(None, lines[1:])]), settings)
        whole = joined if joined is not None else first
    clock = time.fromisoformat(whole.clock)
    written = datetime.combine(day, clock.replace(second=whole.second or 0), settings.time_zone).astimezone(UTC)
    said = whole.said
    if said is not None and abs(said - written) > ONE_DAY:
        said = None  # anybody can write an id; a day apart are the time zones that a log may have had
    if said is None and whole.second is not None:
        said = written
    return PageEntry(
        day,
        quote(_SPACES.sub("_", heading.strip()), safe="-_.:()!*,/"),
        line,
        whole.clock,
        whole.written,
        whole.author,
        whole.message,
        said,
        whole.user,
        whole.relay,
        whole.id,
        whole.strike,
        "\n".join(lines),
    )


def with_known(entry: PageEntry, said: datetime, author: str) -> PageEntry:
    """The entry with what else is known of it: its second, and who it was where the line does not say."""
    return replace(entry, said=said, author=entry.author or author)
