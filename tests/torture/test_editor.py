"""What somebody does to a page by hand: their words are there, and all else is as it was."""

from __future__ import annotations

from random import Random

import pytest

from tests.torture.editor import Way, archive, archive_newest, line, note, remark, remove, section, strike

OWN = "Intro.\n\n== 2026-11-22 ==\n* b\n* a\n\n== 2026-11-21 ==\n* z"
BELOW = (
    "Intro.\n\n== Docs ==\ntext\n\n== Log ==\n\n=== 2026-11-22 ===\n* b\n\n=== 2026-11-21 ===\n* z\n\n== Rest ==\n* r"
)


@pytest.mark.parametrize("text", [OWN, BELOW])
@pytest.mark.parametrize("way", [note, section, line])
@pytest.mark.parametrize("seed", range(10))
def test_words_are_added_and_nothing_is_taken(text: str, way: Way, seed: int) -> None:
    change = way(text, "hand-7", Random(seed))
    assert change is not None
    assert not change.taken
    added = [new for new in change.text.split("\n") if new and new not in text.split("\n")]
    assert added
    assert all("hand-7" in new for new in added)
    assert [old for old in change.text.split("\n") if old and old not in added] == [x for x in text.split("\n") if x]


@pytest.mark.parametrize(
    ("text", "way", "wanted"),
    [
        (OWN, archive, "== 2026-11-21 ==\n* z"),
        (OWN, archive_newest, "== 2026-11-22 ==\n* b\n* a"),
        (BELOW, archive, "=== 2026-11-21 ===\n* z"),
        (BELOW, archive_newest, "=== 2026-11-22 ===\n* b"),
    ],
)
def test_a_day_is_taken_out_as_a_whole(text: str, way: Way, wanted: str) -> None:
    change = way(text, "hand-7", Random(1))
    assert change is not None
    assert change.taken == wanted
    left = text.replace(wanted, "").split("\n")
    assert [x for x in change.text.split("\n") if x] == [x for x in left if x]


LINE = '* <span id="sal-20261122143001-7f3a">[[#sal-20261122143001-7f3a|14:30]]</span> alice: one'


@pytest.mark.parametrize(
    ("way", "wanted"),
    [
        (remark, f"{LINE} (hand-7 did that)"),
        (strike, f"{LINE.removesuffix('alice: one')}<s>alice: one</s> no, hand-7"),
        (remove, None),
    ],
)
def test_of_the_lines_of_the_bot_one_is_changed_or_taken_out_and_no_other(way: Way, wanted: str | None) -> None:
    text = OWN.replace("* a", LINE)
    change = way(text, "hand-7", Random(1))
    assert change is not None
    assert change.text == (text.replace(f"\n{LINE}", "") if wanted is None else text.replace(LINE, wanted))
    assert change.removed == ("sal-20261122143001-7f3a" if wanted is None else "")
    assert way(OWN, "hand-7", Random(1)) is None


def test_what_people_remarked_is_not_taken_out_with_a_line() -> None:
    assert remove(OWN.replace("* a", f"{LINE} (hand-3 did that)"), "hand-7", Random(1)) is None


def test_where_there_is_no_day_nothing_is_done() -> None:
    assert line("Intro.", "hand-7", Random(1)) is None
    assert archive("== 2026-11-22 ==\n* only one", "hand-7", Random(1)) is None
