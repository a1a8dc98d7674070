"""What networks tell, in; entries in the journal and words for the channel, out."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from labsbot.desk.catchup import CatchUp
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import CaughtUp, Entered, Presence, Present, Privmsg, Sender
from labsbot.settings import Access, Channel, Network, PageSettings, Relay, RelayForm, Rule, SecretShape, Server, Who
from tests.nouns import NOON, a_directory, a_front_desk, a_line

TOKYO = PageSettings(time_zone=ZoneInfo("Asia/Tokyo"))
PLACE = ("libera", "#cloud")
OPEN = Access()


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


class World:
    """The desk behind a network that was left at noon, having been entered an hour before."""

    def __init__(
        self,
        folder: Path,
        page: PageSettings | None = None,
        access: Access = OPEN,
        shapes: Sequence[SecretShape] = (),
        **network: Any,
    ) -> None:
        channel = Channel("#cloud", None, page or PageSettings(), access=access)
        self.network = Network("libera", (Server("h", 1),), None, "labsbot", "x", (channel,), **network)
        self.shapes = shapes
        self.directory = a_directory("tools")
        self.path = folder / "journal"
        self.journal = Journal.open(self.path)

    async def start(self) -> None:
        self.intake = intake = a_front_desk(
            self.journal.entries,
            {PLACE: ChannelRules(self.network.channels[0], self.directory, self.network.relays)},
            "wiki",
            shapes=self.shapes,
        )
        self.catch_up = CatchUp(self.journal.presences, intake.hear, [self.network])
        await self.catch_up.begin()

    async def was_there(self, since: float = -60, until: float = 0) -> None:
        await self.journal.presences.heard(*PLACE, Presence(minutes(since), minutes(until)))
        await self.start()

    async def hear(self, *news: object) -> list[str]:
        return [f"{reply.target} {reply.text}" for each in news for reply in await self.catch_up.hear(each)]  # type: ignore[arg-type]

    async def come_back(
        self, *lines: Privmsg, at: float = 30, repeated: bool = True, since: float | None = None
    ) -> list[str]:
        caught_up = CaughtUp(*PLACE, minutes(at), repeated, None if since is None else minutes(since))
        return await self.hear(Entered(*PLACE, minutes(at)), *lines, caught_up)

    async def logged(self) -> list[tuple[str, str]]:
        return [(each.clock, each.entry.message) for each in await self.journal.deliveries.pending()]


def missed(text: str, said: float, **given: Any) -> Privmsg:
    given = {"arrived": minutes(30), "server_time": minutes(said), "replayed": True, **given}
    return a_line(text, **given)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.start()
    yield world
    world.journal.close()


async def test_a_live_line_goes_straight_to_the_desk(world: World) -> None:
    assert await world.hear(a_line("!log tools x"), a_line("!log tolls x")) == [
        "#cloud alice: Not logged: there is no project “tolls”. Did you mean tools?"
    ]
    assert await world.logged() == [("12:00", "x")]


async def test_a_missed_line_is_logged_with_the_time_and_the_day_at_which_it_was_said(world: World) -> None:
    await world.was_there(since=-2000, until=-1000)
    assert await world.come_back(missed("!log tools x", -740), missed("!log tools y", 10)) == []
    assert await world.logged() == [("23:40", "x"), ("12:10", "y")]
    days = [each.log_day.day for each in await world.journal.deliveries.pending()]
    assert days == [21, 22]


async def test_what_was_heard_before_its_channel_was_removed_is_dealt_with_by_the_last_rules(world: World) -> None:
    """The lines wait in a queue while the configuration is read again."""
    await world.was_there()
    world.intake.take_up(world.intake._desk, {}, lambda sender: None, ())
    world.catch_up.take_up(())
    assert await world.hear(a_line("!log tools live")) == []
    assert await world.come_back(missed("!log tools missed", 10), missed("!log tolls x", 11)) == [
        "#cloud alice: Not logged: there is no project “tolls”. Did you mean tools? (You said it at 12:11.)"
    ]
    assert await world.logged() == [("12:00", "live"), ("12:10", "missed")]


@pytest.mark.parametrize(
    ("live", "repeated"),
    [
        ({"msgid": "m1", "server_time": minutes(-1)}, {"msgid": "m1"}),
        ({"msgid": "m1", "server_time": minutes(-1) + timedelta(milliseconds=640)}, {}),
        ({"server_time": minutes(-1)}, {"msgid": "m1"}),
        ({"server_time": minutes(-1), "arrived": minutes(9)}, {}),
    ],
    ids=["msgid", "cut to the second", "msgid only later", "our clock is wrong"],
)
async def test_a_line_that_was_heard_live_and_is_repeated_is_one_entry(
    world: World, live: dict[str, Any], repeated: dict[str, Any]
) -> None:
    await world.was_there()
    await world.hear(a_line("!log tools x", **live))
    for _ in range(2):
        await world.come_back(missed("!log tools x", -1, **repeated))
    assert len(await world.logged()) == 1


async def test_nothing_is_logged_that_was_said_before_we_first_came(world: World) -> None:
    await world.come_back(missed("!log tools x", 29.9), missed("!log tolls x", 29.9), at=30)
    await world.come_back(missed("!log tools y", 29.9), missed("!log tools z", 30.1), at=40)
    assert await world.logged() == [("12:30", "z")]


async def test_nothing_is_logged_that_is_too_old_or_has_no_time(tmp_path: Path) -> None:
    world = World(tmp_path, catch_up=3600.0)
    await world.was_there(since=-600, until=-300)
    await world.come_back(
        missed("!log tools x", -31), missed("!log tools y", -29), missed("!log tools z", 0, server_time=None)
    )
    assert await world.logged() == [("11:31", "y")]


async def test_a_repeated_time_that_lies_in_the_future_is_not_believed(world: World) -> None:
    await world.was_there()
    await world.come_back(missed("!log tools x", 600))
    assert await world.logged() == [("12:30", "x")]


async def test_what_was_said_in_private_while_we_were_away_is_nothing(world: World) -> None:
    await world.was_there()
    assert await world.come_back(missed("hello?", 10, channel=None)) == []


async def test_a_missed_line_that_cannot_be_logged_is_answered_with_its_time_when_all_has_come(world: World) -> None:
    await world.was_there()
    assert await world.hear(Entered(*PLACE, minutes(30)), missed("!log tolls x", 5)) == []
    assert await world.hear(CaughtUp(*PLACE, minutes(30), True)) == [
        "#cloud alice: Not logged: there is no project “tolls”. Did you mean tools? (You said it at 12:05.)"
    ]
    assert await world.come_back(missed("!log tolls x", 5)) == []


async def test_each_person_gets_one_line_for_all_that_could_not_be_logged(tmp_path: Path) -> None:
    world = World(tmp_path, page=TOKYO)
    await world.was_there()
    bob = Sender("bob", "b", "h")
    assert await world.come_back(
        missed("!log tolls x", 5), missed("!log", 6, sender=bob), missed("!log", 7), missed("!log paws y", 9)
    ) == [
        "#cloud alice: 3 lines from 21:05–21:09 not logged. The last: there is no project “paws”. "
        "Type !log <project> <message>, for example: !log tools restarted the web service. All projects: !log projects",
        "#cloud bob: Not logged: the project and what you did are missing. Type !log <project> <message>, for example:"
        " !log tools restarted the web service (You said it at 21:06.)",
    ]


async def test_of_those_behind_a_bridge_each_is_answered_alone(tmp_path: Path) -> None:
    world = World(tmp_path, relays=(Relay("matrixbot", RelayForm.BRIDGE),))
    await world.was_there()
    bridge = Sender("matrix", "m", "h", "MatrixBot")
    lines = [missed(f"<{name}> !log nosuch {n}", n, sender=bridge) for n, name in enumerate(("bob", "carol", "bob"), 1)]
    first, second = await world.come_back(*lines)
    assert first.startswith("#cloud bob: 2 lines from 12:01–12:03 not logged. The last: there is no project")
    assert second.startswith("#cloud carol: Not logged: there is no project")


async def test_nobody_waits_for_help_any_more(world: World) -> None:
    await world.was_there()
    assert await world.come_back(missed("!log help", 5)) == []


async def test_what_was_answered_before_a_restart_is_not_answered_again(world: World) -> None:
    await world.was_there()
    for text in ("!log tolls x", "!log help"):
        assert await world.hear(a_line(text, server_time=minutes(-1)))
    await world.start()
    assert await world.come_back(missed("!log tolls x", -1), missed("!log help", -1)) == []


async def test_until_when_a_channel_was_heard_outlives_a_restart(world: World) -> None:
    assert world.catch_up.heard_until(*PLACE) is None
    await world.hear(Entered(*PLACE, minutes(0)), CaughtUp(*PLACE, minutes(0), False), Present(*PLACE, minutes(5)))
    await world.start()
    assert world.catch_up.heard_until(*PLACE) == minutes(5)
    assert (await world.journal.presences.presences())[PLACE] == Presence(minutes(0), minutes(5))


async def test_while_we_catch_up_nothing_counts_as_heard(world: World) -> None:
    await world.was_there()
    await world.hear(Entered(*PLACE, minutes(30)), missed("!log tools x", 5), a_line("hello", arrived=minutes(31)))
    assert world.catch_up.heard_until(*PLACE) == minutes(0)
    await world.hear(CaughtUp(*PLACE, minutes(31), True))
    assert world.catch_up.heard_until(*PLACE) == minutes(31)


async def test_where_nothing_is_repeated_the_gap_stands_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await world.was_there()
    assert await world.come_back(repeated=True) == []
    assert caplog.text == ""
    assert await world.come_back(at=40, repeated=False) == []
    assert "libera: missed what was said in #cloud from 2026-11-22T12:30:00Z to 2026-11-22T12:40:00Z: " in (caplog.text)


async def test_where_the_history_does_not_go_back_far_enough_the_rest_is_a_gap(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await world.was_there()
    assert await world.come_back(missed("!log tools x", -1), since=-1) == []
    assert caplog.text == ""
    assert await world.come_back(missed("!log tools y", 35), at=40, since=35) == []
    assert "from 2026-11-22T12:30:00Z to 2026-11-22T12:35:00Z: the network does not repeat it" in caplog.text


async def test_the_first_time_in_a_channel_there_is_no_gap(tmp_path: Path) -> None:
    world = World(tmp_path, tell_gaps=True)
    await world.start()
    assert await world.hear(Entered(*PLACE, minutes(0)), CaughtUp(*PLACE, minutes(0.1), False)) == []


async def test_if_wanted_the_gap_is_told_in_the_channel(tmp_path: Path) -> None:
    world = World(tmp_path, page=TOKYO, tell_gaps=True)
    await world.was_there()
    assert await world.come_back(repeated=False) == [
        "#cloud I was away from 21:00 to 21:30. Please repeat what you logged in that time."
    ]


async def test_a_journal_that_cannot_be_written_loses_no_line_of_the_next_catching_up(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.was_there()
    with sqlite3.connect(world.path) as other:
        other.execute("CREATE TRIGGER full BEFORE UPDATE ON presence BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    await world.hear(Present(*PLACE, minutes(5)))
    assert "until when #cloud was heard is not kept: " in caplog.text
    assert (await world.journal.presences.presences())[PLACE].until == minutes(0)


async def test_what_proves_too_little_is_told_in_one_line_for_all(tmp_path: Path) -> None:
    world = World(tmp_path, access=Access(allow=(Rule(Who.REGISTERED),)))
    await world.was_there()
    replies = await world.come_back(
        missed("!log tools one", 10),
        missed("!log tools two", 12, nick="bob"),
        missed("!log nosuch three", 13, nick="carol"),
        missed("!log tools four", 14),
        missed("!log tools five", 15, sender=Sender("dora", "d", "h", "Dora")),
    )
    assert [message for _, message in await world.logged()] == ["five"]
    assert replies == [
        "#cloud alice, bob: 3 lines from 12:10–12:14 not logged: said while I was away, and the network does not repeat"
        " who was logged in. Please say it again.",
        "#cloud carol: Not logged: there is no project “nosuch”. Type !log <project> <message>, for example: !log tools"
        " restarted the web service. All projects: !log projects (You said it at 12:13.)",
    ]
    world.journal.close()


async def test_what_is_for_one_person_alone_is_not_put_together_with_the_rest(tmp_path: Path) -> None:
    world = World(tmp_path, shapes=[SecretShape("a token", re.compile("tok-[0-9]+"))])
    await world.was_there()
    (reply,) = await world.come_back(missed("!log tools tok-1", 10))
    assert reply.startswith("alice Not logged: your message in #cloud seems to contain a token.")
    world.journal.close()
