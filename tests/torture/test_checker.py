"""The checker finds each kind of wrong in evidence that is made up, and nothing in what is right."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.torture import checker
from tests.torture.checker import Evidence, Revision, check
from tests.torture.written import Accepted, Correction

HOME, ARCHIVE = "Nova Resource:Web/SAL", "Nova Resource:Web/SAL/Archive"
ONE = Accepted(
    *("sal-20261122143001-7f3a", "#c", "alice", "one", "2026-11-22T14:30:01.196000Z", "2026-11-22T14:30:02.000000Z"),
    *(False, 1, "2026-11-22", {"web": "delivered"}),
)
TWO = Accepted(
    *("sal-20261122143101-0c11", "#c", "bob", "two", "2026-11-22T14:31:01.000000Z", "2026-11-22T14:31:02.000000Z"),
    *(False, 2, "2026-11-22", {"web": "delivered"}),
)
GIVEN_UP = replace(TWO, states={"web": "dropped"})
LINE_1 = '* <span id="sal-20261122143001-7f3a">[[#sal-20261122143001-7f3a|14:30]]</span> alice: one'
LINE_2 = '* <span id="sal-20261122143101-0c11">[[#sal-20261122143101-0c11|14:31]]</span> bob: two'
TYPED_1, TYPED_2 = ("#c", "alice", "web", "one", 0), ("#c", "bob", "web", "two", 0)
FIRST = "Our log."
TOLD_1 = "alice: Logged at http://127.0.0.1:1/wiki/Nova_Resource:Web/SAL#sal-20261122143001-7f3a"
LEFT = "alice: Not taken back: people have edited it there meanwhile: " + TOLD_1.rpartition(" ")[2]
TOLD_2 = "bob: Logged at http://127.0.0.1:1/wiki/Nova_Resource:Web/SAL#sal-20261122143101-0c11"


def a_page(*lines: str, day: str = "2026-11-22") -> str:
    return "\n".join([FIRST, "", "Note hand-0 to all.", "", f"== {day} ==", *lines])


def evidence(*texts: str, archive: str = "", **given: object) -> Evidence:
    """A page with an edit of the bot's for each text."""
    edits = [Revision("Labsbot", f"alice: one [b:{number:04x}]", text) for number, text in enumerate(texts)]
    whole = Evidence(
        accepted=[ONE, TWO],
        typed=frozenset({TYPED_1, TYPED_2}),
        regretted=[],
        heard=[("#c", TOLD_1), ("#c", TOLD_2)],
        pages={
            HOME: [Revision("Alice", "", FIRST), Revision("Alice", "", f"{FIRST}\n\nNote hand-0 to all."), *edits],
            ARCHIVE: [Revision("Alice", "", archive)] if archive else [],
        },
        home={("#c", "web"): HOME},
        archives={HOME: (ARCHIVE,)},
        by_hand={"hand-0": HOME},
        removed=set(),
        bot="Labsbot",
    )
    return replace(whole, **given)  # type: ignore[arg-type]


RIGHT = a_page(LINE_2, LINE_1)
# Said within the second of the first; of which part of it, nobody knows.
SOON = replace(TWO, said="2026-11-22T14:30:01.000000Z")
LINE_2_SOON = LINE_2.replace("|14:31", "|14:30")

# What was changed about the first entry.
AMEND = Correction(
    *("amend-20261122143200-1111", "amend", "uno", "#c", "alice", "2026-11-22T14:32:00.000000Z", 3),
    {"web": "delivered"},
)
UNDO = Correction(
    *("undo-20261123000100-2222", "strike", "", "#c", "alice", "2026-11-23T00:01:00.000000Z", 4),
    {"web": "delivered"},
)
AMENDED, STRUCK, BOTH = (replace(ONE, corrections=some) for some in ((AMEND,), (UNDO,), (AMEND, UNDO)))
TWICE = replace(ONE, corrections=(replace(UNDO, sequence=3), replace(AMEND, sequence=4)))
LINE_AMENDED = f'{LINE_1.replace("one", "uno")}<span id="{AMEND.id}"></span>'
MARK = f' <small id="{UNDO.id}">taken back 2026-11-23 00:01 by alice</small>'
LINE_STRUCK, LINE_BOTH = (f"{LINE_1.replace('one', f'<s>{text}</s>')}{MARK}" for text in ("one", "uno"))
ASKED = [("#c", "alice", "amend", None, "uno"), ("#c", "alice", "strike", None, "")]
TAKEN_BACK = ("#c", TOLD_1.replace("Logged at", "Taken back:"))
BY_HAND = f"{LINE_1} (hand-0 did that)"


