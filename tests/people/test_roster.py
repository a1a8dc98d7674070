"""Who is who, from all sources, as they stand now."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.model import Sender, Unavailable
from labsbot.people.roster import PeopleReaders, Persons, Roster, dumped, loaded, probe
from labsbot.refreshed import SourceFailure
from labsbot.settings import ListedPeople, PeopleFile, PeoplePage, PeopleSource, Person, Rule, Who
from tests.nouns import NOON

PAGE = "Project:People"


def a_person(account: str, wiki: str | None = None, member: str | None = None) -> Person:
    return Person(Rule(Who.ACCOUNT, account), wiki, member)


class World:
    """A page and a file that say who is who."""

    def __init__(self, folder: Path) -> None:
        self.state = folder
        self.page: str | None = "* alice: Alice of the page\n* carol: Carol"
        self.path = folder / "people"
        self.path.write_text("bob")

    def load(self, path: Path) -> Persons:
        words = path.read_text().split()
        if "broken" in words:
            raise SourceFailure("it is broken")
        return tuple(a_person(word, word.title()) for word in words)

    async def text(self, title: str) -> str:
        assert title == PAGE
        if self.page is None:
            raise Unavailable("it is not answering")
        return self.page

    def roster(self, *sources: ListedPeople | PeopleFile | PeoplePage) -> Roster:
        asked = [PeopleSource(origin, refresh=0.01) for origin in sources]
        return Roster(asked, self.state, PeopleReaders(self.load, self.text), lambda: NOON)


@contextlib.asynccontextmanager
async def asking(roster: Roster) -> AsyncIterator[None]:
    roster.load()
    running = asyncio.create_task(roster.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def wiki_user(roster: Roster, account: str) -> str | None:
    person = roster.of(Sender("nick", "u", "h", account))
    return person.wiki if person else None


async def until_it_says(roster: Roster, account: str, expected: str | None) -> None:
    async with asyncio.timeout(10):
        while wiki_user(roster, account) != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_the_first_source_that_knows_somebody_counts(world: World) -> None:
    roster = world.roster(ListedPeople((a_person("alice", "Alice Smith"),)), PeopleFile(world.path), PeoplePage(PAGE))
    async with asking(roster):
        await until_it_says(roster, "bob", "Bob")
        await until_it_says(roster, "carol", "Carol")
        assert wiki_user(roster, "alice") == "Alice Smith"
        assert wiki_user(roster, "dora") is None


async def test_what_changes_is_taken_up(world: World) -> None:
    roster = world.roster(PeopleFile(world.path), PeoplePage(PAGE))
    async with asking(roster):
        await until_it_says(roster, "carol", "Carol")
        world.page = "* carol: Carol Jones"
        world.path.write_text("dora bob")
        await until_it_says(roster, "carol", "Carol Jones")
        await until_it_says(roster, "dora", "Dora")


async def test_while_a_source_fails_its_last_answer_counts_over_a_restart_too(world: World) -> None:
    roster = world.roster(PeopleFile(world.path), PeoplePage(PAGE))
    async with asking(roster):
        await until_it_says(roster, "carol", "Carol")
        await until_it_says(roster, "bob", "Bob")
        world.page = None
        world.path.write_text("broken")
    again = world.roster(PeopleFile(world.path), PeoplePage(PAGE))
    async with asking(again):
        await until_it_says(again, "carol", "Carol")
        await until_it_says(again, "bob", "Bob")


async def test_lines_of_a_page_that_name_nobody_stand_in_the_log_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.page = "* alice: Alice\n* what is this"
    roster = world.roster(PeoplePage(PAGE))
    async with asking(roster):
        await until_it_says(roster, "alice", "Alice")
        world.page = "* alice: Alice B\n* what is this"
        await until_it_says(roster, "alice", "Alice B")
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line for line in said if "name nobody" in line] == [
        "page Project:People: lines that name nobody: 1, such as line 2: expected “account: Wiki user”: 'what is this'"
    ]


async def test_an_operator_can_ask_a_source_once(world: World) -> None:
    doors = PeopleReaders(world.load, world.text)
    assert await probe(PeoplePage(PAGE), doors) == "page Project:People: 2 people"
    assert await probe(PeopleFile(world.path), doors) == f"file {world.path}: 1 people"
    world.page = None
    with pytest.raises(SourceFailure, match="it is not answering"):
        await probe(PeoplePage(PAGE), doors)


def test_what_is_kept_comes_back_as_it_was() -> None:
    people = (a_person("alice", "Alice", "asmith"), Person(Rule(Who.HOSTMASK, "*!*@h"), None, "b"))
    assert loaded(dumped(people)) == people
    with pytest.raises(ValueError, match="unpack"):
        loaded([["account"]])
