"""An attempt whose result nobody knows comes in; what became of it comes out, as far as the wiki can tell now.

It only reads, and records nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from labsbot import wikitext
from labsbot.delivery.known_pages import Pages
from labsbot.model import (
    Attempt,
    Delivery,
    Edit,
    Found,
    GivenUp,
    Log,
    Page,
    Unavailable,
    Unknown,
    Wiki,
    WikiFailure,
)
from labsbot.settings import PageSettings

T = TypeVar("T")

GATEWAY = 180.0
"""Seconds after which a request that is still on its way somewhere never arrives."""
READ = 20.0
"""Seconds that a read may take in all."""
ON_ITS_WAY = "nobody knows yet whether the wiki got it"


class EditWorker(Protocol):
    """The wiki's one thread: runs a verb there, gives it up after `deadline` seconds."""

    async def call(self, verb: Callable[..., T], *args: Any, deadline: float) -> T: ...


@dataclass(frozen=True, slots=True)
class NotSaved:
    """It was not saved, and to send it again cannot double it."""

    may_come: bool
    """It may still be on its way."""


@dataclass(frozen=True, slots=True)
class Open:
    """Nobody can tell yet: look again after a while."""

    cause: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody will ever be able to tell."""

    cause: str


Verdict = Found | NotSaved | Open | Lost


@dataclass(frozen=True, slots=True)
class Arrived:
    """What an attempt carried that had been given up."""

    batch: str
    url: str
    revision: int | None
    carried: tuple[Delivery, ...]


class Settler:
    """Settles the attempts at one wiki."""

    def __init__(
        self,
        wiki: Wiki,
        worker: EditWorker,
        pages: Pages,
        settings_for: Callable[[Log], PageSettings],
        clock: Callable[[], float],
    ) -> None:
        """`settings_for` says how and where entries are written now."""
        self._wiki = wiki
        self._worker = worker
        self._pages = pages
        self._settings_for = settings_for
        self._clock = clock
        self._open_since: dict[str, float] = {}
        """By batch, on a clock that does not step: when this process first heard of it."""

    async def settle(self, attempt: Attempt, edit: Edit) -> Verdict:
        """Find out what became of an attempt that was to send this edit. Raises WikiFailure where it cannot."""
        since = self._open_since.setdefault(attempt.batch, self._clock())
        verdict = await self._look_for(attempt, edit, over=self._clock() - since > GATEWAY)
        if not isinstance(verdict, Open):
            self._open_since.pop(attempt.batch, None)
        return verdict

    async def _look_for(self, attempt: Attempt, edit: Edit, over: bool) -> Verdict:
        try:
            found = await self._worker.call(self._wiki.find, attempt.batch, edit, deadline=READ)
        except Unknown as hidden:
            return await self._where_it_is_hidden(attempt, edit.title, hidden.cause, over)
        if found is not None:
            return found
        # On the page it was sent to, it and what is sent again have the same base or a descendant of it: the wiki
        # accepts one of the two at most, whichever comes first. On another page nothing would hold it back. Nor
        # around a day that it adds: diff3 takes a line beside it for another, finds two places, and merges both.
        # What corrects a line would do so once more where a person has put back what stood there before. And a text
        # that is to be removed might come after its stub, and stay.
        corrects = any(
            (delivery.change is not None and delivery.added) or delivery.redaction is not None
            for delivery in attempt.deliveries
        )
        # And a day that went to an archive may be sought elsewhere the next time.
        same = not corrects and edit.title == attempt.title
        if over or (same and await self._same_page(attempt) and not await self._begins_a_day(edit)):
            return NotSaved(may_come=not over)
        return Open(ON_ITS_WAY)

    async def find_conflicting(self, batch: str, edit: Edit) -> Found | None:
        """Find an edit that met a conflict: a gateway that hears no answer may send a request twice, and then it is the
        first that the second conflicts with. Raises Unknown where the wiki cannot be asked now.
        """
        try:
            return await self._worker.call(self._wiki.find, batch, edit, deadline=READ)
        except Unknown:
            return None  # then the ids on the page decide
        except WikiFailure as failure:
            raise Unknown(failure.cause, failure.code, failure.retry_after) from failure

    async def came_after_all(
        self, given_up: Sequence[GivenUp], page: Page, due: Sequence[Delivery], now: datetime
    ) -> Arrived | None:
        """What was given up as not saved, and is in the wiki's history all the same; `page` was looked at just now.

        Somebody may have moved it elsewhere since, so that the page does not show it. What comes only now conflicts
        with what is sent on that base; unless it goes to another page, for which Unavailable is raised.
        """
        for attempt in given_up:
            carried = tuple(delivery for delivery in due if delivery.number in attempt.carried)
            if not carried:
                continue
            try:
                found = await self._worker.call(self._wiki.find, attempt.batch, attempt.edit, deadline=READ)
            except Unknown:
                found = None  # then the ids on the page decide, as they did before
            if found is not None:
                return Arrived(attempt.batch, found.url, found.revision, carried)
            if attempt.title != page.title and abs(now - attempt.ended) < timedelta(seconds=GATEWAY):
                raise Unavailable(ON_ITS_WAY)
        return None

    async def _where_it_is_hidden(self, attempt: Attempt, title: str, cause: str, over: bool) -> Verdict:
        """Its page was deleted, or a revision hidden: if what it carried stands on the page, it was saved."""
        page = await self._worker.call(self._wiki.look, title, deadline=READ)
        text = await self._worker.call(self._wiki.text, page.title, deadline=READ)
        settings = {each.id: self._settings_for(each.log) for each in attempt.deliveries}
        standing = {each: wikitext.ids_standing(text, each) for each in set(settings.values())}
        if page.revision is not None and all(own in standing[each] for own, each in settings.items()):
            return Found(page.title, page.url, None)
        return Lost(cause) if over else Open(cause)

    async def _begins_a_day(self, edit: Edit) -> bool:
        """Whether it adds a day, and a blank line with it; in a new page it does not matter: that is made once."""
        if edit.base is None or edit.section is None:
            return False
        if edit.section == 0:
            return True  # only the first day goes there, and the wiki itself adds the blank line behind it
        base = Page(edit.title, "", edit.base, edit.seen)
        before = await self._worker.call(self._wiki.section, base, edit.section, deadline=READ)
        return edit.text.count("\n\n") > before.count("\n\n")

    async def _same_page(self, attempt: Attempt) -> bool:
        """Whether all that it carried would go to the same page now."""
        logs = {delivery.log for delivery in attempt.deliveries}
        for asked in {self._settings_for(log).title_for(log.project) for log in logs}:
            page = await self._worker.call(self._wiki.look, asked, deadline=READ)
            self._pages.looked(asked, page, self._clock())
            if page.title != attempt.title:
                return False
        return True
