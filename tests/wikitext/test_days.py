"""Headings that are days, headings that are none, and the year of those that do not say it."""

from __future__ import annotations

import locale
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.settings import Order, PageSettings
from labsbot.wikitext import days_of, heading_for
from labsbot.wikitext.days import _read
from tests.wikitext.world import day_of

NOVEMBER = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("2026-11-22", NOVEMBER),
        ("  2026-11-22\t", NOVEMBER),
        ("2026 - 11 - 22", NOVEMBER),
        ("2026-1-5", date(2026, 1, 5)),
        ("2015 July 8", date(2015, 7, 8)),
        ("2015  july 08", date(2015, 7, 8)),
        ("22 November 2026", NOVEMBER),
        ("22nd November, 2026", NOVEMBER),
        ("November 22, 2026", NOVEMBER),
        ("Nov 22 2026", NOVEMBER),
        ("Sept 1 2026", None),
        ("Sep. 1 2026", date(2026, 9, 1)),
        ("Sunday, 22 November 2026", NOVEMBER),
        ("2026-11-22 (Sunday)", NOVEMBER),
        ("2024-02-29", date(2024, 2, 29)),
        ("2025-02-29", None),
        ("2026-13-01", None),
        ("2026-11-22 23", None),
        ("2026-11", None),
        ("2025", None),
        ("November 2026", None),
        ("Information", None),
        ("Archive 2015-07", None),
        ("Archive 2015-07-08", None),
        ("2015-07-08 outage", None),
        ("May", None),
        ("Marching 8", None),
        ("٢٠٢٦-١١-٢٢", None),
        ("", None),
        ("0000-01-01", None),
    ],
)
def test_a_heading_with_a_year_is_a_day_or_it_is_not(heading: str, expected: date | None) -> None:
    assert day_of(heading) == expected


def read(headings: str, order: Order = Order.NEWEST, today: date = date(2012, 6, 20), **settings: Any) -> str:
    days = days_of(headings.split(", "), PageSettings(order=order, **settings), today)
    return ", ".join(str(day) for day in days)


def test_without_any_year_the_newest_is_no_younger_than_today_and_the_rest_follows() -> None:
    assert read("June 16, April 10, December 31, 10 April") == "2012-06-16, 2012-04-10, 2011-12-31, 2011-04-10"
    assert read("October 16, Information, April 10") == "2011-10-16, None, 2011-04-10"


def test_oldest_first_it_is_the_other_way_round() -> None:
    assert (
        read("10 April, December 31, April 10, June 16", Order.OLDEST)
        == "2011-04-10, 2011-12-31, 2012-04-10, 2012-06-16"
    )


def test_a_year_on_the_page_decides_for_those_below_and_those_above() -> None:
    assert (
        read("January 2, December 31, 2008-06-01, May 30, June 30, July 8")
        == "2009-01-02, 2008-12-31, 2008-06-01, 2008-05-30, 2008-06-30, 2007-07-08"
    )
    assert (
        read("July 8, May 30, 2008-06-01, December 31, January 2", Order.OLDEST)
        == "2007-07-08, 2008-05-30, 2008-06-01, 2008-12-31, 2009-01-02"
    )


def test_a_day_a_little_out_of_order_is_not_a_year_away() -> None:
    assert read("2012-06-14, June 16, June 13") == "2012-06-14, 2012-06-16, 2012-06-13"
    assert read("June 16, 2012-06-20") == "2012-06-16, 2012-06-20"
    assert read("June 22, June 19") == "2012-06-22, 2012-06-19"


def test_the_29th_of_february_is_in_a_leap_year() -> None:
    assert read("March 1, February 29", today=date(2015, 3, 1)) == "2015-03-01, 2012-02-29"
    assert read("February 29, 2009-01-01") == "2012-02-29, 2009-01-01"
    assert read("February 30") == "None"


