"""Something is accepted."""

from __future__ import annotations

from datetime import timedelta

from labsbot.journal import Journal
from labsbot.model import Entry, LineKey, Told
from tests.nouns import NOON, an_acceptance, an_entry


async def accept(journal: Journal, entry: Entry, key: LineKey | None = None, told: Told = Told.NOTHING) -> bool:
    return await journal.entries.accept(an_acceptance(entry, key=key, told=told)) is not None


async def accepted(journal: Journal, *messages: str) -> list[Entry]:
    entries = [an_entry(message, NOON + timedelta(minutes=number)) for number, message in enumerate(messages)]
    for entry in entries:
        assert await accept(journal, entry)
    return entries
