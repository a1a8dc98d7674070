"""What came since somebody heard last: all of it, in that order, once, and nothing of what is hidden."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from labsbot.journal import Journal, Reading
from labsbot.model import Via
from tests.nouns import NOON, an_acceptance, an_entry


async def test_what_was_accepted_since_is_told_in_that_order_once(tmp_path: Path) -> None:
    journal, reading = Journal.open(tmp_path / "journal.sqlite3"), Reading(tmp_path / "journal.sqlite3")
    assert reading.newest_accepted() == 0
    ids = {}
    for message, back, project, via in (
        ("first", 0, "tools", Via.IRC),
        ("late", 9, "tools", Via.HTTP),
        ("imported", 5, "tools", Via.WIKI),
        ("secret", 0, "secret", Via.IRC),
        ("last", 1, "bots", Via.IRC),
        ("imported, too", 1, "bots", Via.WIKI),
    ):
        entry = an_entry(message, NOON - timedelta(days=back), via=via)
        assert await journal.entries.accept(an_acceptance(entry, project))
        ids[message] = entry.id
    heard, told = reading.accepted_as(ids["first"]), []
    assert heard is not None
    for _ in range(5):
        news = reading.news(heard, frozenset({"secret"}), 2)
        told += [kept.entry.message for _, kept in news.entries]
        heard = news.until
    journal.close()
    assert told == ["late", "last"]
    assert heard == reading.newest_accepted()
    assert reading.accepted_as("nosuch") is None
