"""A short scene: three people log, one too late, one by mistake and takes it back; then there is room for you.

`play` does it on loopback with nothing installed: an IRC server, a wiki in a folder that has a past, the bot; all of it
lies in a temporary folder that goes away at the end. `Stage` is the same for any IRC server and wiki that run already.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from labsbot.config import load
from labsbot.demo.ircd import LoopbackServer
from labsbot.demo.past import MADE_UP, past_days
from labsbot.demo.person import DemoPerson
from labsbot.demo.screen import side_by_side
from labsbot.model import Edit
from labsbot.service import house as service
from labsbot.settings import Settings
from labsbot.web import missing_extra
from labsbot.wiki import open_wiki

CHANNEL = "#wikimedia-labs"
PORT, WEB_PORT = 6667, 8080
"""Where people look first for IRC and for pages; another one is taken where somebody has it."""

SCENE = [
    ("alice", "morning! tools-webproxy-01 is slow, having a look"),
    ("alice", "!log tools restarted the web service on tools-webproxy-01"),
    ("bob", "!log toosl drained exec node 12"),
    ("bob", "!log tools drained exec node 12 (T1234)"),
    ("carol", "!log -25m tools,bots upgraded the kernel on exec node 7, ''rebooting'' <!-- now -->"),
    ("bob", "oh, that was node 21"),
    ("bob", "!undo"),
]

IRC = """\
irc:
  loopback:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    channels:
      "{channel}": {{}}
"""
OWN_PAGE = """\
page:
  title: "Nova Resource:{project}/SAL"
"""
BELOW_HEADING = """\
page:
  title: "Nova Resource:{project}"
  heading: Server Admin Log
"""
PROJECTS = """\
projects:
  - list: {tools: {}, bots: {aliases: [bot]}, paws: {retired: use jupyter}}
"""
WEB = """\
web: {{listen: "127.0.0.1:{port}", url: "http://127.0.0.1:{port}/"}}
"""
PROJECT_PAGE = """\
The '''{0}''' project: shared hosting for community tools. {1}

== Documentation ==
See [[Help:{0}]].

== Server Admin Log ==

{2}

== Instances ==
* {0}-webproxy-01
* {0}-exec-12
"""
PAST = {"tools": 2, "bots": 60}
"""Days for which the log of a project has been kept already: of one so few that the screen holds them."""
INVITATION = """\
Join them:     irssi -c 127.0.0.1 -p {port}   then  /join {channel}   and type  !log tools hello
               (any IRC client will do: no TLS, no password)
{pages}
Ctrl-C ends it{left}."""
CLEAR = "\x1b[H\x1b[2J"


def configuration(folder: Path, port: int, wiki: str, heading: bool) -> Path:
    """Write the bot's configuration for the scene into `folder`; `wiki` is that part of it, as YAML."""
    path = folder / "labsbot.yaml"
    layout = BELOW_HEADING if heading else OWN_PAGE
    irc = IRC.format(port=port, channel=CHANNEL)
    text = f"journal: {folder}/journal.sqlite3\n{irc}{wiki}{layout}{PROJECTS}"
    web = WEB.format(port=_free_port(WEB_PORT))
    path.write_text(text if missing_extra() else text + web)
    return path


def past_pages(heading: bool, today: date) -> Mapping[str, str]:
    """The logs' pages as they stand before the bot comes, by their titles."""
    pages = {}
    for name, days in PAST.items():
        home = f"Nova Resource:{name.capitalize()}"
        if heading:
            pages[home] = PROJECT_PAGE.format(name, MADE_UP, past_days(name, today, days, "==="))
        else:
            pages[f"{home}/SAL"] = f"{MADE_UP}\n\n{past_days(name, today, days, '==')}\n"
    return pages


async def take_in_the_past(path: Path, environ: Mapping[str, str]) -> None:
    """`labsbot import`, as an operator would."""
    command = (sys.executable, "-m", "labsbot", "import", "-c", str(path))
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=quiet, stderr=quiet)
    await process.wait()


def where_to_read(path: Path) -> str:
    """What is said of the pages to read at, if there are any."""
    web = load(path, {}, None, reads_secrets=False).settings.web
    if web is None:
        return "To read it:    pip install '.[web]' brings pages, search and feeds to the demo, too"
    return f"To read it:    {web.url}   (search: {web.url}search?q=kernel)"