def changed(entry: Accepted, *lines: str, then: tuple[str, ...] = (), **given: object) -> Evidence:
    """The first entry as it was changed: the bot has written its line in these forms, one after the other; `then`
    people did."""
    made = evidence(*(a_page(LINE_2, line) for line in lines), accepted=[entry, TWO], regretted=ASKED)
    theirs = [Revision("Alice", "", a_page(LINE_2, *((line,) if line else ()))) for line in then]
    pages = {**made.pages, HOME: [*made.pages[HOME], *theirs]}
    return replace(made, pages=pages, **given)  # type: ignore[arg-type]


def left(entry: Accepted) -> Accepted:
    """What was changed about it was left alone, for people have edited its line."""
    return replace(entry, corrections=tuple(replace(each, states={"web": "left"}) for each in entry.corrections))


@pytest.mark.parametrize(
    "right",
    [
        evidence(a_page(LINE_1), RIGHT),
        evidence(RIGHT, heard=[("#c", "alice: Saved, not on the wiki yet: it is away. It keeps its time.")]),
        evidence(a_page("* 14:31 hand-0 too", LINE_2, "* hand-0 again", LINE_1)),
        evidence(a_page(LINE_1), accepted=[ONE, GIVEN_UP], heard=[("#c", TOLD_1)]),
        evidence(a_page(LINE_1), a_page(LINE_2_SOON, LINE_1), accepted=[ONE, SOON]),
        evidence(a_page(LINE_1), a_page(LINE_1, LINE_2_SOON), accepted=[ONE, SOON]),
    ],
)
def test_in_what_is_right_nothing_is_found(right: Evidence) -> None:
    assert check(right) == []


def test_what_people_moved_to_the_archive_is_not_lost() -> None:
    moved = evidence(RIGHT, archive=f"== 2026-11-22 ==\n{LINE_2}\n{LINE_1}")
    pages = {**moved.pages, HOME: [*moved.pages[HOME], Revision("Alice", "", a_page())]}
    assert check(replace(moved, pages=pages)) == []


@pytest.mark.parametrize(
    "right",
    [
        changed(AMENDED, LINE_1, LINE_AMENDED),
        changed(STRUCK, LINE_STRUCK, heard=[TAKEN_BACK]),
        changed(BOTH, LINE_1, LINE_AMENDED, LINE_BOTH),
        changed(BOTH, LINE_1, LINE_BOTH, heard=[TAKEN_BACK]),
        changed(AMENDED, LINE_1, LINE_AMENDED, then=(f"{LINE_AMENDED} (hand-0 did that)",)),
        changed(AMENDED, LINE_1, LINE_AMENDED, then=("",), removed={(HOME, ONE.id)}),
        changed(left(AMENDED), LINE_1, then=(BY_HAND,)),
        changed(left(STRUCK), LINE_1, then=(BY_HAND,), heard=[("#c", LEFT)]),
        changed(replace(STRUCK, corrections=(replace(UNDO, states={"web": "dropped"}),)), LINE_1),
        # what was left alone can be asked for once more
        changed(
            left(replace(ONE, corrections=(replace(UNDO, sequence=3), replace(AMEND, sequence=4)))),
            LINE_1,
            then=(BY_HAND,),
        ),
    ],
)
def test_in_what_was_changed_as_it_was_to_be_nothing_is_found(right: Evidence) -> None:
    assert check(right) == []


