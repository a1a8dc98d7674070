"""What people hear about their entries: the journal's news in, lines in the channel out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.chat.announcer import AGAIN, Announcer
from labsbot.chat.words import LONGEST
from labsbot.journal import Journal
from labsbot.model import Importance, Told
from tests.nouns import NOON, an_acceptance, an_entry

ADDRESS = "https://wiki/Tools/SAL"


class World:
    """A journal, one channel that may be away, and a clock that is set."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.seconds = 0.0
        self.here = True
        self.said: list[str] = []
        self.room = 1000
        """So many more lines can be taken."""
        self.became: list[Callable[[bool], None]] = []
        """To be told what became of each line."""
        self.restart()

    def restart(self) -> None:
        self.announcer = Announcer(self.journal.tellings, self, lambda: self.seconds)

    def places(self) -> list[tuple[str, str]]:
        return [("libera", "#cloud"), ("libera", "#elsewhere")]

    def takes(self, network: str, channel: str) -> bool:
        return self.here and channel == "#cloud" and self.room > 0

    def say(self, network: str, target: str, text: str, importance: Importance, became: Callable[[bool], None]) -> bool:
        assert self.takes(network, target)
        assert importance is Importance.OUTCOME
        self.room -= 1
        self.said.append(f"{target} {text}")
        self.became.append(became)
        return True

    async def log(
        self,
        nick: str,
        minute: int = 0,
        told: Told = Told.NOTHING,
        project: str = "tools",
        channel: str = "#cloud",
    ) -> str:
        entry = an_entry(said=NOON + timedelta(minutes=minute), nick=nick, channel=channel)
        await self.journal.entries.accept(an_acceptance(entry, project, told=told))
        return entry.id

    async def end(self, outcome: str, cause: str = "the page is protected", most: int | None = None) -> None:
        """Give what is pending this outcome."""
        due = await self.journal.deliveries.pending(most=most)
        batch = f"b{due[0].number}"
        await self.journal.attempts.begin(batch, "wiki", "Tools/SAL", due, NOON)
        if outcome == "delivered":
            await self.journal.attempts.delivered(batch, due, ADDRESS, 1, NOON)
        elif outcome == "parked":
            await self.journal.attempts.park(batch, due, cause, NOON)
        else:
            await self.journal.attempts.postpone(batch, due, cause, NOON)

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


@pytest.mark.parametrize(
    "addresses",
    [[ADDRESS], [ADDRESS, "https://wiki/Bots/SAL"], [ADDRESS, ADDRESS]],
)
async def test_where_it_stands_is_said_once_and_for_which_time_something_was_logged_afterwards(
    world: World, addresses: list[str]
) -> None:
    entry = an_entry(late=True)
    await world.journal.entries.accept(an_acceptance(entry, *(f"p{number}" for number in range(len(addresses)))))
    for due, address in zip(await world.journal.deliveries.pending(), addresses, strict=True):
        await world.journal.attempts.begin(f"b{due.number}", "wiki", address, [due], NOON)
        await world.journal.attempts.delivered(f"b{due.number}", [due], address, 1, NOON)
    where = " and ".join(f"{each}#{entry.id}" for each in dict.fromkeys(addresses))
    assert await world.hear() == [f"#cloud alice: Logged for {NOON:%Y-%m-%d %H:%M} UTC at {where}"]


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
    due = await world.journal.deliveries.pending()
    await world.journal.attempts.begin("b2", "wiki", "Tools/SAL", due, NOON)
    await world.journal.attempts.delivered("b2", due, ADDRESS, 1, NOON)
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


async def test_what_is_said_at_one_time_names_it_once_and_late_entries_do_not_turn_it_round(world: World) -> None:
    for minute in (3, 3):
        await world.log("alice", minute)
    await world.end("delivered")
    assert "Logged 2 entries (12:03) at " in (await world.hear())[0]
    for minute in (9, 7):
        await world.log("alice", minute)
    await world.end("delivered")
    assert "Logged 2 entries (12:07–12:09) at " in (await world.hear())[0]


