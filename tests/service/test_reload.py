"""A running bot takes up another configuration: all of it that it can, at one moment, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from labsbot.config import load
from labsbot.demo.person import DemoPerson
from labsbot.edge import door
from labsbot.irc.pace import Bucket
from labsbot.service import house as service
from labsbot.service.reload import TakenUp, take_up
from labsbot.settings import (
    Access,
    Channel,
    FolderSettings,
    Limit,
    Listed,
    ListedPeople,
    Network,
    PageSettings,
    PeopleSource,
    Person,
    Project,
    Relay,
    RelayForm,
    Rule,
    Secret,
    SecretShape,
    Server,
    Settings,
    Source,
    Tls,
    Who,
    Words,
)
from labsbot.text.patterns import Pattern
from labsbot.wiki.file_names import file_name
from labsbot.wiki.folder import FolderWiki
from tests.servers.breakable import BreakableServer

# --- what is taken up ---

CLOUD = Channel("#cloud", None, PageSettings())
NET = Network("net", (Server("irc.example", 6697),), Tls(), "labsbot", "labsbot", (CLOUD,))
RUNNING = Settings(Path("/j"), Path("/s"), (NET,), FolderSettings(Path("/p"), None), Channel("", None, PageSettings()))


def test_all_rules_of_a_channel_can_change_while_the_bot_runs() -> None:
    channel = Channel(
        "#cloud",
        "tools",
        PageSettings("Log", heading="Log"),
        projects=(Source(Listed((Project("tools"),))),),
        access=Access(deny=(Rule(Who.ACCOUNT, "mallory"),)),
        ignore=(Rule(Who.ACCOUNT, "bot"),),
        limit=Limit(1),
        words=Words(help="!help"),
    )
    wanted = replace(
        RUNNING,
        networks=(replace(NET, channels=(channel,), relays=(Relay("bridge", RelayForm.BRIDGE),)),),
        top=Channel("", None, PageSettings("Other")),
        people=(PeopleSource(ListedPeople((Person(Rule(Who.ACCOUNT, "alice"), "Alice"),))),),
        known_secrets=False,
        secrets=(SecretShape("a key", Pattern("key-.*")),),
        operator="carol",
    )
    taken = take_up(RUNNING, wanted)
    assert (taken.settings, taken.restart) == (wanted, ())


def test_networks_channels_and_what_a_network_is_connected_with_can_change_while_the_bot_runs() -> None:
    ops = Channel("#ops", None, PageSettings("Ops"), key=Secret("hunter2"))
    other = replace(NET, name="other", servers=(Server("other.example", 1),), tls=None, robots=("bot",))
    wanted = replace(RUNNING, networks=(replace(NET, nick="other", channels=(ops,)), other))
    assert (take_up(RUNNING, wanted), take_up(wanted, RUNNING)) == (TakenUp(wanted, ()), TakenUp(RUNNING, ()))


def test_what_the_bot_was_started_with_stays_and_is_named_as_the_file_calls_it() -> None:
    wanted = replace(
        RUNNING, journal=Path("/k"), state=Path("/t"), wiki=FolderSettings(Path("/q"), None), metrics=Path("/m.prom")
    )
    taken = take_up(RUNNING, replace(wanted, operator="carol"))
    assert taken == TakenUp(replace(RUNNING, operator="carol"), ("journal", "state", "wiki", "metrics"))


# --- while people talk ---

CONFIGURATION = """\
journal: {folder}/journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    {network}
    channels: {{"#cloud": {{{channel}}}}}
  {networks}
