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

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from labsbot.desk import replies
from labsbot.desk.answer import Answer, Outcome, Receipt, Refusal, Said, Silence
from labsbot.desk.command import Add, Amend, Last, Undo, Where
from labsbot.desk.correcting import OUTCOMES, CorrectionJournal, Corrections
from labsbot.desk.entries import compose, entry_id, logs_of
from labsbot.desk.gates import Gate
from labsbot.desk.reading_back import LogReader, ReadingBack
from labsbot.desk.submission import Asked, Submission
from labsbot.model import Accepted, Changed, ChangeKind, Entry, IdTaken, JournalFailure, LineKey, Told

log = logging.getLogger("labsbot.desk.desk")


class DeskJournal(CorrectionJournal, LogReader, Protocol):
    """What the front desk asks of the journal."""

    async def accept(self, submission: Accepted | Changed) -> bool: ...
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
            said = next((said for gate in self._gates if (said := gate(submission)) is not None), None)
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
            nick = submission.submitter.sender.nick
            log.error("refused a line of %s in %s: %s", nick, submission.channel or submission.via.value, failure)
            return _of(submission.asked, Refusal(replies.journal_fails(self._operator)))

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
        owed = logs_of(submission)
        told = Told.NEVER if submission.submitter.sender.robot else Told.NOTHING
        hostmask = submission.submitter.sender.hostmask
        to_the_millisecond = not submission.replayed or entry.said.microsecond != 0
        while True:
            kept = replace(entry, id=entry_id(entry.said, to_the_millisecond))
            try:
                new = await self._journal.accept(
                    Accepted(submission.key, kept, owed, told, submission.arrived, hostmask, submission.begun)
                )
            except IdTaken:
                continue
            log.info("accepted %s" if new else "heard again, as %s would be", kept.id)
            return Receipt(kept) if new else Silence()

    async def _correct(self, submission: Submission, asked: Undo | Amend) -> Outcome:
        outcome = await self._corrections.correct(submission, asked)
        match outcome:
            case Refusal():
                return await self._once(submission, outcome)
            case Receipt(entry, change) if change is not None:
                log.info("accepted %s of %s", change.id, entry.id)
        return outcome


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
