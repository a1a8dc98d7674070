"""A log's page and its archives are read; the next edit that takes days to their archive goes out. It sends nothing.

Days are copied first and removed then, so that they stand on one page at least. What was copied is removed only while
it stands in the archive, and as it was copied: where people have changed it on the log's page, the archive's copy is
amended first; where they have changed that, too, both stay. See the decision "Copied, then removed".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from labsbot import wikitext
from labsbot.delivery.settle import READ, EditWorker
from labsbot.model import Conflict, Edit, Move, MovedDay, Page, Wiki
from labsbot.settings import PageSettings

T = TypeVar("T")

FULL = 1_500_000
"""Bytes of an archive beyond which it takes no more: a wiki takes 2 MB."""
TOGETHER = 2
"""So many times as many bytes as may move at once go in one edit of an archive, with the day there that stands beside
them. Where that is larger, the archive takes no more either."""
MOST = 100
"""Archives of one name that are looked at, one after the other."""
ON_BOTH = "people have changed {} both on the page and in the archive {}: it stands on both"
TAKEN_OUT = "the copy of {} was taken out of the archive {}: it stays on the page"
"""Each names all days of which that is so."""


class NotArchived(Exception):
    """Nothing can be moved, until somebody changes something; it says why, in words for an operator."""


class NothingToMove(Exception):
    """All that stands there is to stay."""


@dataclass(frozen=True, slots=True)
class NewMove:
    archive: str
    days: tuple[MovedDay, ...]
    edit: Edit
    """By which they are copied."""
    until: date
    """What is earlier moves, portion by portion."""


@dataclass(frozen=True, slots=True)
class Amending:
    """The archive gets what people have changed of days that were copied."""

    edit: Edit
    days: tuple[MovedDay, ...]
    """As they stand there afterwards."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The log's page gets a link to the archive."""

    edit: Edit


@dataclass(frozen=True, slots=True)
class RemovingDays:
    """Days leave the log's page."""

    edit: Edit


@dataclass(frozen=True, slots=True)
class MoveOver:
    cause: str | None
    """Why it ends before it is done; None: it is done."""
    addresses: tuple[str, str] | None = None
    """Of the pages where its days stood, and stand now."""


MoveStep = Amending | Listing | RemovingDays | MoveOver


