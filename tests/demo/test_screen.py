"""What the demo shows: the channel on the left, the page as its readers see it on the right."""

from __future__ import annotations

from labsbot.demo.screen import MARGIN, NARROWEST, as_read, side_by_side

PAGE = """\
== 2026-11-22 ==
* <span id="sal-1">[[:Nova Resource:Tools/SAL#sal-1|14:30]]</span> [[User:Alice|alice]]: a &#61; b"""


def test_the_page_is_shown_as_its_readers_see_it() -> None:
    assert as_read(PAGE).splitlines() == ["== 2026-11-22 ==", "• 14:30 alice: a = b"]


def test_channel_and_page_stand_side_by_side_under_their_names() -> None:
    shown = side_by_side(["<alice> !log tools a = b"], PAGE, ("#cloud", "Tools/SAL"), 80).splitlines()
    assert [[half.strip() for half in line.split("│")] for line in (shown[0], *shown[2:])] == [
        ["#cloud", "Tools/SAL"],
        ["<alice> !log tools a = b", "== 2026-11-22 =="],
        ["", "• 14:30 alice: a = b"],
    ]


def test_long_lines_are_wrapped_and_a_narrow_terminal_is_taken_for_a_wider_one() -> None:
    shown = side_by_side(["word " * 20], "", ("#cloud", "Tools/SAL"), 10).splitlines()
    assert len(shown) > 4
    assert all(len(line) <= 2 * NARROWEST + len(MARGIN) for line in shown)
    assert shown[3].startswith("  word"), "what goes on is set in"
