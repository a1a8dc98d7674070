"""The front desk: a submission comes in; a receipt, a refusal or an answer goes out.

It asks the gates in their order, and the first that does not let the submission pass has the word; what passes all of
them is kept in the journal, or answered from it. It never meets the wiki, and does not know how a submission came or
how it is answered. ::

    Submission ─> gate ─> gate ─> … ─> accept ──────> [ journal ] ─> Receipt
                   │      │        └─> Corrections ─> [ journal ] ─> Receipt | Refusal
                   │      │        └─> ReadingBack <─ [ journal ] ─> Answer
                   └──────┴──────────> remember ────> [ journal ] ─> Refusal | Answer | Silence
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from labsbot.desk import replies
from labsbot.desk.answer import About, Answer, Outcome, Receipt, Refusal, Said, Silence
from labsbot.desk.command import Add, Amend, Last, Undo, Where
from labsbot.desk.correcting import OUTCOMES, CorrectionJournal, Corrections
from labsbot.desk.entries import compose, entry_id, logs_of
from labsbot.desk.gates import Gate
from labsbot.desk.reading_back import LogReader, ReadingBack
from labsbot.desk.submission import Asked, Submission
from labsbot.model import Accepted, Changed, ChangeKind, Entry, IdTaken, JournalFailure, LineKey, Told

log = logging.getLogger("labsbot.desk.desk")

IN_A_ROW = 20
"""Of several submissions that are kept together, so many are looked at before others in the loop get their turn."""


class DeskJournal(CorrectionJournal, LogReader, Protocol):
    """What the front desk asks of the journal."""

    async def accept(self, submission: Accepted | Changed) -> bool: ...
    async def accept_all(self, submissions: Sequence[Accepted]) -> bool: ...
    async def remember(self, key: LineKey, now: datetime) -> bool: ...


class Desk:
    """Accepts or refuses what is asked of the bot."""

    def __init__(
        self,
        journal: DeskJournal,
        gates: Sequence[Gate],
        wiki: str,
        operator: str,
    ) -> None:
        """`wiki` is its name for people; `operator` is who is told of where the journal fails."""
        self._journal = journal
        self._gates = gates
        self._operator = operator
        self._corrections = Corrections(journal)
        self._reading_back = ReadingBack(journal, wiki)

    async def submit(self, submission: Submission) -> Outcome:
        """Deal with one submission; never raises for what it holds, nor where the journal fails."""
        try:
            said = self._at_gates(submission)
            if said is not None:
                return await self._once(submission, _of(submission.asked, said))
            match submission.asked:
                case Add() as asked:
                    return await self._accept(submission, compose(submission, asked))
                case Undo() | Amend() as asked:
                    return await self._correct(submission, asked)
                case Last() | Where() as asked:
                    return await self._once(submission, await self._reading_back.answer(submission, asked))
            raise AssertionError("whatever else is asked is answered at a gate")
        except JournalFailure as failure:
            return self._unwritten(submission, failure)

    async def submit_all(self, submissions: Sequence[Submission]) -> tuple[Receipt, ...] | Said:
        """Deal with entries of somebody trusted that are kept together, or none of them; never raises, as `submit`."""
        try:
            for number, submission in _one_by_one_and_together(submissions):
                if number and number % IN_A_ROW == 0:
                    await asyncio.sleep(0)  # others in the loop get their turn
                if (said := self._at_gates(submission)) is not None:
                    return await self._once(submission, _numbered(_of(submission.asked, said), number))
            return await self._accept_all(submissions)
        except JournalFailure as failure:
            return self._unwritten(submissions[0], failure)

    def _at_gates(self, submission: Submission) -> Said | None:
        """The word of the first gate that does not let it pass."""
        return next((said for gate in self._gates if (said := gate(submission)) is not None), None)

    def _unwritten(self, submission: Submission, failure: JournalFailure) -> Said:
        nick = submission.submitter.sender.nick
        log.error("refused a line of %s in %s: %s", nick, submission.channel or submission.via.value, failure)
        return _of(submission.asked, Refusal(replies.journal_fails(self._operator), About.JOURNAL))

    async def _once(self, submission: Submission, said: Said) -> Said:
        """What is said to a submission that is not kept, unless it was dealt with before."""
        # whoever is trusted waits for the answer, and asks again for the same when what was wrong is mended
        remembered = None if submission.submitter.trusted else submission.key
        new = remembered is None or await self._journal.remember(remembered, submission.arrived)
        nick, channel = submission.submitter.sender.nick, submission.channel or submission.via.value
        match said:
            case Refusal(reason) if new:
                level = logging.WARNING if said.private else logging.INFO
                log.log(level, "refused a line of %s in %s: %s", nick, channel, reason)
            case Answer(text) if new:
                log.info("answered %s in %s: %s", nick, channel, text)
            case _:
                return Silence()
        return said

    async def _accept(self, submission: Submission, entry: Entry) -> Outcome:
        """Keep the entry under an id of its own, unless it was dealt with before."""
        accepted = _accepted(submission, entry)
        while True:
            accepted = _with_id(submission, accepted)
            try:
                new = await self._journal.accept(accepted)
            except IdTaken:
                continue
            log.info("accepted %s" if new else "heard again, as %s would be", accepted.entry.id)
            return Receipt(accepted.entry) if new else Silence()

    async def _accept_all(self, submissions: Sequence[Submission]) -> tuple[Receipt, ...] | Silence:
        asked = [(each, each.asked) for each in submissions if isinstance(each.asked, Add)]
        all_of_them = [_with_id(each, _accepted(each, compose(each, add))) for each, add in asked]
        while True:
            try:
                new = await self._journal.accept_all(all_of_them)
            except IdTaken as taken:
                for number, each in enumerate(all_of_them):
                    if each.entry.id in taken.args:
                        all_of_them[number] = _with_id(submissions[number], each)
                continue
            if not new:
                return Silence()
            for each in all_of_them:
                log.info("accepted %s", each.entry.id)
            return tuple(Receipt(each.entry) for each in all_of_them)

    async def _correct(self, submission: Submission, asked: Undo | Amend) -> Outcome:
        outcome = await self._corrections.correct(submission, asked)
        match outcome:
            case Refusal():
                return await self._once(submission, outcome)
            case Receipt(entry, change) if change is not None:
                log.info("accepted %s of %s", change.id, entry.id)
        return outcome


def _accepted(submission: Submission, entry: Entry) -> Accepted:
    """What is kept of an entry, still without an id."""
    told = Told.NEVER if submission.submitter.sender.robot else Told.NOTHING
    hostmask = submission.submitter.sender.hostmask
    return Accepted(submission.key, entry, logs_of(submission), told, submission.arrived, hostmask)


def _with_id(submission: Submission, accepted: Accepted) -> Accepted:
    said = accepted.entry.said
    to_the_millisecond = not submission.replayed or said.microsecond != 0
    return replace(accepted, entry=replace(accepted.entry, id=entry_id(said, to_the_millisecond)))


def _one_by_one_and_together(submissions: Sequence[Submission]) -> Iterator[tuple[int | None, Submission]]:
    """Those that are kept together: each by itself, with its number, and then the first, which counts for all."""
    for number, each in enumerate(submissions, 1):
        yield number, replace(each, counted=False)
    yield None, replace(submissions[0], others=tuple(submissions[1:]))


def _numbered(said: Said, number: int | None) -> Said:
    """A refusal says which of several it is about; None: about all of them."""
    if number is None or not isinstance(said, Refusal):
        return said
    return replace(said, reason=f"entry {number}: {said.reason}")


def _of(asked: Asked, said: Said) -> Said:
    """A refusal says what did not come of it."""
    if not isinstance(said, Refusal) or said.outcome is not None:
        return said
    match asked:
        case Undo():
            return replace(said, outcome=OUTCOMES[ChangeKind.STRIKE])
        case Amend():
            return replace(said, outcome=OUTCOMES[ChangeKind.AMEND])
        case Last() | Where():
            return replace(said, outcome="Nothing to show")
    return replace(said, outcome="Not logged")
