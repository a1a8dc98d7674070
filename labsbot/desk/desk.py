"""The front desk: a submission comes in; a receipt, a refusal or an answer goes out.

It asks the gates in their order, and the first that does not let the submission pass has the word; what passes all of
them is kept in the journal, or answered from it. It never meets the wiki, and does not know how a submission came or
how it is answered.

Many submissions can be on their way at once. Of each, all up to the handing over to the journal is done before anything
is awaited; so those that are begun in their order are counted by the gates, and kept, in that order. What depends on
earlier ones the journal decides in its turn. ::

    Submission ─> gate ─> gate ─> … ─> accept ──────> [ journal ] ─> Receipt
                   │      │        └─> correct ─────> [ journal ] ─> Receipt | Refusal
                   │      │        └─> ReadingBack <─ [ journal ] ─> Answer
                   └──────┴──────────> remember ────> [ journal ] ─> Refusal | Answer | Silence
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from labsbot.desk import replies
from labsbot.desk.answer import About, Answer, Outcome, Receipt, Refusal, RefusalCause, Said, Silence
from labsbot.desk.command import Add, Amend, Last, Undo, Where
from labsbot.desk.correcting import OUTCOMES, decide, meant
from labsbot.desk.entries import announced_in, compose, entry_id, logs_of
from labsbot.desk.gates import Gate
from labsbot.desk.reading_back import LogReader, ReadingBack
from labsbot.desk.submission import Asked, Submission
from labsbot.model import Accepted, Changed, ChangeKind, Delivery, Entry, JournalFailure, Kept, LastOf, LineKey, Told

log = logging.getLogger("labsbot.desk.desk")

IN_A_ROW = 20
"""Of several submissions that are kept together, so many are looked at before others in the loop get their turn."""


T = TypeVar("T")


class DeskJournal(LogReader, Protocol):
    """What the front desk asks of the journal. What is asked first is done first."""

    async def accept(self, submission: Accepted) -> Entry | None: ...
    async def accept_all(self, submissions: Sequence[Accepted]) -> list[Entry] | None: ...
    async def correct(
        self, meant: str | LastOf, decide: Callable[[Kept | None], tuple[Changed | None, T]]
    ) -> tuple[T, bool]: ...
    async def remember(self, key: LineKey, now: datetime) -> bool: ...


class Desk:
    """Accepts or refuses what is asked of the bot."""

    def __init__(
        self,
        journal: DeskJournal,
        gates: Sequence[Gate],
        wiki: str,
        operator: str,
        refused: Counter[RefusalCause] | None = None,
    ) -> None:
        """`wiki` is its name for people; `operator` is who is told of where the journal fails; what is refused is
        counted in `refused`."""
        self._journal = journal
        self._gates = gates
        self._operator = operator
        self._refused = Counter() if refused is None else refused
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
                    return await self._read_back(submission, asked)
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
        self._refused[RefusalCause.JOURNAL] += 1
        words = replies.journal_fails(self._operator)
        return _of(submission.asked, Refusal(words, RefusalCause.JOURNAL, About.JOURNAL))

    async def _once(self, submission: Submission, said: Said) -> Said:
        """What is said to a submission that is not kept, unless it was dealt with before."""
        # whoever is trusted waits for the answer, and asks again for the same when what was wrong is mended
        remembered = None if submission.submitter.trusted else submission.key
        new = remembered is None or await self._journal.remember(remembered, submission.arrived)
        return self._logged(submission, said) if new else Silence()

    async def _read_back(self, submission: Submission, asked: Last | Where) -> Said:
        """The same for what is read: when the line is remembered, all that came before it can be read."""
        assert submission.key is not None, "people alone have it read back to them"
        new = await self._journal.remember(submission.key, submission.arrived)
        return self._logged(submission, await self._reading_back.answer(submission, asked)) if new else Silence()

    async def _accept(self, submission: Submission, entry: Entry) -> Outcome:
        """Keep the entry under an id of its own, unless its line was dealt with before."""
        accepted = _accepted(submission, entry)
        kept = await self._journal.accept(accepted)
        if kept is None:
            log.info("heard again, as %s would be", accepted.entry.id)
            return Silence()
        log.info("accepted %s", kept.id)
        return Receipt(kept, at_first=_at_first(accepted, kept))

    async def _accept_all(self, submissions: Sequence[Submission]) -> tuple[Receipt, ...] | Silence:
        asked = [(each, each.asked) for each in submissions if isinstance(each.asked, Add)]
        accepted = [_accepted(each, compose(each, add)) for each, add in asked]
        kept = await self._journal.accept_all(accepted)
        if kept is None:
            return Silence()
        for entry in kept:
            log.info("accepted %s", entry.id)
        both = zip(accepted, kept, strict=True)
        return tuple(Receipt(entry, at_first=_at_first(each, entry)) for each, entry in both)

    async def _correct(self, submission: Submission, asked: Undo | Amend) -> Outcome:
        said, new = await self._journal.correct(meant(submission, asked), partial(decide, submission, asked))
        match said:
            case Refusal():
                return await self._once(submission, said)
            case Receipt(entry, change) if new and change is not None:
                log.info("accepted %s of %s", change.id, entry.id)
                return said
        return Silence()

    def _logged(self, submission: Submission, said: Said) -> Said:
        """Count what is refused, and tell the log what is said."""
        nick, channel = submission.submitter.sender.nick, submission.channel or submission.via.value
        match said:
            case Refusal(reason):
                self._refused[said.cause] += 1
                level = logging.WARNING if said.private else logging.INFO
                log.log(level, "refused a line of %s in %s: %s", nick, channel, reason)
            case Answer(text):
                log.info("answered %s in %s: %s", nick, channel, text)
        return said


def _accepted(submission: Submission, entry: Entry) -> Accepted:
    """What is kept of an entry, under an id of its own."""
    told = Told.NEVER if submission.submitter.sender.robot else Told.NOTHING
    hostmask = submission.submitter.mark
    to_the_millisecond = not submission.replayed or entry.said.microsecond != 0
    named, owed = replace(entry, id=entry_id(entry.said, to_the_millisecond)), logs_of(submission)
    where = announced_in(submission, owed)
    return Accepted(submission.key, named, owed, told, submission.arrived, hostmask, submission.begun, where)


def _at_first(accepted: Accepted, entry: Entry) -> Kept:
    """What was kept, under the id that it got."""
    owed = tuple(Delivery(0, entry, each.log, each.log_day, each.clock) for each in accepted.owed)
    return Kept(entry, accepted.now, accepted.hostmask, deliveries=owed)


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
