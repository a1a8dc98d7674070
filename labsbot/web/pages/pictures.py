"""How much happened when, as small pictures: counts come in, SVG goes out. Pure.

Each is a part of its page, without any style of its own; what it shows is said in words for those who do not see it, in
the picture, or in a table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from markupsafe import Markup

from labsbot.web.pages.months import Amount, CalendarDay, Weeks

WIDTH, HEIGHT = 4, 20
"""Of a day's bar, with the gap behind it, and of the highest one."""
CELL, GAP = 17, 3
"""Of a day in a calendar: how wide and high it is, and what is between it and the next one."""
HOUR, HIGHEST, FOOT = 12, 60, 16
"""Of an hour's bar, with the gap behind it, of the highest one, and of the hours that stand below."""


def activity(days: Mapping[date, int], last: date, many: int) -> Markup:
    """A bar for each of so many days, the last of which is `last`."""
    counts = [days.get(last - timedelta(days=back), 0) for back in range(many - 1, -1, -1)]
    most = max([*counts, 1])
    bars = "".join(_bar(number, WIDTH, count, most, HEIGHT) for number, count in enumerate(counts) if count)
    title = _TITLE.format(f"{Amount(sum(counts)).words} in {many} days")
    return _SVG.format("activity", many * WIDTH, HEIGHT, _IMAGE, title + _PATH.format(bars))


def month(weeks: Weeks, address: Callable[[date], str]) -> Markup:
    """A square for each day, the fuller the darker; where something was logged it leads to its page.

    It is for those who point at it: nobody leafs through a year with the Tab key. All others have the table.
    """
    days = [(x, y, each) for y, week in enumerate(weeks) for x, each in enumerate(week) if each is not None]
    empty = _PATH.format("".join(_square(x, y) for x, y, each in days if not each.amount.number))
    full = Markup().join(
        _DAY.format(address(each.day), _title_of(each), each.shade, _square(x, y))
        for x, y, each in days
        if each.amount.number
    )
    step = CELL + GAP
    return _SVG.format("days", 7 * step, len(weeks) * step, _HIDDEN, empty + full)


def hours(counts: Mapping[int, int]) -> Markup:
    """A bar for each hour of the day."""
    most = max([*counts.values(), 1])
    bars = Markup().join(
        _HOUR.format(hour_words(hour, counts[hour]), _bar(hour, HOUR, counts[hour], most, HIGHEST))
        for hour in range(24)
        if counts.get(hour)
    )
    foot = Markup().join(_TEXT.format(hour * HOUR, HIGHEST + FOOT - 4, hour) for hour in range(0, 24, 6))
    busiest = max(range(24), key=lambda hour: counts.get(hour, 0))
    title = _TITLE.format(f"Hours of the day; the most, {hour_words(busiest, counts.get(busiest, 0))}")
    return _SVG.format("hours", 24 * HOUR, HIGHEST + FOOT, _IMAGE, title + bars + foot)


def hour_words(hour: int, number: int) -> str:
    return f"{hour:02}:00–{hour:02}:59: {Amount(number).words}"


_SVG = Markup('<svg class="{}" width="{}" height="{}" {}>{}</svg>')
_IMAGE, _HIDDEN = Markup('role="img"'), Markup('aria-hidden="true"')
_TITLE = Markup("<title>{}</title>")
_PATH = Markup('<path d="{}"/>')
_DAY = Markup('<a href="{}" tabindex="-1"><title>{}</title><path class="full{}" d="{}"/></a>')
_HOUR = Markup('<g><title>{}</title><path d="{}"/></g>')
_TEXT = Markup('<text x="{}" y="{}">{}</text>')


def _bar(number: int, width: int, count: int, most: int, highest: int) -> str:
    return f"M{number * width} {highest}h{width - 1}v-{max(round(count / most * highest), 1)}h-{width - 1}z"


def _square(x: int, y: int) -> str:
    # half a pixel from the edge: there lines are sharp
    return f"M{x * (CELL + GAP) + 0.5} {y * (CELL + GAP) + 0.5}h{CELL}v{CELL}h-{CELL}z"


def _title_of(day: CalendarDay) -> str:
    return f"{day.day}, {day.day:%A}: {day.amount.words}"
