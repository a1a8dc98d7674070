"""What people hear about their entries: the journal's news in, lines in the channel out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from labsbot.announcer import Announcer
from labsbot.journal import Journal
from labsbot.model import Told
from tests.nouns import NOON, a_key, an_entry, day

ADDRESS = "https://wiki/Tools/SAL"


class World:
    """A journal, one channel that may be away, and a clock that is set."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.now = NOON
        self.here = True
        self.said: list[str] = []
        self.announcer = Announcer(journal, self, lambda: self.now)

    def present(self, network: str, channel: str) -> bool:
        return self.here

    def say(self, network: str, channel: str, text: str) -> bool:
        assert self.here
        self.said.append(f"{channel} {text}")
        return True

    async def log(self, nick: str, minute: int = 0, told: Told = Told.NOTHING) -> str:
        entry = an_entry(said=NOON + timedelta(minutes=minute), nick=nick)
        await self.journal.accept(a_key(), entry, day(entry), f"{entry.said:%H:%M}", told, self.now)
        return entry.id

    async def end(self, outcome: str, cause: str = "the page is protected") -> None:
        """Give everything that is pending this outcome."""
        due = await self.journal.pending()
        await self.journal.begin("b", "wiki", "Tools/SAL", due, self.now)
        if outcome == "delivered":
            await self.journal.delivered("b", due, ADDRESS, 1, self.now)
        elif outcome == "parked":
            await self.journal.park("b", due, cause, self.now)
        else:
            await self.journal.postpone("b", due, cause, self.now)

    async def hear(self, at: datetime | None = None, started: datetime = NOON) -> list[str]:
        """What is said now (and was not said before)."""
        self.now = at or self.now
        self.said.clear()
        await self.announcer.tell(started)
        return list(self.said)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    journal = Journal.open(tmp_path / "journal")
    yield World(journal)
    journal.close()


async def test_an_entry_on_the_wiki_is_told_once_with_its_address(world: World) -> None:
    entry_id = await world.log("alice")
    await world.end("delivered")
    assert await world.hear() == [f"#cloud alice: Logged at {ADDRESS}#{entry_id}"]
    assert await world.hear() == []


async def test_many_entries_of_one_person_are_one_line_and_each_person_has_their_own(world: World) -> None:
    await world.log("alice", minute=2)
    bobs = await world.log("bob", minute=3)
    newest = await world.log("alice", minute=9)
    await world.end("delivered")
    assert await world.hear() == [
        f"#cloud alice: Logged 2 entries (12:02–12:09) at {ADDRESS}#{newest}",
        f"#cloud bob: Logged at {ADDRESS}#{bobs}",
    ]


async def test_an_entry_is_late_after_ten_seconds_and_no_sooner(world: World) -> None:
    await world.log("alice")
    assert await world.hear(NOON + timedelta(seconds=9.9)) == []
    assert await world.announcer.tell(NOON) == pytest.approx(0.1)
    assert await world.hear(NOON + timedelta(seconds=10)) == [
        "#cloud alice: Saved, not on the wiki yet: it has not answered yet. It keeps its time."
    ]
    assert await world.hear(NOON + timedelta(hours=1)) == []


async def test_a_late_entry_is_told_why_and_later_that_it_arrived(world: World) -> None:
    entry_id = await world.log("alice")
    await world.end("postponed", cause="it is read-only")
    assert await world.hear(NOON + timedelta(seconds=11)) == [
        "#cloud alice: Saved, not on the wiki yet: it is read-only. It keeps its time."
    ]
    due = await world.journal.pending()
    await world.journal.begin("b2", "wiki", "Tools/SAL", due, NOON)
    await world.journal.delivered("b2", due, ADDRESS, 1, NOON)
    assert await world.hear() == [f"#cloud alice: Logged at {ADDRESS}#{entry_id}"]


async def test_a_pile_of_late_entries_is_one_line(world: World) -> None:
    await world.log("alice")
    await world.log("alice", minute=1)
    assert await world.hear(NOON + timedelta(seconds=11)) == [
        "#cloud alice: Saved 2 entries, not on the wiki yet: it has not answered yet. They keep their times."
    ]


async def test_after_a_restart_old_entries_get_their_ten_seconds_again(world: World) -> None:
    await world.log("alice")
    restarted = NOON + timedelta(hours=3)
    assert await world.hear(restarted, started=restarted) == []
    assert len(await world.hear(restarted + timedelta(seconds=10), started=restarted)) == 1


async def test_a_parked_entry_is_told_with_its_cause_and_its_id(world: World) -> None:
    entry_id = await world.log("alice")
    await world.end("parked")
    assert await world.hear() == [
        f"#cloud alice: Kept but not logged: the page is protected. An operator has to look (entry {entry_id})."
    ]


async def test_several_parked_entries_are_one_line(world: World) -> None:
    first = await world.log("alice")
    await world.log("alice", minute=1)
    await world.end("parked")
    assert [line.rpartition("(")[2] for line in await world.hear()] == [f"entry {first} and 1 more)."]


async def test_news_waits_until_the_bot_is_in_the_channel(world: World) -> None:
    await world.log("alice")
    await world.end("delivered")
    world.here = False
    assert await world.hear() == []
    world.here = True
    assert len(await world.hear()) == 1


async def test_a_robot_hears_nothing(world: World) -> None:
    await world.log("deploybot", told=Told.NEVER)
    await world.end("delivered")
    assert await world.hear() == []
