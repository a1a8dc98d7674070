"""A batch comes in; what the wiki shows of its page, and what is therefore to be sent to it, goes out.

It reads the wiki, step by step, and sends and records nothing. A batch either adds entries or corrects lines that
stand: whichever the oldest of it is. See the decisions "What stands on a page" and "What counts as edited by people".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from labsbot import wikitext
from labsbot.delivery.batch import EditBatch
from labsbot.delivery.known_pages import Copy
from labsbot.delivery.memory import Memory, Times
from labsbot.delivery.plan import (
    Plan,
    correct_copy,
    correct_section,
    first_range,
    from_copy,
    from_text,
    new_page,
    of_one_kind,
    within,
)
from labsbot.delivery.settle import READ, EditWorker, Settler
from labsbot.model import Archived, Conflict, Delivery, GivenUp, Page, Refused, Via, Wiki
from labsbot.settings import PageSettings

log = logging.getLogger("labsbot.delivery")

T = TypeVar("T")

MOST_ARCHIVES = 3
"""Archives in which an entry, or its day, is looked for."""
REMEMBERED = timedelta(days=7)
"""How long an edit is looked for again that was given up as not saved."""
GONE = "its page is not there any more"
REMOVED = "people have moved or removed it there meanwhile"
EDITED = "people have edited it there meanwhile"
OTHERWISE = "it stands there in a form that labsbot does not change"
"""In a comment or a table, perhaps, or in a template by which entries are not written any more."""


class SentBefore(Protocol):
    """What is asked of the journal about what was sent."""

    async def given_up(self, before: datetime) -> list[GivenUp]: ...


class ArchivesBefore(Protocol):
    """And about what has moved."""

    async def archives(self, wiki: str, title: str) -> list[Archived]: ...


@dataclass(frozen=True, slots=True)
class Looked:
    """More is known of the page now, and nothing is to be sent yet: what is due for it is sorted anew."""

    title: str
    """The page's, after redirects."""
    elsewhere: bool = False
    """It is another page than was asked for."""


