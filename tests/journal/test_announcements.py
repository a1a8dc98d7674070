"""What is to be announced in a channel is kept with its entry, and each is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from labsbot.journal import Journal
from labsbot.model import Begun, Kept
from tests.nouns import NOON, an_acceptance, an_entry

OPS, CLOUD = ("libera", "#ops"), ("libera", "#cloud")
NEVER = NOON - timedelta(days=1)
"""Nothing has waited since then."""
SECOND = timedelta(seconds=1)


async def log(journal: Journal, message: str, *channels: tuple[str, str], now: datetime = NOON, **given: Any) -> str:
    accepted = replace(an_acceptance(an_entry(message, said=now), now=now), announced_in=channels, **given)
    entry = await journal.entries.accept(accepted)
    assert entry is not None
    return entry.id


async def deliver(journal: Journal) -> None:
    due = await journal.deliveries.pending()
    await journal.attempts.begin(f"b{due[0].number}", "wiki", "Tools/SAL", due, NOON)
    await journal.attempts.delivered(f"b{due[0].number}", due, "https://wiki/SAL", 1, NOON)


async def to_announce(
    journal: Journal, channel: tuple[str, str] = OPS, late: datetime = NEVER, most: int = 100
) -> tuple[Kept, ...]:
    return (await journal.announcements.to_announce(*channel, late, most)).entries


def words(found: tuple[Kept, ...]) -> list[str]:
    return [each.message for each in found]


async def test_what_is_on_the_wiki_is_announced_in_each_of_its_channels_once(journal: Journal) -> None:
    await log(journal, "both", OPS, CLOUD)
    await log(journal, "one", OPS)
    await log(journal, "none")
    assert await to_announce(journal) == ()
    await deliver(journal)
    found = await to_announce(journal)
    assert words(found) == ["both", "one"]
    await journal.announcements.announced(*OPS, found)
    assert await to_announce(journal) == ()
    assert words(await to_announce(journal, CLOUD)) == ["both"]


async def test_what_waits_is_late_after_its_time_and_when_the_next_is_can_be_asked(journal: Journal) -> None:
    await log(journal, "first", OPS)
    await log(journal, "second", OPS, now=NOON + SECOND)
    before, after = [await journal.announcements.to_announce(*OPS, late, 9) for late in (NOON - SECOND, NOON)]
    assert (words(before.entries), before.next) == ([], NOON)
    assert (words(after.entries), after.next) == (["first"], NOON + SECOND)
    assert (await journal.announcements.to_announce(*OPS, NOON + SECOND, 9)).next is None


async def test_a_beginning_is_not_late_before_it_is_due(journal: Journal) -> None:
    await log(journal, "upgrading", OPS, begun=Begun(NOON + 10 * SECOND))
    assert await to_announce(journal, late=NOON + 9 * SECOND) == ()
    assert words(await to_announce(journal, late=NOON + 10 * SECOND)) == ["upgrading"]


async def test_what_was_not_heard_is_announced_again_and_outlives_a_restart(path: Path, journal: Journal) -> None:
    await log(journal, "restarted", OPS)
    await deliver(journal)
    found = await to_announce(journal)
    await journal.announcements.announced(*OPS, found)
    await journal.announcements.not_announced(*OPS, found)
    journal.close()
    again = Journal.open(path)
    assert await to_announce(again) == found
    again.close()


async def test_of_a_flood_the_oldest_are_read_and_no_more_at_once(journal: Journal) -> None:
    for number in range(5):
        await log(journal, str(number), OPS, now=NOON + number * SECOND)
    found = await to_announce(journal, late=NOON + 9 * SECOND, most=3)
    assert words(found) == ["0", "1", "2"]
    await journal.announcements.announced(*OPS, found)
    assert words(await to_announce(journal, late=NOON + 9 * SECOND, most=3)) == ["3", "4"]


async def test_what_nobody_could_be_told_for_a_day_is_no_news_any_more(journal: Journal) -> None:
    await log(journal, "old", OPS)
    await log(journal, "new", OPS, now=NOON + SECOND)
    await journal.upkeep.forget(NOON, NOON, NOON + SECOND)
    assert words(await to_announce(journal, late=NOON + SECOND)) == ["new"]