@pytest.mark.parametrize(
    ("wrong", "kinds"),
    [
        (changed(STRUCK, LINE_1), {checker.ALTERED, checker.UNDONE}),
        (changed(BOTH, LINE_1, LINE_AMENDED), {checker.ALTERED, checker.UNDONE}),
        (changed(BOTH, LINE_1, LINE_STRUCK), {checker.ALTERED}),
        (changed(STRUCK, LINE_STRUCK, then=("",)), {checker.LOST}),
        (changed(STRUCK, LINE_1, LINE_STRUCK, LINE_1), {checker.ALTERED, checker.ERASED}),
        (changed(ONE, LINE_1, LINE_STRUCK), {checker.ALTERED, checker.ERASED}),
        (changed(STRUCK, LINE_STRUCK, regretted=[]), {checker.NOT_TO_BE}),
        (changed(STRUCK, LINE_STRUCK, regretted=[("#c", "alice", "strike", TWO.id, "")]), {checker.NOT_TO_BE}),
        (changed(STRUCK, LINE_STRUCK, regretted=[("#c", "alice", "strike", None, "why")]), {checker.NOT_TO_BE}),
        (changed(replace(STRUCK, corrections=(UNDO, replace(AMEND, sequence=5))), LINE_STRUCK),
            {checker.NOT_TO_BE, checker.ALTERED, checker.UNDONE}),
        (changed(replace(STRUCK, corrections=(replace(UNDO, nick="bob"),)), LINE_STRUCK),
            {checker.NOT_TO_BE, checker.ALTERED, checker.UNDONE}),
        (changed(STRUCK, LINE_1, then=(BY_HAND,)), {checker.UNDONE}),
        (changed(AMENDED, LINE_AMENDED, heard=[TAKEN_BACK]), {checker.TOLD_FALSELY, checker.TOLD_TWICE}),
        (changed(left(STRUCK), LINE_1, then=(BY_HAND,), heard=[TAKEN_BACK]), {checker.TOLD_FALSELY}),
        (changed(STRUCK, LINE_STRUCK, heard=[("#c", LEFT)]), {checker.TOLD_FALSELY}),
        (changed(STRUCK, LINE_STRUCK, heard=[TAKEN_BACK, TAKEN_BACK]), {checker.TOLD_TWICE}),
        (changed(STRUCK, LINE_STRUCK, removed={(HOME, ONE.id)}), {checker.BY_HAND}),
    ],
)  # fmt: skip
def test_each_wrong_that_is_done_to_what_was_changed_is_found(wrong: Evidence, kinds: set[str]) -> None:
    assert {finding.kind for finding in check(wrong)} == kinds


def test_the_last_entry_is_the_one_that_was_accepted_last_before_it_was_taken_back() -> None:
    earlier = replace(TWO, nick="alice", channel="#c")
    made = changed(STRUCK, LINE_STRUCK, regretted=[("#c", "alice", "strike", None, "")])
    findings = check(replace(made, accepted=[STRUCK, earlier]))
    assert (checker.NOT_TO_BE, f"their last entry was {TWO.id}") in [
        (each.kind, each.words.rpartition(": ")[2]) for each in findings
    ]
    later = replace(earlier, sequence=9)
    assert checker.NOT_TO_BE not in {each.kind for each in check(replace(made, accepted=[STRUCK, later]))}


def test_what_was_logged_afterwards_stands_under_the_time_that_was_meant() -> None:
    late = replace(ONE, late=True, accepted="2026-11-22T14:45:01.196000Z")
    typed = ("#c", "alice", "web", "one", 15)
    assert check(evidence(RIGHT, accepted=[late, TWO], typed=frozenset({typed, TYPED_2}))) == []
    wrong = check(evidence(RIGHT, accepted=[late, TWO], typed=frozenset({(*typed[:4], 25), TYPED_2})))
    assert [finding.kind for finding in wrong] == [checker.WRONG_DAY]


