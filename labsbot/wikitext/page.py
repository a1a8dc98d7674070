"""The sections of a page and the text of one of them come in; where entries go, and the new text, goes out.

The sections are as the wiki counts them: nothing here looks for sections in a text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from labsbot.model import Delivery, Section
from labsbot.settings import Order, PageSettings
from labsbot.wikitext.days import days_of, heading_for, month_heading, month_of
from labsbot.wikitext.entry import render, rewritten
from labsbot.wikitext.inert import inert_name
from labsbot.wikitext.lines import add_at_end, add_entries
from labsbot.wikitext.spans import HTML
from labsbot.wikitext.standing import ids_anchored, ids_standing

_DEEPEST = 6
_HEADING_LINE = re.compile(r"(={1,6})(.+?)(={1,6})[ \t]*(?:<!--.*)?$", re.MULTILINE)
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<[^<>]*+>|'{2,}|\[\[(?:[^\[\]|]*+\|)?|\]\]|\[[^\s\[\]]++ |\]|__[A-Z]++__", re.DOTALL
)

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# What the wiki may show otherwise tomorrow, or to somebody else: templates and magic words, tags of extensions, and
# the words of a language variant.
_CHANGES = re.compile(r"\{\{|-\{|<(?P<tag>[A-Za-z][^\s<>/]*+)")
_CONSTANT = frozenset({"includeonly", "noinclude", "nowiki", "onlyinclude", "ref", "section", "translate", "tvar"})


@dataclass(frozen=True, slots=True)
class InsertPoint:
    """The one section of a page that an edit replaces as a whole."""

    section: int
    """Its number; 0: what stands above the first heading."""
    heading: str
    """Its heading as a reader sees it; empty for section 0."""
    day: date | None
    """The log day that it holds; None: it is no day's section."""
    newest: bool
    """No younger day stands on the page."""
    outermost: bool
    """A day younger than all on the page goes beside this section."""
    level: int
    """Of a new day's heading beside or in it."""
    own: int | None
    """Characters of its own part, before its first subsection; None: it has no subsection."""
    below: int | None
    """Level of the heading that follows its own part; None: none does."""
    missing: int | None = None
    """Level of our own heading, which the page lacks and gets below this section; None: nothing is missing."""
    until: date | None = None
    """The last day that goes beside this section: those of the next month have a heading of their own. None: any."""
    month: NewMonth | None = None
    """The heading that the month of these days gets beside this section, which is another month's; None: it has one."""


@dataclass(frozen=True, slots=True)
class NewMonth:
    """The heading of a month that the page does not have yet."""

    heading: str
    level: int
    above: bool
    """Above the other month's section; else below it."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The new wikitext of a section, or of a page."""

    text: str
    kept: tuple[InsertPoint, str] | None
    """The newest day's section as it stands after the save, the base of the next edit; None: read it again."""
    left: tuple[Delivery, ...] = ()
    """Not inserted: their entries stand in the text already."""
    doubtful: tuple[Delivery, ...] = ()
    """Not inserted: the text has an anchor of theirs, but not in an entry. Were they logged? This does not say."""
    uncorrected: tuple[Delivery, ...] = ()
    """Not inserted: their entry stands in the text already, but not what they change about it: see `correct`."""


def together(
    sections: Sequence[Section], settings: PageSettings, days: Iterable[date]
) -> list[tuple[InsertPoint, tuple[date, ...]]]:
    """Say where the entries of some days go, one edit per section of the page; oldest first, by the oldest day of each.

    The newest of them dates headings that have no year.
    """
    wanted = sorted(set(days))
    if not wanted:
        return []
    layout = Layout.of(sections, settings, wanted[-1])
    groups: dict[InsertPoint, list[date]] = {}
    for day in wanted:
        groups.setdefault(layout.place(day), []).append(day)
    return [(spot, tuple(held)) for spot, held in groups.items()]


