"""Small pictures of how much happened, and calendars."""

from __future__ import annotations

from datetime import date, timedelta

from labsbot.web.pages.months import COUNTED, Amount, CalendarDay, last_of, weeks, year
from labsbot.web.pages.pictures import activity, hours, month

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
    made = weeks(date(2026, 11, 1), {date(2026, 11, 1): 1, date(2026, 11, 2): 16})
    assert made[0] == [None] * 6 + [CalendarDay(date(2026, 11, 1), Amount(1), 1)]
    assert made[1][0] == CalendarDay(date(2026, 11, 2), Amount(16), 4)
    assert made[1][1] == CalendarDay(date(2026, 11, 3), Amount(0), 0)
    assert len(made) == 6


def test_the_last_day_of_a_month() -> None:
    assert [last_of(date(2024, 2, 1)), last_of(date(9999, 12, 1))] == [date(2024, 2, 29), date(9999, 12, 31)]


def test_the_months_of_a_year_are_shaded_by_its_fullest_day() -> None:
    made = year({date(2026, 1, 1): 1, date(2026, 11, 2): COUNTED}, date(2026, 1, 1))
    assert [each.name for each in made][::11] == ["2026-01", "2026-12"]
    assert (made[0].fullest, made[0].days) == (CalendarDay(date(2026, 1, 1), Amount(1), 1), 1)
    assert (made[10].amount, made[10].amount.words) == (Amount(COUNTED, is_more=True), "500 entries or more")
    assert (made[11].fullest, made[11].days) == (None, 0)


def test_each_day_of_a_month_is_a_square_and_leads_somewhere_where_something_happened() -> None:
    picture = month(weeks(date(2026, 11, 1), {LAST: 3}), lambda day: f'/log/a"b/{day}')
    assert picture.count("M") == 30
    assert picture.count("<a ") == 1
    assert (
        '<a href="/log/a&#34;b/2026-11-22" tabindex="-1"><title>2026-11-22, Sunday: 3 entries</title>'
        '<path class="full4" d="M120.5 60.5h17v17h-17z"/></a>'
    ) in picture
    assert "style" not in picture


def test_each_hour_is_a_bar_and_the_busiest_is_said() -> None:
    picture = hours({9: 1, 23: 1200})
    assert "<title>Hours of the day; the most, 23:00–23:59: 1,200 entries</title>" in picture
    assert '<g><title>09:00–09:59: 1 entry</title><path d="M108 60h11v-1h-11z"/></g>' in picture
    assert picture.count("<g>") == 2
