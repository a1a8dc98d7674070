"""New entries as they come, and what becomes of them, for whoever has a log's newest page open (server-sent events; no
script has to be ours).

Each event is an entry as it stands on such a page by now, below its day: a new one, or, as `CHANGED`, one that was
corrected, or came to the wiki. Its id is the number under which the journal accepted it. A browser that comes again
names the last one it has, so nothing is lost or told twice, whichever of us was started anew meanwhile. Nothing of the
journal is held while somebody watches.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from labsbot.formats import EntryView, view
from labsbot.journal import Reading, without_logs
from labsbot.model import DeliveryState, JournalFailure
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
MOST_UNSETTLED = 50
"""Entries that are not on the wiki yet of which it is told when they are; of what a browser names, too."""
CHANGED = "changed"
EVENTS = "text/event-stream"
_NUMBER = re.compile("[0-9]{1,18}")


Unsettled = Mapping[str, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class _Watched:
    """What somebody watches."""

    project: str | None
    """As they call it; None: all logs."""
    projects: tuple[str, ...] | None
    """As it is spelt in the journal."""
    audience: Callable[[], Audience]
    """For whom, which may be another one meanwhile."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """How far somebody has heard."""

    until: int
    """All news up to this number."""
    unsettled: Unsettled
    """By entries that were not on the wiki when it was told of them, what was said of that; None: nobody knows."""


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
            heard = await self._maker.reader.ask(_beginning(request))
        except BaseException:
            self._over()
            raise
        watched = _Watched(project, projects, audience)
        return CountedStream(self._events(watched, heard), headers, EVENTS, self._over)

    def _over(self) -> None:
        self._watching -= 1

    async def _events(self, watched: _Watched, heard: _Heard) -> AsyncIterator[bytes]:
        # whoever goes before there is any news knows how far they have heard, too
        yield f"retry: 3000\nid: {heard.until}\n\n".encode()
        loop = asyncio.get_running_loop()
        said = loop.time()
        with contextlib.suppress(JournalFailure, HttpProblem):  # they come again, and name what they have
            while not self._stopping.is_set():
                is_news = await self._is_news(heard.until)
                if is_news or heard.unsettled:
                    of = self._news if is_news else self._settled
                    told, heard = await self._maker.reader.ask(functools.partial(of, watched, heard))
                    if told:
                        yield told.encode("utf-8", "replace")
                        said = loop.time()
                    if is_news:
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

    def _news(self, watched: _Watched, heard: _Heard, reading: Reading) -> tuple[str, _Heard]:
        """What was accepted since, and how far they have heard then."""
        news = reading.news(heard.until, watched.projects, watched.audience().hidden, TOGETHER)
        views = [view(each.kept, self._maker.rules.page_of, watched.projects) for each in news.of_entries]
        events = [
            _event(self._section(watched, seen), each.number, "" if each.is_new else CHANGED)
            for each, seen in zip(news.of_entries, views, strict=True)
        ]
        # without anything to show, too, they know how far they have heard
        told = "".join([*events, f"id: {news.until}\n\n"])
        return told, _Heard(news.until, _unsettled(heard.unsettled, views))

    def _settled(self, watched: _Watched, heard: _Heard, reading: Reading) -> tuple[str, _Heard]:
        """What has become of entries that were not on the wiki."""
        found = (without_logs(each, watched.audience().hidden) for each in reading.of_ids(heard.unsettled))
        views = [
            view(each, self._maker.rules.page_of, watched.projects)
            for each in found
            if any(watched.projects is None or own.log.project in watched.projects for own in each.deliveries)
        ]
        other = [each for each in views if tuple(each.remarks) != heard.unsettled.get(each.entry.id)]
        left = {each.entry.id: heard.unsettled.get(each.entry.id) for each in views}
        told = "".join(_event(self._section(watched, each), None, CHANGED) for each in other)
        return told, _Heard(heard.until, _unsettled(left, other))

    def _section(self, watched: _Watched, seen: EntryView) -> str:
        days = LineWriter(self._maker.addresses, self._maker.rules.wiki_page, watched.project).days([seen])
        return self._maker.templates.fill("live", days=days, project=watched.project)


def _unsettled(before: Unsettled, told: Sequence[EntryView]) -> Unsettled:
    """Of which entries it is still to be told what becomes of them: of the newest ones, and not for ever of many."""
    found = dict(before)
    for each in told:
        found.pop(each.entry.id, None)
        if any(own.state in (DeliveryState.PENDING, DeliveryState.PARKED) for own in each.kept.deliveries):
            found[each.entry.id] = tuple(each.remarks)
    return dict(list(found.items())[-MOST_UNSETTLED:])


def _beginning(request: Request) -> Callable[[Reading], _Heard]:
    """After which number they want to hear: after the last they heard, after an entry, or from now on; and of which
    entries they show that they are not on the wiki."""
    heard = request.headers.get("last-event-id", "")
    entry = request.query_params.get("after", "")
    unsettled: Unsettled = dict.fromkeys(request.query_params.getlist("unsettled")[:MOST_UNSETTLED])

    def asked(reading: Reading) -> _Heard:
        newest = reading.newest_accepted()
        if _NUMBER.fullmatch(heard):
            return _Heard(min(int(heard), newest), unsettled)
        found = reading.accepted_as(entry) if entry else None
        return _Heard(newest if found is None else found, unsettled)

    return asked


def _event(html: str, number: int | None, kind: str = "") -> str:
    """Without a number it does not say how far they have heard."""
    head = ([] if number is None else [f"id: {number}\n"]) + ([f"event: {kind}\n"] if kind else [])
    return "".join([*head, *(f"data: {line}\n" for line in re.split("\r\n|\r|\n", html)), "\n"])
