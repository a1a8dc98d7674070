"""Take into the journal what people write on the pages of logs by hand, so that readers find there what a page shows.

Every few minutes the wiki is asked for the newest revision of each page, many at once. A page is read only where
somebody else than the bot has saved it since, and what it holds is then imported as by ``labsbot import``. What stood
there and stands nowhere any more is taken out of what readers see, until it is back.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from labsbot.desk.entries import UNNAMED
from labsbot.importing.comparing import KnownEntry
from labsbot.journal import Journal, Reading
from labsbot.model import JournalFailure, Log, Wiki, WikiFailure
from labsbot.service.importing import (
    LogRead,
    import_log,
    lacking,
    read_log,
    read_log_page,
    still_lacking,
    with_history,
    would_import,
)
from labsbot.settings import PageSettings
from labsbot.text.names import as_speaker
from labsbot.wiki.reader import Reader

log = logging.getLogger("labsbot.service.hand_edits")

EVERY = 300.0
"""Seconds between two looks."""
LOOKED_BACK = timedelta(days=7)
"""Of which what people have written is looked for once more after a start: they may have done so before the bot wrote
there last, when nobody looked."""
MOST = 200
"""New entries on a page that are taken for what people write, and missing ones that are taken for what they have taken
out. More are a past that was never imported, a page that was moved, or vandalism."""
_OURS = re.compile(r"\[b:[0-9a-f]+\]\Z")
"""With what the summaries of our own edits end."""


class HandEdits:
    """Looks at the pages of all logs to which anything ever went."""

    def __init__(
        self,
        journal: Journal,
        reading: Reading,
        reader: Reader,
        page_of: Callable[[Log], PageSettings],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._reading = reading
        self._reader = reader
        self._page_of = page_of
        self._now = now
        self._seen: dict[str, int] = {}
        """Up to which revision all is known that people have written to a page."""
        self._left: set[str] = set()
        """Titles of pages with so much that it was left for an operator, who was told."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except (WikiFailure, JournalFailure) as failure:
                log.info("what people have written by hand is looked for later: %s", failure)

    async def look(self) -> None:
        """Raises WikiFailure, JournalFailure: nothing was learnt. A page that fails alone is looked at again."""
        logs = await asyncio.to_thread(self._logs)
        newest = await self._reader.read(lambda wiki: wiki.newest(list(logs)))
        for title, revision in newest.items():
            if title not in self._seen:
                ours = await asyncio.to_thread(self._written_before, logs[title])
                self._seen[title] = revision if ours is None else ours
            if revision != self._seen[title]:
                try:
                    await self._look_at(title, logs[title])
                except WikiFailure as failure:
                    log.info("%s: what people have written by hand is looked for later: %s", title, failure)
                else:
                    self._seen[title] = revision

    async def _look_at(self, title: str, logs: Sequence[Log]) -> None:
        if editors := await self._editors(title, self._seen[title]):
            await self._take_in(logs, editors)

    def _logs(self) -> Mapping[str, Sequence[Log]]:
        """By the title of their page."""
        by_title: dict[str, list[Log]] = {}
        for each in self._reading.logs():
            by_title.setdefault(self._page_of(each).title_for(each.project), []).append(each)
        return by_title

    def _written_before(self, logs: Sequence[Log]) -> int | None:
        """A revision of a page that is known to be ours: what people have written behind it is looked at."""
        until = self._now() - LOOKED_BACK
        return min(filter(None, (self._reading.revision_until(until, each) for each in logs)), default=None)

    async def _editors(self, title: str, seen: int) -> set[str]:
        """Who else has saved the page since then; whoever is hidden has no name."""
        found = await self._reader.read(lambda wiki: wiki.revisions(title, seen))
        return {each.user for each in found if each.number > seen and not _OURS.search(each.summary)}

    async def _take_in(self, logs: Sequence[Log], editors: set[str]) -> None:
        read = await self._reader.read(lambda wiki: self._read(wiki, logs))
        lacks = await self._lacking(read)
        new = await asyncio.to_thread(self._new, read)
        if max(new, len(lacks)) > MOST:
            words = "%s has %d entries that are not known: look at them; `labsbot import %s` takes them in"
            self._leave(read.title, words if new > MOST else _GONE, max(new, len(lacks)), logs[0].project)
            return
        self._left.discard(read.title)
        (editor,) = editors if len(editors) == 1 else {""}
        for each in await import_log(self._journal, _with_what_lacks(read, lacks, editor), self._now()):
            if each.new or each.changed or each.removed:
                words = "%s: people have written %d entries, changed %d and taken out %d"
                log.info(words, each.title, each.new, each.changed, each.removed)

    def _leave(self, title: str, words: str, many: int, project: str) -> None:
        """Leave it for an operator, who is told once."""
        log.log(logging.DEBUG if title in self._left else logging.WARNING, words, title, many, project)
        self._left.add(title)

    async def _lacking(self, read: LogRead) -> Mapping[str, KnownEntry]:
        """What stood on the page and stands nowhere any more: archives are read only then, and after the page, for
        what is on its way to one is there before it leaves the page."""
        lacks = await asyncio.to_thread(lacking, self._reading, read, self._now())
        if not 0 < len(lacks) <= MOST:
            return lacks
        whole = await self._reader.read(
            lambda wiki: read_log(wiki, self._reading, read.logs, read.settings, self._now())
        )
        return still_lacking(lacks, whole)

    def _new(self, read: LogRead) -> int:
        return sum(each.new for each in would_import(self._reading, read, self._now()))

    def _read(self, wiki: Wiki, logs: Sequence[Log]) -> LogRead:
        now = self._now()
        return with_history(wiki, self._reading, read_log_page(wiki, logs, self._page_of(logs[0]), now), now)


_GONE = "%s lacks %d entries that stood there: look at its history; readers see them still (project %s)"


def _with_what_lacks(read: LogRead, lacks: Mapping[str, KnownEntry], editor: str) -> LogRead:
    pages = tuple(replace(each, settled=None) for each in read.pages) if lacks else read.pages
    return replace(read, pages=pages, lacks=lacks, editor=as_speaker(editor) or UNNAMED)
