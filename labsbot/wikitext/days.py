"""Headings as readers see them come in; the days they stand for go out, and the heading of a new day.

All styles that Server Admin Logs have had are read. Month names are English whatever the process's locale is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import zip_longest

from labsbot.settings import Order, PageSettings

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

EARLIEST = date(2000, 1, 1)
LATEST = timedelta(days=3660)
"""How far after the day that is being written a day may be. Both bounds are far out: they are to keep typing errors and
jokes (``== 9999-12-31 ==``) from counting as days, not to know better than people when something was done."""
DISORDER = timedelta(days=31)
"""By how much a day may stand on the wrong side of its neighbour, or be younger than today, and be of the same year."""

_MONTH = r"(?P<name>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + r")\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4})"
_WEEKDAY = r"(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _WEEKDAYS) + r")"
_STYLES = tuple(
    re.compile(rf"(?:{_WEEKDAY},?\s+)?{style}(?:,?\s+\(?{_WEEKDAY}\)?)?", re.IGNORECASE)
    for style in (
        rf"{_YEAR}\s*-\s*(?P<month>[0-9]{{1,2}})\s*-\s*(?P<day>[0-9]{{1,2}})",
        rf"{_YEAR},?\s+{_MONTH}\s*{_DAY}",
        rf"{_MONTH}\s*{_DAY}(?:\s*,\s*|\s+){_YEAR}",
        rf"{_DAY}\s*{_MONTH}(?:\s*,\s*|\s+){_YEAR}",
        rf"{_MONTH}\s*{_DAY}",
        rf"{_DAY}\s*{_MONTH}",
    )
)

_MONTH_STYLES = tuple(
    re.compile(style, re.IGNORECASE)
    for style in (rf"{_MONTH},?\s+{_YEAR}", rf"{_YEAR},?\s+{_MONTH}", rf"{_YEAR}\s*-\s*(?P<month>[0-9]{{1,2}})")
)

_NUMBER = r"[0-9]{1,2}"
_DIRECTIVES: dict[str, tuple[str, Callable[[date], str]]] = {
    "Y": (_YEAR, lambda day: f"{day.year:04}"),
    "y": (r"(?P<short>[0-9]{2})", lambda day: f"{day.year % 100:02}"),
    "m": (rf"(?P<month>{_NUMBER})", lambda day: f"{day.month:02}"),
    "-m": (rf"(?P<month>{_NUMBER})", lambda day: str(day.month)),
    "B": (_MONTH, lambda day: _MONTHS[day.month - 1]),
    "b": (_MONTH, lambda day: _MONTHS[day.month - 1][:3]),
    "d": (_DAY, lambda day: f"{day.day:02}"),
    "-d": (_DAY, lambda day: str(day.day)),
    "e": (_DAY, lambda day: str(day.day)),
    "A": (_WEEKDAY, lambda day: _WEEKDAYS[day.weekday()]),
    "a": (_WEEKDAY, lambda day: _WEEKDAYS[day.weekday()][:3]),
    "%": ("%", lambda day: "%"),
}
"""What a configured date may hold: how it is read, how it is written."""
_DIRECTIVE = re.compile(r"%(-?.)")
_LONGEST = 100
"""Characters of a date, besides those that are configured."""


def days_of(
    headings: Sequence[str], settings: PageSettings, today: date, months: Sequence[date | None] = ()
) -> list[date | None]:
    """Return the day of each heading, in page order; None: it is no day's heading.

    Newest first, a heading without a year takes it from the days above it: the latest year in which it is no younger.
    Those above the first day that has a year take it from the days below: the earliest year in which they are no older.
    Where no heading has a year, the top one is no younger than `today`. Oldest first, the same from the bottom up.
    Out of order by up to `DISORDER` is still the same year. Days out of reason (before `EARLIEST`, or `LATEST` after
    `today`, which is the day that is being written or later) are no days. `months` holds the first day of the month
    under whose heading each stands: it knows the year.
    """
    read = [
        _within_reason(_of_month(_read_heading(heading, settings.date), month), today)
        for heading, month in zip_longest(headings, months)
    ]
    days: list[date | None] = [value if isinstance(value, date) else None for value in read]
    places = [place for place, value in enumerate(read) if value is not None]
    if settings.order is Order.OLDEST:
        places.reverse()  # from here on, the youngest day comes first
    first = next((index for index, place in enumerate(places) if days[place]), None)
    anchor = today
    if first is not None:
        anchor = days[places[first]] or today
        for place in reversed(places[:first]):
            days[place] = _in_year(read[place], not_before=_moved(anchor, -DISORDER))
            anchor = max(anchor, days[place] or anchor)
    for place in places[first or 0 :]:
        if day := days[place]:
            anchor = day
        else:
            days[place] = _in_year(read[place], not_after=_moved(anchor, DISORDER))
            anchor = min(anchor, days[place] or anchor)
    return days


def says_year(heading: str, settings: PageSettings) -> bool:
    """Say whether a day's heading names its year, so that it is the same day on another page."""
    return isinstance(_read_heading(heading, settings.date), date)