wiki: {{folder: {folder}/pages}}
page: {{title: "{title}"}}
projects: {projects}
{more}
"""


class Home:
    """A bot on the demo server, whose configuration can be written anew."""

    def __init__(self, folder: Path, server: BreakableServer) -> None:
        self.path = folder / "labsbot.yaml"
        self.folder = folder
        self.server = server
        self.load = lambda: load(self.path, {}, None)
        self.wanted = asyncio.Event()
        self.reloads = service.Reloads(lambda: self.load(), self.wanted)

    def configure(
        self,
        channel: str = "",
        title: str = "{project}/SAL",
        projects: str = "[{list: [tools]}]",
        more: str = "",
        network: str = "",
        networks: str = "",
    ) -> None:
        changing = {"channel": channel, "title": title, "projects": projects, "more": more}
        port = self.server.port
        self.path.write_text(
            CONFIGURATION.format(folder=self.folder, port=port, network=network, networks=networks, **changing)
        )

    def page(self, title: str) -> str:
        return FolderWiki(FolderSettings(self.folder / "pages", None)).text(title)

    @contextlib.asynccontextmanager
    async def bot(self) -> AsyncIterator[DemoPerson]:
        """Alice, who is in the channel with the bot."""
        stop = asyncio.Event()
        settings = load(self.path, {}, None).settings
        running = asyncio.create_task(service.run(settings, stop, self.reloads))
        try:
            async with await DemoPerson.connect("127.0.0.1", self.server.port, "alice") as alice:
                await alice.join("#cloud")
                await alice.heard(lambda line: ":labsbot!" in line or " 353 alice = #cloud :labsbot" in line)
                yield alice
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await running


async def answer(person: DemoPerson, text: str) -> str:
    since = len(person.lines)
    person.say("#cloud", text)
    heard = await person.heard(lambda line: f" PRIVMSG #cloud :{person.nick}: " in line, since=since)
    return heard.partition(f":{person.nick}: ")[2]


@pytest.fixture
async def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Home]:
    caplog.set_level("INFO", "labsbot")
    monkeypatch.setattr("labsbot.irc.outbox.Bucket", partial(Bucket, per_second=50))
    server = BreakableServer()
    await server.start()
    place = Home(tmp_path, server)
    place.configure()
    yield place
    await server.close()


async def told(caplog: pytest.LogCaptureFixture, words: str) -> str:
    async with asyncio.timeout(20):
        while not (found := [each for each in caplog.messages if words in each]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found[-1]


TAKEN = "the configuration was read again, and holds from now on"


async def test_a_line_is_judged_by_the_rules_that_hold_when_it_is_said(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    async with home.bot() as alice:
        assert (await answer(alice, "!log tools before")).startswith("Logged at ")
        assert "there is no project “bots”" in await answer(alice, "!log bots x")
        home.configure("allow: [account:carol]", projects="[{list: [tools, bots]}]", more="operator: carol")
        home.wanted.set()
        await told(caplog, TAKEN)
        assert (await answer(alice, "!log bots x")).startswith("Not logged: ")
        home.configure(projects="[{list: [bots]}]")
        caplog.clear()
        home.wanted.set()
        await told(caplog, TAKEN)
        assert (await answer(alice, "!log bots after")).startswith("Logged at ")
        assert "there is no project “tools”" in await answer(alice, "!log tools after")
    assert "alice: before" in home.page("Tools/SAL")
    assert "alice: after" in home.page("Bots/SAL")


async def test_what_looks_like_a_secret_can_change_too(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    async with home.bot() as alice:
        assert (await answer(alice, "!log tools badge-1234")).startswith("Logged at ")
        home.configure(more="secrets: {patterns: {a badge: 'badge-[0-9]+'}}")
        home.wanted.set()
        await told(caplog, TAKEN)
        alice.say("#cloud", "!log tools badge-5678")
        await alice.heard(lambda line: " PRIVMSG alice :Not logged: " in line)
    assert "badge-5678" not in home.page("Tools/SAL")


async def test_a_broken_file_is_told_with_every_place_and_changes_nothing(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    async with home.bot() as alice:
        home.configure("projet: bots", projects="[{list: [bots]}]", more="operatr: carol")
        home.wanted.set()
        await told(caplog, "everything stays as it was")
        assert any(each.startswith(f"{home.path}:8:") for each in caplog.messages)
        assert any(each.startswith(f"{home.path}:13:1: operatr: unknown key") for each in caplog.messages)
        asked = await asyncio.to_thread(door.ask, home.folder / "journal.sqlite3", "status")
        assert f"{home.path}:13:1: operatr: unknown key" in asked["configuration"]["flaws"][-1]
        home.path.unlink()
        caplog.clear()
        home.wanted.set()
        await told(caplog, "everything stays as it was")
        assert (await answer(alice, "!log tools as before")).startswith("Logged at ")
        home.configure()
        home.wanted.set()
        await told(caplog, TAKEN)
        assert home.reloads.flaws == ()


async def test_what_needs_a_restart_is_named_in_one_line_and_all_else_holds_at_once(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    async with home.bot() as alice:
        home.configure(
            '}, "#ops": {', projects="[{list: [bots]}]", more="metrics: labsbot.prom\nlines: {listen: '127.0.0.1:9'}"
        )
        home.wanted.set()
        assert await told(caplog, "restart labsbot") == "restart labsbot to change: metrics, lines"
        assert (await answer(alice, "!log bots x")).startswith("Logged at ")


# --- channels and networks that come and go ---


async def test_channels_come_and_go_and_what_was_said_before_is_logged_and_told_when_we_are_back(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    pages = home.folder / "pages"
    pages.write_text("this is no folder")
    home.configure('}, "#ops": {')
    async with home.bot() as alice:
        await alice.join("#ops")
        await told(caplog, "joined #ops")
        alice.say("#ops", "!log tools just in time")
        await told(caplog, "accepted ")
        home.configure('}, "#new": {')
        home.wanted.set()
        await alice.heard(lambda line: line.startswith(":labsbot!") and " PART #ops :" in line)
        pages.unlink()
        status = await asyncio.to_thread(door.ask, home.folder / "journal.sqlite3", "status")
        assert list(status["networks"]["net"]["channels"]) == ["#cloud", "#new"]
        assert (await answer(alice, "!log tools still here")).startswith("Logged at ")
        assert not [line for line in alice.lines if " PRIVMSG #ops :alice: Logged at" in line]
        home.configure('}, "#ops": {')
        home.wanted.set()
        await alice.heard(lambda line: " PRIVMSG #ops :alice: Logged at " in line)
        joined = joins(home.server)
    assert joined == {"#cloud": 1, "#ops": 2, "#new": 1}
    assert "alice: just in time" in home.page("Tools/SAL")


async def test_a_network_comes_and_goes_and_the_other_notices_nothing(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    second = BreakableServer()
    await second.start()
    other = f"""other: {{server: "127.0.0.1:{second.port}", tls: false, nick: labsbot, channels: ["#cloud"]}}"""
    async with home.bot() as alice, await DemoPerson.connect("127.0.0.1", second.port, "bob") as bob:
        await bob.join("#cloud")
        home.configure(networks=other)
        home.wanted.set()
        await bob.heard(lambda line: line.startswith(":labsbot!") and " JOIN #cloud" in line)
        assert (await answer(bob, "!log tools from elsewhere")).startswith("Logged at ")
        bob.say("#cloud", "!log tools and one more")
        await told(caplog, "accepted ")
        home.configure()
        home.wanted.set()
        await bob.heard(lambda line: line.startswith(":labsbot!") and " QUIT " in line)
        assert (await answer(alice, "!log tools still here")).startswith("Logged at ")
        status = await asyncio.to_thread(door.ask, home.folder / "journal.sqlite3", "status")
        assert list(status["networks"]) == ["net"]
        assert joins(home.server) == {"#cloud": 1}
    for words in ("bob: from elsewhere", "bob: and one more", "alice: still here"):
        assert home.page("Tools/SAL").count(words) == 1
    await second.close()


async def test_a_network_that_is_reached_otherwise_is_left_and_entered_by_itself_even_if_it_refuses_at_first(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """A bot that runs is not ended by a wrong password in a file that it reads again."""
    home.server.accounts["bot"] = "right"
    login = "sasl: {{mechanism: PLAIN, account: bot, password: {}}}"
    async with home.bot() as alice:
        home.configure(network=login.format("wrong"))
        home.wanted.set()
        await told(caplog, "network net refuses us")
        assert await told(caplog, "connecting anew") == "net: connecting anew, since other settings hold: sasl"
        home.configure(network=login.format("right"))
        home.wanted.set()
        await alice.heard(lambda line: line.startswith(":labsbot!") and " JOIN #cloud" in line, since=len(alice.lines))
        assert (await answer(alice, "!log tools back")).startswith("Logged at ")
        assert home.server.guest("labsbot").account == "bot"


def joins(server: BreakableServer) -> Counter[str]:
    """How often the bot has asked to join each channel."""
    lines = [line.split(" ") for line in server.guest("labsbot").received if command_of(line) == "JOIN"]
    return Counter(channel for words in lines for channel in words[1].split(","))


# --- entries that wait, projects and sources ---


async def test_entries_that_wait_follow_a_changed_title_and_the_operator_is_told(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    pages = home.folder / "pages"
    pages.write_text("this is no folder")
    async with home.bot() as alice:
        alice.say("#cloud", "!log tools waits")
        await told(caplog, "accepted ")
        home.configure(title="Logs/{project}")
        home.wanted.set()
        words = "1 entry waits for page “tools/SAL”; after this change it goes to “Logs/tools”"
        assert await told(caplog, "1 entry waits") == words
        pages.unlink()
        await alice.heard(lambda line: ":alice: Logged at " in line)
    assert "alice: waits" in home.page("Logs/tools")
    assert home.page("Tools/SAL") == ""


async def test_a_renamed_project_goes_on_where_people_have_moved_its_page(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """In the order that docs/renaming.rst says."""
    async with home.bot() as alice:
        before = (await answer(alice, "!log tools before")).rpartition("#")[2]
        old, new = (home.folder / "pages" / f"{file_name(title)}.wiki" for title in ("Tools/SAL", "Toolforge/SAL"))
        old.rename(new)
        old.write_text("#REDIRECT [[Toolforge/SAL]]\n")
        assert "Toolforge" in await answer(alice, "!log tools between")
        home.configure(projects="{list: {toolforge: {aliases: [tools]}}}")
        home.wanted.set()
        await told(caplog, TAKEN)
        assert "Toolforge" in await answer(alice, "!log tools after")
        assert (await answer(alice, f"!undo {before}")).startswith("Taken back: ")
    words = re.findall(r"alice: (?:<s>)?(\w+)", home.page("Toolforge/SAL"))
    assert words == ["after", "between", "before"]
    assert home.page("Tools/SAL") == "#REDIRECT [[Toolforge/SAL]]"


@pytest.mark.slow
async def test_a_source_that_was_known_stays_known_while_it_is_away(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    projects = home.folder / "projects.yaml"
    projects.write_text("[tools]")
    home.configure(projects="[{file: projects.yaml}]")
    async with home.bot() as alice:
        await told(caplog, "1 known")
        for kept in home.folder.glob("projects-*.json"):
            kept.unlink()  # nor does anything depend on the disk
        home.configure("deny: [account:mallory]", projects="[{file: projects.yaml}]")
        loaded = home.load()
        home.load = lambda: loaded
        projects.unlink()  # it goes away at the very moment
        home.wanted.set()
        await told(caplog, TAKEN)
        assert (await answer(alice, "!log tools x")).startswith("Logged at ")


async def test_around_many_reloads_each_line_is_logged_once_in_order_and_the_bot_stays_where_it_is(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """Its long form is ``python -m bench.reloads``."""
    async with home.bot() as alice:
        for number in range(40):
            alice.say("#cloud", f"!log tools m{number}")
            if number % 4 == 0:
                home.configure(f"deny: [account:mallory{number}]", projects=f"[{{list: [tools, p{number}]}}]")
                home.wanted.set()
                await asyncio.sleep(0)
        alice.say("#cloud", "!log tools last")
        async with asyncio.timeout(30):
            while "last" not in home.page("Tools/SAL"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        asked = Counter(command_of(line) for line in home.server.guest("labsbot").received)
        assert not [line for line in alice.lines if line.startswith(":labsbot!") and command_of(line) == "QUIT"]
    words = [line.rpartition(" ")[2] for line in home.page("Tools/SAL").splitlines() if line.startswith("*")]
    assert words == ["last", *(f"m{number}" for number in reversed(range(40)))]
    assert TAKEN in caplog.messages
    assert (asked["USER"], asked["JOIN"], asked["PART"]) == (1, 1, 0)


def command_of(line: str) -> str:
    """Of a line with tags, a source or neither."""
    return next(word for word in line.split(" ") if not word.startswith(("@", ":")))
