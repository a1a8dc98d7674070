"""The log of a project, or all logs together, as pages: its newest entries, a day, a feed.

What is asked comes in, already known to be for whom; the journal is asked, and a filled-in template goes out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from labsbot.formats import EntryFormat, EntryView, view, written
from labsbot.journal import EntryPage, EntryQuery
from labsbot.text.message import clean
from labsbot.web import asked
from labsbot.web.listing import MEDIA_TYPES
from labsbot.web.pages import feeds, months
from labsbot.web.pages.addresses import FEEDS, Addresses, LogAddress
from labsbot.web.pages.calendar_views import CalendarViews
from labsbot.web.pages.feeds import Feed
from labsbot.web.pages.lines import LineWriter, Place, zone_of
from labsbot.web.pages.log_asked import LogAsked, LogPlaces
from labsbot.web.pages.making import NotHere, PageMaker

NEWEST, OF_A_DAY = 50, 500
"""Entries of a page at most; what is older is on the next one."""
_CHOICES = ("author", "robots", "cursor", "format")


class LogViews:
    """Shows logs."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self._places = LogPlaces(maker.addresses)
        self._calendars = CalendarViews(maker)

    async def show(self, request: Request, log: LogAsked, meant: LogAddress) -> Response:
        if not meant.is_date:
            raise NotHere("There is no such day, month or year.", self._places.newest(log))
        if (meant.month or meant.year) and meant.feed:
            raise NotHere("A calendar has no feed: its log has one.", self._places.newest(log))
        if (meant.month or meant.year) and "format" in request.query_params:
            return self._listed_elsewhere(request.query_params, log, meant)
        if meant.month is not None:
            return await self._calendars.month(request, log, meant.month)
        if meant.year is not None:
            return await self._calendars.year(request, log, meant.year)
        wanted = asked.asked(_chosen(request.query_params), self._maker.rules.zone)
        query = replace(log.query, day=meant.day, authors=wanted.query.authors, robots=wanted.query.robots)
        most = NEWEST if meant.day is None else OF_A_DAY
        page = await self._maker.reader.ask(lambda reading: reading.page(query, wanted.before, most))
        if meant.feed:
            kind = feeds.ATOM if meant.feed == FEEDS[0] else feeds.JSON_FEED
            return await self._maker.page(request, log.audience, lambda: self._feed(request, log, meant, page), kind)
        if "format" in request.query_params:
            content = functools.partial(self._as, wanted.how, log, page)
            return await self._maker.page(request, log.audience, content, MEDIA_TYPES[wanted.how])
        earlier, later = await self._beside(request, log, meant.day, page)
        if not page.entries and meant.day is not None and wanted.before is None and not request.query_params:
            ways = [
                Place(f"{way.name}, the nearest day {when} with entries", way.address)
                for way, when in ((earlier, "before"), (later, "after"))
                if way
            ]
            raise NotHere(f"Nothing was logged on {meant.day}.", *ways, self._places.newest(log))
        given = request.query_params
        return await self._maker.page(
            request, log.audience, lambda: self._listed(log, meant.day, query, page, given, earlier, later)
        )

    def _listed_elsewhere(self, given: QueryParams, log: LogAsked, meant: LogAddress) -> Response:
        """A calendar has no entries: those of its days are a list, page by page, where programs ask for it."""
        wanted = asked.asked(_chosen(given), self._maker.rules.zone)
        first = meant.month or meant.year
        assert first is not None, "it is a month or a year"
        last = months.last_of(first) if meant.month else months.last_of_year(first)
        days = ("from", str(first)), ("to", str(last)), ("format", wanted.how.value)
        address = self._maker.addresses.entries(log.name, wanted.query.authors or (), wanted.query.robots, more=days)
        return RedirectResponse(address, 303, {"Cache-Control": "no-cache"})

    def _views(self, log: LogAsked, page: EntryPage) -> list[EntryView]:
        return [view(each, self._maker.rules.page_of, log.projects) for each in page.entries]

    def _as(self, how: EntryFormat, log: LogAsked, page: EntryPage) -> str:
        return "".join(written(how, self._views(log, page)))

    def _listed(
        self,
        log: LogAsked,
        day: date | None,
        query: EntryQuery,
        page: EntryPage,
        given: QueryParams,
        earlier: Place | None,
        later: Place | None,
    ) -> str:
        views = self._views(log, page)
        return self._maker.templates.fill(
            "log",
            title=f"{log.title}, {day}" if day else log.title,
            log=self._places.whole(log),
            when=day or "",
            zone=zone_of(views),
            wiki=_page_of(views) if log.name is not None else None,
            project=log.name,
            here=self._maker.addresses.log(log.name, day or ""),
            entries=self._maker.addresses.entries(log.name, query.authors or (), query.robots),
            days=LineWriter(self._maker.addresses, self._maker.rules.wiki_page, log.name).days(views),
            earlier=earlier,
            later=later,
            author=clean(", ".join(query.authors or ())),
            robots=query.robots,
            formats=self._formats(log, day, given),
            calendar=self._calendar(log, day, views),
            live=self._live(log, views) if day is None and not given else "",
            feeds=self._feeds(log, day, given),
        )

    async def _beside(
        self, request: Request, log: LogAsked, day: date | None, page: EntryPage
    ) -> tuple[Place | None, Place | None]:
        """What is earlier and later: of a day the days with entries next to it, else the page of what is older."""
        if page.older is not None:
            chosen = {name: value for name, value in _chosen(request.query_params).items() if name != "cursor"}
            address = self._maker.addresses.log(log.name, day or "", **chosen, cursor=asked.cursor_of(page.older))
            return Place("older entries", address), None
        if day is None:
            return None, None
        found = await self._maker.reader.ask(log.neighbours(day))
        return self._day(log, found.before), self._day(log, found.after)

    def _feed(self, request: Request, log: LogAsked, meant: LogAddress, page: EntryPage) -> str:
        whole = Addresses(self._maker.url.rstrip("/"))
        chosen = {name: value for name, value in _chosen(request.query_params).items() if name in ("author", "robots")}
        when, older = meant.day or "", None
        if page.older is not None:
            older = whole.log(log.name, when, meant.feed, **chosen, cursor=asked.cursor_of(page.older))
        address = self._maker.addresses.log(log.name, when, **chosen)
        feed = Feed(
            clean(f"{log.title} – Server Admin Log"),
            feeds.tag(self._maker.url, "2026", address),
            whole.log(log.name, when, meant.feed, **chosen),
            whole.log(log.name, when, **chosen),
            older,
            feeds.items(
                self._views(log, page), LineWriter(whole, self._maker.rules.wiki_page, log.name), self._maker.url
            ),
        )
        return feeds.atom(feed) if meant.feed == FEEDS[0] else feeds.json_feed(feed)

    # --- what leads elsewhere ---

    def _formats(self, log: LogAsked, day: date | None, given: QueryParams) -> list[Place]:
        chosen = {name: value for name, value in _chosen(given).items() if name != "format"}
        return [
            Place(each.value, self._maker.addresses.log(log.name, day or "", **chosen, format=each.value))
            for each in EntryFormat
        ]

    def _feeds(self, log: LogAsked, day: date | None, given: QueryParams) -> list[Place]:
        chosen = {name: value for name, value in _chosen(given).items() if name in ("author", "robots")}
        kinds = (feeds.ATOM, feeds.JSON_FEED)
        return [
            Place(kind, self._maker.addresses.log(log.name, day or "", name, **chosen))
            for name, kind in zip(FEEDS, kinds, strict=True)
        ]

    def _live(self, log: LogAsked, views: Sequence[EntryView]) -> str:
        """Where what comes later is told: whatever was accepted before any entry of this page was there already."""
        return self._maker.addresses.live(log.name, views[0].entry.id if views else "")

    def _day(self, log: LogAsked, day: date | None) -> Place | None:
        return None if day is None else self._places.day(log, day)

    def _calendar(self, log: LogAsked, day: date | None, views: Sequence[EntryView]) -> Place | None:
        """Of a day its month, else the year of the newest one."""
        if day is not None:
            return self._places.month(log, day)
        return self._places.year(log, views[0].delivery.log_day) if views else None


def _page_of(views: Iterable[EntryView]) -> str | None:
    """The page of the wiki on which the newest of these stands that does."""
    return next((each.delivery.url.partition("#")[0] for each in views if each.delivery.url), None)


def _chosen(given: QueryParams) -> QueryParams:
    """What of an address we know: others add to addresses what they like, and a field may be left empty."""
    return QueryParams([(name, value) for name, value in given.multi_items() if name in _CHOICES and value])