class Mover:
    """Plans what moves at one wiki."""

    def __init__(self, wiki: Wiki, worker: EditWorker, now: Callable[[], datetime], largest: int) -> None:
        """`largest`: bytes of one edit."""
        self._wiki = wiki
        self._worker = worker
        self._now = now
        self._largest = largest
        self._archives: dict[str, tuple[Page, str]] = {}
        """The archive that was read last, with its text: days are removed one by one where a page is large."""

    async def resolved(self, title: str) -> str:
        """Where the page is that is meant: as the wiki spells it, after redirects."""
        return (await self._read(self._wiki.look, title)).title

    async def is_large(self, title: str, settings: PageSettings) -> bool:
        """Whether a page is over its size; only that is asked."""
        return (await self._read(self._wiki.size, title)).bytes > settings.archive.over

    async def first(self, title: str, settings: PageSettings, until: date | None, batch: str) -> NewMove:
        """How the first portion of a page moves. `until`: as was decided before. Raises NothingToMove, and NotArchived:
        it should, and cannot.
        """
        page = await self._read(self._wiki.look, title)
        if page.title != title or page.revision is None or page.to_be_replaced:
            raise NotArchived("there is no such page, or it leads elsewhere")
        text = await self._read(self._wiki.text_at, page)
        plan = wikitext.plan_archive(text, page.sections, settings, self._today(settings), self._largest, until=until)
        if not plan.portions and plan.kept:
            raise NotArchived("; ".join(f"{each.heading}: {each.why}" for each in plan.kept[:3]))
        if not plan.portions:
            raise NothingToMove
        return await self._copy(page, settings, plan.portions[0], plan.until, batch)

    async def _copy(
        self, page: Page, settings: PageSettings, portion: wikitext.ArchivePortion, until: date, batch: str
    ) -> NewMove:
        size = len(wikitext.joined(portion.blocks).encode())
        for number in range(1, MOST + 1):
            title = wikitext.archive_title(settings, page.title, portion.day, number)
            there = await self._read(self._wiki.size, title)
            if there.revision is not None and there.bytes + size > FULL:
                continue
            archive = await self._read(self._wiki.look, title)
            if archive.redirected or archive.to_be_replaced:
                raise NotArchived(f"its archive {title} leads elsewhere")
            if archive.revision is None:
                text = wikitext.new_archive(settings, page.title, portion.blocks)
                days = _moved(portion.blocks)
                edit = Edit(archive.title, None, None, archive.seen, text, _summary(page, days, batch))
                return NewMove(archive.title, days, edit, until)
            text = await self._read(self._wiki.text_at, archive)
            today = self._today(settings)
            if not wikitext.is_archive(text, archive.sections, settings, page.title, today):
                raise NotArchived(f"{title} is there and no archive of it: it is not written to")
            blocks = wikitext.side_by_side(text, archive.sections, settings, portion.blocks, today)
            days = _moved(blocks)
            if wikitext.stands_already(text, (each.text for each in days)):
                raise NotArchived(f"some of {_span(days)} stands in {title} already, and on the page")
            changed = wikitext.with_blocks(text, archive.sections, settings, blocks, today)
            if changed is not None and len(changed.text.encode()) <= max(size, TOGETHER * self._largest):
                edit = await self._edit(archive, changed, _summary(page, days, batch))
                return NewMove(archive.title, days, edit, until)
        raise NotArchived(f"{MOST} archives like {title} are full")

    async def next(
        self, move: Move, settings: PageSettings, archives: Sequence[str], batch: str, *, lists: bool, whole: bool
    ) -> MoveStep:
        """What is to be done next for days that were copied. `lists`, `whole`: what the wiki has not refused yet:
        that the archive is listed, and that all days are removed at once. Raises NotArchived: not now.
        """
        page = await self._read(self._wiki.look, move.title)
        if page.title != move.title or page.to_be_replaced:
            raise NotArchived("its page leads elsewhere")
        if page.revision is None:
            return MoveOver("its page was deleted")
        text = await self._read(self._wiki.text_at, page)
        today = self._today(settings)
        if lists:
            listed = wikitext.with_list(text, page.sections, settings, page.title, archives, today)
            if listed is not None and len(listed.text.encode()) <= self._largest:
                summary = f"archives: {_named(archives)} [b:{batch}]"
                return Listing(await self._edit(page, listed, summary))
        standing = _matched(move.days, wikitext.all_blocks(text, page.sections, settings, today))
        if not standing:
            archive = await self._read(self._wiki.look, move.archive)
            return MoveOver(None, (page.url, archive.url))
        return await self._remove(move, settings, page, text, standing, batch, whole)

    async def _remove(
        self,
        move: Move,
        settings: PageSettings,
        page: Page,
        text: str,
        standing: Sequence[_StandingDay],
        batch: str,
        whole: bool,
    ) -> MoveStep:
        archive, archived = await self._archive(move.archive)
        today = self._today(settings)
        there = wikitext.all_blocks(archived, archive.sections, wikitext.archive_settings(settings), today)
        removed: list[wikitext.DayBlock] = []
        stay: dict[str, list[str]] = {ON_BOTH: [], TAKEN_OUT: []}
        for day in standing:
            copy = next((each for each in there if each.text.rstrip() == day.copied.text.rstrip()), None)
            if copy is None and not any(
                (each.first, each.last) == (day.copied.first, day.copied.last) for each in there
            ):
                stay[TAKEN_OUT].append(day.copied.heading)
            elif day.is_as_copied and day.block is not None:
                removed.append(day.block)
            elif day.block is not None and copy is not None:
                return await self._amend(move, archive, copy, day.copied, day.block, batch)
            else:
                stay[ON_BOTH].append(day.copied.heading)
        if not removed:
            causes = [words.format(", ".join(days), move.archive) for words, days in stay.items() if days]
            return MoveOver("; ".join(causes))
        left = wikitext.without(text, removed)
        summary = f"archived to [[{move.archive}]]: {_span(move.days)} [b:{batch}]"
        if whole and len(left.encode()) <= self._largest:
            return RemovingDays(Edit(page.title, None, page.revision, page.seen, left, summary))
        block = removed[-1]
        one = wikitext.SectionText(block.section, block.section_text, block.stays.strip("\n"))
        summary = f"archived to [[{move.archive}]]: {block.heading} [b:{batch}]"
        return RemovingDays(await self._edit(page, one, summary))

    async def _amend(
        self, move: Move, archive: Page, copy: wikitext.DayBlock, copied: MovedDay, now: wikitext.DayBlock, batch: str
    ) -> Amending:
        text = f"{now.text.rstrip()}\n\n{copy.stays.strip()}".rstrip()
        changed = wikitext.SectionText(copy.section, copy.section_text, text)
        amended = MovedDay(now.heading, now.first, now.last, now.text)
        summary = f"changed on [[{move.title}]] meanwhile: {copied.heading} [b:{batch}]"
        after = tuple(amended if day == copied else day for day in move.days)
        return Amending(await self._edit(archive, changed, summary), after)

    async def stands_in_archive(self, move: Move) -> bool:
        """Whether days that may have been copied stand there, where the history cannot tell."""
        text = await self._read(self._wiki.text, move.archive)
        return all(wikitext.stands_already(text, [day.text]) for day in move.days)

    async def _archive(self, title: str) -> tuple[Page, str]:
        size = await self._read(self._wiki.size, title)
        known = self._archives.get(title)
        if known is None or known[0].revision != size.revision or size.revision is None:
            page = await self._read(self._wiki.look, title)
            self._archives = {title: (page, await self._read(self._wiki.text_at, page))}
        return self._archives[title]

    async def _edit(self, page: Page, changed: wikitext.SectionText, summary: str) -> Edit:
        """The edit of one section, which is where we think it is."""
        part = await self._read(self._wiki.section, page, changed.section)
        if part.rstrip() != changed.before.rstrip():
            raise Conflict("the page's sections are not where the wiki said they are")
        return Edit(page.title, changed.section, page.revision, page.seen, changed.text, summary)

    def _today(self, settings: PageSettings) -> date:
        return self._now().astimezone(settings.time_zone).date()

    async def _read(self, verb: Callable[..., T], *given: object) -> T:
        return await self._worker.call(verb, *given, deadline=READ)