def test_an_entry_of_several_logs_stands_once_on_each_page() -> None:
    both = replace(ONE, states={"web": "delivered", "www": "delivered", "mail": "delivered"})
    shared = evidence(
        RIGHT,
        accepted=[both, TWO],
        typed=frozenset({("#c", "alice", "web,www,mail", "one", 0), TYPED_2}),
        home={("#c", "web"): HOME, ("#c", "www"): HOME, ("#c", "mail"): "Mail"},
        archives={HOME: (ARCHIVE,), "Mail": ("Mail/Archive",)},
    )
    mail = [Revision("Labsbot", "alice: one [b:ffff]", f"== 2026-11-22 ==\n{LINE_1}")]
    whole = replace(shared, pages={**shared.pages, "Mail": mail, "Mail/Archive": []})
    assert check(whole) == []
    half = replace(shared, pages={**shared.pages, "Mail": [], "Mail/Archive": []})
    assert [finding.kind for finding in check(half)] == [checker.LOST]


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
        (evidence(a_page(LINE_1, LINE_2_SOON), accepted=[ONE, replace(SOON, said="2026-11-22T14:30:01.250000Z")]),
            {checker.OUT_OF_ORDER}),
        (evidence(a_page(LINE_2, LINE_1) + "\n\n== 2026-11-23 =="), {checker.OUT_OF_ORDER}),
        (evidence(a_page(LINE_2, LINE_1).replace("Note hand-0 to all.", "")), {checker.BY_HAND, checker.ERASED}),
        (evidence(a_page(LINE_2, LINE_1).replace(FIRST, "")), {checker.BY_HAND, checker.ERASED}),
        (evidence(a_page(LINE_2, LINE_1, "Note hand-0 to all.")), {checker.BY_HAND}),
        (evidence(a_page(LINE_2, LINE_1.replace("one", "won"))), {checker.ALTERED}),
        (evidence(a_page(LINE_2, LINE_1.replace("|14:30", "|14:29"))), {checker.ALTERED}),
        (evidence(a_page(LINE_2, LINE_1, "* 14:30 eve: three")), {checker.UNSAID}),
        (evidence(a_page(LINE_2, LINE_1, LINE_1.replace("7f3a", "ffff"))), {checker.UNSAID, checker.ALTERED}),
        (evidence(RIGHT, typed=frozenset({TYPED_1})), {checker.UNSAID}),
        (evidence(RIGHT, a_page(LINE_2), RIGHT), {checker.ERASED}),
        (evidence(RIGHT, heard=[("#c", TOLD_1), ("#c", TOLD_1)]), {checker.TOLD_TWICE}),
        (evidence(RIGHT, heard=[("#c", TOLD_1.replace("at", "2 entries (14:30–14:31) at"))]), {checker.TOLD_TWICE}),
        (evidence(RIGHT, heard=[("#c", TOLD_1.replace("alice", "bob"))]), {checker.TOLD_FALSELY}),
        (evidence(RIGHT, heard=[("#d", TOLD_1)]), {checker.TOLD_FALSELY, checker.TOLD_TWICE}),
        (evidence(RIGHT, heard=[("#c", TOLD_1.replace("7f3a", "ffff"))]), {checker.TOLD_FALSELY}),
        (evidence(RIGHT, heard=[("#c", "bob: Saved 2 entries, not on the wiki yet: x.")]), {checker.TOLD_TWICE}),
        (evidence(RIGHT, home={("#c", "web"): "Elsewhere"}, archives={HOME: (ARCHIVE,), "Elsewhere": ("E/Archive",)},
                  pages={**evidence(RIGHT).pages, "Elsewhere": [], "E/Archive": []}),
            {checker.WRONG_PAGE, checker.LOST}),
        (evidence(RIGHT, accepted=[ONE, GIVEN_UP]), {checker.UNSAID}),
        (evidence(RIGHT, held_back=["bob: two"]), {checker.HELD_BACK}),
    ],
)  # fmt: skip
def test_each_kind_of_wrong_is_found(wrong: Evidence, kinds: set[str]) -> None:
    assert {finding.kind for finding in check(wrong)} == kinds


