"""Answer for the pages of the log: an address comes in, the journal is asked, a filled-in template goes out.

What is not there is said with what is near it. Private projects are no more than projects that there are not.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from labsbot.formats import view, written
from labsbot.journal import ProjectOverview, without_logs
from labsbot.model import Kept, Via
from labsbot.text.message import clean
from labsbot.web import asked, cached
from labsbot.web.audience import Audience, Audiences
from labsbot.web.cached import KnownAnswers
from labsbot.web.listing import MEDIA_TYPES
from labsbot.web.pages.addresses import LogAddress, all_at, log_at
from labsbot.web.pages.lines import EntryLine, LineWriter, Place, moment
from labsbot.web.pages.live import LiveEntries
from labsbot.web.pages.log_asked import LogAsked
from labsbot.web.pages.log_views import LogViews
from labsbot.web.pages.making import HTML, NotHere, PageMaker
from labsbot.web.pages.pictures import activity
from labsbot.web.pages.search_views import SearchViews
from labsbot.web.pages.templates import SAFE
from labsbot.web.problems import HttpProblem, ProblemCause
from labsbot.web.reading import JournalReader, NoSuchProject
from labsbot.web.shown import shown

MOST_PROJECTS, DAYS_SHOWN = 50, 30
"""Projects that are shown with their newest entry and how much happened lately; the others by name."""
ROBOTS = "robots.txt"
"""What crawlers need not look at: the same entries in endless ways."""
STATIC = {"style.css": "text/css", "script.js": "text/javascript", "icon.svg": "image/svg+xml", ROBOTS: "text/plain"}


@dataclass(frozen=True, slots=True)
class _ProjectRow:
    place: Place
    picture: str
    day: date
    newest: EntryLine


class LogPages:
    def __init__(
        self,
        reader: JournalReader,
        audiences: Audiences,
        known: KnownAnswers,
        url: str,
        now: Callable[[], datetime],
        stopping: asyncio.Event,
    ) -> None:
        """`url` is where people reach us; nobody watches any more when it is `stopping`."""
        self.audiences = audiences
        self._known = known
        self._maker = PageMaker(reader, url)
        self._logs = LogViews(self._maker)
        self._searches = SearchViews(self._maker)
        self._live = LiveEntries(self._maker, stopping)
        self._now = now
        self._static = {name: (files(__package__) / "static" / name).read_text("utf-8") for name in STATIC}

    # --- what is there ---

    async def home(self, request: Request) -> Response:
        audience = self.audiences.of_person(request)
        last = self._now().astimezone(self._maker.rules.zone).date()
        first = last - timedelta(days=DAYS_SHOWN - 1)
        found, others = await self._maker.reader.ask(
            lambda reading: reading.overview(tuple(reading.newest(audience.hidden)), first, last, MOST_PROJECTS)
        )

        def content() -> str:
            rows = [self._row(each, last, audience) for each in found]
            named = [Place(each, self._maker.addresses.log(each)) for each in others]
            return self._maker.templates.fill("home", projects=rows, others=named, many=DAYS_SHOWN)

        return await self._maker.page(request, audience, content)

    async def project(self, request: Request) -> Response:
        return await self._unless_known(request, self._project, self._project_as_shown)

    async def all(self, request: Request) -> Response:
        return await self._unless_known(request, self._all, self._all_as_shown)

    async def search(self, request: Request) -> Response:
        return await self._unless_known(request, self._searches.show)

    async def entry(self, request: Request) -> Response:
        return await self._unless_known(request, self._entry)

    async def _unless_known(
        self,
        request: Request,
        answer: Callable[[Request, Audience], Awaitable[Response]],
        as_shown: Callable[[Request, Audience], Awaitable[Hashable]] | None = None,
    ) -> Response:
        audience = self.audiences.of_person(request)
        part = None if as_shown is None else lambda: as_shown(request, audience)
        return await self._known.answer(request, audience, lambda: answer(request, audience), part)

    async def _project_as_shown(self, request: Request, audience: Audience) -> Hashable:
        meant = log_at(request.path_params["path"])
        try:
            spelt = await self._maker.reader.spellings(meant.project, audience)
        except NoSuchProject:
            return None
        return await self._day_as_shown(LogAsked(meant.project, spelt, audience), meant.day)

    async def _all_as_shown(self, request: Request, audience: Audience) -> Hashable:
        when = request.path_params.get("when")
        return await self._day_as_shown(LogAsked(None, None, audience), all_at(when).day if when else None)

    async def _day_as_shown(self, log: LogAsked, day: date | None) -> Hashable:
        """What is the same as long as the page of a day is, however much is logged on others; None: it is no day."""
        if day is None:
            return None
        rules, reader, beside = self._maker.rules, self._maker.reader, log.neighbours(day)
        return rules, log, await reader.ask(lambda reading: (reading.state_of_day(day), beside(reading)))

    async def live(self, request: Request) -> Response:
        project = request.query_params.get("project") or None
        return await self._live.show(request, project, lambda: self.audiences.of_person(request))

    async def _project(self, request: Request, audience: Audience) -> Response:
        path = request.path_params["path"]
        meant = log_at(path)
        try:
            spelt = await self._maker.reader.spellings(meant.project, audience)
        except NoSuchProject:
            if near := await self._near(path, audience):
                return near
            raise
        if not spelt:
            raise NotHere(f"Nothing has been logged for “{meant.project}” so far.")
        name = meant.project if meant.project in spelt else spelt[0]
        return await self._logs.show(request, LogAsked(name, spelt, audience), meant)

    async def _near(self, path: str, audience: Audience) -> Response | None:
        """Of an address that is none but for its end: where it leads without a slash there, or that there is no such
        day; None: what stands before that is no project, either."""
        front, slash, last = path.rpartition("/")
        if not slash:
            return None
        project = log_at(front).project
        try:
            await self._maker.reader.spellings(project, audience)
        except NoSuchProject:
            return None
        if not last:
            # not kept: a cache would tell others of a project that is private
            return RedirectResponse(self._maker.addresses.typed_log(front), 308, {"Cache-Control": "no-store"})
        whole = Place(project, self._maker.addresses.log(project))
        raise NotHere(f"“{last[:60]}” is no day of “{project}”: days are called so: {self._now():%Y-%m-%d}.", whole)

    async def _all(self, request: Request, audience: Audience) -> Response:
        when = request.path_params.get("when")
        return await self._logs.show(request, LogAsked(None, None, audience), all_at(when) if when else LogAddress(""))

    async def _entry(self, request: Request, audience: Audience) -> Response:
        its_id = request.path_params["id"]
        history = await self._maker.reader.ask(lambda reading: reading.find(its_id))
        kept = None if history is None else without_logs(history.kept, audience.hidden)
        if kept is None or not kept.deliveries:
            raise NotHere("There is no such entry.")
        if "format" in request.query_params:
            wanted = asked.asked(QueryParams({"format": request.query_params["format"]}), self._maker.rules.zone)
            seen = view(kept, self._maker.rules.page_of)
            content = functools.partial("".join, written(wanted.how, [seen]))
            return await self._maker.page(request, audience, content, MEDIA_TYPES[wanted.how])
        return await self._maker.page(
            request, audience, lambda: self._maker.templates.fill("entry", **self._about_entry(kept))
        )

    async def about(self, request: Request) -> Response:
        rules = self._maker.rules
        audience = self.audiences.of_person(request)
        known = {"operator": rules.operator, "wiki": rules.wiki, "zone": str(rules.zone)}
        return await self._maker.page(request, audience, lambda: self._maker.templates.fill("about", **known))

    async def static(self, request: Request) -> Response:
        name = request.path_params.get("name", ROBOTS)
        if name not in STATIC:
            raise NotHere("There is no such file.")
        return cached.answer(request, Audience(frozenset(), is_anybody=True), self._static[name], STATIC[name], SAFE)

    def problem(self, problem: HttpProblem) -> Response:
        """What went wrong, as a page."""
        ways = self._ways(problem)
        title = "Not here" if problem.cause is ProblemCause.NOT_FOUND else "That did not work"
        detail = clean(problem.detail[:1].upper() + problem.detail[1:])
        content = self._maker.templates.fill("problem", title=title, detail=detail, ways=ways)
        headers = {"Cache-Control": "no-store", **SAFE, **problem.headers}
        return Response(content.encode("utf-8", "replace"), problem.cause.status, headers, HTML)

    def _ways(self, problem: HttpProblem) -> Sequence[Place]:
        """What may have been meant."""
        match problem:
            case NotHere():
                return problem.ways
            case NoSuchProject():
                return [Place(each, self._maker.addresses.log(each)) for each in problem.nearest]
        return ()

    # --- parts of pages ---

    def _row(self, found: ProjectOverview, last: date, audience: Audience) -> _ProjectRow:
        kept = without_logs(found.newest, audience.hidden)
        seen = view(kept, self._maker.rules.page_of, (found.project,))
        writer = LineWriter(self._maker.addresses, self._maker.rules.wiki_page, found.project)
        place = Place(found.project, self._maker.addresses.log(found.project))
        return _ProjectRow(place, activity(found.days, last, DAYS_SHOWN), seen.delivery.log_day, writer.line(seen))

    def _about_entry(self, kept: Kept) -> dict[str, object]:
        rules = self._maker.rules
        seen = view(kept, rules.page_of)
        entry, day = kept.entry, seen.delivery.log_day
        writer = LineWriter(self._maker.addresses, rules.wiki_page, seen.delivery.log.project)
        told, to = shown(kept, rules.page_of), self._maker.addresses
        logs = [
            {
                "place": Place(each.project, to.log(each.project, day)),
                "state": each.state,
                "cause": each.cause,
                "wiki": each.url,
            }
            for each in told.logs
        ]
        return {
            "line": writer.line(seen),
            "day": day,
            "logs": logs,
            "searches": [
                *(Place(clean(each), to.search(q=_of("task", each))) for each in told.tasks),
                *(Place(each, to.about_host(each)) for each in told.hosts),
                Place(clean(entry.author), to.search(q=_of("from", entry.author))),
            ],
            "versions": writer.versions(seen),
            "logged": moment(kept.accepted, seen.page.time_zone, day),
            "via": f"IRC, in {entry.channel} on {entry.network}" if entry.channel else _WAYS.get(entry.via),
        }


def _of(operator: str, name: str) -> str:
    return f'{operator}:"{name}"'


_WAYS = {Via.IRC: "IRC", Via.COMMAND: "a command", Via.HTTP: "HTTP", Via.LINES: "the line port"}
