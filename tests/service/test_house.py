"""The whole bot between an IRC server and a wiki: small ones of our own, and the real ones."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from labsbot.chat import announcer
from labsbot.config import load
from labsbot.demo.person import DemoPerson
from labsbot.irc.pace import Bucket
from labsbot.journal import Journal
from labsbot.model import JournalFailure, Log, place_of
from labsbot.service import house as service
from labsbot.service.changes import tell_changes
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from tests.servers.mediawiki import MediaWiki
from tests.servers.remembering import RememberingServer

CHANNEL = "#wikimedia-labs"
PROJECT_PAGE = "Documentation.\n\n== Server Admin Log ==\n\n== Instances ==\n* i-0000a"


class Place:
    """Where a bot can live: an IRC server and a wiki, small or real, and a folder for its journal."""

    def __init__(self, folder: Path, irc_port: int, wiki: str) -> None:
        self.folder = folder
        self.irc_port = irc_port
        self.wiki = wiki
        self.number = 0
        self.projects = "  - list: {tools: {}, bots: {aliases: [bot]}}\n"
        self.more = ""
        """More lines of the configuration."""

    def text(self, title: str) -> str:
        raise NotImplementedError

    def write(self, title: str, text: str) -> None:
        raise NotImplementedError

    def take_wiki_away(self) -> None:
        raise NotImplementedError

    def bring_wiki_back(self) -> None:
        raise NotImplementedError

    async def shows(self, title: str, words: str) -> None:
        """Wait until a page shows these words; the page is asked, as a reader would who reloads it."""
        async with asyncio.timeout(30):
            while words not in await asyncio.to_thread(self.text, title):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def configuration(self, page: str) -> Path:
        path = self.folder / "labsbot.yaml"
        path.write_text(
            f"journal: {self.folder}/journal.sqlite3\n"
            f"irc:\n  net:\n    server: 127.0.0.1:{self.irc_port}\n    tls: false\n    nick: labsbot\n"
            f'    channels: {{"{CHANNEL}": {{}}}}\n    backoff: {{first: 100ms, most: 1s}}\n'
            f"wiki:\n{self.wiki}page:\n{page}projects:\n{self.projects}{self.more}"
        )
        return path

    @contextlib.asynccontextmanager
    async def bot(self, page: str = '  title: "Nova Resource:{project}/SAL"\n') -> AsyncIterator[None]:
        """The bot, in this very loop; it has joined when the block begins and has ended when it is left."""
        stop = asyncio.Event()
        settings = load(self.configuration(page), {"WIKI_PASSWORD": getattr(self, "password", "")}, None).settings
        async with await DemoPerson.connect("127.0.0.1", self.irc_port, f"porter{self.number}") as porter:
            self.number += 1
            await porter.join(CHANNEL)
            running = asyncio.create_task(service.run(settings, stop))
            try:
                await porter.heard(lambda line: bool(re.match(r":labsbot!\S+ JOIN ", line)))
                yield
            finally:
                stop.set()
                async with asyncio.timeout(10):
                    await running

    @contextlib.asynccontextmanager
    async def person(self, nick: str) -> AsyncIterator[DemoPerson]:
        async with await DemoPerson.connect("127.0.0.1", self.irc_port, nick) as person:
            await person.join(CHANNEL)
            yield person


class SmallPlace(Place):
    def __init__(self, folder: Path, irc_port: int) -> None:
        super().__init__(folder, irc_port, f"  folder: {folder}/pages\n")
        self._pages = folder / "pages"

    def text(self, title: str) -> str:
        return FolderWiki(FolderSettings(self._pages, None)).text(title)

    def write(self, title: str, text: str) -> None:
        wiki = FolderWiki(FolderSettings(self._pages, None))
        wiki.look(title)
        wiki._files.file(title).write_text(text)

    def take_wiki_away(self) -> None:
        if self._pages.is_dir():
            self._pages.rename(self.folder / "aside")
        self._pages.write_text("this is no folder")

    def bring_wiki_back(self) -> None:
        self._pages.unlink()
        if (self.folder / "aside").exists():
            (self.folder / "aside").rename(self._pages)


class RealPlace(Place):
    def __init__(self, folder: Path, irc_port: int, wiki: MediaWiki) -> None:
        super().__init__(
            folder, irc_port, f"  api: {wiki.api}\n  user: {wiki.bot_user}\n  password: {{env: WIKI_PASSWORD}}\n"
        )
        self.password = wiki.bot_password
        self._wiki = wiki

    def text(self, title: str) -> str:
        return self._wiki.text(title) or ""

    def write(self, title: str, text: str) -> None:
        self._wiki.edit_as_person(title, text)

    def take_wiki_away(self) -> None:
        self._wiki.stop()

    def bring_wiki_back(self) -> None:
        self._wiki.start()


@pytest.fixture(params=["small", pytest.param("real", marks=pytest.mark.servers)])
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    if request.param == "small":
        # it has no flood limit: a line of ours need not wait a second for the one before
        monkeypatch.setattr("labsbot.irc.outbox.Bucket", partial(Bucket, per_second=50))
        server = RememberingServer(on_join=False)
        await server.start()
        yield SmallPlace(tmp_path, server.port)
        await server.close()
    else:
        inspircd, wiki = request.getfixturevalue("inspircd"), request.getfixturevalue("mediawiki")
        for title in ("Nova Resource:Tools", "Nova Resource:Tools/SAL", "Nova Resource:Bots/SAL"):
            if wiki.text(title) is not None:
                wiki.person("Operator").post("delete", title=title)
        yield RealPlace(tmp_path, inspircd.port, wiki)


def logged(nick: str, line: str) -> bool:
    return f" PRIVMSG {CHANNEL} :{nick}: Logged at " in line


def entries(text: str) -> list[str]:
    """The last word of each entry, from top to bottom."""
    return [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("*")]


async def test_a_log_line_reaches_the_page_and_the_channel_is_told_where(place: Place) -> None:
    async with place.bot(), place.person("alice") as alice:
        alice.say(CHANNEL, "!log tools restarted the web service")
        answer = await alice.heard(lambda line: logged("alice", line))
    address = answer.split("Logged at ")[1]
    anchor = address.rpartition("#")[2]
    assert re.fullmatch(r"sal-\d{14}-[0-9a-f]{7}", anchor)
    heading, entry = place.text("Nova Resource:Tools/SAL").splitlines()
    assert re.fullmatch(r"== \d{4}-\d\d-\d\d ==", heading)
    assert re.fullmatch(
        rf'\* <span id="{anchor}">\[\[#{anchor}\|\d\d:\d\d\]\]</span> alice: restarted the web service', entry
    )


async def test_several_people_log_at_once_and_each_is_answered(place: Place) -> None:
    async with place.bot(), place.person("alice") as alice, place.person("bob") as bob:
        for number in range(3):
            alice.say(CHANNEL, f"!log tools a{number}")
            bob.say(CHANNEL, f"!log bots b{number}")
        for person in (alice, bob):
            person.say(CHANNEL, f"!log {'tools' if person is alice else 'bots'} {person.nick}-last")
        for title in ("Nova Resource:Tools/SAL", "Nova Resource:Bots/SAL"):
            await place.shows(title, "-last")
        for person in (alice, bob):
            await person.heard(re.compile(f" PRIVMSG {CHANNEL} :{person.nick}: Logged ").search)
    assert entries(place.text("Nova Resource:Tools/SAL")) == ["alice-last", "a2", "a1", "a0"]
    assert entries(place.text("Nova Resource:Bots/SAL")) == ["bob-last", "b2", "b1", "b0"]


async def test_below_a_heading_of_the_project_page_everything_else_stays(place: Place) -> None:
    place.write("Nova Resource:Tools", PROJECT_PAGE)
    page = '  title: "Nova Resource:{project}"\n  heading: Server Admin Log\n'
    async with place.bot(page), place.person("alice") as alice:
        for number in range(2):
            alice.say(CHANNEL, f"!log tools m{number}")
            await alice.heard(lambda line: logged("alice", line), since=len(alice.lines))
    text = place.text("Nova Resource:Tools")
    above, _, rest = text.partition("\n=== ")
    assert above == "Documentation.\n\n== Server Admin Log ==\n"
    assert rest.partition("\n\n== Instances ==")[2] == "\n* i-0000a"
    assert entries(text)[:2] == ["m1", "m0"]


@pytest.mark.slow
async def test_a_wiki_that_is_away_keeps_nobody_waiting_and_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "LATE", announcer.LATE / 20)
    async with place.bot(), place.person("alice") as alice:
        alice.say(CHANNEL, "!log tools before")
        await alice.heard(lambda line: logged("alice", line))
        place.take_wiki_away()
        alice.say(CHANNEL, "!log tools during")
        late = await alice.heard(lambda line: "alice: Saved, not on the wiki yet: " in line)
        assert late.endswith(". It keeps its time.")
        alice.say(CHANNEL, "!log help")
        await alice.heard(lambda line: "alice: !log <project> <message>" in line)
        place.bring_wiki_back()
        since = len(alice.lines)
        await alice.heard(lambda line: logged("alice", line), since=since)
    assert entries(place.text("Nova Resource:Tools/SAL")) == ["during", "before"]


async def test_what_waited_when_the_bot_ended_is_delivered_and_told_by_the_next(place: Place) -> None:
    async with place.person("alice") as alice:
        place.take_wiki_away()
        async with place.bot():
            alice.say(CHANNEL, "!log tools kept")
            alice.say(CHANNEL, "!log help")  # answered after the entry was accepted: lines are dealt with in order
            await alice.heard(lambda line: "alice: !log <project> <message>" in line)
        place.bring_wiki_back()
        async with place.bot():
            await alice.heard(lambda line: logged("alice", line))
    assert entries(place.text("Nova Resource:Tools/SAL")) == ["kept"]


@pytest.mark.slow
async def test_what_was_said_while_the_bot_was_away_is_logged_once_and_answered_in_one_line(place: Place) -> None:
    async with place.person("alice") as alice, place.person("bob") as bob:
        alice.send(f"MODE {CHANNEL} +H 50:1h")  # the small server remembers anyway
        async with place.bot():
            alice.say(CHANNEL, "!log tools before")
            await alice.heard(lambda line: logged("alice", line))
            bob.say(CHANNEL, "!log toosl x")
            await bob.heard(lambda line: "bob: Not logged: there is no project “toosl”" in line)
        # A history has whole seconds; what was said in the second of our first join might have been said before it.
        second = int(time.time())
        while int(time.time()) == second:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for number in range(3):
            alice.say(CHANNEL, f"!log tools missed-{number}")
        await bob.heard(lambda line: "missed-2" in line)
        bob.say(CHANNEL, "!log tosol y")
        await alice.heard(lambda line: "tosol" in line)
        async with place.bot():
            await alice.heard(lambda line: f" PRIVMSG {CHANNEL} :alice: Logged 3 entries (" in line)
            await bob.heard(
                lambda line: re.search(r"bob: Not logged: .*“tosol”.* \(You said it at \d\d:\d\d\.\)", line)
            )
        since = len(bob.lines)
        async with place.bot():
            alice.say(CHANNEL, "!log tools last")
            await bob.heard(lambda line: logged("alice", line), since=since)
        answers = [line for line in bob.lines[since:] if line.startswith(":labsbot") and " PRIVMSG " in line]
        assert len(answers) == 1
    assert entries(place.text("Nova Resource:Tools/SAL")) == ["last", "missed-2", "missed-1", "missed-0", "before"]


HOSTILE = [
    "<!-- the rest is hidden",
    "<nowiki> and so on",
    "}} == x == {{Delete}}",
    "[[Category:Spam]] [[File:X.png]] [[de:x]] __NOTOC__",
    "~~~~ '''bold''' <ref>r</ref> {| table",
    "\x02bold\x0f \x0304red\x03 \x1b[31m \u202egnol",
    "= = = \x01ACTION x\x01 \x10n",
    "last of all",
]


async def test_a_bot_that_is_stopped_knows_until_when_it_has_heard_everything(place: Place) -> None:
    async with place.person("alice") as alice:
        async with place.bot():
            spoke = datetime.now(UTC)
            alice.say(CHANNEL, "!log help")
            await alice.heard(lambda line: " :alice: " in line)
        with contextlib.closing(Journal.open(place.folder / "journal.sqlite3")) as journal:
            presences = await journal.presences.presences()
    assert presences["net", CHANNEL].until >= spoke


async def test_no_message_harms_the_page_or_stops_the_bot(place: Place) -> None:
    async with place.bot(), place.person("mallory") as mallory:
        for text in HOSTILE:
            mallory.say(CHANNEL, f"!log tools {text}")
        await place.shows("Nova Resource:Tools/SAL", "last of all")
    lines = place.text("Nova Resource:Tools/SAL").splitlines()
    assert lines[0].startswith("== ")
    assert [line[0] for line in lines[1:]] == ["*"] * len(HOSTILE)
    assert not re.search(r"<(?!/?span)|\{\{|~~~|''|__|\[\[(?!#sal-|:)", "\n".join(lines))


async def test_refusals_are_answered_at_once_with_what_to_do(place: Place) -> None:
    async with place.bot(), place.person("bob") as bob:
        bob.say(CHANNEL, "!log toosl x")
        await bob.heard(lambda line: "bob: Not logged: there is no project “toosl”. Did you mean tools?" in line)
        bob.say("labsbot", "hello?")
        await bob.heard(lambda line: " PRIVMSG bob :Say it in the channel: !log <project> <message>" in line)


async def test_a_second_bot_on_the_same_journal_is_refused(place: Place) -> None:
    async with place.bot():
        settings = load(place.folder / "labsbot.yaml", {"WIKI_PASSWORD": "x" * 32}, None).settings
        with pytest.raises(JournalFailure, match="another labsbot"):
            await service.run(settings, asyncio.Event())


@pytest.mark.slow
async def test_projects_of_the_wiki_and_of_a_file_become_known_while_the_bot_runs(place: Place) -> None:
    projects = place.folder / "projects.yaml"
    projects.write_text("[tools]")
    place.projects = '  - {file: projects.yaml}\n  - {pages: "Nova Resource:{project}", refresh: 100ms}\n'
    async with place.bot(), place.person("alice") as alice:
        await log(alice, "tools", "at first")
        projects.write_text("[tools, bots]")
        place.write("Nova Resource:Video", "A new project.")
        await log(alice, "bots", "of the file")
        await log(alice, "video", "of the wiki")
    assert "of the file" in place.text("Nova Resource:Bots/SAL")
    assert "of the wiki" in place.text("Nova Resource:Video/SAL")


async def test_an_author_leads_to_their_page_and_a_task_to_the_tracker_and_a_secret_nowhere(place: Place) -> None:
    place.more = 'people: {list: {"alice!*@*": Alice Smith}}\n'
    page = "  author: wiki\n  patterns: [{match: '\\bT\\d+\\b', url: \"https://tasks.example.org/{0}\"}]\n"
    async with place.bot(page), place.person("alice") as alice:
        await log(alice, "tools", "mended T123")
        alice.say(CHANNEL, "!log tools set password=correct-horse-7")
        await alice.heard(lambda line: line.split(" PRIVMSG ")[-1].startswith("alice :Not logged: your message in"))
    text = place.text("Nova Resource:Tools/SAL")
    assert "[[:User:Alice Smith|alice]]: mended [https://tasks.example.org/T123 T123]" in text
    assert "horse" not in text
    assert b"horse" not in (place.folder / "journal.sqlite3").read_bytes()


async def log(person: DemoPerson, project: str, message: str) -> None:
    """Log until the bot takes it: what was told to a source a moment ago is not known at once."""
    async with asyncio.timeout(30):
        while True:
            since = len(person.lines)
            person.say(CHANNEL, f"!log {project} {message}")
            answer = await person.heard(lambda line: f" PRIVMSG {CHANNEL} :{person.nick}: " in line, since=since)
            if logged(person.nick, answer):
                return


def test_at_the_start_it_is_said_what_a_changed_title_does_to_what_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = {Log(place_of("net", CHANNEL), "tools"): 12}
    titles = ("Nova Resource:{project}/SAL", "Nova Resource:{project}/SAL", "Logs/{project}", "Logs/{project}")
    told = []
    for title in titles:
        settings = load(SmallPlace(tmp_path, 6667).configuration(f'  title: "{title}"\n'), {}, None).settings
        caplog.clear()
        tell_changes(settings, waiting)
        told.append(caplog.messages)
    words = "12 entries wait for page “Nova Resource:tools/SAL”; after this change they go to “Logs/tools”"
    assert told == [[], [], [words], []]


async def test_what_happens_stands_in_the_figures(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsbot.service.metrics.EVERY", 0.05)
    figures = place.folder / "labsbot.prom"
    place.more = f"metrics: {figures}\n"

    async def show(*lines: str) -> None:
        async with asyncio.timeout(30):
            while not (figures.exists() and set(lines) <= set(figures.read_text().splitlines())):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async with place.bot(), place.person("alice") as alice:
        alice.say(CHANNEL, "!log nosuch restarted it")
        alice.say(CHANNEL, "!log tools restarted it")
        await show('labsbot_answered_total{kind="refused"} 1.0', "labsbot_accepted_total 1.0")
        await show("labsbot_delivered_total 1.0")