async def test_entries_of_several_projects_are_counted_by_project(world: World) -> None:
    for project in ("tools", "mail", "tools", "dns", "tools"):
        await world.log("alice", project=project)
    newest = await world.log("alice", minute=1, project="tools")
    await world.end("delivered")
    assert await world.hear() == [
        "#cloud alice: Logged 6 entries (12:00–12:01): 4 on tools, 1 on mail, 1 on dns;"
        f" the newest at {ADDRESS}#{newest}"
    ]


@pytest.mark.parametrize("length", [3, 40, 150, 300])
async def test_however_many_projects_there_are_the_address_is_not_cut_off(world: World, length: int) -> None:
    for number in range(9):
        await world.log("alice", project=f"{number:0{length}}")
    await world.end("delivered")
    (line,) = await world.hear()
    assert len(line.encode()) < LONGEST + len("#cloud alice: ")
    assert ADDRESS in line
    assert (" others; " in line) == (length < 300)


# --- where not all can be said


async def test_what_finds_no_room_is_not_recorded_as_told_and_is_one_line_later(world: World) -> None:
    for nick in ("alice", "bob", "carol"):
        await world.log(nick)
    world.room = 1
    await world.end("delivered")
    assert [line.split(" ")[1] for line in await world.hear()] == ["alice:"]
    await world.log("bob", minute=1)
    await world.end("delivered")
    assert await world.hear() == []
    world.room = 5
    assert [line.split(" at ")[0] for line in await world.hear()] == [
        "#cloud bob: Logged 2 entries (12:00–12:01)",
        "#cloud carol: Logged",
    ]


