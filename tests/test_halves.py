"""Who sent half a message hears after which word it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from labsbot.halves import Halves
from tests.nouns import NOON, a_line

FIRST = "rebuilt " * 40 + "everything"
SECOND = "but the database"


def seconds(number: float) -> dict[str, Any]:
    return {"arrived": NOON + timedelta(seconds=number)}


def test_a_line_that_is_as_long_as_lines_can_be_was_probably_cut() -> None:
    answer = Halves().logged(a_line(f"!log tools {FIRST}", full=True), FIRST)
    assert answer == "The network probably cut this message: the log has it up to “everything”. Log the rest."


def test_a_character_that_was_cut_in_the_middle_is_not_said_back() -> None:
    assert "“caf”" in (Halves().logged(a_line("", full=True), "the caf\ufffd") or "")
    assert "“…”" in (Halves().logged(a_line("", full=True), "\ufffd") or "")


def test_a_word_without_end_is_not_said_back_whole() -> None:
    assert len(Halves().logged(a_line("", full=True), "x" * 400) or "") < 150


def test_a_second_half_that_follows_at_once_is_noticed_once() -> None:
    halves = Halves()
    assert halves.logged(a_line(f"!log tools {FIRST}"), FIRST) is None
    answer = halves.talk(a_line(SECOND, **seconds(1)))
    assert answer == (
        "The log has your message up to “everything” only: what came after was a line of its own. Log the rest."
    )
    assert halves.talk(a_line("and the rest", **seconds(1))) is None


def test_other_talk_is_no_second_half() -> None:
    halves = Halves()
    halves.logged(a_line("!log tools short"), "short")
    assert halves.talk(a_line(SECOND, **seconds(1))) is None
    for other in (
        a_line(SECOND, nick="bob", **seconds(1)),
        a_line(SECOND, channel="#other", **seconds(1)),
        a_line(SECOND, replayed=True, **seconds(1)),
        a_line(SECOND, **seconds(4)),
    ):
        halves.logged(a_line(f"!log tools {FIRST}"), FIRST)
        assert halves.talk(other) is None


def test_what_is_repeated_from_a_history_is_not_waited_for() -> None:
    halves = Halves()
    halves.logged(a_line(f"!log tools {FIRST}", replayed=True), FIRST)
    assert halves.talk(a_line(SECOND, **seconds(1))) is None
