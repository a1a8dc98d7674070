"""Days that move come in with the page of their archive; its new text goes out. And the log's page with its archives.

An archive holds days and says of which page. A page that neither says so nor holds days alone is somebody's, and no
archive. Which days move is said in `archive`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from labsbot.model import Section
from labsbot.settings import Order, PageSettings
from labsbot.wikitext.archive import DayBlock, all_blocks, joined
from labsbot.wikitext.lines import add_at_end
from labsbot.wikitext.page import heading_seen, section_at
from labsbot.wikitext.standing import ids_anchored

LIST = '<span id="sal-archives">Archives:</span>'
"""What the list of archives begins with, wherever people put it."""
_LIST = re.compile(r"<[a-z]+ [^<>]*\bid=[\"']?sal-archives\b[^<>]*>[^<>\n]*(?:</[a-z]+>)?")


@dataclass(frozen=True, slots=True)
class SectionText:
    """The text that one section of a page gets."""

    section: int
    before: str
    """What stands there."""
    text: str


def archive_settings(settings: PageSettings) -> PageSettings:
    """Return how days stand in an archive, which is a page of its own wherever the log is."""
    return replace(settings, heading=None)


def is_archive(text: str, sections: Sequence[Section], settings: PageSettings, log_page: str, today: date) -> bool:
    """Say whether a page is an archive of a log: it says so above its first heading, or holds nothing but days."""
    begin = min((section.offset for section in sections if section.offset is not None), default=len(text))
    if any(heading_seen(link) == heading_seen(log_page) for link in _links_seen(text[:begin])):
        return True
    days = all_blocks(text, sections, archive_settings(settings), today)
    starts = [block.start for block in days]

    def is_of_a_day(offset: int) -> bool:
        before = bisect_right(starts, offset)
        return before > 0 and offset < starts[before - 1] + len(days[before - 1].section_text)

    return bool(days) and all(is_of_a_day(section.offset or 0) for section in sections)


def _links_seen(text: str) -> list[str]:
    """Where the links lead that a reader sees."""
    return re.findall(r"\[\[:?([^\[\]|]+)", _UNSEEN_LINKS.sub("", text))


_UNSEEN_LINKS = re.compile(r"<!--.*?(?:-->|\Z)|<(nowiki|pre)\b[^<>]*+>.*?(?:</\1\s*+>|\Z)", re.DOTALL | re.IGNORECASE)


def new_archive(settings: PageSettings, log_page: str, blocks: Sequence[DayBlock]) -> str:
    """Return the text of an archive that does not exist yet."""
    categories = "\n".join(f"[[Category:{name}]]" for name in settings.category)
    return "\n\n".join(filter(None, (f"Archive of [[:{log_page}]].", categories, joined(blocks))))


def side_by_side(
    text: str, sections: Sequence[Section], settings: PageSettings, blocks: Sequence[DayBlock], today: date
) -> Sequence[DayBlock]:
    """Return those of these blocks, in page order, that go to one place among the days of an archive, from the page's
    oldest end on: between the others and them a day stands there already."""
    days = all_blocks(text, sections, archive_settings(settings), today)
    places = [_place(days, settings, block, block) for block in blocks]
    if settings.order is Order.NEWEST:
        apart = next((number for number in range(len(places), 0, -1) if places[number - 1] != places[-1]), 0)
        return blocks[apart:]
    return blocks[: next((number for number, place in enumerate(places) if place != places[0]), len(places))]


def _place(days: Sequence[DayBlock], settings: PageSettings, top: DayBlock, bottom: DayBlock) -> int:
    """Before which of the days of an archive blocks go, of which these are the ends."""
    if settings.order is Order.NEWEST:
        return next((number for number, each in enumerate(days) if each.last <= top.last), len(days))
    return next((number for number, each in enumerate(days) if each.first > bottom.first), len(days))


def with_blocks(
    text: str, sections: Sequence[Section], settings: PageSettings, blocks: Sequence[DayBlock], today: date
) -> SectionText | None:
    """Return the one section that changes when blocks are put among the days of an archive; nothing else does.

    None: beside those days they would become a part of one, or one a part of them.
    """
    days = all_blocks(text, sections, archive_settings(settings), today)
    number = _place(days, settings, blocks[0], blocks[-1])
    upper, lower = days[:number][-1:], days[number:][:1]
    in_order = [*upper, blocks[0], blocks[-1], *lower]
    if any(below.level > above.level for above, below in pairwise(in_order)):
        return None
    moved = joined(blocks)
    if lower and not upper and lower[0].section == min(section.number for section in sections):
        before = text[: lower[0].start]
        return SectionText(0, before, f"{before.rstrip()}\n\n{moved}" if before.strip() else moved)
    if lower:
        before = lower[0].section_text
        return SectionText(lower[0].section, before, f"{moved}\n\n{before}")
    if upper:
        before = upper[0].section_text
        return SectionText(upper[0].section, before, add_at_end(before, moved, day=True)[0])
    last = max(sections, key=lambda section: section.offset or 0, default=None)
    before = text[(last.offset or 0) if last else 0 :]
    return SectionText(last.number if last else 0, before, add_at_end(before, moved, day=False)[0])


def stands_already(text: str, blocks: Iterable[str]) -> bool:
    """Say whether something of these blocks stands on a page."""
    texts = [block.strip() for block in blocks]
    ids = set[str]().union(*map(ids_anchored, texts))
    return not ids.isdisjoint(ids_anchored(text)) or any(block in text for block in texts)


def with_list(
    text: str, sections: Sequence[Section], settings: PageSettings, log_page: str, archives: Sequence[str], today: date
) -> SectionText | None:
    """Return the section of a log's page that changes for all its archives to be linked there; None: they are.

    `archives`: the newest first. Where people have put the list, it stays; where there is none, it is put above the
    days.
    """
    linked = {heading_seen(link) for link in _links_seen(text)}
    missing = [title for title in archives if heading_seen(title) not in linked]
    if not missing:
        return None
    links = " · ".join(f"[[:{title}|{title.removeprefix(f'{log_page}/')}]]" for title in missing)
    if found := _LIST.search(text):
        section = section_at(sections, found.start())
        begin = (section.offset or 0) if section else 0
        number = section.number if section else 0
        before = _section_from(text, sections, begin, section)
        place = found.end() - begin
        more = " ·" if before[place:].partition("\n")[0].strip() else ""
        return SectionText(number, before, f"{before[:place]} {links}{more}{before[place:]}")
    days = all_blocks(text, sections, settings, today)
    if days:
        return _above(text, sections, days[0], f"{LIST} {links}")
    home = None
    if settings.heading is not None:
        wanted = heading_seen(settings.heading)
        home = next((section for section in sections if heading_seen(section.heading) == wanted), None)
    begin = (home.offset or 0) if home else 0
    before = _section_from(text, sections, begin, home)
    return SectionText(home.number if home else 0, before, add_at_end(before, f"{LIST} {links}", day=False)[0])


def _above(text: str, sections: Sequence[Section], day: DayBlock, line: str) -> SectionText:
    """The section that changes when a line is put above a day: the one that ends there, for a day may be large."""
    before_it = [each for each in sections if each.offset is not None and each.offset < day.start]
    above = max(before_it, key=lambda each: each.offset or 0, default=None)
    if above is not None and above.level < day.level:
        return SectionText(day.section, day.section_text, f"{line}\n\n{day.section_text}")
    before = text[(above.offset or 0) if above else 0 : day.start]
    return SectionText(above.number if above else 0, before, f"{before.rstrip()}\n\n{line}" if before.strip() else line)


def _section_from(text: str, sections: Sequence[Section], begin: int, section: Section | None) -> str:
    """The text of a section that begins there; None: what is above the first heading."""
    level, behind = (section.level, begin) if section else (6, -1)
    ends = [each.offset for each in sections if each.offset is not None and each.level <= level]
    return text[begin : min((end for end in ends if end > behind), default=len(text))]
