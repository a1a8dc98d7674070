"""A message is read once; what it is read as is what every output shows."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from labsbot.settings import LinkPattern
from labsbot.text.message import MessageSpan, SpanReading, clean, parse
from labsbot.text.patterns import Pattern

PATTERNS = (
    LinkPattern(Pattern(r"\bT\d+\b"), url="https://phab.example.org/{0}"),
    LinkPattern(Pattern(r"\b[Bb]ug (\d+)"), page="phab:T{1}"),
    LinkPattern(Pattern(r"\bssh (\S+)"), url="ssh://{1}"),
)
PIECES = (
    "http://x/a",
    "mailto:a@b",
    "[[a|b]]",
    "[[c]]",
    "[[Media:x]]",
    "T12",
    "bug 7",
    "ssh y",
    " ",
    "!",
    ")",
    "[",
    "]]",
    "é",
)


def text(typed: str) -> MessageSpan:
    return MessageSpan(SpanReading.TEXT, typed)


def test_a_message_is_text_addresses_pages_and_what_patterns_find() -> None:
    assert parse("T1: see https://x.org/T2, [[a b|here]] or bug 7.", patterns=PATTERNS) == (
        MessageSpan(SpanReading.FOUND, "T1", address="https://phab.example.org/T1", label="T1"),
        text(": see "),
        MessageSpan(SpanReading.ADDRESS, "https://x.org/T2", address="https://x.org/T2"),
        text(", "),
        MessageSpan(SpanReading.PAGE, "[[a b|here]]", page="a b", label="here"),
        text(" or "),
        MessageSpan(SpanReading.FOUND, "bug 7", page="phab:T7", label="bug 7"),
        text("."),
    )


def test_what_leads_nowhere_is_text() -> None:
    assert parse("[[Media:x]] [[a%41]] ssh y [[a|]]", patterns=PATTERNS) == (text("[[Media:x]] [[a%41]] ssh y [[a|]]"),)
    assert parse("[[a]] http://x", links=False) == (
        text("[[a]] "),
        MessageSpan(SpanReading.ADDRESS, "http://x", address="http://x"),
    )
    assert parse("") == parse("\x02 ") == ()


@given(
    st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=2))).map("".join)), st.booleans()
)
def test_whatever_is_typed_its_spans_are_the_cleaned_message(typed: str, links: bool) -> None:
    spans = parse(typed, links, PATTERNS)

    assert "".join(span.typed for span in spans) == clean(typed)
    assert all(span.typed for span in spans)
    for span in spans:
        assert (span.address is not None) + (span.page is not None) == (span.reading is not SpanReading.TEXT)
    assert SpanReading.PAGE not in {span.reading for span in spans} or links
    assert not any(one.reading is other.reading is SpanReading.TEXT for one, other in pairwise(spans))
