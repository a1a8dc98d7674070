"""Who may log, on a real network with real accounts: what people type, what they are told, what is on the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.irc.conftest import hurried  # noqa: F401 - a fixture
from tests.place import Place, another_second, founded, login, make_accounts, told
from tests.servers.atheme import Atheme
from tests.servers.inspircd import InspIRCd

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("hurried")]

RULES = {
    "#open": "{}",
    "#accounts": "{allow: [Alice]}",
    "#registered": "{allow: [registered]}",
    "#members": "{allow: [members]}",
    "#ops": '{allow: [op], refusal: "ask in #open"}',
    "#voices": "{allow: [voice], deny: [bob]}",
    "#quiet": "{ignore: [chatter]}",
}
NETWORK = """
    deny: ["troll{?}!*@*"]
    relays: {mxbridge: bridge}
"""
TOP = """
people:
  list: {bob: {member: bsmith}}
projects:
  - list:
      tools: {members: [alice, bsmith]}
      bots: {members: [alice], allow: [members]}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[InspIRCd]:
    """A server with services, on which alice, bob, carol, chatter and mxbridge have accounts."""
    with InspIRCd() as server, Atheme(server.services_port):
        asyncio.run(make_accounts(server, "alice", "bob", "carol", "chatter", "mxbridge"))
        yield server


@pytest.fixture
async def place(server: InspIRCd, tmp_path: Path) -> AsyncIterator[Place]:
    async with founded(server, tmp_path, RULES, NETWORK, TOP) as place:
        yield place


IDENTIFY = "You are not logged in to services: type /msg NickServ identify, then say it again."


async def test_an_account_may_log_and_its_nick_alone_may_not(place: Place) -> None:
    async with place.bot("#accounts", "#registered", "#open"), place.person("alice") as alice:
        denied = f"Not logged: only people on my list may log here. {IDENTIFY}"
        assert await told(alice, "#accounts", "!log tools too early") == denied
        assert IDENTIFY in await told(alice, "#registered", "!log tools too early")
        await login(alice, "alice")
        for channel in ("#accounts", "#registered", "#open"):
            assert (await told(alice, channel, f"!log tools said in {channel}")).startswith("Logged at ")
        assert "too early" not in place.page("tools")
        assert place.page("tools").count("said in") == 3


async def test_an_account_counts_under_any_nick_and_another_account_does_not(place: Place) -> None:
    async with (
        place.bot("#accounts"),
        place.people(("elsewhere", "alice"), ("alice", "carol")) as (alice, carol),
    ):
        assert (await told(alice, "#accounts", "!log tools it is me")).startswith("Logged at ")
        denied = "Not logged: only people on my list may log here. Ask my operator to add you."
        assert await told(carol, "#accounts", "!log tools it is not her") == denied
        assert "not her" not in place.page("tools")


async def test_members_of_a_project_may_log_to_it(place: Place) -> None:
    async with (
        place.bot("#members", "#open"),
        place.people(("alice", "alice"), ("bob", "bob"), ("carol", "carol")) as (alice, bob, carol),
    ):
        # bob is a member by his other name
        for member in (alice, bob):
            assert (await told(member, "#members", f"!log tools by {member.nick}")).startswith("Logged at ")
        denied = "Not logged: only members of {} may log {}"
        assert await told(carol, "#members", "!log tools by carol") == denied.format("tools", "here")
        assert await told(bob, "#members", "!log bots by bob") == denied.format("bots", "here")
        # the gate of the project is there in every channel
        assert await told(bob, "#open", "!log bots by bob") == denied.format("bots", "to it")
        assert (await told(alice, "#open", "!log bots by alice")).startswith("Logged at ")
        assert (await told(carol, "#open", "!log tools by carol")).startswith("Logged at ")
        assert "by bob" not in place.page("bots")


