"""Entries to read, for programs: a query comes in, a page of entries goes out, or all of them, as they are read.

Who asks needs no token; what is private is not there for whoever may not see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from labsbot.formats import EntryFormat, EntryView, view, written
from labsbot.journal import EntryPage, EntryQuery, Reading
from labsbot.text.visible_json import visible
from labsbot.web import asked, cached
from labsbot.web.annotations import MOST_MARKS, annotation
from labsbot.web.audience import Audience, Audiences
from labsbot.web.cached import KnownAnswers
from labsbot.web.problems import HttpProblem, ProblemCause, malformed, retry_after
from labsbot.web.reading import JournalReader
from labsbot.web.shown import EntriesPage, ProjectShown, ProjectsShown, shown
from labsbot.web.streamed import CountedStream

TOGETHER = 100
"""Entries that are read at once, of all that are streamed: so much of it waits for a caller who reads slowly."""
MOST_STREAMS = 20
"""At once; each holds a page of entries while its caller reads."""
MEDIA_TYPES = {
    EntryFormat.TEXT: "text/plain",
    EntryFormat.WIKITEXT: "text/plain",
    EntryFormat.MARKDOWN: "text/markdown",
    EntryFormat.JSON: "application/json",
    EntryFormat.CSV: "text/csv",
}
NDJSON = "application/x-ndjson"


class StreamStopped(Exception):
    """We stop: the caller sees that the connection breaks off, for what came is not all there is."""


class EntryListing:
    """Answers with lists of entries."""

    def __init__(
        self, reader: JournalReader, audiences: Audiences, known: KnownAnswers, url: str, stopping: asyncio.Event
    ) -> None:
        """`url` is where people reach us; nothing is streamed any more when it is `stopping`."""
        self.audiences = audiences
        self._known = known
        self._reader = reader
        self._url = url.rstrip("/")
        self._stopping = stopping
        self._streams = 0

    async def entries(self, request: Request) -> Response:
        audience = self.audiences.of(request)
        return await self._known.answer(request, audience, lambda: self._entries(request, audience))

    async def _entries(self, request: Request, audience: Audience) -> Response:
        wanted = asked.asked(request.query_params, self._reader.rules.zone)
        query = await self._reader.meant(wanted, audience)
        page = await self._reader.ask(_page_of(query, wanted.before, wanted.most))
        following = None if page.older is None else asked.cursor_of(page.older)
        headers = {} if following is None else {"Link": f'<{self._next(request, following)}>; rel="next"'}
        if wanted.how is EntryFormat.JSON:
            content = await self._reader.make(lambda: self._json(page, following))
        else:
            content = await self._reader.make(lambda: "".join(written(wanted.how, self._views(page, query))))
        return cached.answer(request, audience, content, MEDIA_TYPES[wanted.how], headers)

    async def stream(self, request: Request) -> Response:
        audience = self.audiences.of(request)
        wanted = asked.asked(request.query_params, self._reader.rules.zone, streamed=True)
        query = await self._reader.meant(wanted, audience)
        if self._streams >= MOST_STREAMS:
            words = "too many read everything at once: try again."
            raise HttpProblem(ProblemCause.BUSY, words, retry_after(10))
        self._streams += 1
        try:
            first = await self._reader.ask(_page_of(query, None))
        except BaseException:
            self._over()
            raise
        kept = {"Cache-Control": "no-store", "Vary": cached.VARIES, "X-Accel-Buffering": "no"}
        return CountedStream(self._lines(query, first), kept, NDJSON, self._over)

    async def annotations(self, request: Request) -> Response:
        audience = self.audiences.of(request)
        wanted = asked.asked(request.query_params, self._reader.rules.zone, streamed=True)
        query = await self._reader.meant(wanted, audience)
        page = await self._reader.ask(_page_of(query, None, MOST_MARKS))
        content = await self._reader.make(lambda: self._annotations(page, query))
        return cached.answer(request, audience, content, "application/json")

    def _annotations(self, page: EntryPage, query: EntryQuery) -> str:
        marks = (annotation(each, f"{self._url}/entry/{each.entry.id}") for each in self._views(page, query))
        return "[" + ",".join(visible(each.model_dump_json()) for each in marks if each is not None) + "]"

    def _over(self) -> None:
        self._streams -= 1

    async def projects(self, request: Request) -> Response:
        if name := next(iter(request.query_params), None):
            raise malformed(f"“{name[:60]}” is unknown, expected nothing.")
        audience = self.audiences.of(request)
        newest = await self._reader.ask(lambda reading: reading.newest(audience.hidden))
        found = [
            ProjectShown(project=name, url=f"{self._url}/log/{quote(name, safe='')}", newest=newest[name])
            for name in sorted(newest)
        ]
        content = visible(ProjectsShown(projects=found).model_dump_json())
        return cached.answer(request, audience, content, "application/json")

    async def _lines(self, query: EntryQuery, page: EntryPage) -> AsyncIterator[bytes]:
        """Line by line; the journal is asked for the next ones when these are read."""
        while True:
            for each in page.entries:
                if self._stopping.is_set():
                    raise StreamStopped
                yield visible(shown(each, self._reader.rules.page_of).model_dump_json() + "\n").encode()
            if page.older is None:
                return
            page = await self._reader.ask(_page_of(query, page.older))

    def _json(self, page: EntryPage, following: str | None) -> str:
        entries = [shown(each, self._reader.rules.page_of) for each in page.entries]
        return visible(EntriesPage(entries=entries, next=following).model_dump_json())

    def _views(self, page: EntryPage, query: EntryQuery) -> Iterable[EntryView]:
        return (view(each, self._reader.rules.page_of, query.projects) for each in page.entries)

    def _next(self, request: Request, cursor: str) -> str:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        return f"{self._url}{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


def _page_of(query: EntryQuery, before: int | None, most: int = TOGETHER) -> Callable[[Reading], EntryPage]:
    return lambda reading: reading.page(query, before, most)