async def test_what_a_channel_did_not_let_us_say_is_told_again_with_all_that_came_since(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await world.log("alice")
    await world.end("delivered")
    await world.hear()
    world.became.pop()(False)
    await world.log("alice", minute=1)
    await world.end("delivered")
    assert await world.hear() == [], "not at once"
    assert await world.hear(AGAIN - 0.1) == []
    assert world.rest == pytest.approx(0.1)
    assert "announced logged" not in caplog.text
    assert [line.split(" at ")[0] for line in await world.hear(AGAIN)] == [
        "#cloud alice: Logged 2 entries (12:00–12:01)"
    ]
    world.became.pop()(True)
    assert "announced logged" in caplog.text
    world.restart()
    assert await world.hear() == []


async def test_who_cannot_be_told_is_tried_ever_more_seldom_and_keeps_nobody_else_waiting(world: World) -> None:
    await world.log("alice")
    await world.end("delivered")
    assert len(await world.hear()) == 1
    for wait in (5, 10, 20, 40, 80, 160, 160):
        world.became.pop()(False)
        refused = world.seconds
        await world.log("bob")
        await world.end("delivered")
        assert [line.split(" ")[1] for line in await world.hear()] == ["bob:"]
        assert await world.hear(refused + wait - 0.1) == []
        assert [line.split(" ")[1] for line in await world.hear(refused + wait)] == ["alice:"]


async def test_an_outcome_that_was_heard_is_not_told_again_because_earlier_news_was_not(world: World) -> None:
    await world.log("alice")
    await world.hear()
    await world.hear(10)
    await world.end("delivered")
    await world.hear()
    late, logged = world.became
    logged(True)
    late(False)
    assert await world.hear(1000) == []


async def test_what_was_not_heard_is_told_by_the_next_process(world: World) -> None:
    await world.log("alice")
    await world.end("delivered")
    await world.hear()
    world.became.pop()(False)
    await world.hear()
    world.restart()
    assert len(await world.hear()) == 1


async def test_what_waits_for_another_channel_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsbot.journal.tellings.PEOPLE", 1)
    for _ in range(10):
        await world.log("bob", channel="#elsewhere")
    await world.log("alice")
    await world.end("delivered")
    untold = await world.journal.tellings.untold(99, [("libera", "#cloud")])
    assert [telling.delivery.entry.nick for telling in untold.tellings] == ["alice"]
    assert len(await world.hear()) == 1


async def test_much_news_is_read_in_portions_and_told_all_of_it_one_line_for_each_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.journal.tellings.PEOPLE", 4)
    for number in range(30):
        await world.log(f"nick{number % 10}", minute=number)
    await world.end("delivered")
    assert [line.split(" (")[0] for line in await world.hear()] == [
        f"#cloud nick{number}: Logged 3 entries" for number in range(10)
    ]
    assert await world.hear() == []


async def test_whatever_one_person_has_to_hear_only_a_portion_is_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.journal.tellings.PORTION", 4)
    for number in range(6):
        await world.log("alice", minute=number)
    await world.end("delivered")
    assert len((await world.journal.tellings.untold(99, [("libera", "#cloud")])).tellings) == 4
    said = [*await world.hear(), *await world.hear()]
    assert [line.split(" (")[0] for line in said] == [f"#cloud alice: Logged {number} entries" for number in (4, 2)]


async def test_who_is_held_keeps_nobody_else_waiting_however_few_are_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.journal.tellings.PEOPLE", 1)
    await world.log("alice")
    await world.log("alice")
    await world.end("delivered", most=1)
    await world.log("bob")
    bobs = [each for each in await world.journal.deliveries.pending() if each.entry.nick == "bob"]
    await world.journal.attempts.begin("bobs", "wiki", "Bobs", bobs, NOON)
    await world.journal.attempts.delivered("bobs", bobs, ADDRESS, 1, NOON)
    assert [line.split(" ")[1] for line in await world.hear()] == ["bob:"]


async def test_each_cause_of_parked_entries_is_told(world: World) -> None:
    for cause in ("the page is protected", "a filter refuses it"):
        await world.log("alice")
        await world.end("parked", cause)
    assert [line.split(". ")[0] for line in await world.hear()] == [
        "#cloud alice: Kept but not logged: the page is protected",
        "#cloud alice: Kept but not logged: a filter refuses it",
    ]


async def test_the_operator_is_named_who_has_to_look(world: World) -> None:
    world.announcer = Announcer(world.journal.tellings, world, lambda: 0, "dora")
    entry_id = await world.log("alice")
    await world.end("parked")
    assert (await world.hear())[0].endswith(f": the page is protected. dora has to look (entry {entry_id}).")


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


async def test_where_one_of_two_logs_refuses_it_that_is_told_once_and_later_that_it_stands_on_both(
    world: World,
) -> None:
    entry = an_entry(nick="alice", channel="#cloud")
    await world.journal.entries.accept(an_acceptance(entry, "tools", "bots"))
    tools, bots = await world.journal.deliveries.pending()
    await world.journal.attempts.begin("b1", "wiki", "Tools", [tools], NOON)
    await world.journal.attempts.delivered("b1", [tools], ADDRESS, 1, NOON)
    assert await world.hear() == []
    await world.journal.attempts.begin("b2", "wiki", "Bots", [bots], NOON)
    await world.journal.attempts.park("b2", [bots], "the page is protected", NOON)
    (line,) = await world.hear()
    assert line.startswith(
        f"#cloud alice: Logged on tools at {ADDRESS}#{entry.id}; not on bots: the page is protected."
    )
    assert await world.hear() == []
    world.restart()
    assert await world.hear() == []
    await world.journal.undelivered.retry([entry.id])
    due = await world.journal.deliveries.pending()
    await world.journal.attempts.begin("b3", "wiki", "Bots", due, NOON)
    await world.journal.attempts.delivered("b3", due, "https://wiki/Bots/SAL", 1, NOON)
    assert await world.hear() == [f"#cloud alice: Logged at {ADDRESS}#{entry.id} and https://wiki/Bots/SAL#{entry.id}"]
    assert await world.hear() == []
