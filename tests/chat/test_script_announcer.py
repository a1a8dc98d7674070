"""When channels hear what scripts have logged: the journal's news in, one line for a pile out, each entry once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from labsbot.chat import script_announcer
from labsbot.chat.links import EntryLinks
from labsbot.chat.script_announcer import ASKED, GATHERED, PAUSE, UNKNOWN, ScriptAnnouncer
from labsbot.journal import Journal
from labsbot.model import Changed, ChangeKind, Importance, Told
from tests.nouns import NOON, a_change, an_acceptance, an_entry, keep

OPS, CLOUD = ("libera", "#ops"), ("libera", "#cloud")


class World:
    """A journal, channels that may be away, and clocks that go together."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.seconds = 0.0
        self.away: set[tuple[str, str]] = set()
        self.said: list[str] = []
        self.became: list[Callable[[bool], None]] = []
        """To be told what became of each line."""
        self.restart()

    def restart(self) -> None:
        self.announcer = ScriptAnnouncer(self.journal.announcements, self, lambda: self.seconds, self.now)
        self.announcer.take_up([OPS, CLOUD], EntryLinks())

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def places(self) -> list[tuple[str, str]]:
        return [OPS, CLOUD]

    def takes(self, network: str, channel: str) -> bool:
        return (network, channel) not in self.away

    def say(self, network: str, target: str, text: str, importance: Importance, became: Callable[[bool], None]) -> bool:
        assert self.takes(network, target)
        assert importance is Importance.ANNOUNCEMENT
        self.said.append(f"{target} {text}".replace("\N{ZERO WIDTH SPACE}", ""))
        self.became.append(became)
        return True

    async def log(self, message: str = "restarted web", *channels: tuple[str, str], number: int = 1) -> None:
        its_id, moments = f"sal-{message.replace(' ', '-')}", map(timedelta.resolution.__mul__, range(number))
        entries = [an_entry(message, self.now() + each, id=its_id, author="deploy") for each in moments]
        accepted = [an_acceptance(each, now=self.now(), told=Told.NEVER) for each in entries]
        assert await self.journal.entries.accept_all(
            [replace(each, announced_in=channels or (OPS,)) for each in accepted]
        )

    async def deliver(self) -> None:
        due = await self.journal.deliveries.pending()
        await self.journal.attempts.begin(f"b{due[0].number}", "wiki", "Tools/SAL", due, NOON)
        await self.journal.attempts.delivered(f"b{due[0].number}", due, "https://wiki/SAL", 1, NOON)

    async def hear(self, after: float = 0.0, arrived: bool | None = True) -> list[str]:
        """What is said so many seconds later, and what becomes of it."""
        self.seconds += after
        self.said.clear()
        self.became.clear()
        self.rest = await self.announcer.tell()
        for became in self.became:
            if arrived is not None:
                became(arrived)
        return list(self.said)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    journal = Journal.open(tmp_path / "journal")
    yield World(journal)
    journal.close()


RESTARTED = "#ops Logged on tools by deploy: “restarted web” https://wiki/SAL#sal-restarted-web"


async def test_an_entry_is_announced_once_with_its_address_when_more_may_have_come(world: World) -> None:
    await world.log()
    assert await world.hear() == []
    await world.deliver()
    assert await world.hear(ASKED) == []
    assert world.rest == pytest.approx(GATHERED)
    assert await world.hear(GATHERED) == [RESTARTED]
    assert await world.hear(PAUSE) == []
    assert world.rest is None


async def test_what_comes_together_or_soon_after_a_line_is_one_line(world: World) -> None:
    await world.log(number=2)
    await world.deliver()
    await world.hear()
    (line,) = await world.hear(GATHERED)
    assert line.startswith("#ops Logged 2 entries (12:00) on tools by deploy, the newest: ")
    for number in range(5):
        await world.log(f"step {number}")
        await world.deliver()
        assert await world.hear(1) == []
    (line,) = await world.hear(PAUSE)
    assert line.startswith("#ops Logged 5 entries ")


async def test_each_channel_hears_what_it_is_to_hear(world: World) -> None:
    await world.log("both", OPS, CLOUD)
    await world.log("cloud", CLOUD)
    await world.deliver()
    await world.hear()
    of_ops, of_cloud = sorted(await world.hear(GATHERED), reverse=True)
    assert of_ops.startswith("#ops Logged on tools by deploy: “both”")
    assert of_cloud.startswith("#cloud Logged 2 entries ")


