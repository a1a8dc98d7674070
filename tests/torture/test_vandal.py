"""What a vandal does to a page leaves all else as it was, and what they undo is undone."""

from __future__ import annotations

from random import Random

import pytest

from tests.torture.editor import Way
from tests.torture.vandal import RUN, diverted, hurting, mentioning, misdated, restored, without

ID = "sal-20261122143001-1967f3a"
PAGE = "Intro.\n\n== 2026-11-22 ==\n* b\n* a\n\n== 2026-11-21 ==\n* z"


@pytest.mark.parametrize("way", [hurting, mentioning(ID), misdated])
@pytest.mark.parametrize("seed", range(10))
def test_words_are_added_and_nothing_is_taken(way: Way, seed: int) -> None:
    change = way(PAGE, "hand-7", Random(seed))
    assert change is not None
    added = [line for line in change.text.split("\n") if line and line not in PAGE.split("\n")]
    assert len(added) == 1
    assert "hand-7" in added[0]
    assert [line for line in change.text.split("\n") if line and line not in added] == [
        x for x in PAGE.split("\n") if x
    ]


def test_a_line_that_hurts_is_long() -> None:
    change = hurting(PAGE, "hand-7", Random(1))
    assert change is not None
    assert max(map(len, change.text.split("\n"))) > RUN


def test_what_mentions_an_id_is_taken_away_again_and_nothing_else() -> None:
    change = mentioning(ID)(PAGE, "hand-7", Random(1))
    assert change is not None
    gone: set[str] = set()
    assert without(change.text, {"sal-20261122143001-0000000"}, gone) is None
    cleaned = without(change.text, {ID}, gone)
    assert cleaned is not None
    assert cleaned.text == PAGE
    assert gone == {"hand-7"}


def test_a_redirect_is_undone_and_what_was_written_below_it_meanwhile_stays() -> None:
    change = diverted(PAGE, "Main Page")
    assert change is not None
    assert diverted(change.text, "Main Page") is None
    assert restored(change.text.replace("* b", "* c\n* b")).text == PAGE.replace("* b", "* c\n* b")


def test_where_there_is_no_day_nothing_is_done() -> None:
    assert hurting("Intro.", "hand-7", Random(1)) is None
    assert misdated("Intro.", "hand-7", Random(1)) is None
