"""What the wiki's readers see is compared with what was typed: whatever is wrong there is found."""

from __future__ import annotations

import pytest

from bench.replayed import Line, check, read

FIRST = Line("2020-01-01", "09:00", "alice", "rebooted db1")
SECOND = Line("2020-01-01", "10:00", "bob", "and db2")
THIRD = Line("2021-05-05", "08:00", "alice", "rebooted db1")
TYPED = (FIRST, SECOND, THIRD)
PAGE, ARCHIVE = (THIRD,), (SECOND, FIRST)


def test_days_on_the_page_and_days_in_its_archive_are_what_was_typed() -> None:
    assert check(TYPED, [PAGE, ARCHIVE]) == []


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([PAGE, (FIRST,)], "missing"),
        ([PAGE, (SECOND, FIRST, FIRST)], "more than once"),
        ([PAGE, ARCHIVE, (SECOND, FIRST)], "more than once"),
        ([PAGE, (FIRST, SECOND)], "of a day are out of order"),
        ([(SECOND, FIRST, THIRD)], "days out of order"),
        ([(THIRD, SECOND), (FIRST,)], "on 2 pages"),
    ],
)
def test_what_is_wrong_is_said(pages: list[tuple[Line, ...]], words: str) -> None:
    assert any(words in each for each in check(TYPED, pages))


def test_an_entry_under_another_day_is_missing_under_its_own() -> None:
    elsewhere = Line("2020-01-02", SECOND.time, SECOND.nick, SECOND.message)
    wrong = check(TYPED, [PAGE, (elsewhere, FIRST)])
    assert [each.partition(":")[0] for each in wrong] == ["missing", "more than once, or typed by nobody"]


def test_entries_are_read_as_they_are_seen_under_the_heading_of_their_day() -> None:
    html = """
    <div class="mw-parser-output"><p>Archive of <a>Log</a>.</p><ul><li>a list of something else</li></ul>
    <div class="mw-heading"><h2 id="x">2021-05-05</h2></div>
    <ul><li><span id="sal-1"><a href="#sal-1">08:00</a></span> alice: rebooted <a href="/T1">db1</a></li></ul>
    <h2>2020-01-01</h2><ul><li>10:00 bob: and&#160;db2</li>
    <li>09:00 alice: rebooted
    db1</li></ul></div>"""
    assert list(read(html)) == [THIRD, SECOND, FIRST]
