"""What a MediaWiki says of pages as such, asked for several at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest

from labsbot.model import Unavailable
from labsbot.wiki.info import ALONE, FRESH, LONGEST, PageInfo
from labsbot.wiki.listing import MOST_ASKED, Answer


class Spoken:
    """A wiki whose pages are all missing; it notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = 0.0
        self.info = PageInfo(self.read, lambda: self.now)
        self.normalized: list[dict[str, Any]] = []
        self.untold: set[str] = set()
        self.pages: Any = None

    def read(self, action: str, **parameters: Any) -> Answer:
        self.asked.append(parameters["titles"])
        titles = [each for each in parameters["titles"].split("|") if each not in self.untold]
        spelt = {each["from"]: each["to"] for each in self.normalized}
        pages = [{"ns": 0, "title": spelt.get(each, each), "missing": True} for each in titles]
        query = {"pages": pages if self.pages is None else self.pages, "normalized": self.normalized}
        return {"query": query, "curtimestamp": f"2026-11-22T12:00:{len(self.asked):02}Z"}

    def told(self, title: str, *together: str) -> str:
        (page,) = self.info.of(title, together)["query"]["pages"]
        return str(page["title"])


def test_those_looked_at_together_are_one_question() -> None:
    wiki = Spoken()
    assert [wiki.told("A", "A", "B", "C"), wiki.told("B", "B", "C"), wiki.told("C", "C")] == ["A", "B", "C"]
    assert wiki.asked == ["A|B|C"]


def test_each_is_told_once() -> None:
    wiki = Spoken()
    wiki.told("A", "A", "B")
    wiki.told("B", "B")
    wiki.told("B", "B")
    assert wiki.asked == ["A|B", "B"]


def test_who_looks_alone_is_told_what_is_now_and_nothing_older_is_kept() -> None:
    wiki = Spoken()
    wiki.told("A", "A", "B")
    wiki.told("B")
    wiki.told("B", "B")
    assert wiki.asked == ["A|B", "B", "B"]


def test_after_a_while_it_is_asked_anew() -> None:
    wiki = Spoken()
    wiki.told("A", "A", "B", "C")
    wiki.now = FRESH - 0.1
    wiki.told("B", "B", "C")
    wiki.now = FRESH
    wiki.told("C", "C")
    assert wiki.asked == ["A|B|C", "C"]


def test_no_question_has_more_titles_than_the_wiki_answers() -> None:
    wiki = Spoken()
    names = [f"P{number}" for number in range(2 * MOST_ASKED)]
    assert [wiki.told(each, *names[number:]) for number, each in enumerate(names)] == names
    assert [asked.count("|") + 1 for asked in wiki.asked] == [MOST_ASKED, MOST_ASKED]


def test_no_address_is_much_longer_than_that_of_one_page_may_be() -> None:
    wiki = Spoken()
    names = [f"{number:02}{'ż' * 60}" for number in range(12)]
    assert [wiki.told(each, *names[number:]) for number, each in enumerate(names)] == names
    assert max(len(quote_plus(asked.replace("|", ""))) for asked in wiki.asked) <= LONGEST
    assert [asked.count("|") + 1 for asked in wiki.asked] == 6 * [2]


def test_a_title_is_told_as_the_wiki_spells_it() -> None:
    wiki = Spoken()
    wiki.normalized = [{"from": "a", "to": "A"}, {"from": "b", "to": "B"}]
    assert [wiki.told("a", "a", "b"), wiki.told("b", "b")] == ["A", "B"]
    assert wiki.asked == ["a|b"]


def test_of_what_it_says_nothing_it_is_asked_alone() -> None:
    wiki = Spoken()
    wiki.untold = {"other:A"}
    assert wiki.info.of("other:A", ["other:A", "B"])["query"]["pages"] == []
    assert wiki.told("B", "B") == "B"
    assert wiki.asked == ["other:A|B", "other:A"]


@pytest.mark.parametrize(
    ("pages", "normalized"),
    [("x", []), ([1], []), (None, "x"), (None, [{"from": "A"}]), (None, [{"from": 1, "to": "B"}]), ({}, [])],
)
def test_an_answer_that_cannot_be_true_is_none(pages: object, normalized: Any) -> None:
    wiki = Spoken()
    wiki.pages, wiki.normalized = pages, []
    if normalized:
        read = wiki.read

        def lying(action: str, **parameters: Any) -> Answer:
            answer = read(action, **parameters)
            answer["query"]["normalized"] = normalized
            return answer

        wiki.info = PageInfo(lying, lambda: 0.0)
    with pytest.raises(Unavailable):
        wiki.info.of("A", ["A", "B"])


def test_a_circle_of_spellings_ends() -> None:
    wiki = Spoken()
    wiki.normalized = [{"from": "A", "to": "B"}, {"from": "B", "to": "A"}]
    assert wiki.told("A", "A", "B") in ("A", "B")


def test_where_a_question_about_several_fails_each_is_asked_about_alone_for_a_while() -> None:
    """One of them may be what it fails for; the others are not to fail for that."""
    wiki = Spoken()
    read = wiki.read

    def failing(action: str, **parameters: Any) -> Answer:
        answer = read(action, **parameters)
        if "Bad" in parameters["titles"]:
            raise Unavailable("it has an internal error", "HTTP 500")
        return answer

    wiki.info = PageInfo(failing, lambda: wiki.now)
    assert [wiki.told("A", "A", "Bad", "B"), wiki.told("B", "B", "Bad")] == ["A", "B"]
    with pytest.raises(Unavailable):
        wiki.told("Bad", "Bad", "B")
    assert wiki.asked == ["A|Bad|B", "A", "B", "Bad"]
    wiki.now = ALONE
    wiki.told("C", "C", "D")
    assert wiki.asked[-1] == "C|D"
