"""What was begun and how it ended: an end comes in, and is added to the entry of the beginning; a receipt goes out.

The end is an amendment of that entry, so it arrives, is struck and is left alone as any other. Each end is told once:
the journal keeps what an entry says of its end together with the change that says so. That no end is known gives way
to the end itself, should that come after all.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from labsbot.desk import replies
from labsbot.desk.answer import Receipt, Refusal, RefusalCause
from labsbot.desk.command import id_in
from labsbot.desk.correcting import change_id
from labsbot.desk.corrections import Corrector, refuse_correction
from labsbot.desk.entries import UNNAMED
from labsbot.desk.scripts import KeyReused, Script
from labsbot.desk.secrets import find_secret
from labsbot.model import (
    AN_END,
    Change,
    Changed,
    ChangeKind,
    JournalFailure,
    Kept,
    LineKey,
    Repeated,
    Run,
    RunState,
    Sender,
    Told,
    Via,
)
from labsbot.settings import SecretShape
from labsbot.text.durations import briefly
from labsbot.text.names import as_speaker
from labsbot.text.typed_words import visible

log = logging.getLogger("labsbot.desk.runs")

T = TypeVar("T")

NO_END = f"{AN_END}no end is known"
OUTCOME = "Not added"
LONGEST = 4096
"""Bytes of what is said of an end beside how it was and how long it took."""
OURSELVES = Script("labsbot", "labsbot itself", Via.COMMAND)
EVERY = timedelta(hours=1)
"""How often it is looked at least whose end is overdue: the clock may be set."""
AGAIN = timedelta(minutes=1)
"""When a journal is asked again that failed."""


class How(enum.Enum):
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Nobody knows, and nobody is expected to."""


@dataclass(frozen=True, slots=True)
class End:
    """How something ended that was begun."""

    reference: str
    """The id of the entry of its beginning, or a link that ends with it."""
    how: How
    after: timedelta | None = None
    """How long it took; None: from the beginning until now."""
    words: str = ""
    """What else there is to say: ``exit 2``."""
    ran: bool = True
    """False: it could not even be started; `words` say why."""
    key: str | None = None
    """By what a repetition is known; None: there is none."""


class RunEntries(Protocol):
    """What is asked of the journal about the entries of beginnings."""

    async def correct(
        self, meant: str, decide: Callable[[Kept | None], tuple[Changed | None, T]]
    ) -> tuple[T, bool]: ...
    async def kept(self, entry_ids: Sequence[str]) -> list[Kept]: ...
    async def repeated(self, key: LineKey) -> Repeated | None: ...


class RunJournal(Protocol):
    """And about what they have begun."""

    async def run(self, entry_id: str) -> Run | None: ...
    async def running(self) -> list[Run]: ...
    async def give_up_run(self, entry_id: str) -> None: ...


class Runs:
    """Adds ends to beginnings, whoever asks for it."""

    def __init__(self, entries: RunEntries, journal: RunJournal, now: Callable[[], datetime]) -> None:
        self._entries = entries
        self._journal = journal
        self._now = now
        self._shapes: Sequence[SecretShape] = ()

    def take_up(self, shapes: Sequence[SecretShape]) -> None:
        """What has one of these `shapes` is taken for a secret from now on."""
        self._shapes = shapes

    async def unended(self, script: Script) -> list[Run]:
        """What this script has begun, of which it may see whether it still runs, and whose end is not told."""
        return [each for each in await self._journal.running() if each.process and each.account == script.account]

    async def end(self, script: Script, end: End) -> Receipt | Refusal | KeyReused:
        """Add an end to the entry of its beginning, or say why not. Raises JournalFailure."""
        if (shape := find_secret(end.words, self._shapes)) is not None:
            return Refusal(replies.secret("", shape), RefusalCause.SECRET, private=True, outcome=OUTCOME)
        if len(end.words.encode()) > LONGEST:
            return _refused(f"the text is too long: {len(end.words.encode())} bytes, at most {LONGEST}.")
        kept = next(iter(await self._entries.kept([id_in(end.reference)])), None)
        if kept is None:
            return _refused("I know no such entry (`labsbot show --ids` has them all).")
        run = await self._journal.run(kept.entry.id)
        if run is None:
            return _refused(f"{kept.entry.id} is not the beginning of anything. `labsbot amend` changes what it says.")
        key = _key(script, kept, end)
        told = RunState.UNKNOWN if end.how is How.UNKNOWN else RunState.ENDED
        if run.state in (RunState.ENDED, told):
            return await self._told_before(kept, key)
        outcome: Receipt | Refusal
        decide = partial(_decide, script, end, run, told, key, self._now())
        outcome, new = await self._entries.correct(kept.entry.id, decide)
        match outcome:
            case Refusal():
                await self._journal.give_up_run(kept.entry.id)
            case Receipt(entry, change) if new and change is not None:
                log.info("accepted %s of %s", change.id, entry.id)
            case Receipt():
                return await self._told_before(kept, key)
        return outcome

    async def _told_before(self, kept: Kept, key: LineKey | None) -> Receipt | Refusal | KeyReused:
        """The receipt of the first, where this is a repetition; else what the entry says of its end already."""
        first = await self._entries.repeated(key) if key is not None else None
        if first is not None and key is not None and first.fingerprint != key.fingerprint:
            return KeyReused()
        (now,) = await self._entries.kept([kept.entry.id])
        if first is None:
            return _refused(f"{kept.entry.id} has its end already: {now.message}")
        return Receipt(kept.entry, now.changes[-1])  # when the last change is on the page, so are those before