HELD = (ONE.id, "alice", None, "one", True)
HELD_AMENDED = (ONE.id, "alice", "amend", "uno", True)
HELD_STRUCK = (ONE.id, "alice", "strike", "", True)


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        (evidence(RIGHT, receipts=[HELD, HELD]), set()),
        (evidence(a_page(LINE_1), accepted=[ONE, GIVEN_UP], heard=[], receipts=[(TWO.id, "bob", None, "two", False)]),
            set()),
        (changed(BOTH, LINE_1, LINE_AMENDED, LINE_BOTH, receipts=[HELD, HELD_AMENDED, HELD_STRUCK]), set()),
        (changed(BOTH, LINE_1, LINE_BOTH, receipts=[HELD_AMENDED]), set()),
        # taken back by a call of which nobody heard the answer, with another reason
        (changed(STRUCK, LINE_STRUCK, receipts=[(*HELD_STRUCK[:3], "why", True)]), set()),
        (evidence(RIGHT, receipts=[("sal-20261122143001-ffff", *HELD[1:])]), {checker.LOST}),
        (evidence(RIGHT, receipts=[(*HELD[:3], "won", False)]), {checker.TOLD_FALSELY}),
        (evidence(RIGHT, receipts=[HELD_AMENDED]), {checker.TOLD_FALSELY}),
        (evidence(RIGHT, receipts=[HELD_STRUCK]), {checker.TOLD_FALSELY}),
        (evidence(a_page(LINE_2), accepted=[replace(ONE, states={"web": "dropped"}), TWO], heard=[], receipts=[HELD]),
            {checker.TOLD_FALSELY}),
        (changed(left(AMENDED), LINE_1, then=(BY_HAND,), receipts=[HELD_AMENDED]), {checker.TOLD_FALSELY}),
        (evidence(a_page(LINE_2, LINE_1, LINE_1.replace("7f3a", "ffff")),
                  accepted=[ONE, TWO, replace(ONE, id=ONE.id.replace("7f3a", "ffff"), sequence=3)]),
            {checker.DOUBLED}),
        (evidence(RIGHT, answered_wrong=["log: 500"]), {checker.TOLD_FALSELY}),
    ],
)  # fmt: skip
def test_receipts_are_true_and_what_was_asked_for_once_is_one_entry(found: Evidence, kinds: set[str]) -> None:
    assert {finding.kind for finding in check(found)} == kinds


# --- days that the bot moves to an archive

MOVED = f"{HOME}/2026-11"
HANDS = re.compile(r"\bhand-\d+\b")
LISTED = f'<span id="sal-archives">Archives:</span> [[:{MOVED}|2026-11]]'
SAYING = f"Archive of [[:{HOME}]].\n\n[[Category:SAL]]"
DAY = f"== 2026-11-22 ==\n{LINE_2}\n* 14:30 hand-1\n{LINE_1}"
ON_PAGE = f"{FIRST}\n\nNote hand-0 to all.\n\n{DAY}"
LEFT_ON_PAGE = f"{FIRST}\n\nNote hand-0 to all.\n\n{LISTED}"
COPIED = f"{SAYING}\n\n{DAY}"
CHANGED_DAY = f"{DAY}\n* hand-2 too"
CHANGED = f"{FIRST}\n\nNote hand-0 to all.\n\n{LISTED}\n\n{CHANGED_DAY}"


def archived(*saves: tuple[str, str], by: tuple[str, ...] = (), **given: object) -> Evidence:
    """The page as the bot and people have left it, and then what was saved where, one after the other, by the bot, or
    by somebody (those whose text is in `by`)."""
    by_hand = dict.fromkeys(HANDS.findall("\n".join([ON_PAGE, *(text for _, text in saves)])), HOME)
    made = evidence(RIGHT, by_hand=by_hand, **given)  # type: ignore[arg-type]
    pages = {title: list(revisions) for title, revisions in made.pages.items()}
    for number, (title, text) in enumerate([(HOME, ON_PAGE), *saves], 10):
        user = "Alice" if text in (ON_PAGE, *by) else "Labsbot"
        pages.setdefault(title, []).append(Revision(user, f"archived [b:ff{number:02x}]", text, number))
    more = {"archives": {HOME: (ARCHIVE, MOVED)}, "category": "[[Category:SAL]]", "until": {HOME: "2026-12-01"}}
    return replace(made, pages={MOVED: [], **pages}, **{**more, **given})  # type: ignore[arg-type]


LIST_IT = HOME, f"{FIRST}\n\nNote hand-0 to all.\n\n{LISTED}\n\n{DAY}"
COPY_IT, TAKE_IT_OFF = (MOVED, COPIED), (HOME, LEFT_ON_PAGE)
SAID_THERE = (MOVED, f"{COPIED}\n* hand-2 too")
TAKEN_OUT = (MOVED, COPIED.replace(f"\n{LINE_1}", ""))
CHANGED_THERE = (MOVED, COPIED.replace(LINE_1, f"{LINE_1} (hand-2)"))
LOW = "== Server Admin Log == <!-- hand-4 -->\n"
LONG = f"Note hand-3 to all{checker.LARGEST_EDIT * '!'}"