@pytest.mark.parametrize(
    ("date_format", "expected"),
    [
        ("%Y-%m-%d", "2026-02-03"),
        ("%-d %B %Y", "3 February 2026"),
        ("%B %e, %Y", "February 3, 2026"),
        ("%d.%m.%Y", "03.02.2026"),
        ("%a %d/%m/%y", "Tue 03/02/26"),
        ("Log of %A, %b %-d %Y (100%%)", "Log of Tuesday, Feb 3 2026 (100%)"),
    ],
)
def test_a_configured_date_is_written_and_read_back(date_format: str, expected: str) -> None:
    assert heading_for(date(2026, 2, 3), PageSettings(date=date_format)) == expected
    assert day_of(expected, date_format) == date(2026, 2, 3)


@given(
    st.dates(date(2001, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d.%m.%Y", "%y%m%d", "%B %-d, %Y", "%Y %B %d"])
)
def test_every_day_is_read_back_as_itself(day: date, date_format: str) -> None:
    assert day_of(heading_for(day, PageSettings(date=date_format)), date_format, day) == day


def test_a_configured_date_goes_before_the_other_styles() -> None:
    assert day_of("2026-11-22", "%Y-%d-%m") == NOVEMBER, "what it cannot mean is read in the ordinary way"
    assert day_of("2026-11-05", "%Y-%d-%m") == date(2026, 5, 11)


def test_month_names_are_english_in_every_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("de_DE.UTF-8", "C.UTF-8", "C"):
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            assert heading_for(date(2026, 5, 1), PageSettings(date="%A %B %-d %Y")) == "Friday May 1 2026"
            assert day_of("May 1, 2026") == date(2026, 5, 1)
    finally:
        locale.setlocale(locale.LC_TIME, before)


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=12),
    st.data(),
    st.sampled_from(Order),
)
def test_years_are_found_whatever_headings_have_none(gaps: list[int], data: st.DataObject, order: Order) -> None:
    days = [date(2026, 11, 22)]
    for gap in gaps:
        days.append(days[-1] - timedelta(days=gap))
    headings = [
        f"{day:%Y-%m-%d}" if (day.month, day.day) == (2, 29) or data.draw(st.booleans()) else heading_without_year(day)
        for day in days
    ]
    if order is Order.OLDEST:
        days.reverse()
        headings.reverse()

    assert days_of(headings, PageSettings(order=order), NOVEMBER) == days


def heading_without_year(day: date) -> str:
    return heading_for(day, PageSettings(date="%B %-d"))


@pytest.mark.parametrize("heading", ["9999-12-31", "0001-01-01", "1999-12-31", "2400-02-29", "31 December 9999"])
@pytest.mark.parametrize("order", Order)
def test_a_day_out_of_reason_is_no_day(heading: str, order: Order) -> None:
    headings = [heading, "November 22", "2026-11-20", "December 30", heading]

    found = days_of(headings, PageSettings(order=order), date(2026, 11, 23))

    assert [found[0], found[-1]] == [None, None]
    assert found[2] == date(2026, 11, 20)


ANY_DAY = st.dates().map(date.isoformat)
WITHOUT_YEAR = st.sampled_from(["November 22", "29 February", "Feb 29", "December 31", "1 January", "text", ""])


@given(st.lists(st.one_of(ANY_DAY, WITHOUT_YEAR), max_size=8), st.sampled_from(Order), st.dates())
def test_whatever_days_people_write_the_calendar_holds_them(headings: list[str], order: Order, today: date) -> None:
    found = days_of(headings, PageSettings(order=order), today)

    assert len(found) == len(headings)
    assert all(day is None for day, heading in zip(found, headings, strict=True) if heading in ("text", ""))


def test_a_heading_longer_than_any_date_is_not_kept() -> None:
    _read.cache_clear()

    assert days_of(["2026-11-22" + "x" * 1000, "2026-11-21"], PageSettings(), NOVEMBER) == [None, date(2026, 11, 21)]
    assert day_of("y" * 1000) is None
    assert _read.cache_info().currsize == 1


def test_a_configured_date_may_be_long() -> None:
    form = "Log of %Y-%m-%d " + "x" * 300
    assert day_of(heading_for(NOVEMBER, PageSettings(date=form)), form) == NOVEMBER
