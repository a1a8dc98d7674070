"""Entries as a page shows them come in with the page's history; the same entries with their seconds go out.

A page shows the minute in which something was said. Its history shows in which second the line was saved, and by whom:
that is taken where a summary of the same minute begins with the same words. Each save is one entry's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo

from labsbot.importing.page import PageEntry, with_known
from labsbot.model import PageRevision

ENOUGH = 40
"""Characters, without punctuation, by which a message is known in a summary; of a shorter one all."""
_AUTHOR = re.compile(r"(?P<nick>[^\s:]{1,64})[ \t]*+:\s")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def with_summaries(
    entries: Sequence[PageEntry], revisions: Iterable[PageRevision], zone: tzinfo
) -> tuple[PageEntry, ...]:
    """`zone`: in which the page's times are."""
    by_minute: dict[tuple[date, str], list[tuple[datetime, PageRevision]]] = defaultdict(list)
    for revision in revisions:
        if revision.time is not None and revision.summary:
            local = revision.time.astimezone(zone)
            by_minute[local.date(), f"{local:%H:%M}"].append((revision.time.astimezone(UTC), revision))
    found = []
    for entry in entries:
        saves = by_minute.get((entry.day, entry.clock), [])
        of_the_minute = entry.said is None and entry.written == entry.clock
        telling = (each for each in saves if of_the_minute and _tells(each[1].summary, entry.message))
        its_save = next(telling, None)
        if its_save is None:
            found.append(entry)
            continue
        saves.remove(its_save)
        found.append(with_known(entry, its_save[0], _author(its_save[1])))
    return tuple(found)


def _tells(summary: str, message: str) -> bool:
    wanted = _words(message)[:ENOUGH].strip()
    return bool(wanted) and f" {wanted}" in f" {_words(summary)}"


def _words(text: str) -> str:
    return " ".join(_BETWEEN_WORDS.split(text.casefold())).strip()


def _author(revision: PageRevision) -> str:
    """Whom the summary names, or who has saved the line."""
    named = _AUTHOR.match(revision.summary)
    return named["nick"] if named else revision.user
