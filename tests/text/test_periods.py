"""From when to when: days are those of a time zone, and whole."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.text.periods import NoMoment, beginning, end

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_day_is_whole_in_its_time_zone() -> None:
    assert beginning("2026-11-21", UTC) == datetime(2026, 11, 21, tzinfo=UTC)
    assert end("2026-11-21", UTC) == datetime(2026, 11, 22, tzinfo=UTC)
    assert beginning("2026-11-21", BERLIN) == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_a_day_on_which_clocks_are_changed_has_its_own_length() -> None:
    assert (end("2026-10-25", BERLIN) - beginning("2026-10-25", BERLIN)).total_seconds() == 25 * 3600
    assert (end("2026-03-29", BERLIN) - beginning("2026-03-29", BERLIN)).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    "written", ["2026-11-21T14:30:00Z", "2026-11-21t14:30z", "2026-11-21 15:30:00+01:00", "2026-11-21T14:30:00.000Z"]
)
def test_a_moment_is_itself_whatever_the_time_zone(written: str) -> None:
    assert beginning(written, BERLIN) == end(written, BERLIN) == datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["2026-11-31", "2026-11-21T25:00Z", "2026-11-21T14:30:00", "yesterday", "", "0000-01-01", "20261121", "2026-W47-6"],
)
def test_what_is_no_day_and_no_moment_is_said(written: str) -> None:
    for read in (beginning, end):
        with pytest.raises(NoMoment):
            read(written, UTC)


NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
"""14:30 in Berlin."""


def test_people_write_clocks_of_the_time_zone() -> None:
    for read in (beginning, end):
        assert read("2026-11-21 14:05", BERLIN, NOW) == datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
        assert read("2026-11-21T14:05:30", BERLIN, NOW) == datetime(2026, 11, 21, 13, 5, 30, tzinfo=UTC)


def test_a_clock_alone_is_the_last_such_time() -> None:
    assert beginning("14:30", BERLIN, NOW) == NOW
    assert beginning("14:31", BERLIN, NOW) == datetime(2026, 11, 21, 13, 31, tzinfo=UTC)
    assert end("23:59", BERLIN, NOW) == datetime(2026, 11, 21, 22, 59, tzinfo=UTC)


def test_what_clocks_showed_twice_is_all_of_that() -> None:
    first, last = beginning("2026-10-25 02:30", BERLIN, NOW), end("2026-10-25 02:30", BERLIN, NOW)
    assert (first.hour, last.hour) == (0, 1)


@pytest.mark.parametrize("written", ["14:05", "2026-11-21 14:05"])
def test_programs_name_the_time_zone(written: str) -> None:
    with pytest.raises(NoMoment, match="with its time zone"):
        beginning(written, BERLIN)


@pytest.mark.parametrize("written", ["25:00", "14:5", "2026-11-31 14:05", "14:05 tools", "0001-01-01 00:00", "+14:05"])
def test_what_no_clock_shows_is_said(written: str) -> None:
    with pytest.raises(NoMoment, match=r"there is no|14:05\)"):
        beginning(written, BERLIN, NOW)


@given(
    st.text()
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}([+-][0-9]{2}:[0-9]{2})?)?", fullmatch=True)
)
def test_whatever_is_written_is_a_moment_or_none(written: str) -> None:
    for read in (beginning, end):
        for now in (None, NOW):
            with suppress(NoMoment):
                assert read(written, BERLIN, now).tzinfo is UTC
