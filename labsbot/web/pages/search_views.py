"""What somebody searches for in the logs, as a page, a feed, or in any format: a form's fields come in, entries go out.

A form that any browser sends, without scripts. Whatever is typed, there is a page for it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from labsbot.formats import EntryFormat, EntryView, view, written
from labsbot.journal import EntryPage, EntryQuery, Reading
from labsbot.text.message import clean
from labsbot.text.search import Search, slips
from labsbot.web import asked
from labsbot.web.asked import AskedEntries
from labsbot.web.audience import Audience
from labsbot.web.listing import MEDIA_TYPES
from labsbot.web.pages import feeds
from labsbot.web.pages.addresses import FEEDS, Addresses
from labsbot.web.pages.feeds import Feed
from labsbot.web.pages.lines import LineWriter, Place, zone_of
from labsbot.web.pages.making import NotHere, PageMaker

FOUND = 50
"""Entries of a page at most; what is older is on the next one."""
TRIES = 10
"""So many times it is looked further where nothing was found and there is more to look through."""
_CHOICES = ("q", "robots", "cursor", "format")


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of a search."""

    given: dict[str, str]
    """What was asked for, but as what and from where on."""
    page: EntryPage

    @property
    def typed(self) -> str:
        return self.given.get("q", "")


class SearchViews:
    """Shows what is found."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker

    async def show(self, request: Request, audience: Audience) -> Response:
        feed = request.path_params.get("feed")
        if feed is not None and feed not in FEEDS:
            raise NotHere("There is no such page.", Place("Search", self._maker.addresses.search()))
        given = _chosen(request.query_params)
        wanted = asked.asked(given, self._maker.rules.zone)
        if day := self._day(wanted.search, given):
            return RedirectResponse(day, 303, {"Cache-Control": "no-cache"})
        query = await self._maker.reader.meant(wanted, audience)
        page = await self._maker.reader.ask(functools.partial(_page, query, wanted)) if "q" in given else _NOTHING
        found = _Found({name: given[name] for name in ("q", "robots") if name in given}, page)
        if feed:
            kind = feeds.ATOM if feed == FEEDS[0] else feeds.JSON_FEED
            return await self._maker.page(request, audience, lambda: self._feed(found, feed), kind)
        if "format" in given:
            content = functools.partial(self._as, wanted.how, page)
            return await self._maker.page(request, audience, content, MEDIA_TYPES[wanted.how])
        return await self._maker.page(request, audience, lambda: self._listed(found, query))

    def _day(self, search: Search, given: QueryParams) -> str | None:
        """Where a day is shown that was typed, and nothing else was."""
        if search.day is None or set(given) != {"q"}:
            return None
        return self._maker.addresses.log(next(iter(search.projects), None), search.day)

    def _views(self, page: EntryPage) -> list[EntryView]:
        return [view(each, self._maker.rules.page_of) for each in page.entries]

    def _as(self, how: EntryFormat, page: EntryPage) -> str:
        return "".join(written(how, self._views(page)))

    def _listed(self, found: _Found, query: EntryQuery) -> str:
        to, views = self._maker.addresses, self._views(found.page)
        return self._maker.templates.fill(
            "search",
            title=f"{clean(found.typed)} – search" if found.typed else "Search",
            typed=clean(found.typed),
            is_asked="q" in found.given,
            slips=slips(found.typed, self._maker.rules.zone),
            robots=query.robots,
            entries=to.entries(None, robots=query.robots, words=found.typed),
            days=LineWriter(to, self._maker.rules.wiki_page, None).days(views),
            number=len(views),
            zone=zone_of(views),
            earlier=self._older(to, found),
            formats=[Place(each.value, to.search(**found.given, format=each.value)) for each in EntryFormat],
            feeds=[
                Place(kind, to.search(name, **found.given))
                for name, kind in zip(FEEDS, (feeds.ATOM, feeds.JSON_FEED), strict=True)
            ],
        )

    def _older(self, to: Addresses, found: _Found, feed: str = "") -> Place | None:
        if found.page.older is None:
            return None
        return Place("older entries", to.search(feed, **found.given, cursor=asked.cursor_of(found.page.older)))

    def _feed(self, found: _Found, feed: str) -> str:
        whole = Addresses(self._maker.url.rstrip("/"))
        older = self._older(whole, found, feed)
        shown = Feed(
            clean(f"{found.typed} – Server Admin Log"),
            feeds.tag(self._maker.url, "2026", self._maker.addresses.search(**found.given)),
            whole.search(feed, **found.given),
            whole.search(**found.given),
            None if older is None else older.address,
            feeds.items(self._views(found.page), LineWriter(whole, self._maker.rules.wiki_page, None), self._maker.url),
        )
        return feeds.atom(shown) if feed == FEEDS[0] else feeds.json_feed(shown)


_NOTHING = EntryPage((), None)


def _page(query: EntryQuery, wanted: AskedEntries, reading: Reading) -> EntryPage:
    """The next that are found, each time in a transaction of its own."""
    page = reading.page(query, wanted.before, FOUND)
    for _ in range(TRIES):
        if page.entries or page.older is None:
            break
        page = reading.page(query, page.older, FOUND)
    return page


def _chosen(given: QueryParams) -> QueryParams:
    """What of an address we know: others add to addresses what they like, and a field may be left empty."""
    known = [(name, value) for name, value in given.multi_items() if name in _CHOICES and value.strip()]
    return QueryParams(known)
