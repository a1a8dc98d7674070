"""Servers to meet, and the bot's client at work with what it heard; each wait is for a condition that is said."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from labsbot import settings
from labsbot.demo.person import DemoPerson
from labsbot.irc import Client
from labsbot.irc.pace import Bucket
from labsbot.model import News, Privmsg
from tests.servers.breakable import BreakableServer
from tests.servers.process import ServerProcess
from tests.servers.remembering import RememberingServer

T = TypeVar("T")
QUICK = {"backoff": settings.Backoff(first=0.01, most=0.05), "ping": settings.Ping(after=5, give_up=10)}


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def network(server: World, *channels: str, **others: Any) -> settings.Network:
    plain = settings.Network(
        name="test",
        servers=(settings.Server(server.host, server.port),),
        tls=None,
        nick="labsbot",
        realname="The bot",
        channels=tuple(settings.Channel(name, None, settings.PageSettings()) for name in channels or ("#ops",)),
    )
    return replace(plain, **{**QUICK, **others})


async def until(condition: Callable[[], object], what: str, patience: float = 30.0) -> None:
    """Return as soon as the condition holds; AssertionError says what did not come true."""
    deadline = asyncio.get_running_loop().time() + patience
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"after {patience:.0f} s still not: {what}"
        await asyncio.sleep(0.005)


class Bot:
    """The client in its loop."""

    def __init__(self, of: settings.Network, state: Path | None = None) -> None:
        self.lines: list[Privmsg] = []
        self.news: list[News] = []
        """All but the lines that are said now."""
        self.heard_until: datetime | None = None
        self.times_ready = 0
        self.client = Client(
            of, self.hear, self._count_ready, lambda: datetime.now(UTC), lambda _: self.heard_until, state
        )
        self.running: asyncio.Task[None] | None = None

    def hear(self, news: News) -> None:
        if not isinstance(news, Privmsg) or news.replayed:
            self.news.append(news)
            return
        if news.text == "raise":
            raise RuntimeError(f"a fault at {news.text}")
        self.lines.append(news)

    def _count_ready(self) -> None:
        self.times_ready += 1

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    def of(self, kind: type[T]) -> list[T]:
        """All news of one kind."""
        return [news for news in self.news if isinstance(news, kind)]

    async def hears(self, text: str) -> None:
        await until(lambda: text in self.texts, f"the bot hears {text!r}")

    async def joins(self, channel: str = "#ops") -> None:
        await until(lambda: self.client.present(channel), f"the bot is in {channel}")

    async def ends(self) -> None:
        assert self.running is not None
        done, _ = await asyncio.wait({self.running}, timeout=10)
        assert done, "the bot does not end"
        await self.running


async def ranks_after(changes: Sequence[str], person: DemoPerson, bot: Bot, channel: str) -> list[str]:
    """The ranks that a line of somebody has for the bot after each change of the channel's modes."""
    ranks = []
    for number, modes in enumerate(changes):
        person.send(f"MODE {channel} {modes}")
        person.say(channel, f"line {number}")
        await bot.hears(f"line {number}")
        ranks.append(bot.lines[-1].sender.ranks)
    return ranks


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own server has no flood limit: a line of ours need not wait a second for the one before."""
    monkeypatch.setattr("labsbot.irc.outbox.Bucket", partial(Bucket, per_second=50))


@contextlib.asynccontextmanager
async def at_work(of: settings.Network) -> AsyncIterator[Bot]:
    async with working(Bot(of)) as bot:
        yield bot


B = TypeVar("B", bound=Bot)


@contextlib.asynccontextmanager
async def working(bot: B) -> AsyncIterator[B]:
    bot.running = asyncio.create_task(bot.client.run())
    try:
        yield bot
    finally:
        bot.client.stop()
        await asyncio.wait({bot.running}, timeout=5)
        bot.running.cancel()
        await asyncio.gather(bot.running, return_exceptions=True)


class World:
    """A server and what may happen to it; the same for the real one and for ours."""

    host: str
    port: int
    short: settings.Ping
    """As impatient as one can be with it."""

    async def person(self, nick: str, **options: Any) -> DemoPerson:
        return await DemoPerson.connect(self.host, self.port, nick, **options)

    async def lose_everybody(self) -> None:
        raise NotImplementedError

    def frozen(self) -> contextlib.AbstractContextManager[None]:
        raise NotImplementedError


class Loopback(World):
    short = settings.Ping(after=0.1, give_up=0.3)

    def __init__(self, server: BreakableServer) -> None:
        self.server = server
        self.host, self.port = server.host, server.port

    async def lose_everybody(self) -> None:
        self.server.drop_all()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        self.server.frozen = True
        try:
            yield
        finally:
            self.server.frozen = False


class Process(World):
    short = settings.Ping(after=0.5, give_up=2.5)

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.host, self.port = server.host, server.port


class Real(Process):
    """InspIRCd, which lets people in once a second."""

    async def lose_everybody(self) -> None:
        self.server.stop()
        self.server.start()

    def frozen(self) -> contextlib.AbstractContextManager[None]:
        return self.server.frozen()


@pytest.fixture
async def loopback() -> AsyncIterator[BreakableServer]:
    server = BreakableServer({"labsbot": "hunter2"})
    await server.start()
    yield server
    await server.close()


@pytest.fixture(params=["loopback", pytest.param("inspircd", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest) -> World:
    """Our own server, and the real one."""
    server = request.getfixturevalue(request.param)
    return Loopback(server) if isinstance(server, BreakableServer) else Real(server)


@pytest.fixture
async def remembering() -> AsyncIterator[RememberingServer]:
    """Our own server with a memory, which it opens to those who ask."""
    server = RememberingServer(on_join=False, page=3)
    await server.start()
    yield server
    await server.close()
