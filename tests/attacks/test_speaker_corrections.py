"""Corrections, late entries and several logs, under attack: nothing is struck that was not meant, or told falsely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from labsbot.chat.announcer import Announcer, Place
from labsbot.chat.words import words
from labsbot.model import ChangeKind, DeliveryState, Importance, Refused, Sender, Told
from labsbot.settings import PageSettings
from tests.delivery.world import TITLE, World
from tests.desk.test_corrections_at_the_desk import ALICE, BOB, MATRIX, Front
from tests.nouns import NOON, a_delivery

BOTS = "Nova Resource:Bots/SAL"
ACCOUNT = replace(ALICE, account="Alice")


class Channel:
    """One that always lets us speak, and what was said there."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def places(self) -> list[Place]:
        return [("libera", "#cloud")]

    def takes(self, network: str, channel: str) -> bool:
        return True

    def say(self, network: str, target: str, text: str, importance: Importance, became: Any) -> bool:
        self.said.append(text)
        became(True)
        return True


class Scene(World):
    """The desk, the journal, the delivery, the wiki and the way back."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.channel = Channel()
        self.said_last = NOON
        self.again()

    def again(self) -> None:
        """The bot was restarted, or read its configuration anew."""
        self.restart()
        self.front = Front(self.journal)
        self.front.now = self.said_last
        self.announcer = Announcer(self.journal.tellings, self.channel, self.clock)

    async def say(self, text: str, sender: Sender = ALICE, **given: Any) -> str | None:
        reply = await self.front.say(text, sender, **given)
        self.wall = self.said_last = self.front.now
        return reply

    async def hear(self) -> list[str]:
        """Deliver what can be delivered; what the channel hears of it."""
        await self.quiet()
        self.channel.said.clear()
        for _ in range(4):
            await self.announcer.tell()
            self.seconds += 11
        return [*self.channel.said]

    async def newest(self) -> str:
        return (await self.journal.entries.last_here("libera #cloud", 1))[0].entry.id


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    scene = Scene(tmp_path)
    yield scene.front
    scene.journal.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.journal.close()


async def struck(front: Front) -> list[str]:
    """The messages of the entries that were taken back."""
    return [
        each.entry.message
        for each in await front.owed()
        if each.change is not None and each.change.kind is ChangeKind.STRIKE
    ]


# --- what was not meant is struck ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("older", "newer", "now"),
    [
        (ACCOUNT, ALICE, ACCOUNT),  # services were away for a moment, or did not tell yet who she is
        (ALICE, ACCOUNT, ALICE),
        (ALICE, replace(ALICE, nick="alice_"), ALICE),
        (ACCOUNT, replace(ACCOUNT, account="ALICE"), ACCOUNT),  # services spell it otherwise; `corrections` folds it
    ],
)
async def test_undo_never_strikes_an_older_entry_of_hers_instead_of_the_last(
    front: Front, older: Sender, newer: Sender, now: Sender
) -> None:
    await front.say("!log tools older", older)
    await front.say("!log tools newer", newer)
    await front.say("!undo", now)
    assert "older" not in await struck(front)


async def test_an_undo_of_the_history_does_not_strike_a_late_entry_that_was_logged_after_it(front: Front) -> None:
    await front.say("!log tools first", ACCOUNT)
    undone = front.now + timedelta(seconds=10)  # while we were away
    await front.say("!log -30m tools later", ACCOUNT)  # we are back, and she logs before the history has come
    await front.say("!undo", ACCOUNT, replayed=True, server_time=undone)
    assert "later" not in await struck(front)


async def test_a_clock_that_is_set_back_does_not_make_undo_strike_another_entry(front: Front) -> None:
    await front.say("!log tools first")
    await front.say("!log tools second", arrived=NOON + timedelta(minutes=9))
    await front.say("!undo", arrived=NOON + timedelta(minutes=9, seconds=-1))
    assert "first" not in await struck(front)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "-alice"),
        ("alice", "!alice"),
        ("a" * 64 + "1", "a" * 64 + "2"),
        ("alice", "alice:"),
        ("alice", "alice\u200b"),
        ("bob", "b\u00adob"),
        ("@dora:ex.org", "dora:ex.org"),
    ],
)
async def test_behind_a_relay_another_name_is_another_person(front: Front, one: str, other: str) -> None:
    await front.say(f"<{one}> !log tools x", MATRIX)
    await front.say(f"<{other}> !undo", MATRIX)
    assert await struck(front) == []


async def test_behind_a_relay_the_colour_of_a_name_is_nobody_else(front: Front) -> None:
    await front.say("<\x0304ali\u200bce\x03> !log tools x", MATRIX)
    await front.say("<\x0307ali\u200bce\x03> !undo", MATRIX)
    assert await struck(front) == ["x"]


# --- a fault, or silence ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["[x", "x]", "a\u2100b"])
async def test_a_link_that_is_no_address_is_refused_like_any_other(front: Front, host: str) -> None:
    await front.say("!log tools x")
    (one,) = await front.entries()
    for command in ("!undo", "!amend"):
        answer = await front.say(f"{command} https://{host}/#{one.entry.id} y", BOB)
        assert answer is not None


async def test_who_takes_back_what_an_operator_has_dropped_is_answered(scene: Scene) -> None:
    scene.wiki.unwelcome = "evil"
    await scene.say("!log tools evil")
    await scene.hear()
    (telling,) = await scene.journal.undelivered.queue()
    assert await scene.journal.undelivered.drop([telling.delivery.entry.id])
    answer = await scene.say("!undo")
    assert answer is not None or await scene.hear()


# --- told falsely -------------------------------------------------------------------------------------------------


async def test_what_was_left_alone_on_the_page_is_not_said_to_be_taken_back(scene: Scene) -> None:
    await scene.say("!log tools one")
    await scene.hear()
    scene.write(scene.page().replace("one", "one, by hand"))
    await scene.say("!undo")
    assert "Not taken back: people have edited it there" in (await scene.hear())[0]
    assert "taken back already" not in (await scene.say("!undo") or "")


async def test_what_stands_unstruck_is_not_read_back_as_taken_back(scene: Scene) -> None:
    await scene.say("!log tools one")
    await scene.hear()
    scene.write(scene.page().replace("one", "one, by hand"))
    await scene.say("!undo")
    await scene.hear()
    assert "(taken back)" not in (await scene.say("!last tools") or "")


async def test_an_undo_that_an_operator_dropped_is_not_said_to_be_done(scene: Scene) -> None:
    await scene.say("!log tools one")
    await scene.hear()
    scene.wiki.failures.append(Refused("the page is protected"))
    await scene.say("!undo")
    await scene.hear()
    (telling,) = await scene.journal.undelivered.queue()
    assert await scene.journal.undelivered.drop([telling.delivery.id])
    assert "taken back already" not in (await scene.say("!undo") or "")


async def test_an_amendment_that_never_stood_on_the_page_is_not_told_as_amended(scene: Scene) -> None:
    await scene.say("!log tools one")
    await scene.hear()
    scene.wiki.unwelcome = "evil"
    await scene.say("!amend evil")
    await scene.hear()
    await scene.say("!undo")
    await scene.hear()
    scene.wiki.unwelcome = None
    await scene.journal.undelivered.retry([await scene.newest()])
    heard = await scene.hear()
    assert "evil" in scene.page() or not any("Amended" in each for each in heard)


@pytest.mark.xfail(strict=True, reason="a line with our anchors that people have edited counts as ours")
async def test_a_forged_line_with_the_anchor_of_an_undo_is_not_the_undo(scene: Scene) -> None:
    """The page of the other log shows the id; here the page was protected meanwhile, for all but the vandal."""
    await scene.say("!log tools,bots one")
    await scene.hear()
    scene.wiki.failures.append(Refused("the page is protected"))
    await scene.say("!undo")
    await scene.hear()
    (telling,) = await scene.journal.undelivered.queue()
    held = telling.delivery
    title = TITLE if held.log.project == "tools" else BOTS
    forged = f'* note <span id="{held.entry.id}"></span><span id="{held.id}"></span>'
    scene.write(f"{scene.page(title)}\n{forged}", title)
    await scene.journal.undelivered.retry([held.entry.id])
    heard = await scene.hear()
    assert "<s>" in scene.page(title) or not any(each.startswith("alice: Taken back: ") for each in heard)


async def test_each_correction_that_was_left_alone_is_told(scene: Scene) -> None:
    await scene.say("!log tools one")
    one = await scene.newest()
    await scene.say("!log tools two")
    two = await scene.newest()
    await scene.hear()
    scene.write(scene.page().replace("one", "ONE").replace("two", "TWO"))
    await scene.say(f"!undo {one}")
    await scene.say(f"!undo {two}")
    heard = " ".join(await scene.hear())
    assert (one in heard and two in heard) or "2 entries" in heard


async def test_of_a_log_that_has_another_title_by_now_nobody_says_that_its_page_was_deleted(scene: Scene) -> None:
    await scene.say("!log tools one")
    await scene.hear()
    scene.settings = PageSettings(title="Logs/{project}")
    scene.again()
    await scene.say("!undo")
    heard = await scene.hear()
    assert "<s>" in scene.page() or not any("deleted or emptied" in each for each in heard)


@pytest.mark.parametrize("lines", [["!log 2026-11-21 20:00 tools,bots x"], ["!log -50m tools x", "!log -40m tools y"]])
async def test_the_answer_repeats_day_time_and_zone_whenever_a_time_was_read(scene: Scene, lines: list[str]) -> None:
    for line in lines:
        await scene.say(line)
    heard = " ".join(await scene.hear())
    assert "2026-11-2" in heard.partition(" at ")[0]
    assert "UTC" in heard


def test_a_late_entry_that_waits_is_told_with_its_day_time_and_zone() -> None:
    waiting = a_delivery("x", NOON - timedelta(hours=16), late=True)
    assert "2026-11-21 20:00 UTC" in words(Told.LATE, [[waiting]], "An operator")


async def test_of_two_ids_the_second_is_no_reason(front: Front) -> None:
    await front.say("!log tools one")
    await front.say("!log tools two")
    one, two = await front.entries()
    answer = await front.say(f"!undo {one.entry.id} {two.entry.id}")
    assert answer is not None or sorted(await struck(front)) == ["one", "two"]


# --- what holds ---------------------------------------------------------------------------------------------------


async def test_a_shown_time_is_kept_whatever_is_changed_about_the_entry(scene: Scene) -> None:
    await scene.say("!log -10m tools one")
    await scene.hear()
    await scene.say("!amend two")
    await scene.hear()
    scene.front.now += timedelta(minutes=30)
    await scene.say("!undo")
    await scene.hear()
    assert "|11:51]]" in scene.page()


@pytest.mark.parametrize("sheltered", ["<!--\n{}\n-->", "<pre>\n{}\n</pre>", "{} (quoted)"])
async def test_a_copy_of_the_line_above_the_log_neither_stops_it_nor_is_struck(scene: Scene, sheltered: str) -> None:
    await scene.say("!log tools one")
    await scene.hear()
    line = next(each for each in scene.page().splitlines() if "sal-" in each)
    scene.write(f"== Highlights ==\n{sheltered.format(line)}\n\n{scene.page()}")
    scene.again()
    await scene.say("!undo")
    await scene.say("!log tools two")
    await scene.hear()
    assert scene.page().count("<s>one</s>") == 1
    assert "two" in scene.page()
    assert all(each.delivery.state is not DeliveryState.PENDING for each in await scene.journal.undelivered.queue())
