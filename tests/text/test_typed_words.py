"""Words as people type them are taken apart."""

from __future__ import annotations

import pytest

from labsbot.text.typed_words import bare, first_word, has_word, said_behind, visible, without_stops


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("!star it", " it"),
        ("! STAR: it", " it"),
        ("\x0304！ｓｔａｒ", ""),
        ("!star?", "?"),
        ("!star,it", "it"),
        ("!stars it", None),
        ("!star:)", None),
        ("a !star", None),
    ],
)
def test_what_is_said_behind_the_word_of_a_command(text: str, behind: str | None) -> None:
    assert said_behind("!star", text) == behind


def test_the_first_word_leaves_its_punctuation_behind() -> None:
    assert first_word("tools : restarted  it") == ("tools", " restarted  it")
    assert first_word("tools: restarted") == ("tools:", " restarted")
    assert bare("\x02<tools>:") == "tools"
    assert without_stops("- tools: x") == " tools: x"
    assert without_stops("tools x") == "tools x"


def test_a_word_stands_in_a_text_only_as_a_whole() -> None:
    assert has_word("say !LO\x02G now", "!log")
    assert not has_word("!logs and x!log", "!log")


def test_what_nobody_sees_is_not_visible() -> None:
    assert visible(" x")
    assert not visible("\x02\x0304 \u200b\t\u2800")