def _free_port(wish: int) -> int:
    for port in (wish, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            found: int = probe.getsockname()[1]
            return found
    return wish


async def play(stop: asyncio.Event, once: bool, heading: bool) -> None:
    """Play the scene, then stay until `stop` is set (not if `once`); `heading`: the log is part of a project's page."""
    logging.getLogger("labsbot").addHandler(logging.NullHandler())
    async with contextlib.AsyncExitStack() as doors:
        folder = Path(doors.enter_context(tempfile.TemporaryDirectory(prefix="labsbot-demo-")))
        server = await _loopback_server()
        doors.push_async_callback(server.close)
        path = configuration(folder, server.port, f"wiki:\n  folder: {folder}/pages\n", heading)
        settings = load(path, {}, None).settings
        wiki = open_wiki(settings.wiki)
        title = wiki.look(settings.top.page.title_for("tools")).title
        for page, text in past_pages(heading, datetime.now(UTC).date()).items():
            wiki.save(Edit(page, None, None, "", text, "made up for the demo"))
        await doors.enter_async_context(running(settings))
        stage = await doors.enter_async_context(Stage(server.port, title, lambda: wiki.text(title)))
        await take_in_the_past(path, os.environ)
        await stage.play()
        stage.show()
        if not once:
            pages = f"{where_to_read(path)}\nThe wiki:      the pages are files, in {folder}/pages"
            invitation = INVITATION.format(
                port=server.port, channel=CHANNEL, pages=pages, left=" and leaves nothing behind"
            )
            await stage.go_on(stop, invitation)


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """The bot, for as long as the block lasts."""
    stop = asyncio.Event()
    bot = asyncio.create_task(service.run(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await bot


async def _loopback_server() -> LoopbackServer:
    try:
        server = LoopbackServer(port=PORT)
        await server.start()
    except OSError:
        server = LoopbackServer()
        await server.start()
    return server


class Stage:
    """The people of the scene on an IRC server, and what is seen of the channel and the page."""

    def __init__(self, port: int, title: str, page: Callable[[], str]) -> None:
        """`page` reads the wikitext of the page called `title`."""
        self._port = port
        self._title = title
        self._page = page
        self._people: dict[str, DemoPerson] = {}
        self._doors = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Stage:
        for nick in ["viewer", *dict.fromkeys(nick for nick, _ in SCENE)]:
            person = await self._doors.enter_async_context(await DemoPerson.connect("127.0.0.1", self._port, nick))
            await person.join(CHANNEL)
            self._people[nick] = person
        self._viewer = self._people["viewer"]
        # The bot is there before them or comes after them: in the list of names, or joining.
        await self._viewer.heard(lambda line: bool(re.search(r" 353 .*labsbot|^:labsbot!\S+ JOIN ", line)))
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._doors.aclose()

    async def play(self) -> None:
        """Each says their lines, and waits for the bot where it has something to say."""
        for nick, text in SCENE:
            since = len(self._viewer.lines)
            self._people[nick].say(CHANNEL, text)
            answer = f" PRIVMSG {CHANNEL} :{nick}: " if text.startswith("!") else f" PRIVMSG {CHANNEL} :{text}"
            await self._viewer.heard(lambda line, answer=answer: answer in line, since=since)  # type: ignore[misc]

    def show(self) -> None:
        """Print the channel and the page as they stand now."""
        said = (re.match(rf":([^!]+)!\S+ PRIVMSG {CHANNEL} :(.*)", line) for line in self._viewer.lines)
        channel = [f"<{match[1]}> {match[2]}" for match in said if match]
        width = shutil.get_terminal_size((120, 24)).columns
        picture = side_by_side(channel[-24:], self._page(), (CHANNEL, self._title), width)
        print(f"{CLEAR if sys.stdout.isatty() else ''}{picture}\n", flush=True)

    async def go_on(self, stop: asyncio.Event, invitation: str) -> None:
        """Show each new state of things until `stop` is set."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            print(invitation, flush=True)
            spoken = asyncio.create_task(
                self._viewer.heard(
                    lambda line: f" PRIVMSG {CHANNEL} " in line, since=len(self._viewer.lines), patience=float("inf")
                )
            )
            await asyncio.wait([stopping, spoken], return_when=asyncio.FIRST_COMPLETED)
            spoken.cancel()
            self.show()
