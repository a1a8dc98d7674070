"""Who may log, on a real network with real accounts: what people type, what they are told, what is on the page."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from labsbot import service
from labsbot.config import load
from labsbot.demo.person import Person
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from tests.servers.atheme import Atheme
from tests.servers.inspircd import InspIRCd

pytestmark = pytest.mark.servers

RULES = {
    "#open": "{}",
    "#accounts": "{allow: [Alice]}",
    "#registered": "{allow: [registered]}",
    "#members": "{allow: [members]}",
    "#ops": '{allow: [op], refusal: "ask in #open"}',
    "#voices": "{allow: [voice], deny: [bob]}",
    "#quiet": "{ignore: [chatter]}",
}
CONFIGURATION = """
journal: {folder}/journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    deny: ["troll{{?}}!*@*"]
    relays: {{carol: bridge}}
    backoff: {{first: 100ms, most: 1s}}
    channels:
      {channels}
wiki: {{folder: {folder}/pages}}
page: {{title: "{{project}}/SAL"}}
people:
  list: {{bob: {{member: bsmith}}}}
projects:
  - list:
      tools: {{members: [alice, bsmith]}}
      bots: {{members: [alice], allow: [members]}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[InspIRCd]:
    """A server with services, on which alice, bob, carol and chatter have accounts."""
    with InspIRCd() as server, Atheme(server.services_port):
        asyncio.run(make_accounts(server, "alice", "bob", "carol", "chatter"))
        yield server


async def make_accounts(server: InspIRCd, *names: str) -> None:
    for name in names:
        async with await Person.connect(server.host, server.port, name) as person:
            person.say("NickServ", f"REGISTER hunter2 {name}@localhost.test")
            await person.heard(lambda line: "is now registered" in line)


class Place:
    """A bot's home, its channels, and somebody who opened them and gives ranks there."""

    def __init__(self, server: InspIRCd, folder: Path, founder: Person) -> None:
        self.server = server
        self.folder = folder
        self.founder = founder

    @contextlib.asynccontextmanager
    async def bot(self, *names: str) -> AsyncIterator[None]:
        """The bot at work in these channels: it has joined them when the block begins."""
        path = self.folder / "labsbot.yaml"
        channels = "\n      ".join(f'"{name}": {RULES[name]}' for name in names)
        path.write_text(CONFIGURATION.format(folder=self.folder, port=self.server.port, channels=channels))
        stop, since = asyncio.Event(), len(self.founder.lines)
        running = asyncio.create_task(service.run(load(path, {}, None).settings, stop))
        try:
            for channel in names:
                joined = re.compile(rf":labsbot!\S+ JOIN :?{channel}", re.IGNORECASE)
                await self.founder.heard(lambda line, joined=joined: bool(joined.match(line)), since=since)
            yield
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await running

    @contextlib.asynccontextmanager
    async def person(self, nick: str, account: str | None = None) -> AsyncIterator[Person]:
        """Somebody in all channels, logged in to an account if one is given."""
        async with await Person.connect(self.server.host, self.server.port, nick) as person:
            if account:
                await login(person, account)
            for channel in RULES:
                await person.join(channel)
            yield person

    async def rank(self, channel: str, mode: str, nick: str) -> None:
        since = len(self.founder.lines)
        self.founder.send(f"MODE {channel} {mode} {nick}")
        await self.founder.heard(lambda line: f" MODE {channel} {mode} " in line, since=since)

    def page(self, project: str) -> str:
        return FolderWiki(FolderSettings(self.folder / "pages", None)).text(f"{project}/SAL")


async def login(person: Person, account: str) -> None:
    person.say("NickServ", f"IDENTIFY {account} hunter2")
    await person.heard(lambda line: " 900 " in line)


async def told(person: Person, channel: str, text: str) -> str:
    """Say something; what the bot answers."""
    since, begins = len(person.lines), f" PRIVMSG {channel} :{person.nick}: "
    person.say(channel, text)
    answer = await person.heard(lambda line: line.startswith(":labsbot!") and begins in line, since=since)
    return answer.partition(begins)[2]


async def another_second() -> None:
    """A history tells whole seconds: a line of the second in which the bot came may have been said before it came."""
    second = int(time.time())
    while int(time.time()) == second:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.fixture
async def place(server: InspIRCd, tmp_path: Path) -> AsyncIterator[Place]:
    async with await Person.connect(server.host, server.port, "founder") as founder:
        for channel in RULES:
            await founder.join(channel)
        yield Place(server, tmp_path, founder)


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
        place.person("elsewhere", "alice") as alice,
        place.person("alice", "carol") as carol,
    ):
        assert (await told(alice, "#accounts", "!log tools it is me")).startswith("Logged at ")
        denied = "Not logged: only people on my list may log here. Ask who runs me to put you there."
        assert await told(carol, "#accounts", "!log tools it is not her") == denied
        assert "not her" not in place.page("tools")


async def test_members_of_a_project_may_log_to_it(place: Place) -> None:
    async with (
        place.bot("#members", "#open"),
        place.person("alice", "alice") as alice,
        place.person("bob", "bob") as bob,
        place.person("carol", "carol") as carol,
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
    async with place.bot("#ops", "#voices"), place.person("dave") as dave, place.person("bob", "bob") as bob:
        assert await told(dave, "#ops", "!log tools x") == "Not logged: ask in #open"
        await place.rank("#ops", "+v", "dave")
        assert await told(dave, "#ops", "!log tools x") == "Not logged: ask in #open"
        await place.rank("#ops", "+o", "dave")
        assert (await told(dave, "#ops", "!log tools as an operator")).startswith("Logged at ")
        await place.rank("#ops", "-o", "dave")
        assert await told(dave, "#ops", "!log tools x") == "Not logged: ask in #open"
        denied = "Not logged: only people with voice in this channel may log here"
        assert await told(dave, "#voices", "!log tools x") == denied
        await place.rank("#voices", "+v", "dave")
        assert (await told(dave, "#voices", "!log tools with voice")).startswith("Logged at ")
        await place.rank("#voices", "+o", "bob")
        assert await told(bob, "#voices", "!log tools x") == "Not logged: you may not log here"
        # what was there before the bot came counts as well
    async with place.bot("#ops"):
        assert (await told(place.founder, "#ops", "!log tools by the founder")).startswith("Logged at ")


async def test_a_bridge_is_known_by_its_account_and_not_by_its_nick(place: Place) -> None:
    async with (
        place.bot("#open"),
        place.person("matrix", "carol") as bridge,
        place.person("carol", "bob") as impostor,
    ):
        impostor.say("#open", "<eve> !log tools by an impostor")
        bridge.say("#open", "<Dora D> !log tools by the bridge")
        await bridge.heard(lambda line: line.startswith(":labsbot!") and " PRIVMSG #open :Dora D: Logged at " in line)
        assert "Dora D (via matrix): by the bridge" in place.page("tools")
        assert "impostor" not in place.page("tools")


async def test_a_mask_keeps_out_however_the_nick_is_written_and_who_is_ignored_hears_nothing(place: Place) -> None:
    async with (
        place.bot("#open", "#accounts", "#quiet"),
        place.person("Troll[x]", "alice") as troll,
        place.person("chatter", "chatter") as chatter,
        place.person("alice", "alice") as alice,
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
        await place.rank(channel, "+H", "50:1h")
    async with place.person("alice", "alice") as alice, place.person("chatter", "chatter") as chatter:
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
