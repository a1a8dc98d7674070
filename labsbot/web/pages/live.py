"""New entries as they come, for whoever has a log's newest page open (server-sent events; no script has to be ours).

Each event is an entry as it stands on such a page, below its day; its id is the number under which the journal accepted
it. A browser that comes again names the last one it has, so nothing is lost or told twice, whichever of us was started
anew meanwhile. Nothing of the journal is held while somebody watches.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response

from labsbot.formats import view
from labsbot.journal import News, Reading
from labsbot.model import JournalFailure, Kept
from labsbot.web.audience import Audience
from labsbot.web.pages.lines import LineWriter
from labsbot.web.pages.making import PageMaker
from labsbot.web.pages.templates import SAFE
from labsbot.web.problems import HttpProblem, ProblemCause, retry_after
from labsbot.web.streamed import CountedStream

MOST = 100
"""Who watch at once."""
PAUSE = 1.0
"""Seconds after which we look again."""
QUIET = 15.0
"""Seconds without a word, after which we send a blank one: else a proxy hangs up, and we never learn who has gone."""
TOGETHER = 50
"""Entries that are read at once."""
EVENTS = "text/event-stream"
_NUMBER = re.compile("[0-9]{1,18}")


class LiveEntries:
    """Tells what comes to whoever watches."""

    def __init__(self, maker: PageMaker, stopping: asyncio.Event) -> None:
        self._maker = maker
        self._stopping = stopping
        self._watching = 0
        self._looked, self._newest = 0.0, 0
        """When somebody looked last, and what was the newest then: all who watch look together."""

    async def show(self, request: Request, project: str | None, audience: Callable[[], Audience]) -> Response:
        """`audience`: for whom, which may be another one while they watch. Raises HttpProblem."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **SAFE}
        if request.method == "HEAD":  # whoever asks for the head alone does not watch
            return Response(headers=headers, media_type=EVENTS)
        if self._watching >= MOST:
            raise HttpProblem(ProblemCause.BUSY, "too many watch at once: try again.", retry_after(30))
        self._watching += 1
        try:
            projects = None if project is None else await self._maker.reader.spellings(project, audience())
            after = await self._maker.reader.ask(_beginning(request))
        except BaseException:
            self._over()
            raise
        return CountedStream(self._events(project, projects, after, audience), headers, EVENTS, self._over)

    def _over(self) -> None:
        self._watching -= 1

    async def _events(
        self, project: str | None, projects: tuple[str, ...] | None, after: int, audience: Callable[[], Audience]
    ) -> AsyncIterator[bytes]:
        yield b"retry: 3000\n\n"
        loop = asyncio.get_running_loop()
        said = loop.time()
        with contextlib.suppress(JournalFailure, HttpProblem):  # they come again, and name what they have
            while not self._stopping.is_set():
                if await self._is_news(after):
                    news = await self._maker.reader.ask(_since(after, audience().hidden))
                    after = news.until
                    told = await self._maker.reader.make(functools.partial(self._told, project, projects, news))
                    yield told.encode("utf-8", "replace")
                    said = loop.time()
                    continue
                if loop.time() - said >= QUIET:
                    yield b":\n\n"
                    said = loop.time()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), PAUSE)

    async def _is_news(self, after: int) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._looked >= PAUSE:
            self._looked = now
            self._newest = await self._maker.reader.ask(lambda reading: reading.newest_accepted())
        return self._newest > after

    def _told(self, project: str | None, projects: tuple[str, ...] | None, news: News) -> str:
        events = [
            _event(number, self._section(project, projects, kept))
            for number, kept in news.entries
            if projects is None or any(each.log.project in projects for each in kept.deliveries)
        ]
        # without anything to show, too, they know how far they have heard
        return "".join([*events, f"id: {news.until}\n\n"])

    def _section(self, project: str | None, projects: tuple[str, ...] | None, kept: Kept) -> str:
        rules = self._maker.rules
        days = LineWriter(self._maker.addresses, rules.wiki_page, project).days([view(kept, rules.page_of, projects)])
        return self._maker.templates.fill("live", days=days, project=project)


def _beginning(request: Request) -> Callable[[Reading], int]:
    """After which number they want to hear: after the last they heard, after an entry, or from now on."""
    heard = request.headers.get("last-event-id", "")
    entry = request.query_params.get("after", "")

    def asked(reading: Reading) -> int:
        newest = reading.newest_accepted()
        if _NUMBER.fullmatch(heard):
            return min(int(heard), newest)
        found = reading.accepted_as(entry) if entry else None
        return newest if found is None else found

    return asked


def _since(after: int, hidden: frozenset[str]) -> Callable[[Reading], News]:
    return lambda reading: reading.news(after, hidden, TOGETHER)


def _event(number: int, html: str) -> str:
    return "".join([f"id: {number}\n", *(f"data: {line}\n" for line in re.split("\r\n|\r|\n", html)), "\n"])
