"""Take old days to archives when an operator asks for it, whatever a page's size.

What would move is looked up here and now, by whoever asks; what does move is the running bot's matter, which has its
verbs here: *archive* has it begin, *archived* says how far it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from labsbot import wikitext
from labsbot.delivery.wishes import WHATEVER
from labsbot.edge import answers
from labsbot.model import Log, Wiki
from labsbot.service.submissions import Peer, Told
from labsbot.settings import PageSettings

ARCHIVING = ("archive", "archived")
"""What can be asked."""
READ = 60.0
"""Seconds that the wiki may take for a page."""


class ArchivingDeliverer(Protocol):
    def archive(self, log: Log) -> str | None: ...
    @property
    def archived(self) -> Mapping[str, str | None]: ...


@dataclass(frozen=True, slots=True)
class Archiving:
    """Answers those who want it done."""

    deliverer: ArchivingDeliverer

    async def answer(self, verb: str, asked: Mapping[str, Any], peer: Peer) -> Told:
        """“pages”: the titles for which it begins; or for each of these why nothing more moves: null, it goes on yet;
        empty, all did. Raises WrongAnswer: it cannot be understood."""
        if verb == "archive":
            titles = {self.deliverer.archive(log) for log in map(_log, answers.rows(asked.get("logs")))}
            return {"pages": sorted(title for title in titles if title is not None)}
        wanted = [answers.text(each) for each in answers.rows(asked.get("pages"))]
        lost = "the bot was started anew meanwhile: ask again"
        return {"pages": {title: self.deliverer.archived.get(title, lost) for title in wanted}}


def _log(value: object) -> Log:
    named = answers.mapping(value)
    return Log(answers.text(named.get("place")), answers.word(named.get("project")))


# --- what would move ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovingDays:
    """What goes to one archive, as far as that has room."""

    archive: str
    first: date
    last: date
    days: int
    bytes: int


@dataclass(frozen=True, slots=True)
class WouldMove:
    """What would become of a page."""

    title: str
    bytes: int
    moving: Sequence[MovingDays]
    kept: Sequence[tuple[str, str]]
    """Headings of days that are old enough, and why they stay."""


def would_move(wiki: Wiki, asked: str, settings: PageSettings, now: datetime, largest: int) -> WouldMove:
    """Blocks; `now` in any time zone. Raises WikiFailure."""
    wiki.allow(READ)
    page = wiki.look(asked)
    if page.revision is None:
        return WouldMove(page.title, 0, (), ())
    text, today = wiki.text_at(page), now.astimezone(settings.time_zone).date()
    plan = wikitext.plan_archive(text, page.sections, settings, today, largest, until=WHATEVER)
    blocks = [
        (wikitext.archive_title(settings, page.title, portion.day, 1), block)
        for portion in plan.portions
        for block in portion.blocks
    ]
    blocks.sort(key=lambda each: (each[1].first, each[0]))
    moving = []
    for archive, group in itertools.groupby(blocks, key=lambda each: each[0]):
        found = [block for _, block in group]
        size = sum(len(block.text.encode()) for block in found)
        moving.append(MovingDays(archive, found[0].first, max(block.last for block in found), len(found), size))
    return WouldMove(page.title, len(text.encode()), moving, [(each.heading, each.why) for each in plan.kept])
