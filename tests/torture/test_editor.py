"""What somebody does to a page by hand: their words are there, and all else is as it was."""

from __future__ import annotations

from random import Random

import pytest

from tests.torture.editor import (
    Way,
    archive_newest,
    archive_since,
    archives_of,
    line,
    merged,
    note,
    remark,
    remove,
    section,
    strike,
)

archive = archive_since("2026-11-01")
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
    assert archive_since("2026-11-22")(OWN, "hand-7", Random(1)) is None


def test_a_category_at_the_bottom_is_no_part_of_a_day() -> None:
    change = archive(f"{OWN}\n\n[[Category:SAL]]", "hand-7", Random(1))
    assert change is not None
    assert change.taken == "== 2026-11-21 ==\n* z"
    assert change.text.endswith("\n\n[[Category:SAL]]")


def test_archives_are_the_pages_below_that_are_no_other_logs() -> None:
    below = ["Web/2025", "Web/SAL", "Web/SAL/2025", "Web/Archive"]
    assert archives_of("Web", ["Web", "Web/SAL", "Mail"], below) == ["Web/2025", "Web/Archive"]
    assert archives_of("Web/SAL", ["Web", "Web/SAL"], ["Web/SAL/2025"]) == ["Web/SAL/2025"]


def test_of_two_versions_of_a_day_nothing_that_people_said_is_lost() -> None:
    gone = LINE.replace("7f3a", "ffff")
    on_page = f"== 2026-11-22 ==\n{LINE} (hand-1 did that)\n{gone}\n* hand-2"
    archived = f"== 2026-11-22 ==\n{LINE} (hand-3 did that)\n* hand-4\n* hand-2"
    assert merged(on_page, archived, {"sal-20261122143001-ffff"}) == (
        f"== 2026-11-22 ==\n{LINE} (hand-1 did that) (also hand-3)\n* hand-2\n* hand-4"
    )
    assert merged("== 2026-11-22 ==", f"== 2026-11-22 ==\n{LINE} (hand-3 did that)", set()) == (
        "== 2026-11-22 ==\n* hand-3: of lines that are gone"
    )
