"""Pages of logs, of today and of old, and what is read of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as some

from labsbot.importing import PageRead, UnreadLine, read_page
from labsbot.importing.line import begins_entry
from labsbot.importing.page import A_HEADING, HIDDEN, NO_DAY, NO_ENTRY, NO_SUCH_TIME, NO_TIME, TO_COME
from labsbot.settings import Order, PageSettings
from tests.wikitext.typed import FRAGMENTS
from tests.wikitext.world import sections_of

PLAIN = PageSettings()
TODAY = date(2026, 11, 22)


def read(text: str, settings: PageSettings = PLAIN) -> PageRead:
    return read_page(text, sections_of(text), settings, TODAY)


def said(found: PageRead) -> list[str]:
    return [f"{each.day} {each.written} {each.author}: {each.message}" for each in found.entries]


def test_days_of_all_styles_are_read_the_oldest_first() -> None:
    page = """\
Words about this log, with a time: 10:00.

== 2016-10-27 ==
* 14:30 tom: third
* 14:00 tom: second

=== 2015 July 8 ===
* 09:00 [[Tom]]: first
[[Category:Logs]]
"""
    found = read(page)
    assert said(found) == [
        "2015-07-08 09:00 Tom: first",
        "2016-10-27 14:00 tom: second",
        "2016-10-27 14:30 tom: third",
    ]
    assert found.unread == ()
    assert [each.line for each in found.entries] == [8, 5, 4]
    assert [each.heading for each in found.entries] == ["2015_July_8", "2016-10-27", "2016-10-27"]


def test_a_page_that_is_oldest_first_is_read_in_its_order() -> None:
    page = "== 2026-11-21 ==\n* 14:30 a: one\n* 14:30 a: two\n== 2026-11-22 ==\n* 14:30 a: three"
    assert [each.message for each in read(page, replace(PLAIN, order=Order.OLDEST)).entries] == ["one", "two", "three"]


def test_days_without_a_year_take_it_from_those_around() -> None:
    page = "=== January 2 ===\n* 10:00 a: x\n=== December 30 ===\n* 10:00 a: y\n=== 2024-12-29 ===\n* 10:00 a: z"
    assert [f"{each.day}" for each in read(page).entries] == ["2024-12-29", "2024-12-30", "2025-01-02"]


def test_below_our_own_heading_only_that_section_is_the_log() -> None:
    page = (
        "== Help ==\n* 10:00 a: no log\n== Log ==\n=== 2026-11-22 ===\n* 11:00 a: yes\n== Hosts ==\n* 12:00 a: no log"
    )
    settings = replace(PLAIN, heading="Log")
    found = read(page, settings)
    assert (said(found), found.unread) == (["2026-11-22 11:00 a: yes"], ())
    assert read("* 10:00 a: x", settings) == PageRead((), ())


def test_several_lines_are_one_entry_where_they_are_farther_in_or_stand_below_it() -> None:
    page = "== 2026-11-22 ==\n* 14:30 a: one\n** two\n*: three\n* 14:31 b: four\nfive\n* {{X|1=14:32 c:\n* six\n}}"
    assert said(read(page, replace(PLAIN, order=Order.OLDEST))) == [
        "2026-11-22 14:30 a: one · two · three",
        "2026-11-22 14:31 b: four · five",
        "2026-11-22 14:32 c: * six",
    ]


def test_every_line_that_is_no_entry_is_listed_with_its_place_and_why() -> None:
    page = """\
== Meeting ==
* 10:00 tom: said something

== 2026-11-22 ==
Some prose.
* tom: forgot the time
* 14:30 tom: fine

More prose.
=== Later ===
* 14:31 tom: fine, too
<!-- * 14:32 tom: hidden
* 14:33 tom: hidden, too -->
{{clear}}
----
"""
    found = read(page)
    assert [each.message for each in found.entries] == ["fine, too", "fine"]
    assert found.unread == (
        UnreadLine(2, NO_DAY, "* 10:00 tom: said something"),
        UnreadLine(5, NO_ENTRY, "Some prose."),
        UnreadLine(6, NO_TIME, "* tom: forgot the time"),
        UnreadLine(9, NO_ENTRY, "More prose."),
        UnreadLine(10, A_HEADING, "=== Later ==="),
        UnreadLine(12, HIDDEN, "<!-- * 14:32 tom: hidden"),
        UnreadLine(13, HIDDEN, "* 14:33 tom: hidden, too -->"),
    )


def test_an_id_that_somebody_made_up_takes_no_entry_to_another_day() -> None:
    def line(entry_id: str) -> str:
        return f'* <span id="{entry_id}">[[#{entry_id}|23:59]]</span> eve: x'

    def of(entry_id: str) -> datetime | None:
        return read(f"== 2026-11-21 ==\n{line(entry_id)}").entries[0].said

    assert of("sal-20261121235907-0000000") == datetime(2026, 11, 21, 23, 59, 7, tzinfo=UTC)
    assert of("sal-20261121125907-0000000") == datetime(2026, 11, 21, 12, 59, 7, tzinfo=UTC), "in another time zone"
    assert of("sal-20991231235907-0000000") is None
    assert of("sal-00010101000000-0000000") is None


def test_a_day_that_is_still_to_come_is_no_day_of_the_log() -> None:
    page = "== 2027-01-01 ==\n* 00:00 eve: x\n== 2026-11-23 ==\n* 01:00 a: elsewhere it is tomorrow"
    assert said(read(page)) == ["2026-11-23 01:00 a: elsewhere it is tomorrow"]
    assert read(page).unread == (UnreadLine(2, TO_COME, "* 00:00 eve: x"),)


def test_a_time_that_there_is_not_is_no_entry_and_is_listed_wherever_it_stands() -> None:
    page = "* 25:10 tom: above\n== 2026-11-22 ==\n* 14:75 tom: within\n<!--\n* 99:99 tom: hidden\n-->"
    assert read(page) == PageRead(
        (),
        (
            UnreadLine(1, NO_DAY, "* 25:10 tom: above"),
            UnreadLine(3, NO_SUCH_TIME, "* 14:75 tom: within"),
            UnreadLine(5, HIDDEN, "* 99:99 tom: hidden"),
        ),
    )


def test_lone_braces_and_a_comment_that_is_never_closed_swallow_no_entry() -> None:
    page = (
        "== 2026-11-22 ==\n* 14:33 a: {{ alone\n* 14:32 a: b\n* 14:31 a: alone }}\n* 14:30 a: <!-- open\n* 14:29 a: c"
    )
    assert [each.message for each in read(page).entries] == ["c", "<!-- open", "alone }}", "b", "{{ alone"]


LINES = [
    *("== 2026-11-22 ==", "=== June 16 ===", "== Words ==", "* 14:30 a: x", "14:31 b: y", "* no time", "prose"),
    *("", "** more"),
    *("<!--", "-->", "{{X|", "}}", "<pre>", "</pre>", "{|", "|}", "<nowiki>", "</nowiki>", "* {{SAL|1=14:30 a: x}}"),
]


@given(some.lists(some.sampled_from(LINES) | some.sampled_from(FRAGMENTS), max_size=20))
def test_no_line_that_looks_like_an_entry_is_lost(lines: list[str]) -> None:
    page = "\n".join(" ".join(line.split("\n")) for line in ("== 2026-11-22 ==", *lines))
    found = read(page)
    told = {entry.line for entry in found.entries} | {each.line for each in found.unread}
    look_alike = {number for number, line in enumerate(page.split("\n"), 1) if line[:1] == "*" and begins_entry(line)}
    assert look_alike <= told
