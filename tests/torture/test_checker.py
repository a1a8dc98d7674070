"""The checker finds each kind of wrong in evidence that is made up, and nothing in what is right."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.torture import checker
from tests.torture.checker import Accepted, Evidence, Revision, check

HOME, ARCHIVE = "Nova Resource:Web/SAL", "Nova Resource:Web/SAL/Archive"
ONE = Accepted(1, "sal-20261122143001-7f3a", "#c", "alice", "web", "one", "2026-11-22T14:30:01.196000Z", "2026-11-22")
TWO = Accepted(2, "sal-20261122143101-0c11", "#c", "bob", "web", "two", "2026-11-22T14:31:01.000000Z", "2026-11-22")
LINE_1 = '* <span id="sal-20261122143001-7f3a">[[#sal-20261122143001-7f3a|14:30]]</span> alice: one'
LINE_2 = '* <span id="sal-20261122143101-0c11">[[#sal-20261122143101-0c11|14:31]]</span> bob: two'
FIRST = "Our log."
TOLD_1 = "alice: Logged at http://127.0.0.1:1/wiki/Nova_Resource:Web/SAL#sal-20261122143001-7f3a"
TOLD_2 = "bob: Logged at http://127.0.0.1:1/wiki/Nova_Resource:Web/SAL#sal-20261122143101-0c11"


def a_page(*lines: str, day: str = "2026-11-22") -> str:
    return "\n".join([FIRST, "", "Note hand-0 to all.", "", f"== {day} ==", *lines])


def evidence(*texts: str, archive: str = "", **given: object) -> Evidence:
    """A page with an edit of the bot's for each text."""
    edits = [Revision("Labsbot", f"alice: one [b:{number:04x}]", text) for number, text in enumerate(texts)]
    whole = Evidence(
        accepted=[ONE, TWO],
        typed=frozenset({("#c", "alice", "web", "one"), ("#c", "bob", "web", "two")}),
        heard=[("#c", TOLD_1), ("#c", TOLD_2)],
        pages={
            HOME: [Revision("Alice", "", FIRST), Revision("Alice", "", f"{FIRST}\n\nNote hand-0 to all."), *edits],
            ARCHIVE: [Revision("Alice", "", archive)] if archive else [],
        },
        home={("#c", "web"): HOME},
        archives={HOME: ARCHIVE},
        by_hand={"hand-0": HOME},
        bot="Labsbot",
    )
    return replace(whole, **given)  # type: ignore[arg-type]


RIGHT = a_page(LINE_2, LINE_1)


@pytest.mark.parametrize(
    "right",
    [
        evidence(a_page(LINE_1), RIGHT),
        evidence(RIGHT, heard=[("#c", "alice: Saved, not on the wiki yet: it is away. It keeps its time.")]),
        evidence(a_page("* 14:31 hand-0 too", LINE_2, "* hand-0 again", LINE_1)),
        evidence(a_page(LINE_1), accepted=[ONE, replace(TWO, dropped=True)], heard=[("#c", TOLD_1)]),
    ],
)
def test_in_what_is_right_nothing_is_found(right: Evidence) -> None:
    assert check(right) == []


def test_what_people_moved_to_the_archive_is_not_lost() -> None:
    moved = evidence(RIGHT, archive=f"== 2026-11-22 ==\n{LINE_2}\n{LINE_1}")
    pages = {**moved.pages, HOME: [*moved.pages[HOME], Revision("Alice", "", a_page())]}
    assert check(replace(moved, pages=pages)) == []