@dataclass(frozen=True, slots=True)
class _StandingDay:
    """A day that was copied, and still stands on the log's page."""

    copied: MovedDay
    block: wikitext.DayBlock | None
    """None: it may be any of several."""
    is_as_copied: bool


def _matched(days: Sequence[MovedDay], blocks: Sequence[wikitext.DayBlock]) -> list[_StandingDay]:
    """Which of the days that were copied still stand on the page, and where."""
    free = list(blocks)
    found: dict[MovedDay, _StandingDay] = {}
    for day in days:
        for block in free:
            # At the end of a page a day's last template is the page's; where it stood before, it was the day's.
            same = next((text for text in (block.text, block.section_text) if text.rstrip() == day.text.rstrip()), None)
            if same is not None:
                whole = block if same == block.text else replace(block, text=same, stays="")
                found[day] = _StandingDay(day, whole, is_as_copied=True)
                free.remove(block)
                break
    for day in days:
        alike = [block for block in free if (block.first, block.last) == (day.first, day.last)]
        if day not in found and alike:
            found[day] = _StandingDay(day, alike[0] if len(alike) == 1 else None, is_as_copied=False)
    return [found[day] for day in days if day in found]


def _moved(blocks: Sequence[wikitext.DayBlock]) -> tuple[MovedDay, ...]:
    return tuple(MovedDay(each.heading, each.first, each.last, each.text) for each in blocks)


def _summary(page: Page, days: Sequence[MovedDay], batch: str) -> str:
    return f"archived from [[{page.title}]]: {_span(days)} [b:{batch}]"


def _span(days: Sequence[MovedDay]) -> str:
    first, last = min(each.first for each in days), max(each.last for each in days)
    return f"{first}" if first == last else f"{first} – {last}"


def _named(titles: Sequence[str]) -> str:
    named = ", ".join(f"[[{title}]]" for title in titles[:1])
    return named if len(titles) == 1 else f"{named} and {len(titles) - 1} more"
