"""Since when and until when channels were heard."""

from __future__ import annotations

from datetime import timedelta

from labsbot.journal import Journal
from labsbot.model import Edit, Presence
from tests.nouns import NOON

EDIT = Edit("Nova Resource:Tools/SAL", 1, 42, "2026-11-22T12:00:00Z", "== 2026-11-22 ==\n* …", "[b:00] alice: …")


async def test_what_was_heard_of_a_channel_is_kept_and_brought_up_to_date(journal: Journal) -> None:
    later = NOON + timedelta(minutes=5)
    await journal.presences.heard("libera", "#cloud", Presence(NOON, NOON))
    await journal.presences.heard("libera", "#tech", Presence(NOON, NOON))
    await journal.presences.heard("libera", "#cloud", Presence(NOON, later))
    assert await journal.presences.presences() == {
        ("libera", "#cloud"): Presence(NOON, later),
        ("libera", "#tech"): Presence(NOON, NOON),
    }