@pytest.mark.parametrize(
    "right",
    [
        archived(COPY_IT, LIST_IT, TAKE_IT_OFF),
        # people change the day on the page, or in the archive, or the day before it was copied
        archived(COPY_IT, (HOME, CHANGED), (MOVED, f"{SAYING}\n\n{CHANGED_DAY}"), TAKE_IT_OFF, by=(CHANGED,)),
        archived(COPY_IT, LIST_IT, SAID_THERE, TAKE_IT_OFF, by=(SAID_THERE[1],)),
        archived(COPY_IT, LIST_IT, CHANGED_THERE, TAKE_IT_OFF, by=(CHANGED_THERE[1],)),
        archived(
            COPY_IT, LIST_IT, TAKEN_OUT, TAKE_IT_OFF, by=(TAKEN_OUT[1],), removed={(HOME, "sal-20261122143001-7f3a")}
        ),
        # what is too large for an edit lists nothing
        archived(
            (HOME, f"{LOW}{ON_PAGE}\n{LONG}"),
            COPY_IT,
            (HOME, f"{LOW}{LEFT_ON_PAGE.replace(LISTED, '')}\n{LONG}"),
            by=(f"{LOW}{ON_PAGE}\n{LONG}",),
        ),
        archived(
            (HOME, CHANGED.replace(f"{LISTED}\n\n", "")),
            (MOVED, f"{SAYING}\n\n{CHANGED_DAY}"),
            TAKE_IT_OFF,
            by=(CHANGED.replace(f"{LISTED}\n\n", ""),),
        ),
        # it is kept, and was not copied
        archived(kept={(HOME, "2026-11-22")}),
        # a second archive is listed
        archived(
            COPY_IT,
            TAKE_IT_OFF,
            (f"{HOME}/2026-10", SAYING),
            (HOME, LEFT_ON_PAGE.replace("[[:", f"[[:{HOME}/2026-10|2026-10]] · [[:", 1)),
            archives={HOME: (ARCHIVE, MOVED, f"{HOME}/2026-10")},
        ),
    ],
)
def test_in_days_that_moved_as_they_are_to_nothing_is_found(right: Evidence) -> None:
    assert check(right) == []


@pytest.mark.parametrize(
    ("wrong", "kinds"),
    [
        # removed before it was copied; or copied without a line; or with one changed
        (archived(TAKE_IT_OFF, COPY_IT), {checker.ERASED}),
        (archived((MOVED, COPIED.replace("\n* 14:30 hand-1", "")), TAKE_IT_OFF), {checker.ERASED, checker.BY_HAND}),
        (archived((MOVED, COPIED.replace(f"\n{LINE_1}", "")), TAKE_IT_OFF), {checker.ERASED, checker.LOST}),
        (archived((MOVED, COPIED.replace("hand-1", "hand-1!")), TAKE_IT_OFF), {checker.UNSAID, checker.ERASED}),
        # more is taken off than the day
        (archived(COPY_IT, (HOME, LEFT_ON_PAGE.replace("Note hand-0 to all.", ""))),
            {checker.ERASED, checker.BY_HAND}),
        (archived(COPY_IT, (HOME, ON_PAGE.replace(f"\n{LINE_1}", "").replace("== 2026", f"{LISTED}\n\n== 2026"))),
            {checker.ERASED, checker.DOUBLED, checker.BY_HAND, checker.LEFT_BEHIND}),
        # it is copied and never taken off
        (archived(COPY_IT, LIST_IT), {checker.DOUBLED, checker.BY_HAND, checker.LEFT_BEHIND}),
        (archived(), {checker.LEFT_BEHIND}),
        # what people did meanwhile is gone
        (archived(COPY_IT, LIST_IT, SAID_THERE, COPY_IT, TAKE_IT_OFF, by=(SAID_THERE[1],)),
            {checker.ERASED, checker.BY_HAND}),
        (archived(COPY_IT, (HOME, CHANGED), TAKE_IT_OFF, by=(CHANGED,)), {checker.ERASED, checker.BY_HAND}),
        (archived(COPY_IT, TAKEN_OUT, TAKE_IT_OFF), {checker.ERASED, checker.LOST}),
        # the archive does not say what it is, or is not listed
        (archived((MOVED, DAY), TAKE_IT_OFF), {checker.UNLISTED}),
        (archived((MOVED, f"{SAYING}\n\n{SAYING}\n\n{DAY}"), TAKE_IT_OFF), {checker.UNLISTED}),
        (archived(COPY_IT, (HOME, LEFT_ON_PAGE.replace(LISTED, ""))), {checker.UNLISTED}),
        (archived(COPY_IT, (HOME, f"{LEFT_ON_PAGE}\n{LISTED}")), {checker.UNLISTED}),
        (archived((MOVED, f"{COPIED}\n\n== 2026-11-23 =="), TAKE_IT_OFF), {checker.OUT_OF_ORDER}),
    ],
)  # fmt: skip
def test_each_wrong_that_is_done_to_days_that_move_is_found(wrong: Evidence, kinds: set[str]) -> None:
    assert {finding.kind for finding in check(wrong)} == kinds