@pytest.mark.parametrize(
    ("wrong", "kinds"),
    [
        (evidence(a_page(LINE_2), heard=[]), {checker.LOST}),
        (evidence(a_page(LINE_2)), {checker.LOST, checker.TOLD_FALSELY}),
        (evidence(a_page(LINE_2, LINE_1, LINE_1)), {checker.DOUBLED}),
        (evidence(RIGHT, archive=f"== 2026-11-22 ==\n{LINE_1}"), {checker.DOUBLED}),
        (evidence(a_page(LINE_2, LINE_1, day="2026-11-23")), {checker.WRONG_DAY}),
        (evidence(f"{FIRST}\nNote hand-0 to all.\n{LINE_2}\n{LINE_1}"), {checker.WRONG_DAY}),
        (evidence(a_page(LINE_1, LINE_2)), {checker.OUT_OF_ORDER}),
        (evidence(a_page(LINE_2, LINE_1) + "\n\n== 2026-11-23 =="), {checker.OUT_OF_ORDER}),
        (evidence(a_page(LINE_2, LINE_1).replace("Note hand-0 to all.", "")), {checker.BY_HAND, checker.ERASED}),
        (evidence(a_page(LINE_2, LINE_1).replace(FIRST, "")), {checker.BY_HAND, checker.ERASED}),
        (evidence(a_page(LINE_2, LINE_1, "Note hand-0 to all.")), {checker.BY_HAND}),
        (evidence(a_page(LINE_2, LINE_1.replace("one", "won"))), {checker.ALTERED}),
        (evidence(a_page(LINE_2, LINE_1.replace("|14:30", "|14:29"))), {checker.ALTERED}),
        (evidence(a_page(LINE_2, LINE_1, "* 14:30 eve: three")), {checker.UNSAID}),
        (evidence(a_page(LINE_2, LINE_1, LINE_1.replace("7f3a", "ffff"))), {checker.UNSAID}),
        (evidence(RIGHT, typed=frozenset({("#c", "alice", "web", "one")})), {checker.UNSAID}),
        (evidence(RIGHT, a_page(LINE_2), RIGHT), {checker.ERASED}),
        (evidence(RIGHT, heard=[("#c", TOLD_1), ("#c", TOLD_1)]), {checker.TOLD_TWICE}),
        (evidence(RIGHT, heard=[("#c", TOLD_1.replace("at", "2 entries (14:30–14:31) at"))]), {checker.TOLD_TWICE}),
        (evidence(RIGHT, heard=[("#c", TOLD_1.replace("alice", "bob"))]), {checker.TOLD_FALSELY}),
        (evidence(RIGHT, heard=[("#d", TOLD_1)]), {checker.TOLD_FALSELY, checker.TOLD_TWICE}),
        (evidence(RIGHT, heard=[("#c", TOLD_1.replace("7f3a", "ffff"))]), {checker.TOLD_FALSELY}),
        (evidence(RIGHT, heard=[("#c", "bob: Saved 2 entries, not on the wiki yet: x.")]), {checker.TOLD_TWICE}),
        (evidence(RIGHT, home={("#c", "web"): "Elsewhere"}, archives={HOME: ARCHIVE, "Elsewhere": "E/Archive"},
                  pages={**evidence(RIGHT).pages, "Elsewhere": [], "E/Archive": []}), {checker.WRONG_PAGE}),
        (evidence(RIGHT, accepted=[ONE, replace(TWO, dropped=True)]), {checker.UNSAID}),
        (evidence(RIGHT, held_back=["bob: two"]), {checker.HELD_BACK}),
    ],
)  # fmt: skip
def test_each_kind_of_wrong_is_found(wrong: Evidence, kinds: set[str]) -> None:
    assert {finding.kind for finding in check(wrong)} == kinds


def test_an_attempt_that_was_saved_twice_is_found() -> None:
    twice = evidence(a_page(LINE_1))
    again = Revision("Labsbot", "bob: two [b:0000]", RIGHT)
    findings = check(replace(twice, pages={**twice.pages, HOME: [*twice.pages[HOME], again]}))
    assert [finding.kind for finding in findings] == [checker.SAVED_TWICE]


def test_the_journal_is_read_as_the_database_that_it_is(tmp_path: Path) -> None:
    states = {"alice": "parked", "bob": "dropped"}
    with sqlite3.connect(tmp_path / "journal") as journal:
        journal.execute("CREATE TABLE entry (number, id, channel, nick, message, said)")
        journal.execute("CREATE TABLE delivery (entry, project, log_day, state)")
        for entry in (TWO, ONE):
            row = (entry.number, entry.id, entry.channel, entry.nick, entry.message, entry.said)
            journal.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
            owed = (entry.number, entry.project, entry.log_day, states[entry.nick])
            journal.execute("INSERT INTO delivery VALUES (?, ?, ?, ?)", owed)
    assert checker.read_journal(tmp_path / "journal") == [ONE, replace(TWO, dropped=True)]


def test_the_checker_knows_nothing_of_the_bot() -> None:
    assert "labsbot" not in Path(checker.__file__).read_text()
