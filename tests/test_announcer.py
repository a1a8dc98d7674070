"""What people hear about their entries: the journal's news in, lines in the channel out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
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
        self.seconds = 0.0
        self.here = True
        self.dying = False
        """The connection breaks between the look and the word."""
        self.said: list[str] = []
        self.restart()

    def restart(self) -> None:
        self.announcer = Announcer(self.journal, self, lambda: self.seconds)

    def present(self, network: str, channel: str) -> bool:
        return self.here

    def say(self, network: str, channel: str, text: str) -> bool:
        assert self.here
        if self.dying:
            return False
        self.said.append(f"{channel} {text}")
        return True

    async def log(self, nick: str, minute: int = 0, told: Told = Told.NOTHING) -> str:
        entry = an_entry(said=NOON + timedelta(minutes=minute), nick=nick)
        await self.journal.accept(a_key(), entry, day(entry), f"{entry.said:%H:%M}", told, NOON)
        return entry.id

    async def end(self, outcome: str, cause: str = "the page is protected", most: int | None = None) -> None:
        """Give what is pending this outcome."""
        due = await self.journal.pending(most=most)
        batch = f"b{due[0].number}"
        await self.journal.begin(batch, "wiki", "Tools/SAL", due, NOON)
        if outcome == "delivered":
            await self.journal.delivered(batch, due, ADDRESS, 1, NOON)
        elif outcome == "parked":
            await self.journal.park(batch, due, cause, NOON)
        else:
            await self.journal.postpone(batch, due, cause, NOON)

    async def hear(self, at: float | None = None) -> list[str]:
        """What is said now (and was not said before)."""
        self.seconds = self.seconds if at is None else at
        self.said.clear()
        self.rest = await self.announcer.tell()
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
    assert await world.hear() == []
    assert await world.hear(9.9) == []
    assert world.rest == pytest.approx(0.1)
    assert await world.hear(10) == [
        "#cloud alice: Saved, not on the wiki yet: it has not answered yet. It keeps its time."
    ]
    assert world.rest is None
    assert await world.hear(3600) == []


async def test_a_late_entry_is_told_why_and_later_that_it_arrived(world: World) -> None:
    entry_id = await world.log("alice")
    await world.end("postponed", cause="it is read-only")
    await world.hear()
    assert await world.hear(11) == ["#cloud alice: Saved, not on the wiki yet: it is read-only. It keeps its time."]
    due = await world.journal.pending()
    await world.journal.begin("b2", "wiki", "Tools/SAL", due, NOON)
    await world.journal.delivered("b2", due, ADDRESS, 1, NOON)
    assert await world.hear() == [f"#cloud alice: Logged at {ADDRESS}#{entry_id}"]


async def test_a_pile_of_late_entries_is_one_line(world: World) -> None:
    await world.log("alice")
    await world.log("alice", minute=1)
    await world.hear()
    assert await world.hear(11) == [
        "#cloud alice: Saved 2 entries, not on the wiki yet: it has not answered yet. They keep their times."
    ]


async def test_after_a_restart_old_entries_get_their_ten_seconds_again(world: World) -> None:
    await world.log("alice")
    world.restart()
    assert await world.hear(10_000) == []
    assert len(await world.hear(10_010)) == 1


async def test_each_entry_has_its_own_ten_seconds(world: World) -> None:
    await world.log("alice")
    await world.hear()
    await world.log("bob")
    assert await world.hear(6) == []
    assert [line.split()[1] for line in await world.hear(10)] == ["alice:"]
    assert world.rest == pytest.approx(6)
    assert [line.split()[1] for line in await world.hear(16)] == ["bob:"]


async def test_a_burst_that_is_late_is_told_in_a_few_lines(world: World) -> None:
    said = []
    for tenth in range(200):
        if tenth < 50:
            await world.log("alice")
        said += await world.hear(tenth / 10)
    assert [line.split(",")[0] for line in said] == [
        "#cloud alice: Saved",
        "#cloud alice: Saved 30 entries",
        "#cloud alice: Saved 19 entries",
    ]


async def test_the_time_of_day_plays_no_part_in_what_is_late(world: World) -> None:
    await world.log("alice", minute=-60)
    await world.log("alice", minute=60)
    assert await world.hear() == []
    assert len(await world.hear(10)) == 1


async def test_what_is_told_is_not_told_again_by_the_next_process(world: World) -> None:
    await world.log("alice")
    await world.end("delivered")
    assert len(await world.hear()) == 1
    world.restart()
    assert await world.hear() == []


async def test_a_pile_that_comes_through_page_by_page_is_one_line(world: World) -> None:
    for minute in range(5):
        await world.log("alice", minute)
    await world.hear()
    assert len(await world.hear(11)) == 1
    said = []
    for second in range(5):
        await world.end("delivered", most=1)
        said += await world.hear(11 + second / 2)
    assert [line.rpartition(" at ")[0] for line in said] == ["#cloud alice: Logged 5 entries (12:00–12:04)"]


async def test_news_waits_for_more_of_the_same_person_for_three_seconds(world: World) -> None:
    await world.log("alice", 0)
    await world.log("alice", 1)
    await world.end("delivered", most=1)
    assert await world.hear() == []
    assert world.rest == pytest.approx(3)
    assert len(await world.hear(3)) == 1


async def test_a_pile_of_several_days_is_told_with_its_days(world: World) -> None:
    await world.log("alice")
    await world.log("alice", minute=60 * 24 + 5)
    await world.end("delivered")
    assert "(2026-11-22 12:00 – 2026-11-23 12:05)" in (await world.hear())[0]


async def test_what_was_handed_over_while_the_connection_died_is_not_said_twice(world: World) -> None:
    await world.log("alice")
    await world.end("delivered")
    world.dying = True
    assert await world.hear() == []
    world.dying = False
    assert await world.hear() == []


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


async def test_the_wikis_own_code_is_for_operators_not_for_the_channel(world: World) -> None:
    await world.log("alice")
    await world.end("parked", cause="the page is protected (protectedpage)")
    (line,) = await world.hear()
    assert line.startswith("#cloud alice: Kept but not logged: the page is protected. An operator has to look ")