def test_what_was_taken_back_in_an_archive_was_so_on_its_page() -> None:
    struck = COPIED.replace(LINE_1, LINE_STRUCK)
    told = "alice: Taken back: http://127.0.0.1:1/wiki/Nova_Resource:Web/SAL/2026-11#sal-20261122143001-7f3a"
    made = archived(COPY_IT, LIST_IT, TAKE_IT_OFF, (MOVED, struck), accepted=[STRUCK, TWO], regretted=ASKED)
    right = replace(made, heard=[("#c", told)])
    assert check(right) == []
    elsewhere = replace(right, heard=[("#c", told.replace("2026-11#", "2026-10#"))])
    assert [finding.kind for finding in check(elsewhere)] == [checker.TOLD_FALSELY]


def test_an_attempt_that_was_saved_twice_is_found() -> None:
    twice = evidence(a_page(LINE_1))
    again = Revision("Labsbot", "bob: two [b:0000]", RIGHT)
    findings = check(replace(twice, pages={**twice.pages, HOME: [*twice.pages[HOME], again]}))
    assert [finding.kind for finding in findings] == [checker.SAVED_TWICE]


def test_the_journal_is_read_as_the_database_that_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal") as journal:
        journal.execute("CREATE TABLE entry (number, id, channel, nick, message, said, accepted, late, sequence, via)")
        journal.execute("CREATE TABLE change (number, entry, id, kind, text, channel, nick, said, sequence, by_hand)")
        journal.execute("CREATE TABLE delivery (number, entry, change, project, log_day, state)")
        for number, entry in ((2, GIVEN_UP), (1, AMENDED)):
            row = (entry.id, entry.channel, entry.nick, entry.message, entry.said, entry.accepted, entry.late)
            journal.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'irc')", (number, *row, entry.sequence)
            )
            owed = (number, number, None, "web", entry.log_day, entry.states["web"])
            journal.execute("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?)", owed)
        of_a_page = ("wiki-1", "", "?", "by hand", AMENDED.said, AMENDED.accepted, False)
        journal.execute("INSERT INTO entry VALUES (3, ?, ?, ?, ?, ?, ?, ?, 3, 'wiki')", of_a_page)
        made = (AMEND.id, AMEND.kind, AMEND.text, AMEND.channel, AMEND.nick, AMEND.said, AMEND.sequence)
        journal.execute("INSERT INTO change VALUES (7, 1, ?, ?, ?, ?, ?, ?, ?, 0)", made)
        removed = ("removed-1", "remove", "", "", "people", AMEND.said, AMEND.sequence + 1)
        journal.execute("INSERT INTO change VALUES (8, 1, ?, ?, ?, ?, ?, ?, ?, 1)", removed)
        journal.execute("INSERT INTO delivery VALUES (3, 1, 7, 'web', '2026-11-22', 'delivered')")
    assert checker.read_journal(tmp_path / "journal") == [AMENDED, GIVEN_UP]


def test_the_checker_knows_nothing_of_the_bot() -> None:
    assert "labsbot" not in Path(checker.__file__).read_text()
