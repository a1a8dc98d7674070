"""The text of a log's page and its sections come in; which whole days move to an archive, and what is left, goes out.

The sections are as the wiki counts them. Days move as they stand, to the byte; what stands between them, and what at a
day's bottom belongs to the page, stays. A day is kept, with the reason, where it cannot be told what belongs to it or
which day it is: nothing is guessed. Where days go on the archive's page is said in `archive_page`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from labsbot.model import Section
from labsbot.settings import ArchivedBy, Order, PageSettings
from labsbot.wikitext.days import says_year
from labsbot.wikitext.entry import ANCHOR
from labsbot.wikitext.lines import boxes, content_end
from labsbot.wikitext.page import Layout, heading_seen, section_end, with_changing
from labsbot.wikitext.spans import SpanKind, spans

NO_YEAR = "its heading does not say the year"
TORN = "something begins or ends in it that does not end or begin there: a box, a table, a comment"
MIXED = "days that go to different archives stand below its heading"
ELSEWHERE = "its heading is not all in one line"

_ID = re.compile(ANCHOR)
_HEADING_LINE = re.compile(r"(={1,6})(.+?)(={1,6})[ \t]*(?:<!--.*)?$", re.MULTILINE)
_ELEMENT = re.compile(r"<(?P<end>/?)(?P<name>div|center|blockquote|table|ul|ol|dl)\b[^<>]*+(?<!/)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DayBlock:
    """What moves as a whole: a day's section with all that is in it, or a month's with all its days."""

    heading: str
    """As a reader sees it."""
    first: date
    last: date
    section: int
    level: int
    start: int
    text: str
    """As it stands, up to what belongs to the page; with the blank lines behind it, where nothing does."""
    stays: str
    """What at the bottom of its section belongs to the page."""

    @property
    def end(self) -> int:
        """Where its text ends on the page."""
        return self.start + len(self.text)

    @property
    def section_text(self) -> str:
        """All of its section."""
        return self.text + self.stays


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """What would move, and cannot."""

    heading: str
    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True)
class ArchivePortion:
    """What moves to one archive by one edit there."""

    day: date
    """A day that names the archive."""
    blocks: tuple[DayBlock, ...]
    """In page order."""


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    portions: tuple[ArchivePortion, ...]
    """The oldest first: none is moved before those above it are."""
    kept: tuple[KeptBlock, ...]
    until: date
    """What is earlier moves."""


def plan_archive(
    text: str,
    sections: Sequence[Section],
    settings: PageSettings,
    today: date,
    largest: int,
    *,
    until: date | None = None,
) -> ArchivePlan:
    """Say what moves: years (quarters, months) that are over, and if the page is too large without them, months.

    A portion is at most `largest` bytes, or one block.
    `until`: what was decided before the first portion went, whatever the page's size is by now.
    """
    wanted = settings.archive
    size = len(text.encode())
    if wanted.by is ArchivedBy.NEVER or (size <= wanted.over and until is None):
        return ArchivePlan((), (), date.min)
    blocks, kept = blocks_of(text, sections, settings, today)
    month = _period(today, ArchivedBy.MONTH)
    until = max(_period(today, wanted.by), until or date.min)
    moving = [block for block in blocks if block.last < until]
    size -= sum(len(block.text.encode()) for block in moving)
    for each in sorted({_period(block.last, ArchivedBy.MONTH) for block in blocks if block.last >= until}):
        if size <= wanted.over or each >= month:
            break
        more = [block for block in blocks if _period(block.last, ArchivedBy.MONTH) == each]
        size -= sum(len(block.text.encode()) for block in more)
        moving += more
        until = max(until, _period(each + timedelta(days=31), ArchivedBy.MONTH))
    mixed = [block for block in moving if _name(block.first, settings) != _name(block.last, settings)]
    kept += [KeptBlock(block.heading, block.first, block.last, MIXED) for block in mixed]
    moved = [block for block in moving if block not in mixed]
    return ArchivePlan(
        tuple(_portions(moved, settings, largest)),
        tuple(each for each in sorted(kept, key=lambda each: each.last) if each.last < until),
        until,
    )


def archive_title(settings: PageSettings, page: str, day: date, number: int) -> str:
    """Return the title of the archive to which a day of a page goes, the next number when one is full."""
    pattern = settings.archive.title
    title = _named(pattern, page, day).replace("{n}", str(number))
    return title if number == 1 or "{n}" in pattern else f"{title} ({number})"


def blocks_of(
    text: str, sections: Sequence[Section], settings: PageSettings, today: date
) -> tuple[list[DayBlock], list[KeptBlock]]:
    """Find all days of a page, in page order: those that could move, and those that could not."""
    layout = Layout.of(with_changing(sections, -1, text), settings, today)
    found = list(_ranged(text, layout, today))
    torn = _torn([(block.start, block.end, block.start + len(block.section_text)) for block, _ in found], text)
    blocks, kept = [], []
    for number, (block, why) in enumerate(found):
        why = why or (TORN if number in torn or not _balanced(block.text) else None)
        if why is None:
            blocks.append(block)
        else:
            kept.append(KeptBlock(block.heading, block.first, block.last, why))
    return blocks, kept


def all_blocks(text: str, sections: Sequence[Section], settings: PageSettings, today: date) -> list[DayBlock]:
    """Find all days of a page, in page order, whether they could move or not."""
    layout = Layout.of(with_changing(sections, -1, text), settings, today)
    return [block for block, _ in _ranged(text, layout, today)]


def joined(blocks: Sequence[DayBlock]) -> str:
    """Return the blocks as one text, with what stood between them where nothing but blank lines did."""
    parts = [
        block.text if block.end == following.start and block.text.endswith("\n") else block.text.rstrip("\n") + "\n\n"
        for block, following in pairwise(blocks)
    ]
    return "".join([*parts, blocks[-1].text.rstrip()])


def without(text: str, blocks: Iterable[DayBlock]) -> str:
    """Return the page without these blocks."""
    left, done = "", 0
    for block in sorted(blocks, key=lambda block: block.start):
        left = _next_to(left, text[done : block.start])
        done = block.end
    return _next_to(left, text[done:]).rstrip()


def _next_to(above: str, below: str) -> str:
    """Where something was taken out between, one blank line is enough."""
    if not above or above.endswith("\n\n"):
        return above + below.lstrip("\n")
    return above + below


# --- what a day is ------------------------------------------------------------------------------------------------


def _ranged(text: str, layout: Layout, today: date) -> Iterator[tuple[DayBlock, str | None]]:
    """Each block with what keeps it from moving, as far as its heading tells."""
    sections = layout.sections
    done = -1
    for index in sorted({*layout.days, *layout.months}):
        if index < done:
            continue
        done = section_end(sections, index)
        inside = [each for each in range(index, done) if each in layout.days]
        if not inside:
            continue
        section, days = sections[index], [layout.days[each] for each in inside]
        start = section.offset or 0
        end = sections[done].offset if done < len(sections) else None
        whole = text[start:end]
        content = content_end(whole, last=end is None)
        if not whole[content:].strip():
            content = len(whole)
        block = DayBlock(
            section.heading,
            min(days),
            max(days),
            section.number,
            section.level,
            start,
            whole[:content],
            whole[content:],
        )
        line = _HEADING_LINE.match(text, start)
        if line is None or heading_seen(line[2]) != heading_seen(section.heading):
            yield block, ELSEWHERE
        elif all(index in layout.months or _is_certain(each, layout, block) for each in inside):
            yield block, None
        else:
            yield block, NO_YEAR


def _is_certain(index: int, layout: Layout, block: DayBlock) -> bool:
    """Whether the year of a day is said, by its heading or by the entries of ours below it."""
    if says_year(layout.sections[index].heading, layout.settings):
        return True
    said = {found["said"][:8] for found in _ID.finditer(block.text)}
    near = {f"{layout.days[index] + timedelta(days=days):%Y%m%d}" for days in (-1, 0, 1)}
    return bool(said) and said <= near


def _torn(borders: Sequence[tuple[int, ...]], text: str) -> set[int]:
    """Within the borders of which blocks, in page order, something spans one of these."""
    held = sorted([*((span.start, span.end) for span in spans(text)), *boxes(text)])
    torn: set[int] = set()
    reach, each = 0, 0
    for number, each_border in enumerate(borders):
        for border in each_border:
            while each < len(held) and held[each][0] < border:
                reach = max(reach, held[each][1])
                each += 1
            if reach > border:
                torn.add(number)
    return torn


def _balanced(text: str) -> bool:
    """Whether each element that holds blocks, and begins in a text, ends there."""
    if not _ELEMENT.search(text):
        return True
    hidden = [span for span in spans(text) if span.kind in (SpanKind.COMMENT, SpanKind.TAG)]
    depth: dict[str, int] = {}
    for found in _ELEMENT.finditer(text):
        if any(span.start < found.start() < span.end and span.name != found["name"].lower() for span in hidden):
            continue
        name = found["name"].lower()
        depth[name] = depth.get(name, 0) + (-1 if found["end"] else 1)
        if depth[name] < 0:
            return False
    return not any(depth.values())


# --- where days go ------------------------------------------------------------------------------------------------


def _period(day: date, by: ArchivedBy) -> date:
    """The first day of the year, quarter or month of a day."""
    if by is ArchivedBy.MONTH:
        return day.replace(day=1)
    return day.replace(month=(day.month - 1) // 3 * 3 + 1 if by is ArchivedBy.QUARTER else 1, day=1)


def _named(pattern: str, page: str, day: date) -> str:
    fields = {"page": page, "year": f"{day.year}", "quarter": f"{(day.month + 2) // 3}", "month": f"{day.month:02}"}
    return re.sub(r"\{(page|year|quarter|month)\}", lambda field: fields[field[1]], pattern)


def _name(day: date, settings: PageSettings) -> str:
    return _named(settings.archive.title, "", day)


def _portions(blocks: Iterable[DayBlock], settings: PageSettings, largest: int) -> Iterator[ArchivePortion]:
    """In the order in which they move: what stands nearest to the page's oldest end comes first."""
    archives: dict[str, list[DayBlock]] = {}
    newest_first = settings.order is Order.NEWEST
    for block in sorted(blocks, key=lambda block: block.start, reverse=newest_first):
        archives.setdefault(_name(block.last, settings), []).append(block)
    for held in sorted(archives.values(), key=lambda held: min(block.first for block in held)):
        portion: list[DayBlock] = []
        size = 0
        for block in held:
            needed = len(block.text.encode())
            if portion and (size + needed > largest or _nests(portion[-1], block, newest_first)):
                yield _portion(portion, newest_first)
                portion, size = [], 0
            portion.append(block)
            size += needed
        yield _portion(portion, newest_first)


def _nests(one: DayBlock, following: DayBlock, newest_first: bool) -> bool:
    """Whether one of two that are put beside each other would become a part of the other."""
    above, below = (following, one) if newest_first else (one, following)
    return below.level > above.level


def _portion(blocks: Sequence[DayBlock], newest_first: bool) -> ArchivePortion:
    return ArchivePortion(blocks[0].last, tuple(reversed(blocks)) if newest_first else tuple(blocks))