async def test_what_takes_long_is_announced_after_ten_seconds_and_not_again_when_it_is_there(world: World) -> None:
    await world.log()
    assert await world.hear(4) == []
    assert world.rest == pytest.approx(6)
    await world.hear(6)
    assert await world.hear(GATHERED) == ["#ops Saved on tools by deploy, not on the wiki yet: “restarted web”"]
    await world.deliver()
    await world.hear(PAUSE)
    assert await world.hear(PAUSE) == []


async def test_what_is_on_the_wiki_is_not_said_to_be_missing_there_with_what_is_not(world: World) -> None:
    await world.log("waits")
    await world.hear(10)
    await world.log("is there")
    due = await world.journal.deliveries.pending()
    await world.journal.attempts.begin("b", "wiki", "Tools/SAL", due[1:], NOON)
    await world.journal.attempts.delivered("b", due[1:], "https://wiki/SAL", 1, NOON)
    (first,) = await world.hear(GATHERED)
    (second,) = await world.hear(PAUSE)
    assert first.startswith("#ops Logged on tools by deploy: “is there”")
    assert second.startswith("#ops Saved on tools by deploy, not on the wiki yet: “waits”")


async def test_what_waited_over_a_restart_has_its_ten_seconds_anew(world: World) -> None:
    await world.log()
    world.seconds = 3600
    world.restart()
    assert await world.hear() == []
    assert await world.hear(9) == []
    await world.deliver()
    await world.hear(ASKED)
    assert await world.hear(GATHERED) == [RESTARTED]


async def test_what_is_taken_back_before_it_is_announced_never_is(world: World) -> None:
    await world.log()
    (owed,) = await world.journal.deliveries.pending()
    strike = a_change(ChangeKind.STRIKE)
    assert await keep(world.journal, Changed(None, owed.entry.id, strike, Told.NEVER, NOON))
    await world.deliver()
    await world.hear()
    assert await world.hear(GATHERED) == []
    assert (await world.journal.announcements.to_announce(*OPS, world.now(), 9)).entries == ()


async def test_where_nothing_can_be_said_it_waits_until_then(world: World) -> None:
    world.away = {OPS}
    await world.log(number=3)
    await world.deliver()
    assert await world.hear(60) == []
    assert world.rest is None
    world.away = set()
    await world.hear()
    (line,) = await world.hear(GATHERED)
    assert line.startswith("#ops Logged 3 entries ")


async def test_what_was_not_heard_is_announced_anew_after_a_while_with_what_came_since(world: World) -> None:
    await world.log()
    await world.deliver()
    await world.hear()
    assert await world.hear(GATHERED, arrived=False) == [RESTARTED]
    await world.log("another")
    await world.deliver()
    assert await world.hear() == []
    (line,) = await world.hear(PAUSE)
    assert line.startswith("#ops Logged 2 entries ")


async def test_a_channel_has_one_line_on_its_way_and_one_of_which_nothing_is_heard_does_not_stop_it(
    world: World,
) -> None:
    await world.log()
    await world.deliver()
    await world.hear()
    assert await world.hear(GATHERED, arrived=None) == [RESTARTED]
    await world.log("another")
    await world.deliver()
    assert await world.hear(PAUSE) == []
    (line,) = await world.hear(UNKNOWN)
    assert line.startswith("#ops Logged on tools by deploy: “another”")


async def test_a_crash_before_a_line_is_out_does_not_say_it_twice(world: World) -> None:
    await world.log()
    await world.deliver()
    await world.hear()
    await world.hear(GATHERED, arrived=None)
    world.restart()
    await world.hear(PAUSE)
    assert await world.hear(GATHERED) == []


async def test_a_channel_that_is_to_hear_nothing_any_more_hears_nothing(world: World) -> None:
    await world.log()
    await world.deliver()
    world.announcer.take_up([CLOUD], EntryLinks())
    await world.hear()
    assert await world.hear(GATHERED) == []


async def test_a_flood_becomes_a_few_lines_each_of_which_holds_so_many_at_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_announcer, "PORTION", 20)
    await world.log(number=50)
    await world.deliver()
    await world.hear()
    lines = [await world.hear(PAUSE) for _ in range(3)]
    assert [line.partition(" (")[0] for (line,) in lines] == [
        f"#ops Logged {number} entries" for number in (20, 20, 10)
    ]
    assert await world.hear(PAUSE) == []
