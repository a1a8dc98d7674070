"""What somebody searches for is understood as people mean it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.text.search import Search, parse

TEXTS = ["Restarted the web service on db1", "alice", "tools"]


@pytest.mark.parametrize(
    "typed",
    ["", "restarted", "RESTARTED db1", "alice tools web", '"web service"', "“WEB  service”", "start", "-bob", '"'],
)
def test_all_words_and_phrases_have_to_occur_wherever_and_in_whatever_case(typed: str) -> None:
    assert parse(typed).finds(TEXTS)


@pytest.mark.parametrize("typed", ["db2", "alice bob", '"service web"', "-alice", 'db1 -"web service"', "-DB1"])
def test_what_does_not_occur_or_must_not_is_not_found(typed: str) -> None:
    assert not parse(typed).finds(TEXTS)


def test_a_hyphen_within_a_word_and_one_alone_exclude_nothing() -> None:
    assert parse("tools-web -x - -") == Search(("tools-web", "-"), ("x",))


def test_a_phrase_that_is_not_ended_goes_to_the_end() -> None:
    assert parse('db1 "web service') == Search(("db1", "web service"))


@given(st.text())
def test_whatever_is_typed_can_be_searched_for(typed: str) -> None:
    search = parse(typed)
    assert "" not in (*search.wanted, *search.unwanted)
    assert search.finds(search.wanted) or search.unwanted
