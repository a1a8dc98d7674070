"""A month and a year as a calendar: how many entries each day has comes in, weeks of days go out. Pure."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

COUNTED = 500
"""Entries of a day that are counted at most: what is more is no more than said to be."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many entries there are."""

    number: int
    is_more: bool = False
    """There may be more than that."""

    @property
    def short(self) -> str:
        return f"{self.number:,}{'+' if self.is_more else ''}"

    @property
    def words(self) -> str:
        return f"{self.number:,} {'entry' if self.number == 1 else 'entries'}{' or more' if self.is_more else ''}"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    amount: Amount
    """Entries of that day."""
    shade: int
    """From 0, none, to 4, as many as the fullest day; 2 is up to a quarter of it, so that one very full day does not
    make all others alike."""


Weeks = list[list[CalendarDay | None]]
"""From Monday on; None: a day of another month."""


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month of a year."""

    first: date
    weeks: Weeks
    amount: Amount
    days: int
    """Those with entries."""
    fullest: CalendarDay | None
    """None: nothing was logged."""

    @property
    def name(self) -> str:
        return self.first.isoformat()[:7]


def weeks(month: date, counts: Mapping[date, int]) -> Weeks:
    """The counts may be those of more than this month, and the fullest day is that of all."""
    most = max([*counts.values(), 1])
    return [
        [_day(month.replace(day=each), counts, most) if each else None for each in week]
        for week in calendar.monthcalendar(month.year, month.month)
    ]


def year(counts: Mapping[date, int], first: date) -> list[CalendarMonth]:
    """All months of the year that begins with this day."""
    return [_month(first.replace(month=each), counts) for each in range(1, 13)]


def last_of(month: date) -> date:
    """Its last day."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def last_of_year(day: date) -> date:
    return day.replace(month=12, day=31)


def amount(counts: Mapping[date, int]) -> Amount:
    """How many entries all these days have."""
    return Amount(sum(counts.values()), any(each >= COUNTED for each in counts.values()))


def _month(first: date, counts: Mapping[date, int]) -> CalendarMonth:
    own = {day: number for day, number in counts.items() if (day.year, day.month) == (first.year, first.month)}
    its_weeks = weeks(first, counts)
    days = [each for week in its_weeks for each in week if each and each.amount.number]
    fullest = max(days, key=lambda each: each.amount.number, default=None)
    return CalendarMonth(first, its_weeks, amount(own), len(own), fullest)


def _day(day: date, counts: Mapping[date, int], most: int) -> CalendarDay:
    number = counts.get(day, 0)
    return CalendarDay(day, Amount(number, number >= COUNTED), math.ceil(4 * math.sqrt(number / most)))
