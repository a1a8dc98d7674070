"""Which moment is meant by a time that somebody types before an entry."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.desk.late import resolve
from labsbot.text.typed_time import Ago, TimeRead, WallClock, read

NOW = datetime(2026, 11, 22, 14, 0, 30, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
WEEK = timedelta(days=7)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


def meant(typed: str, now: datetime = NOW, zone: ZoneInfo = UTC_ZONE, oldest: timedelta = WEEK) -> str:
    """The moment as it would be logged, in UTC, or the refusal."""
    found = read(typed.split(" "), for_project=False)
    assert isinstance(found, TimeRead)
    said = resolve(found.typed, now, zone, oldest)
    return said if isinstance(said, str) else f"{said:%Y-%m-%d %H:%M:%S}"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("-90s", "2026-11-22 13:59:00"),
        ("-15m", "2026-11-22 13:45:30"),
        ("-1h30m", "2026-11-22 12:30:30"),
        ("-2d", "2026-11-20 14:00:30"),
        ("-7d", "2026-11-15 14:00:30"),
        ("13:05", "2026-11-22 13:05:00"),
        ("13:05:59", "2026-11-22 13:05:59"),
        ("02:01", "2026-11-22 02:01:00"),
        ("14:00", "2026-11-22 14:00:00"),
        ("2026-11-21 23:50", "2026-11-21 23:50:00"),
        ("2026-11-21T23:50Z", "2026-11-21 23:50:00"),
        ("2026-11-15 14:01", "2026-11-15 14:01:00"),
        # a clock that is a little fast
        ("14:01", "2026-11-22 14:00:30"),
        ("14:02", "2026-11-22 14:00:30"),
        ("2026-11-22 14:02", "2026-11-22 14:00:30"),
    ],
)
def test_a_time_means_a_moment(typed: str, moment: str) -> None:
    assert meant(typed) == moment


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("-0m", "that is now. Leave the time out"),
        ("-8d", "that is too long ago: at most 7 days."),
        ("-99999d", "that is too long ago: at most 7 days."),
        ("-999999999d", "that is too long ago"),
        ("14:03", "that is more than 12 hours ago, or still to come. Type its day, too: 2026-11-21 14:05."),
        ("02:00", "that is more than 12 hours ago"),
        ("25:99", "there is no such time of day. Type"),
        ("24:00", "there is no such time of day. Type"),
        ("12:60", "there is no such time of day. Type"),
        ("12:59:60", "there is no such time of day. Type"),
        ("2026-02-30 12:00", "there is no such day. Type"),
        ("2026-13-01 12:00", "there is no such day. Type"),
        ("0000-01-01 12:00", "there is no such day. Type"),
        ("0001-01-01 00:00", "that is too long ago"),
        ("9999-12-31 23:59", "that is still to come"),
        ("2026-11-22 14:03", "that is still to come. Leave the time out, or type when it was"),
        ("2026-11-23 00:00", "that is still to come"),
        ("2026-11-15 14:00", "that is too long ago"),
    ],
)
def test_a_time_that_is_none_or_not_to_be_logged_is_refused_with_what_to_type(typed: str, refusal: str) -> None:
    assert meant(typed).startswith(refusal)


@pytest.mark.parametrize(
    ("typed", "now", "zone", "moment"),
    [
        # a clock alone means the last such time, over midnight too
        ("23:50", "2026-11-22T00:10", "UTC", "2026-11-21 23:50:00"),
        ("23:50", "2026-11-22T11:50", "UTC", "2026-11-21 23:50:00"),
        ("23:50", "2026-11-22T11:51", "UTC", "that is more than 12 hours ago, …"),
        ("00:00", "2026-11-22T00:00", "UTC", "2026-11-22 00:00:00"),
        ("00:00", "2026-11-21T23:59", "UTC", "2026-11-21 23:59:00"),
        ("00:02", "2026-11-21T23:59", "UTC", "that is more than 12 hours ago, …"),
        # by the clocks of the page's time zone, unless UTC is typed
        ("15:30", "2026-11-22T14:40", "Europe/Berlin", "2026-11-22 14:30:00"),
        ("14:30Z", "2026-11-22T14:40", "Europe/Berlin", "2026-11-22 14:30:00"),
        ("14:30 UTC", "2026-11-22T14:40", "Europe/Berlin", "2026-11-22 14:30:00"),
        ("00:10", "2026-11-22T18:30", "Asia/Kathmandu", "2026-11-22 18:25:00"),
        ("23:10", "2026-11-22T18:30", "Asia/Kathmandu", "2026-11-22 17:25:00"),
        ("2026-11-23 00:10", "2026-11-22T18:30", "Asia/Kathmandu", "2026-11-22 18:25:00"),
        ("2026-11-21 23:50", "2026-11-22T12:00", "America/New_York", "2026-11-22 04:50:00"),
        # the clocks are put forward: 02:00 to 03:00 was never shown
        ("01:59", "2026-03-29T01:30", "Europe/Berlin", "2026-03-29 00:59:00"),
        ("03:00", "2026-03-29T01:30", "Europe/Berlin", "2026-03-29 01:00:00"),
        ("02:30", "2026-03-29T01:40", "Europe/Berlin", "… put forward… Type it in UTC: 2026-03-29T01:30Z."),
        ("2026-03-29 02:30", "2026-03-30T12:00", "Europe/Berlin", "… put forward… Type it in UTC: 2026-03-29T01:30Z."),
        ("2026-03-08 02:30", "2026-03-10T12:00", "America/New_York", "… put forward… UTC: 2026-03-08T07:30Z."),
        # yesterday's 02:30 was there, but is too long ago for a clock alone
        ("02:30", "2026-03-29T00:30", "Europe/Berlin", "that is more than 12 hours ago, …"),
        # the clocks are put back: 02:00 to 03:00 was shown twice
        (
            "02:30",
            "2026-10-25T01:40",
            "Europe/Berlin",
            "… twice. Type it in UTC: 2026-10-25T00:30Z or 2026-10-25T01:30Z.",
        ),
        ("02:30", "2026-10-25T00:40", "Europe/Berlin", "2026-10-25 00:30:00"),
        ("02:30", "2026-10-25T13:00", "Europe/Berlin", "2026-10-25 01:30:00"),
        ("03:00", "2026-10-25T03:40", "Europe/Berlin", "2026-10-25 02:00:00"),
        ("2026-10-25 02:30", "2026-10-26T03:40", "Europe/Berlin", "… twice… 2026-10-25T00:30Z or 2026-10-25T01:30Z."),
        ("2026-10-25T00:30Z", "2026-10-26T03:40", "Europe/Berlin", "2026-10-25 00:30:00"),
        (
            "2026-11-01 01:30",
            "2026-11-02T12:00",
            "America/New_York",
            "… twice… 2026-11-01T05:30Z or 2026-11-01T06:30Z.",
        ),
    ],
)
def test_a_clock_is_that_of_the_pages_time_zone(typed: str, now: str, zone: str, moment: str) -> None:
    said = meant(typed, at(now), ZoneInfo(zone))
    parts = [part for part in moment.split("…") if part]
    assert all(part.strip() in said for part in parts)
    assert moment[:4] == said[:4] or moment.startswith("…")


def test_how_long_ago_it_may_be_holds_for_a_clock_too() -> None:
    assert meant("13:05", oldest=timedelta(minutes=30)).startswith("that is too long ago: at most 30 minutes.")
    assert meant("13:35", oldest=timedelta(minutes=30)) == "2026-11-22 13:35:00"
    assert "at most 36 hours." in meant("-40h", oldest=timedelta(hours=36))


FACES = st.builds(
    WallClock,
    st.integers(0, 99),
    st.integers(0, 99),
    st.integers(0, 99),
    st.none() | st.tuples(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99)) | st.just((2026, 10, 25)),
    st.booleans(),
)


@given(
    st.builds(Ago, st.integers(0, 10**15)) | FACES,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([ZoneInfo("UTC"), BERLIN, NEW_YORK, KATHMANDU]),
)
def test_whatever_is_typed_nothing_is_logged_too_early_or_too_late(
    typed: Ago | WallClock, now: datetime, zone: ZoneInfo
) -> None:
    said = resolve(typed, now, zone, WEEK)
    if isinstance(said, str):
        assert said.endswith(".")
        return
    assert now - WEEK <= said <= now
    if isinstance(typed, WallClock) and said != now:
        shown = said.astimezone(UTC if typed.utc else zone)
        assert (shown.hour, shown.minute, shown.second) == (typed.hour, typed.minute, typed.second)
        assert typed.day is None or shown.date() == date(*typed.day)
        assert typed.day is not None or now - said <= timedelta(hours=12)
