"""Small pictures of how much happened, and calendars."""

from __future__ import annotations

from datetime import date, timedelta

from labsbot.web.pages.months import CalendarDay, last_of, weeks
from labsbot.web.pages.pictures import activity

LAST = date(2026, 11, 22)


def test_each_day_is_a_bar_as_high_as_much_happened_and_words_say_how_much() -> None:
    picture = activity({LAST: 4, LAST - timedelta(2): 2, LAST - timedelta(9): 99}, LAST, 3)
    assert "<title>6 entries in 3 days</title>" in picture
    assert '<path d="M0 20h3v-10h-3zM8 20h3v-20h-3z"/>' in picture
    assert "style" not in picture


def test_where_nothing_happened_nothing_is_drawn() -> None:
    assert '<title>0 entries in 3 days</title><path d=""/>' in activity({}, LAST, 3)


def test_a_little_is_seen_beside_much() -> None:
    assert "v-1h" in activity({LAST: 1, LAST - timedelta(1): 1000}, LAST, 2)


def test_a_month_begins_on_its_weekday_and_is_shaded_by_how_full_each_day_is() -> None:
    made = weeks(date(2026, 11, 1), {date(2026, 11, 1): 1, date(2026, 11, 2): 8})
    assert made[0] == [None] * 6 + [CalendarDay(date(2026, 11, 1), 1, 1)]
    assert made[1][0] == CalendarDay(date(2026, 11, 2), 8, 4)
    assert made[1][1] == CalendarDay(date(2026, 11, 3), 0, 0)
    assert len(made) == 6


def test_the_last_day_of_a_month() -> None:
    assert [last_of(date(2024, 2, 1)), last_of(date(9999, 12, 1))] == [date(2024, 2, 29), date(9999, 12, 31)]