def _decide(
    script: Script, end: End, run: Run, told: RunState, key: LineKey | None, now: datetime, kept: Kept | None
) -> tuple[Changed, Receipt] | tuple[None, Refusal]:
    """What is to be changed about the entry of the beginning as it is by now, with its receipt, or why nothing is."""
    assert kept is not None, "no entry is ever deleted"
    by = Corrector("", "", Sender(script.name, account=script.account), trusted=True)
    if (reason := refuse_correction(ChangeKind.AMEND, kept, by, now, timedelta())) is not None:
        return None, _refused(reason)
    message = kept.message.removesuffix(NO_END) + outcome_in_words(end, now - run.since)
    author = as_speaker(script.name) or UNNAMED
    made = change_id(ChangeKind.AMEND, now)
    change = Change(made, ChangeKind.AMEND, message, author, now, "", "", script.name, script.account)
    return Changed(key, kept.entry.id, change, Told.NEVER, now, ends=told), Receipt(kept.entry, change)


def outcome_in_words(end: End, since: timedelta) -> str:
    """What stands behind the beginning; `since`: how long ago that was."""
    if end.how is How.UNKNOWN:
        return NO_END
    if not end.ran:
        return f"{AN_END}failed: {end.words}"
    words = f", {end.words}" if visible(end.words) else ""
    return f"{AN_END}{end.how.value} after {briefly(since if end.after is None else end.after)}{words}"


def _refused(reason: str) -> Refusal:
    return Refusal(reason, RefusalCause.CORRECTION, outcome=OUTCOME)


def _key(script: Script, kept: Kept, end: End) -> LineKey | None:
    if end.key is None:
        return None
    fingerprint = hashlib.sha256("\0".join(("end", kept.entry.id, end.how.value, end.words)).encode()).hexdigest()
    return LineKey("", script.account, end.key, fingerprint)


@dataclass(eq=False)
class Unended:
    """Says of what has not ended for long that no end is known. `run` until cancelled."""

    journal: RunJournal
    runs: Runs
    now: Callable[[], datetime]
    after: timedelta
    """How long is long."""
    _other: asyncio.Event = field(default_factory=asyncio.Event)

    def take_up(self, after: timedelta) -> None:
        """From now on, so long is long."""
        self.after = after
        self._other.set()

    async def run(self) -> None:
        while True:
            try:
                wait = await self.tell()
            except JournalFailure as failure:
                log.error("of what has not ended nothing can be said: %s", failure)
                wait = AGAIN
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await self._other.wait()
            self._other.clear()

    async def tell(self) -> timedelta:
        """Say it of what is overdue; returns how long from now nothing else can be."""
        now = self.now()
        running = await self.journal.running()
        for run in running:
            if run.since <= now - self.after:
                await self.runs.end(OURSELVES, End(run.entry_id, How.UNKNOWN))
        first = min((run.since + self.after - now for run in running if run.since > now - self.after), default=EVERY)
        return min(first, self.after, EVERY)  # what is begun meanwhile is not overdue before `after`
