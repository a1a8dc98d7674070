"""Somebody makes the bot say much, within every limit, so that others do not hear what became of their entries."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.demo.person import DemoPerson
from tests.irc.conftest import until
from tests.place import Place, founded
from tests.servers.inspircd import InspIRCd

pytestmark = pytest.mark.servers

CHANNEL = "#crowd"
TOP = """
projects:
  - list: {tools: {}, mail: {}}
# On this machine everybody has the same host, and so one limit together.
limit: {lines: 9999}
"""


@pytest.fixture
async def place(inspircd: InspIRCd, tmp_path: Path) -> AsyncIterator[Place]:
    async with founded(inspircd, tmp_path, {CHANNEL: "{}"}, top=TOP) as place:
        yield place


def said(person: DemoPerson, since: int = 0) -> list[str]:
    """What the bot has said in the channel, as somebody there heard it."""
    begins = f" PRIVMSG {CHANNEL} :"
    return [
        line.partition(begins)[2] for line in person.lines[since:] if line.startswith(":labsbot!") and begins in line
    ]


def heard_of(person: DemoPerson, since: int = 0) -> int:
    """Of how many entries of theirs somebody has heard that they are logged."""
    answers = [re.match(rf"{person.nick}: Logged (?:(\d+) entries|at) ", line) for line in said(person, since)]
    return sum(int(answer[1] or 1) for answer in answers if answer)


async def test_refused_lines_of_four_people_drown_no_outcome_and_delay_it_by_a_few_lines(place: Place) -> None:
    crowd = [(f"mallory{number}", None) for number in range(4)]
    async with place.bot(CHANNEL), place.people(*crowd, ("bob", None)) as people:
        *crowding, bob = people
        for number in range(50):
            for person in crowding:
                person.say(CHANNEL, f"!log nosuch{number} {person.nick}")
        await bob.heard(lambda line: "Not logged" in line)
        for number in range(7):
            bob.say(CHANNEL, f"!log tools entry {number}")
        await until(lambda: heard_of(bob) == 7, "bob has heard of all his entries")
        assert len(said(bob)) <= 16, "few lines came before"
        for person in crowding:
            told = [line for line in said(bob) if line.startswith(f"{person.nick}: ")]
            assert len(told) <= 8


async def test_requests_for_help_drown_no_refusal(place: Place) -> None:
    async with place.bot(CHANNEL), place.people(("mallory", None), ("bob", None)) as (mallory, bob):
        for _ in range(50):
            mallory.say(CHANNEL, "!log help")
        await bob.heard(lambda line: line.startswith(":labsbot!") and ":mallory: " in line)
        bob.say(CHANNEL, "!log nosuch thing")
        await bob.heard(lambda line: "bob: Not logged" in line)
        assert len(said(bob)) <= 8


async def test_where_the_bot_may_not_speak_all_is_said_when_it_may(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with place.bot(CHANNEL), place.people(("alice", None), ("bob", None)) as (alice, bob):
        for person in (alice, bob):
            await place.mode(CHANNEL, f"+v {person.nick}")
        await place.mode(CHANNEL, "+m")
        alice.say(CHANNEL, "!log tools one")
        await until(lambda: "cannot speak in" in caplog.text, "the server does not let the bot speak")
        bob.say(CHANNEL, "!log nosuch thing")
        await until(lambda: caplog.text.count("cannot speak in") == 2, "nor let it refuse")
        alice.say(CHANNEL, "!log mail two")
        await until(lambda: "two" in place.page("mail"), "it is on the page")
        assert "announced logged" not in caplog.text
        assert said(alice) == []
        await place.mode(CHANNEL, "-m")
        await until(lambda: heard_of(alice) == 2, "alice hears of both")
        await bob.heard(lambda line: "bob: Not logged: there is no project" in line)
        assert caplog.text.index("cannot speak") < caplog.text.index("announced logged")


async def test_a_bot_that_is_banned_from_speaking_waits_too(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    async with place.bot(CHANNEL), place.person("alice") as alice:
        await place.mode(CHANNEL, "+b labsbot!*@*")
        alice.say(CHANNEL, "!log tools one")
        await until(lambda: "cannot speak in" in caplog.text, "the server does not let the bot speak")
        await place.mode(CHANNEL, "-b labsbot!*@*")
        await until(lambda: heard_of(alice) == 1, "alice hears of it")
