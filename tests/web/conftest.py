"""A desk with a journal, and what takes calls for it by HTTP: a real server on a port that the kernel gives."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from labsbot.desk.desk import Desk
from labsbot.desk.gates import all_gates
from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Scripts
from labsbot.desk.secrets import KNOWN
from labsbot.desk.submission import ChannelRules, Home
from labsbot.journal import Journal
from labsbot.model import Delivery
from labsbot.service.by_http import make_web
from labsbot.service.rules import COMMANDS
from labsbot.settings import UTC, Channel, Limit, LinkPattern, PageSettings, Project, Server, WebSettings, WebToken
from labsbot.text.digests import digest
from labsbot.text.patterns import Pattern
from labsbot.web.health import Watched
from labsbot.web.reading import ReadingRules
from labsbot.web.server import Listen, Web
from tests.nouns import NOON, a_directory

TOOLS, ALL, SLOW = "labsbot_tools", "labsbot_all", "labsbot_slow"
TOKENS = (
    WebToken("deploy", digest(TOOLS), ("tools",), Limit(lines=9999)),
    WebToken("ci", digest(ALL), None, Limit(lines=9999, relay=9999), any_author=True),
    WebToken("slow", digest(SLOW), None, Limit(lines=2, seconds=60)),
)
_NUMBERS = count()
ANY_PORT = Server("127.0.0.1", 0)
DIRECTORY = a_directory(Project("tools", ("tool",)), "bots", Project("paws", retired="use jupyter"))
PAGE = PageSettings(patterns=(LinkPattern(Pattern(r"\bT[0-9]+\b"), "https://tasks.example/{0}"),))
TOP = Channel("", None, PAGE, words=COMMANDS)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and type, of what is one in all its parts."""
        assert self.headers["content-type"] == "application/problem+json", self
        told = self.json
        assert set(told) == {"type", "title", "status", "detail"}
        assert told["status"] == self.status
        return self.status, told["type"]


class Place:
    """A desk that takes calls."""

    def __init__(self, folder: Path, listen: Listen = ANY_PORT, tokens: tuple[WebToken, ...] = TOKENS, **given: Any):
        self.journal = Journal.open(folder / "journal.sqlite3")
        self.scripts = Scripts(self.journal.entries, lambda: NOON)
        gates = all_gates("wiki", lambda page, project, entry: len(entry.message.encode()), "op")
        desk = Desk(self.journal.entries, gates, "wiki", "op")
        self.scripts.take_up(desk, ChannelRules(TOP, DIRECTORY), lambda project: Home("", TOP.page), KNOWN, 10.0)
        self.receipts = Receipts(self.journal.entries)
        self.reasons: list[str] = []
        """Why it is not of use."""
        self.settings = WebSettings(listen, "https://logs.example/", tokens, **given)
        self.rules = ReadingRules(DIRECTORY, lambda _: PAGE, UTC, "Olga", "wiki")
        watched = Watched(lambda: self.reasons, _figures)
        rooms = self.scripts, self.journal, self.receipts, watched, folder / "journal.sqlite3"
        self.web: Web = make_web(self.settings, *rooms, self.rules)

    def take_up(self, **given: Any) -> None:
        """Let these settings hold from now on."""
        self.web.take_up(replace(self.settings, **given), self.rules)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        running = [asyncio.create_task(each) for each in (self.web.run(), self.receipts.run())]
        try:
            yield
        finally:
            self.web.stop()
            await asyncio.wait_for(running[0], 5)
            running[1].cancel()
            self.journal.close()

    async def port(self) -> int:
        await asyncio.wait_for(self.web.listening.wait(), 10)
        assert isinstance(self.web.address, tuple)
        return int(self.web.address[1])

    async def call(
        self,
        method: str,
        path: str = "/api/v1/entries",
        body: object = None,
        token: str | None = TOOLS,
        **headers: str,
    ) -> Answer:
        """Make one call; a body that is no bytes is sent as JSON. Headers are named with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        port = await self.port()

        def call() -> Answer:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
            with contextlib.closing(connection):
                connection.request(method, path, content, sent)
                answer = connection.getresponse()
                return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

        return await asyncio.to_thread(call)

    async def post(self, body: object, token: str | None = TOOLS, **headers: str) -> Answer:
        return await self.call("POST", body=body, token=token, **headers)

    async def owed(self) -> list[Delivery]:
        return [each.delivery for each in await self.journal.undelivered.queue()]

    async def deliver(self, *ids: str) -> None:
        """Put what is owed for these entries or changes on its page."""
        due = [each for each in await self.journal.deliveries.pending() if each.id in ids]
        batch = f"b{next(_NUMBERS)}"
        await self.journal.attempts.begin(batch, "wiki", "Tools/SAL", due, NOON)
        await self.journal.attempts.delivered(batch, due, "https://wiki.example/SAL", 1, NOON)

    async def leave(self, *ids: str) -> None:
        """People have edited the lines of these."""
        due = [each for each in await self.journal.deliveries.pending() if each.id in ids]
        batch = f"b{next(_NUMBERS)}"
        await self.journal.attempts.begin(batch, "wiki", "Tools/SAL", due, NOON)
        await self.journal.attempts.leave(batch, due, "people have edited it", "https://wiki.example/SAL", NOON)


async def _figures(accept: str) -> tuple[bytes, str]:
    return f"figures for {accept}".encode(), "text/plain"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    async with made.open():
        yield made


@pytest.fixture
async def delivering(place: Place) -> AsyncIterator[Place]:
    """A place where whatever is kept stands on the wiki at once."""

    async def deliver() -> None:
        news = place.journal.listen()
        while await news.wait():
            news.clear()
            await place.deliver(*(each.id for each in await place.journal.deliveries.pending()))

    delivering = asyncio.create_task(deliver())
    yield place
    delivering.cancel()