def takes(spot: InsertPoint, day: date) -> bool:
    """Say whether entries of a day go to this place, as far as the place alone can tell."""
    if spot.day is None or day == spot.day:
        return spot.day is not None
    return spot.newest and spot.outermost and day > spot.day and (spot.until is None or day <= spot.until)


def heading_matches(text: str, spot: InsertPoint) -> bool:
    """Say whether a text that was read is the section that was looked up, by its heading and its first subsection's."""
    if spot.own is not None and (not text.startswith("=", spot.own) or text[spot.own - 1] == "="):
        return False
    if spot.section == 0:
        return True
    if _changes(text, 0):
        return text.startswith("=")
    line = _HEADING_LINE.match(text)
    return line is not None and heading_seen(line[2]) == heading_seen(spot.heading)


def is_dated_by_the_wiki(text: str, spot: InsertPoint) -> bool:
    """Say whether the wiki makes the date in the heading of a section that was read: it may be another tomorrow.

    Then no entry goes there: see `with_changing`.
    """
    is_dated = spot.day is not None or spot.until is not None or spot.month is not None
    return is_dated and spot.section > 0 and _changes(text, 0)


def with_changing(sections: Iterable[Section], number: int, page: str) -> tuple[Section, ...]:
    """Return the sections with a mark at each whose heading the wiki makes: the one of this number, and all in a page
    that was read.
    """
    return tuple(
        replace(section, changes=section.number == number or _changes(page, section.offset))
        if section.offset is not None
        else section
        for section in sections
    )


def _changes(text: str, start: int) -> bool:
    """Whether the heading that begins here is not all words; one that goes on in the next line is none we can read."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    if line.rfind("<!--") > line.rfind("-->"):
        return True
    return any(
        found["tag"] is None or not (HTML.fullmatch(name := found["tag"].lower()) or name in _CONSTANT)
        for found in _CHANGES.finditer(_COMMENT.sub("", line))
    )


def compose(text: str, spot: InsertPoint, settings: PageSettings, deliveries: Iterable[Delivery]) -> Composed:
    """Return the section's new text, with the deliveries of its own day and of the new days beside it.

    Nothing that stands there is changed. What stands there already, or may, is not inserted again.
    """
    wanted, left, doubtful, uncorrected = _sorted_out(deliveries, text, settings)
    held = _by_day(wanted)
    entries = held.pop(spot.day, []) if spot.day else []
    own = text if spot.own is None else text[: spot.own]
    under = text[len(own) :]
    if entries:
        own = add_entries(own, ((delivery, render(settings, delivery)) for delivery in entries), settings.order)
        spot = replace(spot, own=None if spot.own is None else len(own))
    kept = (spot, own + under) if spot.newest and spot.day else None
    if held:
        new, kept = _with_new_days(own, under, spot, settings, held)
    else:
        new = own + under
    return Composed(new, None if rewritten(settings) else kept, left, doubtful, uncorrected)


def create(settings: PageSettings, project: str, deliveries: Iterable[Delivery]) -> Composed:
    """Return the text of a page that does not exist yet."""
    wanted, *_ = _sorted_out(deliveries, "", settings)
    text = settings.new_page.replace("{project}", inert_name(project)).strip()
    parts = [text] if text else []
    level = settings.level
    if settings.heading is not None:
        level = _missing_level(settings)
        stands = next(
            (
                line
                for line in map(_HEADING_LINE.match, text.split("\n"))
                if line and heading_seen(line[2]) == heading_seen(settings.heading)
            ),
            None,
        )
        if stands is None:
            parts.append(_heading(settings.heading, level))
        level = min((len(stands[1]) if stands else level) + 1, _DEEPEST)
    parts += _blocks(_by_day(wanted), settings, level).values()
    categories = "\n".join(f"[[Category:{name}]]" for name in settings.category)
    return Composed("\n\n".join([*parts, categories] if categories else parts), None)


def section_at(sections: Sequence[Section], offset: int) -> Section | None:
    """Return the deepest section that holds what stands at an offset of the page's text; None: no heading is above."""
    above = [section for section in sections if section.offset is not None and section.offset <= offset]
    return max(above, key=lambda section: section.offset or 0, default=None)


