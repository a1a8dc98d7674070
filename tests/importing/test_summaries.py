"""The history of a page says in which second a line came there, and by whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from labsbot.importing import PageEntry, with_summaries
from labsbot.model import PageRevision
from labsbot.settings import UTC

AT = datetime(2026, 11, 22, 14, 30, 7, tzinfo=UTC)


def line(message: str, author: str = "tom", clock: str = "14:30", written: str | None = None) -> PageEntry:
    return PageEntry(date(2026, 11, 22), "2026-11-22", 1, clock, written or clock, author, message, None)


def saved(summary: str, at: datetime = AT, user: str = "Logbot") -> PageRevision:
    return PageRevision(1, summary, True, at, user)


def test_the_second_is_that_of_the_save_whose_summary_tells_it() -> None:
    revisions = [saved("ann: something else", AT), saved("tom: [[Restarted]] squid…", AT + timedelta(seconds=20))]
    (found,) = with_summaries([line("[[restarted]] squid")], revisions, UTC)
    assert (found.said, found.author) == (AT + timedelta(seconds=20), "tom")


def test_each_save_is_one_entrys() -> None:
    found = with_summaries([line("x"), line("x"), line("x")], [saved("x"), saved("x", AT + timedelta(seconds=1))], UTC)
    assert [each.said for each in found] == [AT, AT + timedelta(seconds=1), None]


def test_who_a_line_does_not_name_is_named_by_the_summary_or_is_who_saved_it() -> None:
    entries = [line("x", author=""), line("y", author="")]
    found = with_summaries(entries, [saved("ann: x"), saved("/* 2026-11-22 */ y", user="Tom")], UTC)
    assert [each.author for each in found] == ["ann", "Tom"]


def test_a_save_of_another_minute_or_with_other_words_tells_nothing() -> None:
    revisions = [saved("tom: restarted", AT + timedelta(minutes=1)), saved("tom: stopped"), saved("")]
    assert [each.said for each in with_summaries([line("restarted"), line("")], revisions, UTC)] == [None, None]


def test_of_a_time_that_people_have_rounded_no_second_is_known() -> None:
    assert with_summaries([line("x", written="~14:30")], [saved("tom: x")], UTC)[0].said is None


def test_minutes_are_those_of_the_pages_time_zone() -> None:
    (found,) = with_summaries([line("x", clock="15:30")], [saved("tom: x")], ZoneInfo("Europe/Berlin"))
    assert found.said == AT