class Planner:
    """Plans for the pages of one wiki."""

    def __init__(
        self,
        wiki: Wiki,
        worker: EditWorker,
        sent: SentBefore,
        moves: ArchivesBefore,
        memory: Memory,
        settler: Settler,
        times: Times,
        largest: int,
    ) -> None:
        """`largest` is how many bytes an edit adds at most."""
        self._wiki = wiki
        self._worker = worker
        self._sent = sent
        self._moves = moves
        self._doubts = memory.doubts
        self._pages = memory.pages
        self._settler = settler
        self._times = times
        self._largest = largest

    async def plan(self, batch: EditBatch) -> Plan | Looked:
        """Say what is to be sent. Raises WikiFailure where the wiki cannot be read."""
        title, settings = batch.title, batch.settings
        due = within(settings, of_one_kind(batch.due), self._largest)
        in_doubt = [delivery for delivery in due if self._doubts.hold(delivery)]
        known = self._pages.known(title)
        # What is in doubt may stand in another section, or nowhere any more: of that a copy knows nothing.
        if isinstance(known, Copy) and (in_doubt or not known.serves(settings, {each.log_day for each in due})):
            known = None
        if known is None:
            # What is in doubt is looked for in what the page is now.
            together = () if in_doubt else (title, *batch.next_unknown)
            page = await self._read(self._wiki.look, title, together)
            self._pages.looked(title, page, self._times.clock())
            return Looked(page.title, page.redirected)
        page = known.page if isinstance(known, Copy) else known
        if also := tuple(each for each in due if each.change is None and page.url in each.also_at):
            # Another of its logs has this page, too. People may have moved its line since: it is not said once more.
            return Plan(page, None, also, None)
        if isinstance(known, Copy):
            return self._from_copy(batch.id, known, due)
        if in_doubt and (arrived := await self._arrived(known, in_doubt)):
            return arrived
        if due[0].is_correction:
            return await self._correct(batch.id, known, settings, due)
        if known.revision is None or known.to_be_replaced:
            return new_page(batch.id, known, settings, due)
        if in_doubt and (found := await self._standing(known, settings, in_doubt)):
            return found
        if archived := await self._late(batch.id, known, settings, due):
            return archived
        return await self._from_section(batch.id, known, settings, due)

    def _from_copy(self, batch: str, known: Copy, due: Sequence[Delivery]) -> Plan | Looked:
        made = correct_copy(batch, known, due) if due[0].is_correction else from_copy(batch, known, due)
        if unsure := (*made.doubtful, *made.left):
            # its history and all of it are looked at before anything is said
            self._pages.forget(known.page.title)
            self._doubts.add(unsure)
            return Looked(known.page.title)
        return made

    async def _arrived(self, page: Page, in_doubt: Sequence[Delivery]) -> Plan | None:
        """What of these was given up as not saved, and came after all; None: nothing did."""
        given_up = await self._sent.given_up(self._times.now() - REMEMBERED)
        arrived = await self._settler.came_after_all(given_up, page, in_doubt, self._times.now())
        if arrived is None:
            return None
        log.info("attempt %s at %r was saved after all", arrived.batch, page.title)
        return Plan(replace(page, url=arrived.url), None, arrived.carried, None, written=arrived.revision)

    # --- entries that are added

    async def _standing(self, page: Page, settings: PageSettings, in_doubt: Sequence[Delivery]) -> Plan | None:
        """What of these stands on the page, in whatever section, or in an archive of it, or may; None: nothing does."""
        archives = [title for each in in_doubt for title in await self._archives_with(page, each.log_day)]
        for title in dict.fromkeys([page.title, *archives]):
            text = await self._read(self._wiki.text, title)
            anchored = wikitext.ids_anchored(text)
            there = tuple(delivery for delivery in in_doubt if delivery.id in anchored)
            if there:
                ids = wikitext.ids_standing(text, settings)
                standing = tuple(delivery for delivery in there if delivery.id in ids)
                where = page if title == page.title else await self._read(self._wiki.look, title)
                return Plan(where, None, standing, None, () if standing else there)
        return None

    async def _late(self, batch: str, page: Page, settings: PageSettings, due: Sequence[Delivery]) -> Plan | None:
        """What is to be sent to an archive, for the oldest day of these: where that day went; None: it is here."""
        day = min(delivery.log_day for delivery in due)
        (place, _), *_ = wikitext.together(page.sections, settings, {day})
        titles = () if place.day == day else await self._archives_with(page, day)
        for title in titles:
            archive = await self._read(self._wiki.look, title)
            if archive.revision is None or archive.redirected or archive.to_be_replaced:
                continue  # people have moved it
            late = [delivery for delivery in due if delivery.log_day == day]
            made = await self._from_section(batch, archive, wikitext.archive_settings(settings), late)
            return replace(made, copy=None) if isinstance(made, Plan) else None
        return None

    async def _archives_with(self, page: Page, day: date) -> list[str]:
        """The archives to which we have moved days of the page around a day: one, or some where one was full."""
        archives = await self._moves.archives(self._wiki.name, page.title)
        return [each.title for each in archives if each.first <= day <= each.last][:MOST_ARCHIVES]

    async def _from_section(
        self, batch: str, page: Page, settings: PageSettings, due: Sequence[Delivery]
    ) -> Plan | Looked:
        """What is to be sent to the section that is read for it, unless that turns out to be none of a day."""
        part = first_range(page, settings, due)
        text = await self._read(self._wiki.section, page, part.place.section)
        if not wikitext.is_dated_by_the_wiki(text, part.place):
            return from_text(batch, page, settings, part, text)
        # Where our entries go, another day may stand tomorrow: all such headings are left out, and it is looked anew.
        whole_text = await self._read(self._wiki.text, page.title)
        sections = wikitext.with_changing(page.sections, part.place.section, whole_text)
        self._pages.learned(replace(page, sections=sections))
        return Looked(page.title)

    # --- lines that are corrected

    async def _correct(
        self, batch: str, page: Page, settings: PageSettings, due: Sequence[Delivery], *, found: bool = False
    ) -> Plan:
        """What is to be sent to the first section with one of these lines, or what is left alone, and why.

        `found`: it is not their own page, but one on which they were found.
        """
        if page.revision is None or page.to_be_replaced:
            return Plan(page, None, (), None, left=tuple(due), why=REMOVED if page.to_be_replaced else GONE)
        text = await self._read(self._wiki.text, page.title)
        corrected = wikitext.correct(text, settings, due, {})
        written: Mapping[str, str] = {}
        if corrected.edited:
            written = await self._as_written(page, settings, corrected.edited, found)
            corrected = wikitext.correct(text, settings, due, written)
        anchored = wikitext.ids_anchored(text) if corrected.missing else set()
        for missing in () if found else corrected.missing:
            other = None if missing.entry.id in anchored else await self._page_with(page, settings, missing)
            if other is not None:
                return await self._correct(batch, other, settings, [missing], found=True)
        otherwise = tuple(each for each in corrected.missing if each.entry.id in anchored)
        missed = () if found else corrected.missing
        if elsewhere := [each for each in missed if await self._is_elsewhere(page, each)]:
            return Plan(page, None, (), None, elsewhere=tuple(elsewhere))
        for left, why in ((corrected.edited, EDITED), (otherwise, OTHERWISE), (corrected.missing, REMOVED)):
            if left:
                return Plan(page, None, (), None, left=left, why=why)
        if not corrected.carried:
            return Plan(page, None, corrected.done, None)
        sections = [wikitext.section_at(page.sections, place) for place in corrected.places]
        first = sections[0]
        number, start = (first.number, first.offset or 0) if first else (0, 0)
        part = await self._read(self._wiki.section, page, number)
        if not text.startswith(part, start):
            raise Conflict("the page's sections are not where the wiki said they are")
        there = [each for each, section in zip(corrected.carried, sections, strict=True) if section == first]
        in_part = wikitext.correct(part, settings, there, written)
        if unread := tuple(each for each in there if each not in in_part.carried):
            # What stands before its section makes it a line; sent alone, it would be another.
            return Plan(page, None, (), None, left=unread, why=OTHERWISE)
        return correct_section(batch, page, number, in_part)

    async def _is_elsewhere(self, page: Page, delivery: Delivery) -> bool:
        """Whether we wrote an entry that does not stand here on another page: nobody has taken it off this one."""
        was_here = delivery.entry.via is Via.WIKI or page.url in delivery.also_at
        return not was_here and not await self._archives_with(page, delivery.log_day)

    async def _page_with(self, page: Page, settings: PageSettings, delivery: Delivery) -> Page | None:
        """Where an entry stands that is not on its page: in an archive, on the page on which we wrote it, to which its
        own may have led only for a while, or in an archive that people have made; None: in none of these."""
        titles = await self._archives_with(page, delivery.log_day)
        if delivery.revision is not None:
            titles += [title] if (title := await self._read(self._wiki.title_of, delivery.revision)) else []
        for title in dict.fromkeys(titles):
            if found := await self._holding(title, page, settings, delivery):
                return found[0]
        below = await self._read(self._wiki.titles, f"{page.title}/")
        year = str(delivery.log_day.year)
        likely = sorted(set(below) - set(titles), key=lambda title: (year not in title, title))
        today = self._times.now().astimezone(settings.time_zone).date()
        for title in likely[:MOST_ARCHIVES]:
            if found := await self._holding(title, page, settings, delivery):
                other, text = found
                if wikitext.is_archive(text, other.sections, settings, page.title, today):
                    return other
        return None

    async def _holding(
        self, title: str, but: Page, settings: PageSettings, delivery: Delivery
    ) -> tuple[Page, str] | None:
        """A page on which an entry stands, and its text; None: it does not, or that is the page itself, or no page."""
        text = "" if title == but.title else await self._read(self._wiki.text, title)
        if delivery.entry.id not in wikitext.ids_standing(text, settings):
            return None
        other = await self._read(self._wiki.look, title)
        is_one = other.revision is not None and not other.redirected and not other.to_be_replaced
        return (other, text) if is_one and other.title != but.title else None

    async def _as_written(
        self, page: Page, settings: PageSettings, deliveries: Sequence[Delivery], found: bool
    ) -> Mapping[str, str]:
        """The lines of these entries as the wiki stored them when we wrote them last, as far as it still knows."""
        written = {}
        for revision in {delivery.revision for delivery in deliveries if delivery.revision is not None}:
            if found and await self._read(self._wiki.title_of, revision) != page.title:
                continue  # where each page counts its own revisions, it would be another one
            try:
                text = await self._read(self._wiki.text_at, replace(page, revision=revision))
            except (Conflict, Refused):
                continue  # deleted, hidden, or of another page: then only its text can tell
            for delivery in deliveries:
                # Of an entry people may have had copies there; what we wrote last is in our line alone.
                ids = [delivery.entry.id, *(change.id for change in delivery.changes)]
                lines = (wikitext.line_of(text, settings, each) for each in reversed(ids))
                line = next((line for line in lines if line is not None), None)
                if delivery.revision == revision and line is not None:
                    written[delivery.entry.id] = line
        return written

    async def _read(self, verb: Callable[..., T], *given: object) -> T:
        return await self._worker.call(verb, *given, deadline=READ)
