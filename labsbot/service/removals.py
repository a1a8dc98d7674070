"""Remove the texts of entries for good, as far as that is up to the bot: its verbs are asked one after the other.

*redact* has it accepted; the delivery then brings a stub to the pages. *erase* takes the words out of the journal when
that is done, *rewrite* out of its file, and *empty* out of what lies beside the file. Each can be asked again: whoever
is interrupted begins anew. What is left elsewhere is looked for in `remains`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from labsbot import wikitext
from labsbot.delivery import Deliverer
from labsbot.delivery.settle import GATEWAY
from labsbot.desk.answer import Refusal
from labsbot.desk.redactions import Redactions
from labsbot.edge import answers, files
from labsbot.journal import Journal
from labsbot.model import DeliveryState, Log
from labsbot.service.logs import other_log_at_rest, settings_by_log
from labsbot.service.machine_clock import utc_now
from labsbot.service.submissions import Peer, Told
from labsbot.settings import PageSettings, Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader
from labsbot.wiki.worker import Worker

REMOVALS = ("redact", "erase", "rewrite", "empty")
"""What can be asked."""
REWRITING = 10.0
"""Seconds for which one question waits for the file to be rewritten."""
LATEST = 1.0
"""Seconds after which it is looked anew whether all has come to its page, at least."""


class Removals:
    """Answers those who may ask for a removal."""

    def __init__(self, journal: Journal, page_of: Callable[[Log], PageSettings]) -> None:
        """`page_of` says how entries are written."""
        self._entries = journal.entries
        self._erasures = journal.erasures
        self._page_of = page_of
        self._redactions = Redactions(journal.erasures, utc_now, timedelta(seconds=GATEWAY))
        self._rewriting: asyncio.Task[None] | None = None

    async def answer(self, verb: str, asked: Mapping[str, Any], peer: Peer) -> Told:
        """Raises JournalFailure, and WrongAnswer: it cannot be understood."""
        if peer.user not in ("root", files.user_name(os.geteuid())):
            return {"refused": {"": "only root and the user of the bot may remove what was said"}}
        match verb:
            case "redact":
                return await self._redact(asked, peer)
            case "erase":
                return await self._erase(_ids(asked))
            case "rewrite":
                return {"done": await self._rewritten()}
        return {"done": await self._erasures.empty()}

    async def _redact(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        changes, refused = {}, {}
        for entry_id in _ids(asked):
            outcome = await self._redactions.redact(peer.script, entry_id)
            if isinstance(outcome, Refusal):
                refused[entry_id] = outcome.text
            elif outcome.change is not None:
                changes[outcome.entry.id] = outcome.change.id
        return {"changes": changes, "refused": refused}

    async def _erase(self, entry_ids: Sequence[str]) -> Told:
        """“done”: of which entries. Nothing is done while a wiki may still get what an attempt has sent with one."""
        sent = await self._erasures.sent_with(entry_ids)
        if any(each.ended is None for each in sent):
            return {"done": []}
        kept = await self._entries.kept(entry_ids)
        pages = [self._page_of(delivery.log) for each in kept for delivery in each.deliveries]
        scrubbed = {each.batch: wikitext.scrubbed(each.edit, pages) for each in sent}
        self._rewriting = None  # what was rewritten before this had it still
        return {"done": sorted(await self._erasures.erase(entry_ids, scrubbed))}

    async def _rewritten(self) -> bool:
        """Whether that is done; where it takes long, whoever asks is to ask again."""
        rewriting = self._rewriting or asyncio.create_task(self._erasures.rewrite())
        self._rewriting = rewriting
        done, _ = await asyncio.wait([rewriting], timeout=REWRITING)
        if not done:
            return False
        self._rewriting = None
        rewriting.result()
        return True


def _ids(asked: Mapping[str, Any]) -> list[str]:
    return [answers.word(each) for each in answers.rows(asked.get("ids"))]


class RemovalsAtRest:
    """The same where no bot runs: what asks is then the journal's one deliverer itself."""

    def __init__(self, journal: Journal, removals: Removals, deliverer: Deliverer) -> None:
        self._journal = journal
        self._removals = removals
        self._deliverer = deliverer

    async def ask(self, verb: str, **asked: object) -> Told:
        return await self._removals.answer(verb, asked, Peer.ourselves())

    async def settle(self, entry_ids: Collection[str], seconds: float) -> None:
        """Deliver what is due, until nothing of these waits any more; for so many seconds at most."""
        news = self._journal.listen()
        delivering = asyncio.create_task(self._deliverer.run())
        try:
            async with asyncio.timeout(seconds):
                while not delivering.done() and await self._waits(entry_ids):
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LATEST):
                            await news.wait()
                    news.clear()
        except TimeoutError:
            pass  # what waits still is told
        finally:
            self._deliverer.stop()
            await delivering

    async def _waits(self, entry_ids: Collection[str]) -> bool:
        kept = await self._journal.entries.kept(list(entry_ids))
        return any(each.state is DeliveryState.PENDING for entry in kept for each in entry.deliveries)


@contextlib.asynccontextmanager
async def removals_at_rest(settings: Settings) -> AsyncIterator[RemovalsAtRest]:
    """Raises JournalFailure: there is none, it cannot be written, or a bot runs all the same."""
    with contextlib.ExitStack() as doors:
        journal = doors.enter_context(contextlib.closing(Journal.join(settings.journal)))
        journal.claim()
        reader = doors.enter_context(contextlib.closing(Reader(open_wiki(settings.wiki))))
        wiki = open_wiki(settings.wiki, other_log_at_rest(settings, reader))
        worker = doors.enter_context(contextlib.closing(Worker(wiki)))
        page_of = settings_by_log(settings)
        deliverer = Deliverer(journal, wiki, worker, page_of, utc_now, largest=settings.wiki.largest_edit)
        yield RemovalsAtRest(journal, Removals(journal, page_of), deliverer)
