"""What is typed can be seen and does nothing."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

import pytest
import wikitextparser
from hypothesis import example, given
from hypothesis import strategies as st

from labsbot.settings import LinkPattern
from labsbot.text.message import clean
from labsbot.text.patterns import Pattern
from labsbot.wikitext import inert, inert_name, inert_summary
from tests.vectors import vectors_in
from tests.wikitext.typed import FRAGMENTS
from tests.wikitext.world import as_shown

VECTORS: list[list[str]] = vectors_in(__file__, "inert.yaml")
LINK = re.compile(
    r"\[\[:([^\[\]|]+?)(?:\|([^\[\]]+))?\]\]|\[(?i:https?)://(?:\[[0-9A-Fa-f:.]+\][^\s\[\]]*|[^\s\[\]]+) ([^\[\]]+)\]"
)
FOUND: dict[str, Any] = vectors_in(__file__, "patterns.yaml")
PATTERNS = tuple(
    LinkPattern(Pattern(pattern["match"]), pattern.get("url"), pattern.get("page")) for pattern in FOUND["patterns"]
)
TYPED = st.one_of(
    st.text(),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=6).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=6).map(" ".join),
    st.text(alphabet="[]{}|<>&#;:'~_=*!/-x "),
)


def label_of(link: re.Match[str]) -> str:
    return link[2] or link[1] or link[3]


@pytest.mark.parametrize(("typed", "expected"), VECTORS, ids=[typed for typed, _ in VECTORS])
def test_what_is_typed_becomes_wikitext_that_shows_it(typed: str, expected: str) -> None:
    assert inert(typed) == expected


@pytest.mark.parametrize(("typed", "expected"), FOUND["cases"], ids=[typed for typed, _ in FOUND["cases"]])
def test_what_a_pattern_finds_becomes_a_link(typed: str, expected: str) -> None:
    assert inert(typed, patterns=PATTERNS) == expected


def test_with_links_off_a_link_is_text_in_which_patterns_are_alive() -> None:
    assert inert("[[a|T1]] http://x", links=False) == "&#91;&#91;a&#124;T1]&#93; http://x"
    assert inert("[[T1]]", False, PATTERNS) == "&#91;&#91;[https://phab.example.org/T1 T1]]&#93;"


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["(a+)+b", r"(\w+\s?)+!", "a.*b|a", "a", r"\S+"])
@pytest.mark.parametrize("piece", ["a", "a ", "éa", "a http://x ", "[[x]]a", "[[a|"])
def test_whatever_is_typed_and_whatever_the_pattern_it_ends_and_is_shown(pattern: str, piece: str) -> None:
    typed = piece * (40_000 // len(piece))

    shown = inert(typed, patterns=[LinkPattern(Pattern(pattern), url="https://x.example.org/{0}")])
    assert html.unescape(LINK.sub(label_of, shown)) == as_shown(typed)


def test_all_that_a_message_of_usual_length_holds_is_linked() -> None:
    typed = " ".join(f"T{number}" for number in range(100, 1000))

    assert inert(typed, patterns=PATTERNS).count("[https://phab.example.org/T") == 900


@given(TYPED)
def test_patterns_change_nothing_in_what_a_reader_sees(typed: str) -> None:
    texts = [f"T1{typed}", f"{typed} T1 #{typed}", f"page:{typed};", f"bug 7{typed}"]
    for text in texts:
        assert html.unescape(LINK.sub(label_of, inert(text, patterns=PATTERNS))) == as_shown(text)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("plain", "plain"),
        ("  a \t b  ", "a   b"),
        ("\x02b\x02 \x0304,12red\x03 \x03 \x04ff00ff,00ff00hex\x04 \x1di\x1d\x1f\x16\x11\x1e\x0f", "b red  hex i"),
        ("\x03123", "3"),
        ("a\x00b\rc\nd\x7fe\x85f\u2028g\u2029h", "a b c d e f g h"),
        ("a\u202eb\u2066c\u200fd\u061ce", "abcde"),
        ("a\ud800b\ufdd0c\ufffed\U0010ffffe", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("e\u0301", "é"),
        ("e\x02\u0301", "é"),
        ("\x02\x03\x0f", ""),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_cannot_be_seen_is_gone(typed: str, expected: str) -> None:
    assert clean(typed) == expected


@given(TYPED)
def test_cleaning_again_changes_nothing(typed: str) -> None:
    once = clean(typed)

    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


@given(TYPED)
@example("[[x|y]]' '")
@example("http://x'")
@example("http://[0]!")
def test_what_a_reader_sees_is_what_was_typed(typed: str) -> None:
    assert html.unescape(LINK.sub(label_of, inert(typed))) == as_shown(typed)
    assert html.unescape(inert_name(typed)) == clean(typed)


@given(TYPED)
def test_no_live_construct_is_left(typed: str) -> None:
    wikitext = inert(typed)
    parsed = wikitextparser.parse(f"{{{{t|{wikitext}|{wikitext}}}}}")

    assert [len(template.arguments) for template in parsed.templates] == [2]
    assert [argument.name for argument in parsed.templates[0].arguments] == ["1", "2"]
    assert not parsed.parser_functions
    assert not parsed.parameters
    assert not parsed.comments
    assert not parsed.tables
    assert not parsed.get_tags()
    assert not parsed.get_bolds_and_italics()
    assert all(link.string.startswith("[[:") for link in parsed.wikilinks)
    without_links = LINK.sub("link", wikitext)
    without_hosts = re.sub(r"://\[[0-9a-fA-F:.]+\]", "://", without_links)
    assert not re.search(r"[\[{}|<>=\x00-\x1f\u202e]|''|~~~|__|!!|^[-+!*#:;]", without_hosts)
    assert not re.search(r"&(?!(?:amp|lt|gt|#\d+);)", wikitext)
    assert unicodedata.is_normalized("NFC", f"<b>{wikitext}</b>")


@given(TYPED, TYPED)
def test_two_values_side_by_side_make_nothing_new(one: str, other: str) -> None:
    both = inert(one) + inert(other)

    assert not re.search(r"''|~~~|__|!!|\{\{|\}\}", both)


@given(TYPED)
def test_the_same_text_gives_the_same_wikitext(typed: str) -> None:
    assert inert(typed) == inert(clean(typed))
    assert inert_summary(typed).replace("\u2060", "") == clean(typed).replace("\u2060", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "a-",
        "[[",
        "[[a",
        "[[a]",
        "[[Media:",
        "[[a|b",
        ":",
        "[[:",
        "http://x[",
        "http://x[a]",
        "x://",
        "RFC ",
        "_",
        "'",
        "mailto:",
    ],
)
def test_the_oddest_line_takes_time_only_as_it_is_long(piece: str) -> None:
    """In the square of its length, each of these would take minutes."""
    typed = piece * (100_000 // len(piece))

    assert html.unescape(LINK.sub("x", inert(typed)))
    assert inert_name(typed)
    assert inert_summary(typed)
