"""Answer for the pages of the log: an address comes in, the journal is asked, a filled-in template goes out.

What is not there is said with what is near it. Private projects are no more than projects that there are not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.resources import files

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from labsbot.formats import EntryFormat, EntryView, view, written
from labsbot.journal import EntryPage, EntryQuery, Neighbours, ProjectOverview, Reading, without_logs
from labsbot.model import Kept
from labsbot.text.message import clean
from labsbot.web import asked, cached
from labsbot.web.audience import Audience, Audiences
from labsbot.web.listing import MEDIA_TYPES
from labsbot.web.pages import feeds, months
from labsbot.web.pages.addresses import FEEDS, Addresses, LogAddress, all_at, log_at
from labsbot.web.pages.feeds import Feed
from labsbot.web.pages.lines import EntryLine, LineWriter, Place, moment
from labsbot.web.pages.pictures import activity
from labsbot.web.pages.templates import SAFE, Templates
from labsbot.web.problems import HttpProblem, ProblemCause
from labsbot.web.reading import JournalReader
from labsbot.web.shown import shown

NEWEST, OF_A_DAY = 50, 500
"""Entries of a page at most; what is older is on the next one."""
MOST_PROJECTS, DAYS_SHOWN = 50, 30
"""Projects that are shown with their newest entry and how much happened lately; the others by name."""
HTML = "text/html"
STATIC = {"style.css": "text/css", "script.js": "text/javascript"}
_CHOICES = ("author", "robots", "cursor", "format")


class NotHere(HttpProblem):
    """There is no such page."""

    def __init__(self, detail: str, *ways: Place) -> None:
        """`ways`: what is near it."""
        super().__init__(ProblemCause.NOT_FOUND, detail)
        self.ways = ways


@dataclass(frozen=True, slots=True)
class _Log:
    """The log of a project, or all logs, for somebody."""

    name: str | None
    """As its project is called; None: all."""
    projects: tuple[str, ...] | None
    """As it is spelt in the journal; None: any."""
    audience: Audience

    @property
    def title(self) -> str:
        return "All entries" if self.name is None else self.name

    @property
    def query(self) -> EntryQuery:
        return EntryQuery(self.projects, hidden=self.audience.hidden)


@dataclass(frozen=True, slots=True)
class _ProjectRow:
    place: Place
    picture: str
    day: date
    newest: EntryLine


class LogPages:
    def __init__(self, reader: JournalReader, audiences: Audiences, url: str, now: Callable[[], datetime]) -> None:
        """`url` is where people reach us."""
        self.audiences = audiences
        self._reader = reader
        self._url = url
        self._addresses = Addresses.below(url)
        self._templates = Templates(self._addresses)
        self._now = now
        self._static = {name: (files(__package__) / "static" / name).read_text("utf-8") for name in STATIC}

    # --- what is there ---

    async def home(self, request: Request) -> Response:
        audience = self.audiences.of_person(request)
        last = self._now().astimezone(self._reader.rules.zone).date()
        first = last - timedelta(days=DAYS_SHOWN - 1)
        found, others = await self._reader.ask(
            lambda reading: reading.overview(tuple(reading.newest(audience.hidden)), first, last, MOST_PROJECTS)
        )

        def content() -> str:
            rows = [self._row(each, last, audience) for each in found]
            named = [Place(each, self._addresses.log(each)) for each in others]
            return self._templates.fill("home", projects=rows, others=named, many=DAYS_SHOWN)

        return await self._page(request, audience, content)

    async def project(self, request: Request) -> Response:
        audience = self.audiences.of_person(request)
        meant = log_at(request.path_params["path"])
        spelt = await self._reader.spellings(meant.project, audience)
        if not spelt:
            raise NotHere(f"Nothing has been logged for “{meant.project}” so far.")
        name = meant.project if meant.project in spelt else spelt[0]
        return await self._log(request, _Log(name, spelt, audience), meant)

    async def all(self, request: Request) -> Response:
        audience = self.audiences.of_person(request)
        when = request.path_params.get("when")
        return await self._log(request, _Log(None, None, audience), all_at(when) if when else LogAddress(""))

    async def entry(self, request: Request) -> Response:
        audience, its_id = self.audiences.of_person(request), request.path_params["id"]
        history = await self._reader.ask(lambda reading: reading.find(its_id))
        kept = None if history is None else without_logs(history.kept, audience.hidden)
        if kept is None or not kept.deliveries:
            raise NotHere("There is no such entry.")
        return await self._page(request, audience, lambda: self._templates.fill("entry", **self._about_entry(kept)))

    async def about(self, request: Request) -> Response:
        rules = self._reader.rules
        audience = self.audiences.of_person(request)
        known = {"operator": rules.operator, "wiki": rules.wiki, "zone": str(rules.zone)}
        return await self._page(request, audience, lambda: self._templates.fill("about", **known))

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise NotHere("There is no such file.")
        return cached.answer(request, Audience(frozenset(), is_anybody=True), self._static[name], STATIC[name], SAFE)

    def problem(self, problem: HttpProblem) -> Response:
        """What went wrong, as a page."""
        ways = problem.ways if isinstance(problem, NotHere) else ()
        title = "Not here" if problem.cause is ProblemCause.NOT_FOUND else "That did not work"
        detail = clean(problem.detail[:1].upper() + problem.detail[1:])
        content = self._templates.fill("problem", title=title, detail=detail, ways=ways)
        headers = {"Cache-Control": "no-store", **SAFE, **problem.headers}
        return Response(content.encode("utf-8", "replace"), problem.cause.status, headers, HTML)

    # --- a log ---

    async def _log(self, request: Request, log: _Log, meant: LogAddress) -> Response:
        if not meant.is_date:
            raise NotHere("There is no such day.", self._newest_of(log))
        if meant.month is not None and meant.feed:
            raise NotHere("A month has no feed: its log has one.", self._newest_of(log))
        if meant.month is not None:
            return await self._month(request, log, meant.month)
        wanted = asked.asked(_chosen(request.query_params), self._reader.rules.zone)
        query = replace(log.query, day=meant.day, authors=wanted.query.authors, robots=wanted.query.robots)
        most = NEWEST if meant.day is None else OF_A_DAY
        page = await self._reader.ask(lambda reading: reading.page(query, wanted.before, most))
        if meant.feed:
            kind = feeds.ATOM if meant.feed == FEEDS[0] else feeds.JSON_FEED
            return await self._page(request, log.audience, lambda: self._feed(request, log, meant, page), kind)
        if "format" in request.query_params:
            content = functools.partial(self._as, wanted.how, log, page)
            return await self._page(request, log.audience, content, MEDIA_TYPES[wanted.how])
        earlier, later = await self._beside(request, log, meant.day, page)
        if not page.entries and meant.day is not None and wanted.before is None and not request.query_params:
            ways = [Place(f"{way.name}, the next day with entries", way.address) for way in (earlier, later) if way]
            raise NotHere(f"Nothing was logged on {meant.day}.", *ways, self._newest_of(log))
        given = request.query_params
        return await self._page(
            request, log.audience, lambda: self._listed(log, meant.day, query, page, given, earlier, later)
        )

    def _views(self, log: _Log, page: EntryPage) -> list[EntryView]:
        return [view(each, self._reader.rules.page_of, log.projects) for each in page.entries]

    def _as(self, how: EntryFormat, log: _Log, page: EntryPage) -> str:
        return "".join(written(how, self._views(log, page)))

    def _listed(
        self,
        log: _Log,
        day: date | None,
        query: EntryQuery,
        page: EntryPage,
        given: QueryParams,
        earlier: Place | None,
        later: Place | None,
    ) -> str:
        views = self._views(log, page)
        return self._templates.fill(
            "log",
            title=f"{log.title}, {day}" if day else log.title,
            project=log.name,
            here=self._addresses.log(log.name, day or ""),
            days=LineWriter(self._addresses, self._reader.rules.wiki_page, log.name).days(views),
            earlier=earlier,
            later=later,
            author=clean(", ".join(query.authors or ())),
            robots=query.robots,
            formats=self._formats(log, day, given),
            month=self._month_of(log, day, views),
            feeds=self._feeds(log, day, given),
        )

    async def _beside(
        self, request: Request, log: _Log, day: date | None, page: EntryPage
    ) -> tuple[Place | None, Place | None]:
        """What is earlier and later: of a day the days with entries next to it, else the page of what is older."""
        if page.older is not None:
            chosen = {name: value for name, value in _chosen(request.query_params).items() if name != "cursor"}
            address = self._addresses.log(log.name, day or "", **chosen, cursor=asked.cursor_of(page.older))
            return Place("older entries", address), None
        if day is None:
            return None, None
        found = await self._reader.ask(_neighbours(log, day))
        return self._day(log, found.before), self._day(log, found.after)

    def _feed(self, request: Request, log: _Log, meant: LogAddress, page: EntryPage) -> str:
        whole = Addresses(self._url.rstrip("/"))
        chosen = {name: value for name, value in _chosen(request.query_params).items() if name in ("author", "robots")}
        when, older = meant.day or "", None
        if page.older is not None:
            older = whole.log(log.name, when, meant.feed, **chosen, cursor=asked.cursor_of(page.older))
        address = self._addresses.log(log.name, when, **chosen)
        feed = Feed(
            clean(f"{log.title} – Server Admin Log"),
            feeds.tag(self._url, "2026", address),
            whole.log(log.name, when, meant.feed, **chosen),
            whole.log(log.name, when, **chosen),
            older,
            feeds.items(self._views(log, page), LineWriter(whole, self._reader.rules.wiki_page, log.name), self._url),
        )
        return feeds.atom(feed) if meant.feed == FEEDS[0] else feeds.json_feed(feed)

    async def _month(self, request: Request, log: _Log, month: date) -> Response:
        last = months.last_of(month)
        counts = await self._reader.ask(lambda reading: reading.counts(_of(log, reading), month, last))
        before = (await self._reader.ask(_neighbours(log, month))).before
        after = (await self._reader.ask(_neighbours(log, last))).after
        earlier, later = (each and self._month_place(log, each) for each in (before, after))
        if not counts:
            ways = [each for each in (earlier, later, self._newest_of(log)) if each]
            raise NotHere(f"Nothing was logged in {month:%Y-%m}.", *ways)
        content = functools.partial(
            self._templates.fill,
            "month",
            title=f"{log.title}, {month:%Y-%m}",
            project=log.name,
            weeks=months.weeks(month, counts),
            earlier=earlier,
            later=later,
        )
        return await self._page(request, log.audience, content)

    # --- parts of pages ---

    async def _page(
        self, request: Request, audience: Audience, content: Callable[[], str], kind: str = HTML
    ) -> Response:
        return cached.answer(request, audience, await self._reader.make(content), kind, SAFE)

    def _row(self, found: ProjectOverview, last: date, audience: Audience) -> _ProjectRow:
        kept = without_logs(found.newest, audience.hidden)
        seen = view(kept, self._reader.rules.page_of, (found.project,))
        writer = LineWriter(self._addresses, self._reader.rules.wiki_page, found.project)
        place = Place(found.project, self._addresses.log(found.project))
        return _ProjectRow(place, activity(found.days, last, DAYS_SHOWN), seen.delivery.log_day, writer.line(seen))

    def _about_entry(self, kept: Kept) -> dict[str, object]:
        rules = self._reader.rules
        seen = view(kept, rules.page_of)
        entry, day = kept.entry, seen.delivery.log_day
        writer = LineWriter(self._addresses, rules.wiki_page, seen.delivery.log.project)
        logs = [
            {
                "place": Place(each.project, self._addresses.log(each.project, day)),
                "state": each.state,
                "cause": each.cause,
                "wiki": each.url,
            }
            for each in shown(kept, rules.page_of).logs
        ]
        return {
            "line": writer.line(seen),
            "day": day,
            "logs": logs,
            "versions": writer.versions(seen),
            "logged": moment(kept.accepted, seen.page.time_zone, day),
            "via": f"IRC, in {entry.channel} on {entry.network}" if entry.channel else entry.via.value,
        }

    def _formats(self, log: _Log, day: date | None, given: QueryParams) -> list[Place]:
        chosen = {name: value for name, value in _chosen(given).items() if name != "format"}
        return [
            Place(each.value, self._addresses.log(log.name, day or "", **chosen, format=each.value))
            for each in EntryFormat
        ]

    def _feeds(self, log: _Log, day: date | None, given: QueryParams) -> list[Place]:
        chosen = {name: value for name, value in _chosen(given).items() if name in ("author", "robots")}
        kinds = (feeds.ATOM, feeds.JSON_FEED)
        return [
            Place(kind, self._addresses.log(log.name, day or "", name, **chosen))
            for name, kind in zip(FEEDS, kinds, strict=True)
        ]

    def _month_of(self, log: _Log, day: date | None, views: Sequence[EntryView]) -> Place | None:
        if day is None and views:
            day = views[0].delivery.log_day
        return None if day is None else self._month_place(log, day)

    def _month_place(self, log: _Log, day: date) -> Place:
        month = f"{day:%Y-%m}"
        return Place(month, self._addresses.log(log.name, month))

    def _day(self, log: _Log, day: date | None) -> Place | None:
        return None if day is None else Place(str(day), self._addresses.log(log.name, day))

    def _newest_of(self, log: _Log) -> Place:
        return Place(f"{log.title}: the newest entries", self._addresses.log(log.name))


def _chosen(given: QueryParams) -> QueryParams:
    """What of an address we know: others add to addresses what they like, and a field may be left empty."""
    return QueryParams([(name, value) for name, value in given.multi_items() if name in _CHOICES and value])


def _of(log: _Log, reading: Reading) -> tuple[str, ...] | None:
    """The projects that are meant, by name where some are hidden."""
    if log.projects is None and log.audience.hidden:
        return tuple(reading.newest(log.audience.hidden))
    return log.projects


def _neighbours(log: _Log, day: date) -> Callable[[Reading], Neighbours]:
    return lambda reading: reading.neighbours(_of(log, reading), day)
