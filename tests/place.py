"""The whole bot on a real IRC server, with pages in a folder: what people type, what they are told, what is on a page.

A test says what its configuration holds beside the server and the files; each test has its own folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from labsbot.config import load
from labsbot.demo.person import DemoPerson
from labsbot.service import house as service
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from tests.servers.process import ServerProcess

CONFIGURATION = """
journal: {folder}/journal.sqlite3
irc:
  net:
    server: {host}:{port}
    tls: false
    nick: labsbot
    backoff: {{first: {first}, most: {most}}}
{network}
    channels:
      {channels}
wiki: {{folder: {folder}/pages}}
page: {{title: "{{project}}/SAL"}}
{top}
"""


async def make_accounts(server: ServerProcess, *names: str) -> None:
    """Accounts with services, each with the password hunter2."""
    await asyncio.gather(*(_make_account(server, name) for name in names))


async def _make_account(server: ServerProcess, name: str) -> None:
    async with await DemoPerson.connect(server.host, server.port, name) as person:
        person.say("NickServ", f"REGISTER hunter2 {name}@localhost.test")
        await person.heard(lambda line: "is now registered" in line)


async def login(person: DemoPerson, account: str) -> None:
    person.say("NickServ", f"IDENTIFY {account} hunter2")
    await person.heard(lambda line: " 900 " in line)


class Place:
    """A bot's home, its channels, and somebody who opened them and gives ranks there."""

    def __init__(
        self,
        server: ServerProcess,
        folder: Path,
        founder: DemoPerson,
        channels: Mapping[str, str],
        network: str,
        top: str,
    ) -> None:
        """`channels`: what the configuration says of each; `network`, `top`: more lines of YAML, for those places."""
        self.server = server
        self.folder = folder
        self.founder = founder
        self.channels = channels
        self.network = network
        self.top = top

    @contextlib.asynccontextmanager
    async def bot(self, *names: str, closed: str = "", first: str = "100ms", most: str = "1s") -> AsyncIterator[None]:
        """The bot at work in these channels and in one that is `closed`: when the block begins it has joined the
        others. `first`, `most`: how long it waits before it tries again."""
        path = self.folder / "labsbot.yaml"
        wanted = [*names, *([closed] if closed else [])]
        path.write_text(
            CONFIGURATION.format(
                folder=self.folder,
                host=self.server.host,
                port=self.server.port,
                first=first,
                most=most,
                channels="\n      ".join(f'"{name}": {self.channels[name]}' for name in wanted),
                network=self.network,
                top=self.top,
            )
        )
        stop, since = asyncio.Event(), len(self.founder.lines)
        running = asyncio.create_task(service.run(load(path, {}, None).settings, stop))
        try:
            for channel in names:
                await self.sees_join(channel, since)
            yield
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await running

    async def sees_join(self, channel: str, since: int) -> None:
        """The founder sees the bot come in, after line number `since`."""
        joined = re.compile(rf":labsbot!\S+ JOIN :?{channel}", re.IGNORECASE)
        await self.founder.heard(joined.match, since=since)

    @contextlib.asynccontextmanager
    async def person(self, nick: str, account: str | None = None, home: str = "") -> AsyncIterator[DemoPerson]:
        """Somebody in all channels, logged in to an account if one is given; from another address than all others if
        they have a `home`."""
        async with await DemoPerson.connect(self.server.host, self.server.port, nick, home=home) as person:
            if account:
                await login(person, account)
            for channel in self.channels:
                await person.join(channel)
            yield person

    @contextlib.asynccontextmanager
    async def people(self, *named: tuple[str, str | None]) -> AsyncIterator[list[DemoPerson]]:
        """Several of them, each with nick and account, who come together: InspIRCd lets people in once a second."""
        async with contextlib.AsyncExitStack() as stack:
            coming = (stack.enter_async_context(self.person(nick, account)) for nick, account in named)
            yield list(await asyncio.gather(*coming))

    async def mode(self, channel: str, modes: str) -> None:
        """The founder sets modes, with their arguments, and has seen it done."""
        since = len(self.founder.lines)
        self.founder.send(f"MODE {channel} {modes}")
        letters = modes.split(" ")[0]
        await self.founder.heard(lambda line: re.search(rf" MODE {channel} :?{re.escape(letters)}", line), since=since)

    def page(self, project: str) -> str:
        return FolderWiki(FolderSettings(self.folder / "pages", None)).text(f"{project}/SAL")


@contextlib.asynccontextmanager
async def founded(
    server: ServerProcess, folder: Path, channels: Mapping[str, str], network: str = "", top: str = ""
) -> AsyncIterator[Place]:
    """A place whose founder is in all channels, as their operator."""
    async with await DemoPerson.connect(server.host, server.port, "founder") as founder:
        for channel in channels:
            await founder.join(channel)
        yield Place(server, folder, founder, channels, network, top)


async def told(person: DemoPerson, channel: str, text: str, command: str = "PRIVMSG") -> str:
    """Say something; what the bot answers in the channel, without the address."""
    since = len(person.lines)
    person.say(channel, text)
    return await hears(person, channel, since, command)


async def hears(person: DemoPerson, channel: str, since: int, command: str = "PRIVMSG") -> str:
    """What the bot says to somebody in the channel, after line number `since`, without the address."""
    begins = f" {command} {channel} :{person.nick}: "
    answer = await person.heard(lambda line: line.startswith(":labsbot!") and begins in line, since=since)
    return answer.partition(begins)[2]


async def another_second() -> None:
    """A history tells whole seconds: a line of the second in which the bot came may have been said before it came."""
    second = int(time.time())
    while int(time.time()) == second:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
