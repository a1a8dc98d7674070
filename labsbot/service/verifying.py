"""Compare what the journal has brought to a log with what stands on its page and in its archives.

Whatever differs goes out, with the line or the message; nothing is changed, and nobody is to blame: people may edit.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from labsbot.journal import EntryQuery, Reading
from labsbot.model import Delivery, DeliveryState, Kept, Log, Via, Wiki
from labsbot.service.importing import LogRead, compared, read_log
from labsbot.settings import PageSettings
from labsbot.wikitext import render, rewritten, standing

READ = 60.0
"""Seconds that the wiki may take for a page."""


class DifferenceKind(enum.Enum):
    """The value is how it is called."""

    MISSING = "missing"
    """It was delivered, and stands nowhere."""
    TWICE = "more than once"
    CHANGED = "changed by hand"
    """Its line is not as it was left."""
    UNKNOWN = "unknown"
    """It has an id of ours, and the journal does not know it."""


@dataclass(frozen=True, slots=True)
class Difference:
    kind: DifferenceKind
    id: str
    title: str
    """The page on which it stands, or should."""
    words: str
    """The line, or what the entry says."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was compared."""

    title: str
    entries: int
    """That were delivered there."""
    pages: int
    """The log's page and its archives."""
    differences: tuple[Difference, ...]


def verify(wiki: Wiki, reading: Reading, logs: Sequence[Log], settings: PageSettings, now: datetime) -> Verified:
    """Look at the page that these logs share, written by these settings. Blocks. Raises WikiFailure, JournalFailure."""
    # What comes meanwhile stands on the page, and is found in the journal.
    delivered = list(_delivered(reading, logs))
    wiki.allow(READ)
    page = wiki.look(settings.title_for(logs[0].project))
    archives = sorted({archive for log in logs for archive in reading.archives(log)})
    texts = {title: wiki.text(title) for title in (page.title, *archives)}
    lines = _lines(texts, settings)
    found: list[Difference] = []
    unmarked = [kept for kept, _ in delivered if kept.is_unmarked]
    if unmarked or any(kept.entry.id not in lines for kept, _ in delivered):
        whole = read_log(wiki, reading, logs, settings, now)  # with archives that people have made
        theirs = {each.title: wiki.text(each.title) for each in whole.pages if each.title not in texts}
        texts |= theirs
        lines = _lines(texts, settings)
        found += _of_unmarked(unmarked, whole)
    for kept, delivery in delivered:
        if kept.is_unmarked:
            continue
        found += _differences(kept, delivery, lines.pop(kept.entry.id, []), page.title, settings)
    for entry_id, places in lines.items():
        if reading.find(entry_id) is None:
            found += [Difference(DifferenceKind.UNKNOWN, entry_id, title, line) for title, line in places]
    return Verified(page.title, len(delivered), len([text for text in texts.values() if text]), tuple(found))


def _of_unmarked(unmarked: Sequence[Kept], read: LogRead) -> Iterator[Difference]:
    """The same of entries that were imported, and whose lines have no id: they are known as at the import."""
    left = {kept.entry.id: kept for kept in unmarked}
    for page in read.pages:
        for line, (kept, _) in compared(read, page, unmarked).known:
            if left.pop(kept.entry.id, None) is None or kept.redaction is not None:
                continue
            if line.message != " ".join(kept.text.split()):
                words = f"{line.clock} {line.author}: {line.message}"
                yield Difference(DifferenceKind.CHANGED, kept.entry.id, page.title, words)
    for entry_id, kept in left.items():
        if kept.redaction is None:
            words = f"{kept.entry.author}: {kept.message}"
            yield Difference(DifferenceKind.MISSING, entry_id, read.title, words)


def _lines(texts: Mapping[str, str], settings: PageSettings) -> dict[str, list[tuple[str, str]]]:
    """By entry, where it stands: the page's title, and the line."""
    found: dict[str, list[tuple[str, str]]] = {}
    for title, text in texts.items():
        for each in standing(text, settings):
            if each.id.startswith("sal-"):
                found.setdefault(each.id, []).append((title, text[each.start : each.end]))
    return found


def _delivered(reading: Reading, logs: Sequence[Log]) -> Iterator[tuple[Kept, Delivery]]:
    """All entries that were brought to these logs, each once, as their lines are to be by now."""
    projects = tuple(dict.fromkeys(log.project for log in logs))
    for kept in reading.entries(EntryQuery(projects)):
        there = [each for each in kept.deliveries if each.log in logs and each.state is DeliveryState.DELIVERED]
        own = next((each for each in there if each.change is None), None)
        if own is not None:
            done = {each.change.id for each in there if each.change is not None}
            asked_for = tuple(each for each in kept.changes if each.id in done and not each.by_hand)
            yield kept, replace(own, changes=asked_for)


def _differences(
    kept: Kept, delivery: Delivery, places: Sequence[tuple[str, str]], home: str, settings: PageSettings
) -> Iterator[Difference]:
    entry_id, author = kept.entry.id, kept.entry.author
    if not places:
        yield Difference(DifferenceKind.MISSING, entry_id, home, f"{author}: {kept.message}")
    elif len(places) > 1:
        yield from (Difference(DifferenceKind.TWICE, entry_id, title, line) for title, line in places)
    elif (
        kept.entry.via is not Via.WIKI
        and not rewritten(settings)
        and places[0][1].rstrip() != render(settings, delivery).rstrip()
    ):
        yield Difference(DifferenceKind.CHANGED, entry_id, *places[0])
