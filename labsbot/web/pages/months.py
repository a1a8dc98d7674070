"""A month as a calendar: how many entries each day has comes in, weeks of days go out. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    number: int
    """Entries of that day."""
    shade: int
    """From 0, none, to 4, as many as the fullest day."""


def weeks(month: date, counts: Mapping[date, int]) -> list[list[CalendarDay | None]]:
    """From Monday on; None: a day of another month."""
    most = max([*counts.values(), 1])
    return [
        [_day(month.replace(day=each), counts, most) if each else None for each in week]
        for week in calendar.monthcalendar(month.year, month.month)
    ]


def last_of(month: date) -> date:
    """Its last day."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _day(day: date, counts: Mapping[date, int], most: int) -> CalendarDay:
    number = counts.get(day, 0)
    return CalendarDay(day, number, -(-number * 4 // most))
