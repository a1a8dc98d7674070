"""Who somebody is elsewhere, and the page on which people say so themselves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.model import Sender
from labsbot.people.persons import People, member_name, parse_page, written
from labsbot.settings import Author, Person, Rule, Who
from labsbot.text import irc_names
from labsbot.text.names import title_flaw, user_flaw
from tests.vectors import vectors_in

LINES: list[dict[str, Any]] = vectors_in(__file__, "persons.yaml")


def account(name: str, wiki: str | None = None, member: str | None = None) -> Person:
    return Person(Rule(Who.ACCOUNT, name), wiki, member)


def mask(glob: str, wiki: str | None = None, member: str | None = None) -> Person:
    return Person(Rule(Who.HOSTMASK, glob), wiki, member)


ALICE = Sender("alice_", "u", "user/alice", "alice")


@pytest.mark.parametrize(
    ("persons", "wiki"),
    [
        ([], None),
        ([account("bob", "Bob")], None),
        ([account("alice", "Alice")], "Alice"),
        ([account("ALICE", "Alice")], "Alice"),
        ([account("alice_", "The nick")], None),
        ([mask("*!*@user/alice", "Alice")], "Alice"),
        ([mask("*!*@user/bob", "Bob"), mask("*!*@user/*", "Anybody")], "Anybody"),
        ([account("alice", "First"), account("alice", "Second")], "First"),
        ([account("alice", "First"), mask("*!*@*", "Second")], "First"),
        ([mask("*!*@*", "First"), account("alice", "Second")], "First"),
        ([mask("*!*@user/bob", "Bob"), account("alice", "Alice"), mask("*!*@*", "Anybody")], "Alice"),
    ],
)
def test_the_first_who_fits_is_the_one(persons: list[Person], wiki: str | None) -> None:
    person = People(persons).of(ALICE)
    assert (person and person.wiki) == wiki


def test_without_an_account_a_hostmask_still_tells() -> None:
    people = People([account("alice", "By account"), mask("alice_!*@*", "By mask")])
    assert people.of(Sender("alice_", "u", "h")) == mask("alice_!*@*", "By mask")
    assert People([account("alice", "By account")]).of(Sender("alice")) is None


@pytest.mark.slow
def test_among_thousands_of_people_the_account_is_looked_up_and_the_masks_are_prepared_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    persons = [mask(f"nick{number}!*@*") for number in range(3000)]
    persons += [account(f"account{number}", str(number)) for number in range(50_000)]
    people = People(persons)
    people.of(Sender("x"))
    prepared = irc_names._pattern.cache_info().misses
    compared = Counter[str]()

    def counted(name: str) -> str:
        compared[name] += 1
        return irc_names.fold_account(name)

    monkeypatch.setattr("labsbot.people.persons.fold_account", counted)
    assert people.of(Sender("x", account="account49999")) is persons[-1]
    assert compared == {"account49999": 1}
    assert irc_names._pattern.cache_info().misses == prepared


@pytest.mark.parametrize(
    ("sender", "person", "expected"),
    [
        (Sender("x"), None, None),
        (Sender("x", account="alice"), None, "alice"),
        (Sender("x", account="alice"), account("alice", "Alice"), "alice"),
        (Sender("x", account="alice"), account("alice", member="asmith"), "asmith"),
        (Sender("x"), mask("x!*@*", member="asmith"), "asmith"),
    ],
)
def test_what_somebody_is_called_among_members(sender: Sender, person: Person | None, expected: str | None) -> None:
    assert member_name(sender, person) == expected


@pytest.mark.parametrize(
    ("author", "sender", "person", "expected"),
    [
        (Author.NICK, ALICE, account("alice", "Alice"), ("alice_", None)),
        (Author.ACCOUNT, ALICE, account("alice", "Alice"), ("alice", None)),
        (Author.ACCOUNT, Sender("guest"), None, ("guest", None)),
        (Author.WIKI, ALICE, account("alice", "Alice"), ("alice_", "Alice")),
        (Author.WIKI, ALICE, account("alice", member="asmith"), ("alice_", None)),
        (Author.WIKI, ALICE, None, ("alice_", None)),
    ],
)
def test_who_stands_on_the_page(
    author: Author, sender: Sender, person: Person | None, expected: tuple[str, str | None]
) -> None:
    assert written(sender, author, person) == expected


@pytest.mark.parametrize("row", LINES, ids=[row["line"] for row in LINES])
def test_a_line_of_the_page_says(row: dict[str, Any]) -> None:
    persons, unread = parse_page(row["line"])
    assert persons == ((account(row.get("account", "alice"), row["wiki"]),) if "wiki" in row else ())
    assert len(unread) == ("says" in row)
    assert all(row["says"] in words for words in unread)


PAGE = """\
{{Header}}
Who you are on IRC and here:
* alice: [[User:Alice]]
* this is no person
<!-- who has left:
* carol: Carol
-->
* bob = Bob<!-- of ops -->
* mallory: Alice | admin

<!-- * dave: Dave
"""


def test_a_page_is_read_line_by_line_and_what_cannot_be_read_is_named() -> None:
    persons, unread = parse_page(PAGE)
    assert persons == (account("alice", "Alice"), account("bob", "Bob"))
    assert [words.partition(":")[0] for words in unread] == ["line 4", "line 9"]
    assert "'this is no person'" in unread[0]


@given(st.text())
def test_whatever_stands_on_the_page_makes_nobody_a_member_and_leads_to_users_alone(text: str) -> None:
    persons, unread = parse_page(f"* alice: {text}")
    for person in persons:
        assert person.who.who is Who.ACCOUNT
        assert person.member is None
        assert person.wiki
        assert title_flaw(f"User:{person.wiki}") is None
        assert not set(person.wiki) & set("#<>[]|{}/@:\n")
    assert all(words.isprintable() for words in unread)


@given(st.text("*<!->[]:=ab \n|{", max_size=200))
def test_no_page_is_too_odd(text: str) -> None:
    parse_page(text)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["<!--", "[[", "* a: [[", "* a:", "*a:b\n", "<!-- -->", "* " + "a" * 50, "-->", "*\n"])
def test_a_large_page_is_read_in_linear_time(part: str) -> None:
    """What took the square of its length would take minutes."""
    parse_page(part * (500_000 // len(part)))


@pytest.mark.parametrize("name", ["Alice", "Ärger", "Alice Smith", "A.B.C", "1.2", "x" * 235])
def test_a_name_that_a_user_can_have(name: str) -> None:
    assert user_flaw(name) is None


@pytest.mark.parametrize("name", ["", " ", "a:b", "a@b", "a/b", "a=b", "a>b", "\ud800", "a\u2028b", "x" * 236, "[a"])
def test_a_name_that_no_user_can_have(name: str) -> None:
    assert user_flaw(name) is not None
