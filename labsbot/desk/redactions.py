"""Have all that an entry ever said removed for good: its id comes in; a receipt, or why not, goes out.

It is a change of the entry like any other, and comes to its pages as they do; no other can follow. Only an operator
asks for it, so no gate is asked, and nobody is told in the channel. What becomes of the words themselves is `service`'s
matter. Pure but for the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from labsbot.desk.answer import Receipt, Refusal, RefusalCause
from labsbot.desk.command import id_in
from labsbot.desk.correcting import change_id
from labsbot.desk.entries import UNNAMED
from labsbot.desk.scripts import Script
from labsbot.model import Change, Changed, ChangeKind, Kept, Told
from labsbot.text.names import as_speaker

log = logging.getLogger("labsbot.desk.redactions")

T = TypeVar("T")


class RedactingJournal(Protocol):
    """What is asked of the journal here."""

    async def redact(
        self, entry_id: str, decide: Callable[[Kept | None], tuple[Changed | None, T]], gateway: timedelta
    ) -> tuple[T, bool]: ...


class Redactions:
    def __init__(self, journal: RedactingJournal, now: Callable[[], datetime], gateway: timedelta) -> None:
        """`gateway`: for how long what was given up may still come to a wiki."""
        self._journal = journal
        self._now = now
        self._gateway = gateway

    async def redact(self, script: Script, reference: str) -> Receipt | Refusal:
        """Of an entry that is redacted already, the receipt of the first time. Raises JournalFailure."""
        decide = partial(_decide, script, self._now())
        outcome, new = await self._journal.redact(id_in(reference), decide, self._gateway)
        if new and isinstance(outcome, Receipt) and outcome.change is not None:
            log.warning("accepted %s of %s", outcome.change.id, outcome.entry.id)
        return outcome


def _decide(script: Script, now: datetime, kept: Kept | None) -> tuple[Changed | None, Receipt | Refusal]:
    if kept is None:
        words = "I know no such entry (`labsbot show --ids` lists ids)."
        return None, Refusal(words, RefusalCause.CORRECTION, outcome="Not removed")
    if kept.redaction is not None:
        return None, Receipt(kept.entry, kept.redaction)
    kind = ChangeKind.REDACT
    author = as_speaker(script.name) or UNNAMED
    change = Change(change_id(kind, now), kind, "", author, now, "", "", script.name, script.account)
    return Changed(None, kept.entry.id, change, Told.NEVER, now), Receipt(kept.entry, change)