async def test_ranks_count_for_as_long_as_somebody_has_them(place: Place) -> None:
    async with place.bot("#ops", "#voices"), place.people(("dave", None), ("bob", "bob")) as (dave, bob):
        assert await told(dave, "#ops", "!log tools x") == "Not logged: ask in #open"
        await place.mode("#ops", "+v dave")
        assert await told(dave, "#ops", "!log tools x") == "Not logged: ask in #open"
        await place.mode("#ops", "+o dave")
        assert (await told(dave, "#ops", "!log tools as an operator")).startswith("Logged at ")
        await place.mode("#ops", "-o dave")
        assert await told(dave, "#ops", "!log tools x") == "Not logged: ask in #open"
        denied = "Not logged: only people with voice in this channel may log here"
        assert await told(dave, "#voices", "!log tools x") == denied
        await place.mode("#voices", "+v dave")
        assert (await told(dave, "#voices", "!log tools with voice")).startswith("Logged at ")
        await place.mode("#voices", "+o bob")
        assert await told(bob, "#voices", "!log tools x") == "Not logged: you may not log here"
        # what was there before the bot came counts as well
    async with place.bot("#ops"):
        assert (await told(place.founder, "#ops", "!log tools by the founder")).startswith("Logged at ")


async def test_a_bridge_is_known_by_its_account_and_not_by_its_nick(place: Place) -> None:
    async with (
        place.bot("#open"),
        place.people(("matrix", "mxbridge"), ("carol", "bob")) as (bridge, impostor),
    ):
        impostor.say("#open", "<eve> !log tools by an impostor")
        bridge.say("#open", "<Dora D> !log tools by the bridge")
        await bridge.heard(lambda line: line.startswith(":labsbot!") and " PRIVMSG #open :Dora D: Logged at " in line)
        assert "Dora D (via matrix): by the bridge" in place.page("tools")
        assert "impostor" not in place.page("tools")


async def test_a_mask_keeps_out_however_the_nick_is_written_and_who_is_ignored_hears_nothing(place: Place) -> None:
    async with (
        place.bot("#open", "#accounts", "#quiet"),
        place.people(("Troll[x]", "alice"), ("chatter", "chatter"), ("alice", "alice")) as (troll, chatter, alice),
    ):
        for channel in ("#open", "#accounts"):
            assert await told(troll, channel, "!log tools x") == "Not logged: you may not log here"
        since = len(chatter.lines)
        chatter.say("#quiet", "!log tools by chatter")
        chatter.say("#quiet", "!log nonsense by chatter")
        assert (await told(alice, "#quiet", "!log tools after it")).startswith("Logged at ")
        assert "by chatter" not in place.page("tools")
        assert not any(" PRIVMSG #quiet :chatter:" in line for line in chatter.lines[since:])


async def test_a_repeated_line_that_does_not_prove_whose_it_is_is_to_be_said_again(place: Place) -> None:
    """InspIRCd repeats what was said, and does not say who was logged in."""
    channels = ("#accounts", "#open", "#quiet")
    for channel in channels:
        await place.mode(channel, "+H 50:1h")
    async with place.people(("alice", "alice"), ("chatter", "chatter")) as (alice, chatter):
        async with place.bot(*channels):
            await another_second()
            chatter.say("#quiet", "!log tools by chatter")
            assert (await told(alice, "#accounts", "!log tools before")).startswith("Logged at ")
        since = len(alice.lines)
        chatter.say("#quiet", "!log tools by chatter, too")
        alice.say("#accounts", "!log tools in between")
        alice.say("#open", "!log tools openly")
        async with place.bot(*channels):
            await alice.heard(lambda line: " PRIVMSG #accounts :alice: 1 line from " in line, since=since)
            await alice.heard(lambda line: " PRIVMSG #open :alice: Logged at " in line, since=since)
            assert (await told(alice, "#accounts", "!log tools once more")).startswith("Logged at ")
        page = place.page("tools")
        assert [page.count(words) for words in ("before", "in between", "openly", "once more")] == [1, 0, 1, 1]
        assert "by chatter" not in page
