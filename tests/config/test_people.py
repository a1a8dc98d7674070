"""Where people come from: each kind of source as it is written, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.settings import ListedPeople, PeopleFile, PeoplePage, PeopleSource, Person, Rule, Who

from .conftest import RIGHT, Read, Refused

ALICE = Person(Rule(Who.ACCOUNT, "alice"), "Alice Smith")


def test_people_come_from_lists_files_and_pages_in_their_order(read: Read, tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("carol: Carol")
    text = """\
people:
  - list: {alice: Alice Smith, '*!*@user/bob': {member: bsmith}}
  - {file: people.yaml, refresh: 30s}
  - page: Project:Labsbot/People
"""
    loaded = read(RIGHT + text)
    bob = Person(Rule(Who.HOSTMASK, "*!*@user/bob"), None, "bsmith")
    assert loaded.settings.people == (
        PeopleSource(ListedPeople((ALICE, bob))),
        PeopleSource(PeopleFile(tmp_path / "people.yaml"), 30),
        PeopleSource(PeoplePage("Project:Labsbot/People")),
    )
    assert loaded.warnings == ()


def test_one_source_stands_without_a_dash(read: Read) -> None:
    assert read(RIGHT + "people: {list: {alice: Alice Smith}}\n").settings.people == (
        PeopleSource(ListedPeople((ALICE,))),
    )


@pytest.mark.parametrize(
    ("people", "problem"),
    [
        ("[]", "12:9: people: is empty, write for example “list: {alice: Alice Smith}”"),
        ("{}", "12:1: people: expected one of list, file, page"),
        (
            "[{list: {a: B}, page: X}]",
            "12:10: people[0]: has “list” and “page”, expected one of them: each source has a dash of its own",
        ),
        ("{lst: {a: B}}", "12:10: people.lst: unknown key, did you mean “list”?"),
        ("{list: [alice]}", "12:16: people.list: expected keys with values, found a list"),
        (
            "{list: {a: B}, refresh: 1m}",
            "12:24: people.refresh: does not go together with “list”, leave it out here",
        ),
        ("{file: nofile}", "12:16: people.file: …/nofile cannot be read: no such file or directory"),
        (
            "{page: 'A#b'}",
            "12:16: people.page: # cannot stand in a page's title, write for example “Project:Labsbot/People”",
        ),
        ("{page: '{project}'}", "12:16: people.page: { cannot stand in a page's title, …"),
        ("{list: {alice: {}}}", "12:17: people.list.alice: says nothing, expected “wiki” or “member”"),
        ("{list: {alice: User:A}}", "12:24: people.list.alice: expected the user's name without “User:”"),
        ("{list: {alice: {wiki: 'a@b'}}}", "12:31: people.list.alice.wiki: @ cannot stand in a user's name, …"),
        ("{list: {alice: {member: ''}}}", "12:33: people.list.alice.member: expected a text, found an empty one"),
        ("{list: {'*@x': A}}", "12:17: people.list.*@x: this is no hostmask, expected nick!user@host, …"),
    ],
)
def test_a_mistake_about_people_is_named_with_its_place(
    refused: Refused, tmp_path: Path, people: str, problem: str
) -> None:
    (found,) = refused(f"{RIGHT}people: {people}\n")
    found = found.replace(str(tmp_path), "…")
    if problem.endswith("…"):
        assert found.startswith(problem.removesuffix("…"))
    else:
        assert found == problem


def test_what_is_wrong_in_a_file_of_people_is_told_with_the_place_in_that_file(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / "people.yaml").write_text("alice: Alice\nbob: User:Bob\n")
    assert refused(RIGHT + "people: {file: people.yaml}\n") == [
        "people.yaml:2:6: bob: expected the user's name without “User:”"
    ]


def test_somebody_who_stands_in_a_list_twice_is_warned_of(read: Read) -> None:
    (warning,) = read(RIGHT + "people: {list: {alice: Alice, Alice: Bob}}\n").warnings
    assert (warning.line, warning.column, warning.path) == (12, 31, "people.list.Alice")


def test_linking_wiki_users_without_anybody_being_one_is_warned_of(read: Read) -> None:
    text = RIGHT + "page: {author: wiki}\n"
    (warning,) = read(text).warnings
    assert (warning.line, warning.path) == (12, "page.author")
    assert "expected “people”" in warning.message
    assert read(text + "people: {list: {alice: Alice Smith}}\n").warnings == ()
