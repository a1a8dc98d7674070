"""What a terminal is shown of JSON moves no cursor, and is the same value."""

import json

import pytest

from labsbot.text.visible_json import visible
from tests.wikitext.typed import FRAGMENTS, odd_characters


@pytest.mark.parametrize(
    "text", ["a\x7fb", "\x9b31m", "a\u202eb\u2028", "\U000e0041", "größer → 🎉", "\x1b[2J\n", "\ufeff"]
)
def test_all_that_is_not_just_seen_is_escaped_and_means_the_same(text: str) -> None:
    shown = visible(json.dumps([text], ensure_ascii=False))
    assert shown.isprintable()
    assert json.loads(shown) == [text]


def test_whatever_is_typed() -> None:
    for text in (*FRAGMENTS[::5], *odd_characters()):
        shown = visible(json.dumps({text: text}, ensure_ascii=False, indent=1))
        assert all(line.isprintable() for line in shown.split("\n"))
        seen = "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
        assert json.loads(shown) == {seen: seen}


def test_what_is_seen_stands_as_it_is() -> None:
    assert visible('{\n  "a": "größer → 🎉"\n}') == '{\n  "a": "größer → 🎉"\n}'
