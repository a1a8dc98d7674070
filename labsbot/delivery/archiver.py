"""Pages that have grown come in; their old days are taken to archives, step by step, while nothing else is to be done.

`wishes` says whose turn it is, `moving` what is sent; here is decided what each answer of the wiki leads to. Two pages
cannot be edited in one step: each edit is kept in the journal before it is sent, looked for where its answer is lost,
and never sent again before no gateway can hold it any more. An entry goes first, always.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from labsbot import wikitext
from labsbot.delivery.attempts import SAVE
from labsbot.delivery.lanes import Lane
from labsbot.delivery.login import WikiLogin
from labsbot.delivery.memory import Memory, Times
from labsbot.delivery.moving import Amending, Listing, MoveOver, Mover, NotArchived, NothingToMove
from labsbot.delivery.schedule import Schedule
from labsbot.delivery.settle import GATEWAY, READ, EditWorker
from labsbot.delivery.wishes import REFUSED, WHATEVER, ArchiveWishes, Wish
from labsbot.model import (
    Archived,
    Conflict,
    Edit,
    JournalFailure,
    Log,
    LoggedOut,
    Move,
    MovedDay,
    MoveStage,
    Refused,
    RefusedText,
    TooLarge,
    Unknown,
    Warned,
    Wiki,
    WikiFailure,
)
from labsbot.settings import ArchivedBy, PageSettings
from labsbot.text.durations import in_words

log = logging.getLogger("labsbot.delivery")

HINDERED = 3600.0
"""Seconds after which it is tried again to remove what was copied, where that cannot be; then after twice as many."""
DOUBTED = 15.0
"""Seconds between two looks for an edit whose answer was lost."""


class MoveJournal(Protocol):
    """What is asked of the journal here."""

    async def open_moves(self, wiki: str) -> list[Move]: ...
    async def unfinished_moves(self, wiki: str) -> Mapping[str, tuple[Log, date]]: ...
    async def finish_moves(self, wiki: str, title: str) -> None: ...
    async def archives(self, wiki: str, title: str) -> list[Archived]: ...
    async def begin_move(
        self,
        wiki: str,
        log: Log,
        archive: str,
        title: str,
        days: Sequence[MovedDay],
        until: date,
        batch: str,
        edit: Edit,
        now: datetime,
    ) -> Move: ...
    async def intend_move(
        self, move: Move, batch: str, edit: Edit, after: Sequence[MovedDay] | None = None
    ) -> Move: ...
    async def move_on(self, move: Move) -> Move: ...
    async def not_moved(self, move: Move) -> Move: ...
    async def end_move(self, move: Move, now: datetime, cause: str | None = None) -> None: ...
    async def readdress(
        self, days: Sequence[MovedDay], entry_ids: Collection[str], before: str, after: str
    ) -> None: ...


class Archiver:
    """At the pages of one wiki."""

    def __init__(
        self,
        journal: MoveJournal,
        wiki: Wiki,
        worker: EditWorker,
        memory: Memory,
        settings_for: Callable[[Log], PageSettings],
        times: Times,
        jitter: Callable[[float], float],
        largest: int,
    ) -> None:
        """`largest`: bytes of one edit."""
        self._journal = journal
        self._wiki = wiki
        self._worker = worker
        self._pages = memory.pages
        self._lanes = memory.schedule
        self._settings_for = settings_for
        self._now = times.now
        self._clock = times.clock
        self._mover = Mover(wiki, worker, times.now, largest)
        self._login = WikiLogin(wiki, worker)
        self.wishes = ArchiveWishes(self._may, times.clock)
        self._schedule = Schedule[str](jitter)
        self._moves: dict[str, Move] | None = None
        """By page; None: nobody has looked into the journal yet."""
        self._sent: dict[str, float] = {}
        """By batch, since when this process looks for it."""
        self._not_listed: set[int] = set()
        """Moves whose archive the wiki does not let us list."""
        self._piecemeal: set[int] = set()
        """Moves whose days the wiki does not let us remove at once."""
        self._hindered: Counter[int] = Counter()
        """How often the days of a move could not be removed."""

    # --- whose turn it is

    async def step(self, busy: Collection[str]) -> float | None:
        """Go one step with one page, but with none of these. Returns the seconds until the next may be gone, 0.0 where
        one was gone; None: there is nothing to do.
        """
        if self._moves is None:
            await self._take_up()
        assert self._moves is not None
        now = self._clock()
        waits = []
        for title, move in self._moves.items():
            if not (wait := self._schedule.due_in(title, now)) and title not in busy:
                await self._guarded(move.title, self._go_on(move))
                return 0.0
            waits.append(wait)
        for title, wish, wish_due in self.wishes.in_turn():
            wait = max(self._schedule.due_in(title, now), wish_due)
            if wait <= 0.0 and title not in busy and title not in self._moves:
                await self._guarded(title, self._begin(title, wish))
                return 0.0
            waits.append(wait)
        return min((max(wait, 1.0) for wait in waits), default=None)

    async def _take_up(self) -> None:
        """What an earlier life has begun goes on."""
        for title, (log_of, until) in (await self._journal.unfinished_moves(self._wiki.name)).items():
            self.wishes.goes_on(title, log_of, until)
        self._moves = {move.title: move for move in await self._journal.open_moves(self._wiki.name)}

    async def _guarded(self, title: str, step: Awaitable[None]) -> None:
        try:
            await step
        except Conflict:
            self._schedule.rest(title, self._clock(), DOUBTED)
        except LoggedOut:
            self._login.lost()
            self._schedule.failed(title, self._clock())
        except (NotArchived, Refused) as failure:
            move = (self._moves or {}).get(title)
            if move is None:
                self.wishes.leave(title, str(failure))
            else:
                self._hinder(move, str(failure))
        except WikiFailure as failure:
            seconds = self._schedule.failed(title, self._clock(), failure.retry_after)
            log.debug("archiving %r is tried again in %.0f s at most: %s", title, seconds, failure)
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch, here too
            self._schedule.failed(title, self._clock())
            log.exception("archiving %r failed unexpectedly", title)

    def _hinder(self, move: Move, why: str) -> None:
        """What is on its way stands on both pages until somebody mends what keeps it there."""
        seconds = min(HINDERED * 2 ** min(self._hindered[move.number], 9), REFUSED)
        self._hindered[move.number] += 1
        self._schedule.rest(move.title, self._clock(), seconds)
        where = f"{_days(move)} stands on {move.title!r} and in {move.archive!r}"
        log.error("%s: %s; tried again within %s", where, why, in_words(timedelta(seconds=seconds)))

    # --- days that are to move

    def _may(self, log_of: Log) -> bool:
        return self._settings_for(log_of).archive.by is not ArchivedBy.NEVER

    async def _begin(self, title: str, wish: Wish) -> None:
        settings = self._settings_for(wish.log)
        await self._login.ensure()
        if not wish.urgent and wish.until is None:
            self.wishes.checked(title)
            if self.wishes.is_refused(title) or not await self._mover.is_large(title, settings):
                self.wishes.forget(title)
                return
        if wish.until == WHATEVER and (leads_to := await self._mover.resolved(title)) != title:
            self.wishes.redirected(title, leads_to)
            return
        batch = secrets.token_hex(6)
        try:
            new = await self._mover.first(title, settings, wish.until, batch)
        except NothingToMove:
            self.wishes.forget(title)
            self.wishes.has_room(title)
            if wish.until is not None:
                await self._journal.finish_moves(self._wiki.name, title)
            else:
                self.wishes.refuse(title)
            self.wishes.tell(title, "")
            log.info("all that stands on %r by now is to stay there", title)
            return
        self.wishes.moves(title, wish, new.until)
        given = wish.log, new.archive, title, new.days, new.until, batch, new.edit
        move = await self._journal.begin_move(self._wiki.name, *given, self._now())
        await self._send(move, new.edit)

    async def _go_on(self, move: Move) -> None:
        await self._login.ensure()
        if move.edit is not None:
            await self._settle(move, move.edit)
            return
        settings = self._settings_for(move.log)
        archives = [each.title for each in await self._journal.archives(self._wiki.name, move.title)]
        batch = secrets.token_hex(6)
        step = await self._mover.next(
            move,
            settings,
            archives,
            batch,
            lists=move.number not in self._not_listed and move.title not in self.wishes.full,
            whole=move.number not in self._piecemeal,
        )
        if isinstance(step, MoveOver):
            if step.addresses is not None:
                ids = {each for day in move.days for each in wikitext.ids_standing(day.text, settings)}
                await self._journal.readdress(move.days, ids, *step.addresses)
            await self._end(move, step.cause)
            return
        after = step.days if isinstance(step, Amending) else None
        move = await self._journal.intend_move(move, batch, step.edit, after)
        await self._send(move, step.edit, is_list=isinstance(step, Listing))

    # --- an edit, and what becomes of it

    async def _send(self, move: Move, edit: Edit, is_list: bool = False) -> None:
        self._know(move)
        self._sent[move.batch or ""] = self._clock()
        log.info("archiving %s from %r: writing to %r (attempt %s)", _days(move), move.title, edit.title, move.batch)
        try:
            try:
                await self._worker.call(self._wiki.save, edit, deadline=SAVE)
            except Warned:  # as with an entry: whoever means it sends the same again
                await self._worker.call(self._wiki.save, edit, deadline=SAVE)
        except Unknown as failure:
            self._schedule.rest(move.title, self._clock(), DOUBTED)
            log.warning("no telling whether attempt %s at %r was saved: %s", move.batch, edit.title, failure)
        except Conflict:
            # A gateway may have sent it twice: then it is the first that the second conflicts with.
            if await self._is_found(move, edit):
                await self._saved(move, edit)
            else:
                await self._not_saved(move, "somebody else was changing the page")
                raise
        except Refused as failure:
            await self._not_saved(move, str(failure))
            await self._refused_edit(move, edit, failure, is_list)
        except WikiFailure as failure:
            await self._not_saved(move, str(failure))
            raise
        else:
            await self._saved(move, edit)

    async def _refused_edit(self, move: Move, edit: Edit, failure: Refused, is_list: bool) -> None:
        """The wiki does not want it so. What is copied is to be removed all the same, in smaller steps or later."""
        if move.stage is MoveStage.COPYING:
            raise failure
        if is_list:
            self._not_listed.add(move.number)
            log.warning("%r does not list its archive %r: %s", move.title, move.archive, failure)
        elif edit.section is None and isinstance(failure, RefusedText | TooLarge):
            self._piecemeal.add(move.number)
        else:
            self._hinder(move, str(failure))

    async def _settle(self, move: Move, edit: Edit) -> None:
        """Find out what became of an edit whose answer was lost. Nothing is sent again before it can come no more."""
        since = self._sent.setdefault(move.batch or "", self._clock())
        is_over = self._clock() - since > GATEWAY
        try:
            found = await self._is_found(move, edit)
        except Unknown:  # hidden or deleted
            if not is_over:
                raise
            found = move.stage is MoveStage.COPYING and await self._mover.stands_in_archive(move)
        if found:
            await self._saved(move, edit)
        elif is_over:
            await self._not_saved(move, "its edit was lost")
        else:
            self._schedule.rest(move.title, self._clock(), DOUBTED)

    async def _is_found(self, move: Move, edit: Edit) -> bool:
        return await self._worker.call(self._wiki.find, move.batch, edit, deadline=READ) is not None

    async def _saved(self, move: Move, edit: Edit) -> None:
        self._know(await self._journal.move_on(move))
        self._over(move, edit)
        self._schedule.answered(move.title, self._clock())
        self._login.works()
        if edit.title == move.title and move.stage is MoveStage.REMOVING:
            self.wishes.has_room(move.title)
            self._lanes.answered(Lane(move.title), self._clock())  # what waited for room there need not any more
        log.info("archiving %s from %r: %r is written (attempt %s)", _days(move), move.title, edit.title, move.batch)

    async def _not_saved(self, move: Move, why: str) -> None:
        self._over(move, move.edit)
        if move.stage is MoveStage.COPYING:
            await self._end(move, why)
        else:
            self._know(await self._journal.not_moved(move))

    def _over(self, move: Move, edit: Edit | None) -> None:
        self._sent.pop(move.batch or "", None)
        if edit is not None:
            self._pages.forget(edit.title)

    async def _end(self, move: Move, cause: str | None) -> None:
        await self._journal.end_move(move, self._now(), cause)
        if self._moves is not None:
            self._moves.pop(move.title, None)
        self._not_listed.discard(move.number)
        self._piecemeal.discard(move.number)
        self._hindered.pop(move.number, None)
        if cause is None:
            log.info("archived %s from %r to %r", _days(move), move.title, move.archive)
        elif move.stage is MoveStage.REMOVING:
            self.wishes.leave(move.title, cause)
            return
        # there may be more, and what was copied by nobody is planned anew
        self.wishes.goes_on(move.title, move.log)

    def _know(self, move: Move) -> None:
        if self._moves is not None:
            self._moves[move.title] = move


def _days(move: Move) -> str:
    first, last = min(each.first for each in move.days), max(each.last for each in move.days)
    return f"{first}" if first == last else f"{first} to {last}"
