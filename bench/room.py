"""The bot without IRC, in the process that measures it: a front desk, a journal, a deliverer and an announcer that
speaks to nobody. What time it is, is up to whoever makes one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import pace
from labsbot.chat.announcer import Announcer
from labsbot.delivery import Deliverer
from labsbot.desk.irc_lines import Reply
from labsbot.journal import Journal
from labsbot.model import Importance, Privmsg, Wiki
from labsbot.settings import BotPassword, MediaWikiSettings, PageSettings, Secret
from labsbot.wiki import open_wiki
from labsbot.wiki.worker import Worker
from tests.servers.mediawiki import MediaWiki

PLACE = ("bench", "#bench")
IDLE = 0.05
"""Seconds without a question to the wiki, after which none is under way that leads to another."""


class Room:
    """Use it in the block of `open`."""

    def __init__(
        self,
        folder: Path,
        server: MediaWiki,
        projects: Sequence[str],
        page: PageSettings = pace.USUAL,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        api: str = "",
    ) -> None:
        """`api`: by which address the wiki is asked, where that is not its own."""
        self.journal = Journal.open(folder / "journal")
        self._news = self.journal.listen()
        self.front_desk = pace.desk(self.journal, [PLACE], projects, page)
        settings = MediaWikiSettings(api or server.api, BotPassword(server.bot_user, Secret(server.bot_password)))
        self._worker = WatchedWorker(open_wiki(settings))
        self._deliverer = Deliverer(self.journal, self._worker.wiki, self._worker, lambda _: page, now, clock)
        self._announcer = Announcer(self.journal.tellings, self, clock)
        self.said = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """It delivers and announces; at the end all of it is closed."""
        delivering = asyncio.create_task(self._deliverer.run())
        announcing = asyncio.create_task(self._announcer.run())
        try:
            yield
        finally:
            self._deliverer.stop()
            await delivering
            announcing.cancel()
            await asyncio.gather(announcing, return_exceptions=True)
            self._worker.close()
            self.journal.close()

    def places(self) -> list[tuple[str, str]]:
        return [PLACE]

    def takes(self, network: str, channel: str) -> bool:
        return True

    def say(self, network: str, target: str, text: str, importance: Importance, became: Callable[[bool], None]) -> bool:
        self.said += 1
        became(True)
        return True

    async def hear(self, line: Privmsg) -> Reply | None:
        """None: it is accepted."""
        return await self.front_desk.hear(line)

    async def until_delivered(self, wanted: int) -> None:
        """Return when so many entries are on the wiki since this room was made."""
        while True:
            self._news.clear()
            if self.journal.counts.delivered >= wanted:
                return
            await self._news.wait()

    async def until_archived(self) -> None:
        """Return when the deliverer has looked at what is due by now, and nothing is on its way to an archive."""
        name, rung = self._worker.wiki.name, time.perf_counter()
        self.journal.ring()
        while True:
            await asyncio.sleep(IDLE / 5)
            moving = await self.journal.moves.open_moves(name) or await self.journal.moves.unfinished_moves(name)
            if not moving and self._worker.idle_since(rung) > IDLE:
                return


class WatchedWorker(Worker):
    """One of which can be seen whether it works."""

    def __init__(self, wiki: Wiki) -> None:
        super().__init__(wiki)
        self.wiki = wiki
        self._under_way = 0
        self._since = time.perf_counter()

    def idle_since(self, moment: float) -> float:
        """For how many seconds it has done nothing, of those since that moment."""
        return 0.0 if self._under_way else time.perf_counter() - max(self._since, moment)

    async def call(self, verb, *arguments, deadline):
        self._under_way += 1
        try:
            return await super().call(verb, *arguments, deadline=deadline)
        finally:
            self._under_way -= 1
            self._since = time.perf_counter()