# --- where ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    """The sections of a page that can be edited, and which of them hold a day of the log."""

    sections: tuple[Section, ...]
    settings: PageSettings
    home: int | None
    """Index of our own heading; None: there is none, or none is wanted."""
    days: dict[int, date]
    """Day by index, in page order."""
    months: dict[int, date]
    """First day of a month by the index of its heading, in page order; empty where days do not stand below months."""

    @classmethod
    def of(cls, sections: Sequence[Section], settings: PageSettings, today: date) -> Layout:
        # A heading that comes out of a template has no offset: it cannot be edited here.
        editable = tuple(section for section in sections if section.offset is not None)
        home = None
        log = range(len(editable))
        if settings.heading is not None:
            wanted = heading_seen(settings.heading)
            home = next((index for index in log if heading_seen(editable[index].heading) == wanted), None)
            log = range(0) if home is None else range(home + 1, section_end(editable, home))
        headings = ["" if section.changes else section.heading for section in editable]
        # Below a heading of the deepest level no day can stand.
        upper = [index for index in log if editable[index].level < _DEEPEST]
        months = {index: month for index in upper if (month := month_of(headings[index], today))}
        above = _months_above(editable, log, months)
        under = [months.get(above[index]) for index in log]
        days = days_of([headings[index] for index in log], settings, today, under)
        held = {index: day for index, day in zip(log, days, strict=True) if day}
        newest = max(held.values(), default=None)
        if held and all(above[index] < 0 for index, day in held.items() if day == newest):
            months = {}
        return cls(editable, settings, home, held, months)

    def place(self, day: date) -> InsertPoint:
        same = next((index for index, held_day in self.days.items() if held_day == day), None)
        if same is not None:
            return self._beside(same, self._alike(same))
        if self.months:
            return self._in_month(day)
        return self._beside(self._index_for(day, self.days), self.days) if self.days else self._without_days()

    def _index_for(self, day: date, among: Mapping[int, date]) -> int:
        """Among some of the days, the index of the section beside which another day is made."""
        held = list(among.items())
        if self.settings.order is Order.NEWEST:
            return next((index for index, held_day in held if held_day < day), held[-1][0])
        older = [index for index, held_day in held if held_day < day]
        if not older:
            return held[0][0]
        # A following day that is a subsection of the older one ends it.
        inside = [index for index, _ in held if older[-1] < index < section_end(self.sections, older[-1])]
        return inside[0] if inside else older[-1]

    def _beside(self, index: int, among: Mapping[int, date]) -> InsertPoint:
        month = next((month for start, month in self.months.items() if index in self._within(start)), None)
        return replace(
            self._place(index, self.sections[index].level),
            day=self.days[index],
            newest=self.days[index] == max(self.days.values()),
            outermost=index == self._index_for(date.max, among),
            until=_last_of(month) if month else None,
        )

    def _alike(self, index: int) -> Mapping[int, date]:
        """The days below the same month as one of them; without months, all."""
        month = next((start for start in self.months if index in self._within(start)), None)
        return self.days if month is None else self._days_within(month)

    def _within(self, index: int) -> range:
        return range(index + 1, section_end(self.sections, index))

    def _days_within(self, index: int) -> dict[int, date]:
        return {each: self.days[each] for each in self._within(index) if each in self.days}

    def _in_month(self, day: date) -> InsertPoint:
        """Where a day goes that the page does not have, and that stands below the heading of its month."""
        level = max((self.sections[index].level for index in self.days), default=self.settings.level)
        home = next((index for index, month in self.months.items() if month == day.replace(day=1)), None)
        if home is not None:
            among = self._days_within(home)
            if among:
                return self._beside(self._index_for(day, among), among)
            level = max(level, self.sections[home].level + 1)
            newest = all(day >= held for held in self.days.values())
            return replace(self._place(home, level), newest=newest, until=_last_of(day))
        newest_first = self.settings.order is Order.NEWEST
        older = [index for index, month in self.months.items() if month < day]
        if newest_first:
            index, above = (older[0], True) if older else (list(self.months)[-1], False)
        else:
            index, above = (older[-1], False) if older else (next(iter(self.months)), True)
        beside = self.sections[index]
        heading = NewMonth(month_heading(beside.heading, day), beside.level, above)
        return replace(self._place(index, max(level, beside.level + 1)), newest=False, month=heading)

    def _without_days(self) -> InsertPoint:
        if self.settings.heading is None:
            return self._place(None, self.settings.level)
        if self.home is not None:
            return self._place(self.home, min(self.sections[self.home].level + 1, _DEEPEST))
        level = _missing_level(self.settings)
        last = len(self.sections) - 1
        spot = self._place(last if last >= 0 else None, min(level + 1, _DEEPEST))
        return replace(spot, missing=level)

    def _place(self, index: int | None, level: int) -> InsertPoint:
        """The place that is a section as it stands; None: what is above the first heading."""
        following = self.sections[0 if index is None else index + 1 :][:1]
        below = following[0].level if following else None
        if index is None:
            return InsertPoint(0, "", None, True, True, level, None, below)
        section = self.sections[index]
        own = None
        if following and following[0].level > section.level:
            own = (following[0].offset or 0) - (section.offset or 0)
        return InsertPoint(section.number, section.heading, None, True, True, level, own, below)


