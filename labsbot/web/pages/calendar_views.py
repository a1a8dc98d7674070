"""The days of a log as pages: a month, and a year in pictures, from which one goes to a day.

What is asked comes in, already known to be for whom; the journal is asked to count, and a filled-in template goes out.
No day costs more than so many entries, however full it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from labsbot.web.pages import months, pictures
from labsbot.web.pages.lines import Place
from labsbot.web.pages.log_asked import LogAsked, LogPlaces
from labsbot.web.pages.making import NotHere, PageMaker

OF_HOURS = 5_000
"""Entries whose hours are counted at most, the newest of a year."""


class CalendarViews:
    """Shows calendars of logs."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self._places = LogPlaces(maker.addresses)

    async def month(self, request: Request, log: LogAsked, month: date) -> Response:
        last = months.last_of(month)
        counts = await self._counts(log, month, last)
        earlier, later = await self._beside(log, month, last, self._places.month)
        if not counts:
            raise self._nothing(log, month.isoformat()[:7], earlier, later)
        content = functools.partial(
            self._maker.templates.fill,
            "month",
            title=f"{log.title}, {month.isoformat()[:7]}",
            log=self._places.whole(log),
            when=month.isoformat()[:7],
            project=log.name,
            weeks=months.weeks(month, counts),
            year=self._places.year(log, month),
            earlier=earlier,
            later=later,
        )
        return await self._maker.page(request, log.audience, content)

    async def year(self, request: Request, log: LogAsked, first: date) -> Response:
        last = months.last_of_year(first)
        counts = await self._counts(log, first, last)
        earlier, later = await self._beside(log, first, last, self._places.year)
        if not counts:
            raise self._nothing(log, first.isoformat()[:4], earlier, later)
        hours = await self._maker.reader.ask(lambda reading: reading.hours(log.counted, first, last, OF_HOURS))
        content = functools.partial(self._year, log, first, counts, hours, earlier, later)
        return await self._maker.page(request, log.audience, content)

    def _year(
        self,
        log: LogAsked,
        first: date,
        counts: dict[date, int],
        hours: dict[int, int],
        earlier: Place | None,
        later: Place | None,
    ) -> str:
        of_hours, to = sum(hours.values()), self._maker.addresses
        return self._maker.templates.fill(
            "year",
            title=f"{log.title}, {first.isoformat()[:4]}",
            log=self._places.whole(log),
            when=first.isoformat()[:4],
            project=log.name,
            amount=months.amount(counts),
            months=months.year(counts, first),
            picture=lambda weeks: pictures.month(weeks, lambda day: to.log(log.name, day)),
            hours=pictures.hours(hours),
            by_hour=[months.Amount(hours.get(hour, 0)) for hour in range(24)],
            of_hours=months.Amount(of_hours),
            are_all=of_hours < OF_HOURS,
            earlier=earlier,
            later=later,
        )

    async def _counts(self, log: LogAsked, first: date, last: date) -> dict[date, int]:
        return await self._maker.reader.ask(lambda reading: reading.counts(log.counted, first, last, months.COUNTED))

    async def _beside(
        self, log: LogAsked, first: date, last: date, place: Callable[[LogAsked, date], Place]
    ) -> tuple[Place | None, Place | None]:
        """What is earlier and later than a time, and has entries."""
        before = (await self._maker.reader.ask(log.neighbours(first))).before
        after = (await self._maker.reader.ask(log.neighbours(last))).after
        return place(log, before) if before else None, place(log, after) if after else None

    def _nothing(self, log: LogAsked, when: str, *near: Place | None) -> NotHere:
        return NotHere(f"Nothing was logged in {when}.", *(each for each in near if each), self._places.newest(log))
