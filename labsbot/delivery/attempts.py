"""A batch, or an attempt whose result nobody knows, comes in; it goes one step further, and the result is recorded.

What every answer of the wiki leads to stands in `EditAttempts.begin`, what an edit without an answer leads to in
`EditAttempts.settle`; how that is done, in `outcomes`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from labsbot.delivery.batch import EditBatch
from labsbot.delivery.lanes import Lane
from labsbot.delivery.login import WikiLogin
from labsbot.delivery.memory import Memory
from labsbot.delivery.outcomes import Outcomes
from labsbot.delivery.plan import Plan
from labsbot.delivery.planner import Looked, Planner
from labsbot.delivery.report import ids
from labsbot.delivery.settle import ON_ITS_WAY, EditWorker, Lost, NotSaved, Open, Settler
from labsbot.model import (
    Attempt,
    Conflict,
    Delivery,
    Edit,
    Found,
    Hindrance,
    JournalFailure,
    Log,
    LoggedOut,
    Refused,
    RefusedText,
    Saved,
    TooLarge,
    Unavailable,
    Unknown,
    Warned,
    Wiki,
    WikiFailure,
)

log = logging.getLogger("labsbot.delivery")

SAVE = 30.0
"""Seconds that a save may take in all."""
NOT_AN_ENTRY = "its id is on the page, but not in an entry there"
"""Whoever looks there sees whether somebody has moved the entry, or only mentions it."""
ELSEWHERE = "its line is not on “{}”, and was written on another page"
FULL = "its page is as large as the wiki allows, and is being archived"
PAGE_TOO_LARGE = "contenttoobig"
"""What the wiki says of a page, not of a request. https://www.mediawiki.org/wiki/API:Edit"""


class IntentJournal(Protocol):
    """What is asked of the journal here."""

    async def intend(self, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None: ...


class PageArchives(Protocol):
    """What is told to whoever moves old days from pages."""

    def grown(self, title: str, log_of: Log) -> None: ...
    def makes_room(self, title: str, log_of: Log) -> bool: ...


class EditAttempts:
    """At the pages of one wiki."""

    def __init__(
        self,
        journal: IntentJournal,
        wiki: Wiki,
        worker: EditWorker,
        memory: Memory,
        planner: Planner,
        settler: Settler,
        outcomes: Outcomes,
        archives: PageArchives,
    ) -> None:
        self._journal = journal
        self._wiki = wiki
        self._worker = worker
        self._memory = memory
        self._planner = planner
        self._settler = settler
        self._outcomes = outcomes
        self._archives = archives
        self._login = WikiLogin(wiki, worker)

    async def begin(self, batch: EditBatch) -> bool:
        """Look at the page or write to it; here, and only here, is decided what each failure leads to.

        Returns whether that was done, on the page that was thought of: nothing has changed for any other.
        """
        outcomes = self._outcomes
        try:
            await self._login.ensure()
            made = await self._planner.plan(batch)
            if isinstance(made, Looked):
                await outcomes.looked(batch, made.title)
                return not made.elsewhere
            if made.doubtful:
                # Not sent again: people do move lines. Not believed either: anybody may put an id into a comment.
                await outcomes.park(batch.id, batch.title, made.doubtful, NOT_AN_ENTRY)
            elif made.elsewhere:
                failure = Refused(ELSEWHERE.format(made.page.title), "elsewhere")
                await outcomes.hinder(replace(batch, due=made.elsewhere), failure, Hindrance.ELSEWHERE)
            elif made.left:
                await outcomes.leave(batch, made.left, made.why, made.page.url)
            else:
                batch = replace(batch, due=made.carried)
                await self._send(batch, made)
                return True
        except Conflict as failure:
            await outcomes.once_more(batch, failure)
        except LoggedOut as failure:
            await outcomes.try_again(batch, failure, at_once=self._login.lost())
        except Unavailable as failure:
            await outcomes.try_again(batch, failure, at_once=False)
        except Unknown as failure:
            words = f"no telling whether attempt {batch.id} was saved"
            await outcomes.doubt(batch.id, batch.title, failure.cause, failure, batch.due, words)
        except (RefusedText, TooLarge) as failure:
            if failure.code == PAGE_TOO_LARGE and self._archives.makes_room(batch.title, batch.due[0].log):
                await outcomes.try_again(batch, TooLarge(FULL, failure.code), at_once=False)
            else:
                await outcomes.divide(batch, failure)
        except Refused as failure:
            await outcomes.hinder(batch, failure, Hindrance.PAGE)
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch: whatever it is, the other pages go on
            outcomes.left_open(batch.title)
            log.exception("attempt %s at %r with %s failed unexpectedly", batch.id, batch.title, ids(batch.due))
        return False

    async def _send(self, batch: EditBatch, made: Plan) -> None:
        """Send the edit once, if there is one, and record what was delivered."""
        title, url, revision = made.page.title, made.page.url, made.written
        if made.edit is None:
            self._memory.pages.forget(title)  # it may be long until something is sent
        else:
            await self._journal.intend(batch.id, made.edit, made.carried)
            log.info("attempted %s on %r (attempt %s)", ids(made.carried), title, batch.id)
            url, revision = await self._saved(batch, made, made.edit)
        await self._outcomes.stands(batch.id, batch.lane, title, made.carried, url, revision)
        self._archives.grown(batch.title, batch.due[0].log)
        self._login.works()

    async def _saved(self, batch: EditBatch, made: Plan, edit: Edit) -> tuple[str, int | None]:
        """Send it; the page's address, and the revision that was made."""
        try:
            saved = await self._save(edit)
        except Conflict:
            if (found := await self._settler.find_conflicting(batch.id, edit)) is None:
                raise
            self._memory.pages.forget(edit.title)  # somebody has changed it since
            return found.url, found.revision
        self._memory.pages.saved(made.copy, edit.title, edit.base, saved)
        self._memory.portions.accepted(batch.lane, batch.portion, made.carried)
        return made.page.url, saved.revision

    async def _save(self, edit: Edit) -> Saved:
        try:
            return await self._worker.call(self._wiki.save, edit, deadline=SAVE)
        except Warned:  # nothing was saved, and whoever means it sends the same again
            return await self._worker.call(self._wiki.save, edit, deadline=SAVE)

    async def settle(self, attempt: Attempt) -> None:
        """Find out what became of an attempt without a result, before anything else is sent to its page."""
        batch, title, carried = attempt.batch, attempt.title, attempt.deliveries
        if attempt.edit is None:
            await self._outcomes.give_back(batch, may_come=False)
            return
        if attempt.wiki != self._wiki.name:
            cause = f"it was being sent to {attempt.wiki}, which is not configured any more"
            await self._outcomes.park(batch, title, carried, cause)
            return
        try:
            verdict = await self._settler.settle(attempt, attempt.edit)
        except WikiFailure as failure:
            words = f"still no telling whether attempt {batch} was saved"
            await self._outcomes.doubt(batch, title, failure.cause, failure, carried, words)
            return
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch, here too: it stays open, and the other pages go on
            log.exception("page %r, attempt %s: to look for it failed unexpectedly", title, batch)
            await self._outcomes.doubt(batch, title, ON_ITS_WAY)
            return
        match verdict:
            case Found():
                await self._outcomes.stands(batch, Lane(title), title, carried, verdict.url, verdict.revision)
                self._archives.grown(title, carried[0].log)
            case NotSaved(may_come):
                await self._outcomes.not_saved(batch, title, carried, may_come)
            case Open(cause):
                await self._outcomes.doubt(batch, title, cause)
            case Lost(cause):
                await self._outcomes.park(batch, title, carried, cause)
