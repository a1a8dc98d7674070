"""Who sent half a message hears after which word it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from labsbot.desk.truncated import Truncated
from tests.nouns import NOON, a_line

FIRST = "rebuilt " * 40 + "everything"
SECOND = "but the database"


def seconds(number: float) -> dict[str, Any]:
    return {"arrived": NOON + timedelta(seconds=number)}


def test_a_line_that_is_as_long_as_lines_can_be_was_probably_cut() -> None:
    answer = Truncated().logged(a_line(f"!log tools {FIRST}", full=True), FIRST)
    assert answer == "The network probably cut this message: the log has it up to “everything”. Log the rest."


def test_a_character_that_was_cut_in_the_middle_is_not_said_back() -> None:
    assert "“caf”" in (Truncated().logged(a_line("", full=True), "the caf\ufffd") or "")
    assert "“…”" in (Truncated().logged(a_line("", full=True), "\ufffd") or "")


def test_a_word_without_end_is_not_said_back_whole() -> None:
    assert len(Truncated().logged(a_line("", full=True), "x" * 400) or "") < 150


def test_a_second_half_that_follows_at_once_is_noticed_once() -> None:
    halves = Truncated()
    assert halves.logged(a_line(f"!log tools {FIRST}"), FIRST) is None
    answer = halves.talk(a_line(SECOND, **seconds(1)), SECOND)
    assert answer == (
        "The log has your message up to “everything” only: what came after was a line of its own. Log the rest."
    )
    assert halves.talk(a_line("and the rest", **seconds(1)), "and the rest") is None


def test_other_talk_is_no_second_half() -> None:
    halves = Truncated()
    halves.logged(a_line("!log tools short"), "short")
    assert halves.talk(a_line(SECOND, **seconds(1)), SECOND) is None
    for other in (
        a_line(SECOND, nick="bob", **seconds(1)),
        a_line(SECOND, channel="#other", **seconds(1)),
        a_line(SECOND, replayed=True, **seconds(1)),
        a_line(SECOND, **seconds(4)),
    ):
        halves.logged(a_line(f"!log tools {FIRST}"), FIRST)
        assert halves.talk(other, other.text) is None


def test_what_is_repeated_from_a_history_is_not_waited_for() -> None:
    halves = Truncated()
    halves.logged(a_line(f"!log tools {FIRST}", replayed=True), FIRST)
    assert halves.talk(a_line(SECOND, **seconds(1)), SECOND) is None


@pytest.mark.parametrize(
    ("message", "follows"),
    [
        ("did three things:", "moved the db"),
        ("moved the db,", "rebooted web-1"),
        ("moved the db and", "rebooted web-1"),
        ("moved the db \\", "rebooted web-1"),
        ("did three things", "- moved the db"),
        ("did three things", "* moved the db"),
        ("did three things", "\x02•\x02 moved the db"),
        ("did three things", "1. moved the db"),
        ("did three things", "2) moved the db"),
        ("did three things", "    moved the db"),
    ],
)
def test_a_short_paste_of_several_lines_is_noticed_once(message: str, follows: str) -> None:
    halves = Truncated()
    assert halves.logged(a_line(f"!log tools {message}"), message) is None
    answer = halves.talk(a_line(follows, **seconds(0.2)), follows)
    assert answer is not None
    assert answer.startswith(f"The log has your message up to “{message.split()[-1]}” only")
    assert halves.talk(a_line("- rebooted web-1", **seconds(0.3)), "- rebooted web-1") is None


@pytest.mark.parametrize(
    "message", ["did three things", "restarted web-1.", "brand", "DROP TABLE host;", "run-jobs &", "12:30"]
)
@pytest.mark.parametrize("remark", ["done", "bob: thanks", "-1 to that", "1.5 hours later", "+1", ":)", "*yawn*"])
def test_a_remark_that_follows_at_once_is_no_second_half(message: str, remark: str) -> None:
    halves = Truncated()
    halves.logged(a_line(f"!log tools {message}"), message)
    assert halves.talk(a_line(remark, **seconds(0.5)), remark) is None


def test_a_list_that_begins_later_is_none_of_the_message() -> None:
    halves = Truncated()
    halves.logged(a_line("!log tools did three things:"), "did three things:")
    assert halves.talk(a_line("- what now", **seconds(3.5)), "- what now") is None


def test_of_those_behind_a_bridge_each_has_their_own_halves() -> None:
    halves = Truncated()
    line = a_line("<bob> !log tools did:", nick="matrix")
    halves.logged(line, "did:", "bob")
    assert halves.talk(a_line("<carol> - x", nick="matrix", **seconds(1)), "- x", "carol") is None
    assert halves.talk(a_line("- x", nick="matrix", **seconds(1)), "- x") is None
    assert halves.talk(a_line("<bob> - x", nick="matrix", **seconds(1)), "- x", "bob") is not None


def test_whom_a_bridge_cut_short_hears_up_to_where() -> None:
    message = "moved the database <clipped message>"
    assert Truncated().logged(a_line("", nick="matrix"), message, "bob") == (
        "The bridge cut this message: the log has it up to “database”. Log the rest."
    )
    assert "“…”" in (Truncated().logged(a_line("", nick="matrix"), "<clipped message>\x0f", "bob") or "")
    assert Truncated().logged(a_line(""), message) is None, "somebody on IRC only quotes it"
