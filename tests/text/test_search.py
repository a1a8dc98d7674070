"""What somebody searches for is understood as people mean it, and whatever is typed means something."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.text.search import MOST_TERMS, Search, SearchPart, SearchWords, Term, has_words, parse, slips

A, M = SearchPart.ANYWHERE, SearchPart.MESSAGE


def words(*wanted: Term, without: tuple[Term, ...] = ()) -> Search:
    return Search(SearchWords(wanted, without))


@pytest.mark.parametrize(
    ("typed", "search"),
    [
        ("", Search()),
        ("  ", Search()),
        ("db1 Web", words(Term("db1"), Term("Web"))),
        ("db1 db1", words(Term("db1"))),
        ('db1 "web  service"', words(Term("db1"), Term("web  service"))),
        ('db1 "web service', words(Term("db1"), Term("web service"))),
        ("“a b” -„c d“", words(Term("a b"), without=(Term("c d"),))),
        ("tools-web -x - -", words(Term("tools-web"), without=(Term("x"),))),
        ('db* d* "db*" *', words(Term("db", begins=True), Term("d"), Term("db*"))),
        ("a-b* a-bc* a-*", words(Term("a-b"), Term("a-bc", begins=True), Term("a-"))),
        ("aa* bb* cc* dd*", words(*(Term(each * 2, begins=True) for each in "abc"), Term("dd"))),
        ("HOST:db1 task:T1 -host:db2", words(Term("db1", M), Term("T1", M), without=(Term("db2", M),))),
        ("-from:bob", words(without=(Term("bob", SearchPart.AUTHOR),))),
        ('from:alice from:"b c" project:tools', Search(authors=("alice", "b c"), projects=("tools",))),
        ("after:2026-11-22", Search(after=datetime(2026, 11, 22, tzinfo=UTC))),
        ("before:2026-11-22T12:00:00+01:00", Search(before=datetime(2026, 11, 22, 11, tzinfo=UTC))),
        ("robots:no", Search(robots=False)),
        ("robots:yes", Search()),
        ("after:noon", words(Term("after noon"))),
        ("before:2026-02-30", words(Term("before 2026-02-30"))),
        ("-project:x robots:maybe", words(Term("robots maybe"), without=(Term("project x"),))),
        ("from: alice", words(Term("from:"), Term("alice"))),
        ("http://a.example", words(Term("http://a.example"))),
        ("***", words(Term("***"))),
        ("2026-11-22", Search(SearchWords((Term("2026-11-22"),)), day=date(2026, 11, 22))),
        (
            "project:tools 2026-11-22",
            Search(SearchWords((Term("2026-11-22"),)), projects=("tools",), day=date(2026, 11, 22)),
        ),
        ("2026-11-22 x", words(Term("2026-11-22"), Term("x"))),
        ("2026-02-30", words(Term("2026-02-30"))),
        ("from:alice 2026-11-22", Search(SearchWords((Term("2026-11-22"),)), authors=("alice",))),
    ],
)
def test_a_search_is_understood(typed: str, search: Search) -> None:
    assert parse(typed, UTC) == search


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("form:alice db1", ["form: was looked for as a word. Did you mean from:?"]),
        ("-Projekt:x since:2026-01-01", ["projekt: … project:?", "since: … after:?"]),
        ("after:noon -before:2026-02-30", ["after: needs a day", "before: needs a day"]),
        ("robots:maybe robots:maybe", ["robots: is followed by no"]),
        ("from: alice", ["Nothing stands behind from:"]),
        ("db1 OR db2 AND or -NOT", ["“OR” was looked for as a word", "“AND”"]),
        ("k* ** db* from:k*", ["At least 2 letters stand before *"]),
        ('from:alice after:2026-01-01 robots:no host:db1 "form:alice" http://a:1 https://b sal:x 10:05 note: -a', []),
    ],
)
def test_what_is_probably_meant_otherwise_is_pointed_out(typed: str, said: list[str]) -> None:
    found = slips(typed, UTC)
    assert len(found) == len(said)
    for slip, words in zip(found, said, strict=True):
        assert all(part in slip for part in words.split("…"))


@given(
    st.text() | st.lists(st.sampled_from(["from:", "-", '"', "*", "after:", "a", " ", "2026-11-22", "“"])).map("".join)
)
def test_whatever_is_typed_can_be_searched_for(typed: str) -> None:
    search = parse(typed, UTC)
    terms = (*search.words.wanted, *search.words.unwanted)
    assert len(terms) <= MOST_TERMS
    assert all(has_words(each.text) for each in terms) or len(terms) == 1


def test_of_what_is_long_the_beginning_is_read() -> None:
    assert parse("x" * 10_000, UTC).words.wanted == (Term("x" * 500),)
    assert len(parse(" ".join(map(str, range(99))), UTC).words.wanted) == MOST_TERMS