def section_end(sections: Sequence[Section], index: int) -> int:
    """The index of the section that ends this one: the next of the same or a higher rank."""
    after = range(index + 1, len(sections))
    return next((other for other in after if sections[other].level <= sections[index].level), len(sections))


def _months_above(sections: Sequence[Section], log: Iterable[int], months: Container[int]) -> dict[int, int]:
    """By index, that of the month's heading below which a section stands; negative: there is none."""
    above = {}
    month, level = -1, 0
    for index in log:
        if sections[index].level <= level:
            month, level = -1, 0
        above[index] = month
        if index in months:
            month, level = index, sections[index].level
    return above


def _last_of(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _missing_level(settings: PageSettings) -> int:
    return max(settings.level - 1, 2)


def heading_seen(heading: str) -> str:
    """A heading as it is compared: without markup, case and odd spacing."""
    return " ".join(html.unescape(_MARKUP.sub("", heading)).replace("_", " ").split()).casefold()


# --- what ----------------------------------------------------------------------------------------------------------


def _sorted_out(
    deliveries: Iterable[Delivery], text: str, settings: PageSettings
) -> tuple[list[Delivery], tuple[Delivery, ...], tuple[Delivery, ...], tuple[Delivery, ...]]:
    """Return the deliveries to insert, oldest first and each entry once, with all that was changed about it; those that
    stand in the text already; those of which it has an anchor somewhere else; and those whose entry alone stands.
    """
    wanted: dict[str, Delivery] = {}
    left, doubtful, uncorrected = [], [], []
    in_order = sorted(deliveries, key=lambda delivery: (delivery.entry.said, delivery.number))
    # To look for a few ids is much faster than to find all; only what is found has to be told from a mention.
    anchored = ids_anchored(text) if any(delivery.entry.id in text for delivery in in_order) else set()
    standing = ids_standing(text, settings) if anchored else set()
    for delivery in in_order:
        entry_id = delivery.entry.id
        if not standing.isdisjoint(_since(delivery)):
            left.append(delivery)
        elif entry_id in standing:
            uncorrected.append(delivery)
        elif entry_id in anchored:
            doubtful.append(delivery)
        elif entry_id not in wanted or len(delivery.changes) > len(wanted[entry_id].changes):
            wanted[entry_id] = delivery
    return list(wanted.values()), tuple(left), tuple(doubtful), tuple(uncorrected)


def _since(delivery: Delivery) -> set[str]:
    """The ids of what is done once it is: its own, and those of later changes."""
    if delivery.change is None:
        return {delivery.entry.id}
    return {change.id for change in delivery.changes[delivery.changes.index(delivery.change) :]}


def _by_day(deliveries: Iterable[Delivery]) -> dict[date, list[Delivery]]:
    held: dict[date, list[Delivery]] = {}
    for delivery in deliveries:
        held.setdefault(delivery.log_day, []).append(delivery)
    return held


def _with_new_days(
    own: str, under: str, spot: InsertPoint, settings: PageSettings, held: dict[date, list[Delivery]]
) -> tuple[str, tuple[InsertPoint, str] | None]:
    """Return the section with new days above and below its own, and what of it is kept."""
    if spot.month:
        return _with_new_month(own + under, spot.month, _blocks(held, settings, spot.level)), None
    newest_first = settings.order is Order.NEWEST
    above = {day: entries for day, entries in held.items() if spot.day and (day > spot.day) == newest_first}
    below = {day: entries for day, entries in held.items() if day not in above}
    text, kept = own + under, None
    if below:
        text, kept = _days_below(own, under, spot, settings, _blocks(below, settings, spot.level))
    if above:
        blocks = _blocks(above, settings, spot.level)
        text = "\n\n".join([*blocks.values(), text])
        day, block = next(iter(blocks.items()))
        kept = (_kept_place(spot, settings, day, spot.section, spot.level), block) if newest_first else None
    return text, kept if spot.newest else None


def _with_new_month(text: str, month: NewMonth, blocks: dict[date, str]) -> str:
    block = "\n\n".join([_heading(month.heading, month.level), *blocks.values()])
    return f"{block}\n\n{text}" if month.above else add_at_end(text, block, day=True)[0]


def _days_below(
    own: str, under: str, spot: InsertPoint, settings: PageSettings, blocks: dict[date, str]
) -> tuple[str, tuple[InsertPoint, str] | None]:
    """Put new days below a day's whole section; below the own part of what is no day's section."""
    days = "\n\n".join(blocks.values())
    heading = f"{_heading(settings.heading or '', spot.missing)}\n\n" if spot.missing else ""
    if spot.day:
        text, start = add_at_end(own + under, days, day=True)
    else:
        text, start = add_at_end(own, heading + days, day=False, keep_bottom=spot.below is None)
        start += len(heading)
    kept = None
    newest = max(blocks)
    # A deeper heading below is a part of the section, or would become one of the new day's.
    closed = spot.below is None or spot.below <= spot.level
    if closed and (spot.day is None or newest > spot.day):
        index = list(blocks).index(newest)
        number = spot.section + (1 if heading else 0) + index + 1
        last = index == len(blocks) - 1
        block = text[start + len(days) - len(blocks[newest]) :].rstrip() if last else blocks[newest]
        kept = (_kept_place(spot, settings, newest, number, spot.below if last else spot.level), block)
    if not spot.day and under:
        text = text.rstrip("\n") + "\n\n" + under
    return text, kept


def _kept_place(spot: InsertPoint, settings: PageSettings, day: date, number: int, below: int | None) -> InsertPoint:
    return InsertPoint(number, heading_for(day, settings), day, True, True, spot.level, None, below, until=spot.until)


def _blocks(held: dict[date, list[Delivery]], settings: PageSettings, level: int) -> dict[date, str]:
    """New days with their entries, in the page's order."""
    newest_first = settings.order is Order.NEWEST
    blocks = {}
    for day in sorted(held, reverse=newest_first):
        lines = [render(settings, delivery) for delivery in held[day]]
        blocks[day] = "\n".join(
            [_heading(heading_for(day, settings), level), *(lines[::-1] if newest_first else lines)]
        )
    return blocks


def _heading(heading: str, level: int) -> str:
    return f"{'=' * level} {heading} {'=' * level}"
