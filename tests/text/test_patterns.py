"""An operator's patterns find what they say, and no text makes them take long."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.text.patterns import MOST_GROUPS, MOST_SIZE, MOST_STEPS, Pattern, Searched, Unusable
from tests.vectors import vectors_in

TABLE: dict[str, Any] = vectors_in(__file__, "patterns.yaml")


def finds(pattern: str, text: str, start: int = 0, end: int | None = None) -> list[str]:
    searched = Searched(Pattern(pattern), text)
    return [found[0] for found in searched.finds(start, len(text) if end is None else end)]


@pytest.mark.parametrize(("pattern", "words"), TABLE["unusable"])
def test_what_cannot_be_a_pattern_is_refused_with_advice(pattern: str, words: str) -> None:
    with pytest.raises(Unusable, match=re.escape(words)):
        Pattern(pattern)


def test_a_long_mistake_is_told_in_short_and_not_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unusable) as caught:
        Pattern("(" * 9999)
    assert len(str(caught.value)) < 120
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("pattern", "text", "expected"), TABLE["finds"])
def test_a_pattern_finds_what_it_says(pattern: str, text: str, expected: list[str]) -> None:
    assert finds(pattern, text) == expected


@given(st.text("aé€😀\ud800 1"), st.data())
def test_places_are_counted_in_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    finds = Searched(Pattern("é(1)?|😀+( )?"), text).finds(start, end)
    found = [(found.start(), found.end(), found.groups("")) for found in finds]
    # re sees no more of a text than it is given; here nothing depends on that
    wanted = re.compile("é(1)?|😀+( )?").finditer(text, start, end)
    assert found == [(match.start(), match.end(), match.groups("")) for match in wanted]


def test_no_line_and_no_word_ends_where_the_search_does() -> None:
    assert finds(r"\bT1\b", "xT1 T1x T1", 1, 6) == []
    assert finds(r"^T1|T1$", "xT1 T1x", 1, 6) == []
    assert finds(r"T\d+", "T123", 0, 3) == ["T12"]


def test_a_pattern_fits_as_a_whole_or_not() -> None:
    assert Pattern("a|ab").fullmatch("ab")
    assert Pattern("x-[a-z]+").fullmatch("x-é") is None
    assert Pattern("x-.+").fullmatch("x-é\ud800")
    assert Pattern("a").fullmatch("ba") is None


def test_a_search_takes_any_text() -> None:
    found = Pattern("é+").search("\ud800ééa")
    assert found
    assert (found.start(), found.end()) == (1, 3)
    assert Pattern("x").search("\ud800") is None


def test_what_is_put_in_for_a_find_is_taken_as_it_is() -> None:
    assert Pattern(r"k=(\w+)").sub(r"…\1", "é k=a, k=b") == r"é …\1, …\1"
    assert Pattern("x").sub("…", "é") == "é"


@pytest.mark.parametrize(
    ("pattern", "nothing"),
    [("a*", True), (r"\b", True), (r"\B", True), ("a|$", True), ("a", False), (r"T\d+\b", False)],
)
def test_a_pattern_that_fits_between_two_characters_is_known(pattern: str, nothing: bool) -> None:
    assert any(Pattern(pattern).fits_nothing_in(probe) for probe in ("", "a", "A 1")) is nothing


def test_patterns_of_the_same_text_are_one() -> None:
    assert Pattern("a+") == Pattern("a+")
    assert len({Pattern("a+"), Pattern("a+"), Pattern("a")}) == 2
    assert repr(Pattern("a+")) == "Pattern(pattern='a+')"


# --- no text makes them take long -------------------------------------------------------------------------------------

LONG = 50_000
SLOW = [
    r"(a+)+b",
    r"(a+)+$",
    r"(a|aa)+$",
    r"(a|a?)+b",
    r"(?:a*a*a*a*a*)*b",
    r"(.*a){20}b",
    r"(?:a?){40}a{40}b",
    r"(\w+\s?)+!",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
]
"""Each would keep Python's ``re`` busy with one text of `LONG` letters for longer than anybody lives, or for hours."""


@pytest.mark.parametrize("pattern", SLOW)
@pytest.mark.parametrize("end", ["", "c", "b", " é"])
def test_no_text_stops_a_pattern_that_repeats_what_repeats(pattern: str, end: str) -> None:
    text = "a" * LONG + end
    compiled = Pattern(pattern)
    compiled.search(text)
    compiled.fullmatch(text)
    compiled.sub("…", text)
    list(Searched(compiled, text).finds(0, len(text)))


@pytest.mark.parametrize("pattern", ["a.*b|a", "a", "(?:a?){99}a{99}b|a", r"[a-z\pL]*b|a"])
def test_of_very_many_finds_in_a_long_text_some_are_left(pattern: str) -> None:
    """One search is quick, but each of them may look to the end of the text: in all, the square of its length."""
    compiled = Pattern(pattern)
    searched = Searched(compiled, "a" * LONG)
    found = list(searched.finds(0, LONG))
    assert searched.given_up
    assert 0 < len(found) <= MOST_STEPS // ((LONG - len(found)) * compiled.compiled.programsize) + 1
    # of what must not be shown, nothing is
    assert set(compiled.sub("…", "a" * LONG)) == {"…"}


@pytest.mark.parametrize("pattern", [r"\bT\d+\b", r"[\pL\pN]+"])
def test_all_that_stands_in_one_line_of_irc_is_found(pattern: str) -> None:
    assert finds(pattern, "T1 " * 70) == ["T1"] * 70


def test_the_largest_patterns_are_within_bounds() -> None:
    assert Pattern(r"[\pL\pN_]+/[\pL\pN_]+").compiled.programsize <= MOST_SIZE
    assert Pattern("(.)" * MOST_GROUPS).compiled.groups == MOST_GROUPS
