"""Take into the journal what people write on the pages of logs by hand, so that readers find there what a page shows.

Every few minutes the wiki is asked for the newest revision of each page, many at once. A page is read only where
somebody else than the bot has saved it since, and what it holds is then imported as by ``labsbot import``.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from labsbot.journal import Journal, Reading
from labsbot.model import JournalFailure, Log, Wiki, WikiFailure
from labsbot.service.importing import LogRead, import_log, read_log_page, with_history, would_import
from labsbot.settings import PageSettings
from labsbot.wiki.reader import Reader

log = logging.getLogger("labsbot.service.hand_edits")

EVERY = 300.0
"""Seconds between two looks."""
MOST = 200
"""New entries on a page that are taken for what people write. More are a past that was never imported, or vandalism."""
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
                ours = await asyncio.to_thread(self._written_last, logs[title])
                self._seen[title] = revision if ours is None else ours
            if revision != self._seen[title]:
                try:
                    await self._look_at(title, logs[title])
                except WikiFailure as failure:
                    log.info("%s: what people have written by hand is looked for later: %s", title, failure)
                else:
                    self._seen[title] = revision

    async def _look_at(self, title: str, logs: Sequence[Log]) -> None:
        if await self._is_edited(title, self._seen[title]):
            await self._take_in(logs)

    def _logs(self) -> Mapping[str, Sequence[Log]]:
        """By the title of their page."""
        by_title: dict[str, list[Log]] = {}
        for each in self._reading.logs():
            by_title.setdefault(self._page_of(each).title_for(each.project), []).append(each)
        return by_title

    def _written_last(self, logs: Sequence[Log]) -> int | None:
        """The last revision of a page that is known to be ours: what came behind it while we were away is looked at."""
        return max(filter(None, map(self._reading.newest_revision, logs)), default=None)

    async def _is_edited(self, title: str, seen: int) -> bool:
        """Whether anybody else has saved the page since then."""
        found = await self._reader.read(lambda wiki: wiki.revisions(title, seen))
        return any(each.number > seen and not _OURS.search(each.summary) for each in found)

    async def _take_in(self, logs: Sequence[Log]) -> None:
        read = await self._reader.read(lambda wiki: self._read(wiki, logs))
        if (new := await asyncio.to_thread(self._new, read)) > MOST:
            level = logging.DEBUG if read.title in self._left else logging.WARNING
            words = "%s has %d entries that are not known: look at them; `labsbot import %s` takes them in"
            log.log(level, words, read.title, new, logs[0].project)
            self._left.add(read.title)
            return
        self._left.discard(read.title)
        for each in await import_log(self._journal, read, self._now()):
            if each.new or each.changed:
                log.info("%s: people have written %d entries and changed %d", each.title, each.new, each.changed)

    def _new(self, read: LogRead) -> int:
        return sum(each.new for each in would_import(self._reading, read, self._now()))

    def _read(self, wiki: Wiki, logs: Sequence[Log]) -> LogRead:
        now = self._now()
        return with_history(wiki, self._reading, read_log_page(wiki, logs, self._page_of(logs[0]), now), now)