def month_of(heading: str, today: date) -> date | None:
    """Return the first day of the month that a heading stands for; None: it is none within reason, or has no year."""
    found = _month_in(heading)
    if found is None:
        return None
    parts = found.groupdict()
    first = _day(int(parts["year"]), int(parts.get("month") or 0) or _month(parts["name"]), 1)
    return first if _within_reason(first, today) else None


def month_heading(like: str, day: date) -> str:
    """Return the heading of the month of a day, written as another month's."""
    found = _month_in(like)
    assert found is not None
    parts = found.groupdict()
    new = {"year": f"{day.year:04}"}
    if parts.get("month"):
        new["month"] = f"{day.month:02}" if len(parts["month"]) == 2 else str(day.month)
    else:
        name = _MONTHS[day.month - 1]
        new["name"] = name[:3] if len(parts["name"]) == 3 and parts["name"].lower() != "may" else name
    heading = found.string
    for part in sorted(new, key=found.start, reverse=True):
        heading = heading[: found.start(part)] + new[part] + heading[found.end(part) :]
    return heading


def heading_for(day: date, settings: PageSettings) -> str:
    """Return the heading of a new day, without its equals signs."""
    return _DIRECTIVE.sub(lambda directive: _DIRECTIVES[directive[1]][1](day), settings.date)


def _read_heading(heading: str, date_format: str) -> date | tuple[int, int] | None:
    """A day, or month and day where there is no year, or neither; what is longer than any date is not kept."""
    heading = " ".join(heading.split())
    return _read(heading, date_format) if len(heading) <= _LONGEST + len(date_format) else None


@lru_cache(maxsize=4096)
def _read(heading: str, date_format: str) -> date | tuple[int, int] | None:
    for style in (_style_of(date_format), *_STYLES):
        if match := style.fullmatch(heading):
            found = match.groupdict()
            month = int(found.get("month") or 0) or _month(found["name"])
            day = int(found["day"])
            year = found.get("year") or (f"20{found['short']}" if found.get("short") else None)
            try:
                return date(int(year), month, day) if year else (date(2000, month, day).month, day)
            except ValueError:
                continue
    return None


@lru_cache(maxsize=64)
def _style_of(date_format: str) -> re.Pattern[str]:
    """The pattern that reads what the configured date writes; one that reads nothing where it holds no month or day."""
    pattern = ""
    for part in re.split(r"(%-?.)", " ".join(date_format.split())):
        pattern += _DIRECTIVES[part[1:]][0] if part[:1] == "%" and part[1:] in _DIRECTIVES else re.escape(part)
    try:
        style = re.compile(pattern, re.IGNORECASE)
    except re.error:  # a directive that stands twice
        return re.compile(r"(?!)")
    groups = set(style.groupindex)
    return style if "day" in groups and groups & {"month", "name"} else re.compile(r"(?!)")


def _month_in(heading: str) -> re.Match[str] | None:
    heading = " ".join(heading.split())
    return next((found for style in _MONTH_STYLES if (found := style.fullmatch(heading))), None)


def _of_month(read: date | tuple[int, int] | None, month: date | None) -> date | tuple[int, int] | None:
    return (_day(month.year, *read) or read) if isinstance(read, tuple) and month and read[0] == month.month else read


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month[:3].lower() == name[:3].lower())


def _within_reason(read: date | tuple[int, int] | None, today: date) -> date | tuple[int, int] | None:
    return None if isinstance(read, date) and not EARLIEST <= read <= _moved(today, LATEST) else read


def _moved(day: date, by: timedelta) -> date:
    """The day so much earlier or later; where the calendar ends, its end."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min


def _in_year(
    read: date | tuple[int, int] | None, *, not_after: date | None = None, not_before: date | None = None
) -> date | None:
    """Give month and day the latest year not after a day, or the earliest not before; 29 February only a leap year."""
    if not isinstance(read, tuple):
        return read
    if not_after is not None:
        candidates = (_day(not_after.year - back, *read) for back in range(9))
        return next((day for day in candidates if day and day <= not_after), None)
    assert not_before is not None
    candidates = (_day(not_before.year + on, *read) for on in range(9))
    return next((day for day in candidates if day and day >= not_before), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
