"""Late entries, several logs, corrections and questions: a line from a channel in, what the journal keeps out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Change, ChangeKind, Delivery, Sender, Told
from labsbot.settings import Access, Channel, PageSettings, Relay, RelayForm, Rule, SecretShape, Who, Words
from labsbot.text.patterns import Pattern
from tests.nouns import NOON, a_directory, a_front_desk, a_line, an_acceptance, an_entry

ALICE = Sender("alice", "a", "host.example")
BOB = Sender("bob", "b", "other.example")
MATRIX = Sender("matrix", "m", "h", "matrixbot")
SHARED = PageSettings(title="Server Admin Log")
CHANNELS = {
    "#cloud": Channel("#cloud", None, PageSettings()),
    "#berlin": Channel("#berlin", "tools", PageSettings(time_zone=ZoneInfo("Europe/Berlin"))),
    "#copies": Channel("#copies", None, PageSettings(), copies={"mail": ("tools", "bots")}),
    "#shared": Channel("#shared", None, SHARED),
    "#words": Channel("#words", None, PageSettings(), words=Words(undo="!strike", amend=None)),
    "#few": Channel("#few", None, PageSettings(), access=Access(deny=(Rule(Who.ACCOUNT, "Mallory"),))),
}
_numbers = itertools.count(1)


class Front:
    """The front desk with its journal, and lines that are said one minute after the other."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        relays = (Relay("matrixbot", RelayForm.BRIDGE),)
        directory = a_directory("tools", "bots", "mail")
        rules = {("libera", name): ChannelRules(each, directory, relays) for name, each in CHANNELS.items()}
        shape = SecretShape("a token", Pattern("token-[0-9]+"))
        self.lines: IrcLines = a_front_desk(journal.entries, rules, "wiki.example", shapes=(shape,))
        self.now = NOON

    async def say(self, text: str, sender: Sender = ALICE, channel: str = "#cloud", **given: Any) -> str | None:
        self.now += timedelta(minutes=1)
        fields: dict[str, Any] = {"arrived": self.now, "server_time": None, "msgid": f"m{next(_numbers)}", **given}
        reply = await self.lines.hear(a_line(text, sender=sender, channel=channel, **fields))
        return reply.text if reply else None

    async def owed(self) -> list[Delivery]:
        return await self.journal.deliveries.pending()

    async def entries(self) -> list[Delivery]:
        return [each for each in await self.owed() if each.change is None]

    async def changes(self) -> list[Change]:
        return [each.change for each in await self.owed() if each.change is not None]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    journal = Journal.open(tmp_path / "journal")
    yield Front(journal)
    journal.close()


# --- late


async def test_a_late_entry_stands_under_the_time_that_was_typed(front: Front) -> None:
    assert await front.say("!log 11:30 tools rebooted") is None
    (delivery,) = await front.owed()
    assert delivery.entry.said == NOON - timedelta(minutes=30)
    assert delivery.entry.late
    assert (delivery.clock, delivery.log.project, delivery.entry.message) == ("11:30", "tools", "rebooted")
    assert delivery.entry.id.startswith("sal-20261122113000-")


async def test_a_clock_is_that_of_the_page(front: Front) -> None:
    await front.say("!log 23:30 fell asleep", channel="#berlin", arrived=NOON.replace(hour=0), server_time=None)
    (delivery,) = await front.owed()
    assert (str(delivery.log_day), delivery.clock) == ("2026-11-21", "23:30")
    assert delivery.entry.said.hour == 22


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!log 25:99 tools x", "there is no such time of day"),
        ("!log -0m tools x", "that is now"),
        ("!log -99999d tools x", "that is too long ago: at most 7 days"),
        ("!log 2026-11-23 10:00 tools x", "that is still to come"),
        ("!log 12:30 tools x", "that is more than 12 hours ago, or still to come"),
        ("!log ٣:٠٥ tools x", ""),
        ("!log [11:30] <bob> !log tools x", "this looks like a line copied from a chat"),
    ],
)
async def test_a_time_that_means_no_moment_is_refused(front: Front, text: str, words: str) -> None:
    answer = await front.say(text) or ""
    assert answer.startswith(f"alice: Not logged: {words}")
    assert await front.owed() == []


# --- several logs


async def test_one_message_goes_to_several_logs_with_one_id(front: Front) -> None:
    await front.say("!log tools,Bots,tools moved the database")
    deliveries = await front.owed()
    assert [each.log.project for each in deliveries] == ["tools", "bots"]
    assert len({each.entry.id for each in deliveries}) == 1


async def test_all_or_none_where_one_project_is_not_known(front: Front) -> None:
    assert "there is no project “nosuch”" in (await front.say("!log tools,nosuch x") or "")
    assert await front.owed() == []


async def test_copies_go_where_the_operator_wants_them_and_no_farther(front: Front) -> None:
    await front.say("!log mail,bots queue flushed", channel="#copies")
    assert [each.log.project for each in await front.owed()] == ["mail", "bots", "tools"]


async def test_two_projects_of_one_page_get_one_line_there(front: Front) -> None:
    await front.say("!log tools,bots x", channel="#shared")
    assert [each.log.project for each in await front.owed()] == ["tools"]


async def test_one_project_or_two_is_asked_where_nobody_can_tell(front: Front) -> None:
    assert "is it for tools alone, or for tools,mail?" in (await front.say("!log tools, mail x") or "")
    assert await front.say("!log tools, restarted x") is None


# --- corrections


async def test_what_was_logged_last_is_taken_back(front: Front) -> None:
    await front.say("!log tools one")
    await front.say("!log tools two")
    assert await front.say("!undo") is None
    (change,) = await front.changes()
    assert (change.kind, change.author, change.text) == (ChangeKind.STRIKE, "alice", "")
    two = next(each for each in await front.entries() if each.entry.message == "two")
    assert [each.id for each in two.changes] == [change.id]


async def test_saying_undo_twice_does_not_strike_two(front: Front) -> None:
    await front.say("!log tools one")
    await front.say("!log tools two")
    await front.say("!undo")
    answer = await front.say("!undo") or ""
    assert answer.startswith("alice: Not taken back: sal-")
    assert "is taken back already. For another entry, type !undo <id or link>" in answer
    assert len(await front.changes()) == 1


async def test_an_older_one_is_taken_back_by_its_id_or_its_link_with_a_reason(front: Front) -> None:
    await front.say("!log tools one")
    await front.say("!log tools two")
    one, two = await front.entries()
    assert await front.say(f"!undo {one.entry.id} it was mail") is None
    assert await front.say(f"!undo https://wiki.example/wiki/Tools#{two.entry.id}") is None
    assert [change.text for change in await front.changes()] == ["it was mail", ""]


async def test_an_entry_of_several_logs_is_taken_back_in_all(front: Front) -> None:
    await front.say("!log tools,bots x")
    await front.say("!undo")
    assert [each.log.project for each in await front.owed() if each.change] == ["tools", "bots"]


async def test_another_text_is_put_in_its_place(front: Front) -> None:
    await front.say("!log tools rebooted web-1")
    assert await front.say("!amend rebooted web-2") is None
    (change,) = await front.changes()
    assert (change.kind, change.text) == (ChangeKind.AMEND, "rebooted web-2")


@pytest.mark.parametrize("typed", ["tools", "Tools:", "<tools>", "tools,bots", "bots,"])
async def test_a_project_before_the_new_text_is_left_out(front: Front, typed: str) -> None:
    await front.say("!log tools,bots rebooted web-1")
    answer = await front.say(f"!amend {typed} rebooted web-2") or ""
    assert answer.startswith("alice: Not amended: an entry keeps its projects")
    assert "Type !amend <new text>" in answer
    assert await front.changes() == []


@pytest.mark.parametrize(
    ("logged", "text", "channel"),
    [
        ("tools rebooted web-1", "mail rebooted web-2", "#cloud"),
        ("tools Tools are back", "tools are back again", "#cloud"),
        ("tools rebooted web-1", "tools.wmflabs is back", "#cloud"),
        ("tools rebooted web-1", "tools", "#cloud"),
        ("rebooted web-1", "tools rebooted", "#berlin"),
    ],
)
async def test_a_word_that_may_be_a_part_of_the_new_text_is_one(
    front: Front, logged: str, text: str, channel: str
) -> None:
    await front.say(f"!log {logged}", channel=channel)
    assert await front.say(f"!amend {text}", channel=channel) is None
    assert [change.text for change in await front.changes()] == [text]


async def test_the_secret_gate_holds_for_the_new_text_too(front: Front) -> None:
    await front.say("!log tools x")
    answer = await front.say("!amend it was token-1234") or ""
    assert answer.startswith("Not amended: your message in #cloud seems to contain a token")
    assert await front.changes() == []


async def test_nobody_takes_back_what_another_has_said(front: Front) -> None:
    await front.say("!log tools x")
    (one,) = await front.entries()
    assert "Not taken back: I know of no entry of yours here" in (await front.say("!undo", BOB) or "")
    assert "somebody else logged it" in (await front.say(f"!undo {one.entry.id}", BOB) or "")
    assert "from another host" in (await front.say(f"!undo {one.entry.id}", replace(ALICE, host="evil.example")) or "")
    assert await front.changes() == []


async def test_an_operator_of_the_channel_takes_back_by_id_and_does_not_rewrite(front: Front) -> None:
    await front.say("!log tools x")
    (one,) = await front.entries()
    operator = replace(BOB, ranks="@")
    assert "those are another's words" in (await front.say(f"!amend {one.entry.id} y", operator) or "")
    assert "was not logged in" in (await front.say(f"!undo {one.entry.id}", operator, channel="#shared") or "")
    assert await front.say(f"!undo {one.entry.id}", operator) is None
    (change,) = await front.changes()
    assert (change.author, change.nick) == ("bob", "bob")


async def test_behind_a_relay_the_person_takes_back_and_nobody_of_that_nick_here(front: Front) -> None:
    await front.say("<dora> !log tools x", MATRIX)
    (one,) = await front.entries()
    assert "somebody else logged it" in (await front.say(f"!undo {one.entry.id}", Sender("dora", "d", "h")) or "")
    assert await front.say("<dora> !undo", MATRIX) is None
    (change,) = await front.changes()
    assert (change.author, change.nick) == ("dora", "dora")


async def test_a_line_repeated_by_a_history_changes_nothing_twice_and_nothing_unproven(front: Front) -> None:
    await front.say("!log tools one", Sender("alice", "a", "h", "Alice"))
    await front.say("!log tools two", Sender("alice", "a", "h", "Alice"))
    await front.say("!undo", Sender("alice", "a", "h", "Alice"), msgid="undo")
    again: dict[str, Any] = {"replayed": True, "server_time": front.now}
    assert await front.say("!undo", Sender("alice", "a", "h"), msgid="undo", **again) is None
    answer = await front.say("!undo", Sender("alice", "a", "h"), msgid="other", **again)
    assert answer is not None
    assert answer.startswith("alice: Not taken back: ")
    assert len(await front.changes()) == 1


async def test_after_an_hour_it_is_too_late(front: Front) -> None:
    await front.say("!log tools x")
    front.now += timedelta(hours=1)
    assert "an entry can be corrected for 1 hour, which are over" in (await front.say("!undo") or "")


async def test_who_may_not_log_any_more_does_not_rewrite_but_may_take_back(front: Front) -> None:
    mallory = Sender("mallory", "m", "h", "Mallory")
    CHANNELS["#few"]  # she is denied there
    await front.say("!log tools x", mallory)
    (one,) = await front.entries()
    refused = await front.say(f"!amend {one.entry.id} y", mallory, channel="#few") or ""
    assert refused.startswith("mallory: Not ")
    assert await front.changes() == []


async def test_a_robot_may_correct_and_hears_nothing(front: Front) -> None:
    robot = Sender("deploy", "d", "h", "Deploy", robot=True)
    await front.say("!log tools x", robot)
    assert await front.say("!undo", robot) is None
    assert await front.say("!undo", robot) is None
    assert len(await front.changes()) == 1
    untold = await front.journal.tellings.untold(10**9, [("libera", "#cloud")])
    assert all(telling.told is Told.NEVER for telling in untold.tellings)


async def test_other_words_or_none(front: Front) -> None:
    await front.say("!log tools x", channel="#words")
    assert await front.say("!undo", channel="#words") is None
    assert await front.say("!amend y", channel="#words") is None
    assert await front.changes() == []
    assert await front.say("!strike", channel="#words") is None
    assert len(await front.changes()) == 1


# --- reading back


async def test_the_last_entries_are_read_back_and_nobody_is_woken(front: Front) -> None:
    await front.say("!log tools one")
    await front.say("!log bots two", BOB)
    await front.say("!log tools three")
    await front.say("!undo")
    answer = await front.say("!last tools 3") or ""
    one = next(each.entry.id for each in await front.entries() if each.entry.message == "one")
    assert answer.replace("\u200b", "") == f"alice: 12:03 alice: three (taken back) · 12:01 alice: one ({one})"
    assert "alice" not in answer.removeprefix("alice: ")
    assert (await front.say("!last") or "").replace("\u200b", "") == "alice: 12:03 tools alice: three (taken back)"


async def test_what_is_read_back_is_one_line_however_long_the_entries_are(front: Front) -> None:
    for _ in range(3):
        await front.say(f"!log tools {'größer ' * 60}")
    answer = await front.say("!last tools 3") or ""
    assert len(answer.encode()) < 400
    assert answer.count(" · ") == 2
    assert all(each.entry.id in answer for each in await front.entries()), "or how would one take an older one back?"
    await front.say("!undo")
    assert "(taken back)" in (await front.say("!last tools") or "")


async def test_no_id_is_read_back_where_it_would_be_of_no_use(front: Front) -> None:
    await front.say("!log tools one")
    assert "(sal-" in (await front.say("!last") or "")
    front.now += timedelta(hours=1)
    assert (await front.say("!last") or "").replace("\u200b", "") == "alice: 12:01 tools alice: one"


async def test_of_an_entry_is_said_where_it_stands_and_nothing_of_what_cannot_be_asked_for_here(front: Front) -> None:
    await front.say("!log tools x")
    (kept,) = await front.journal.entries.last("tools", 3)
    assert await front.say(f"!sal {kept.entry.id}") == f"alice: {kept.entry.id} is not on the wiki yet."
    nowhere = "sal-20261122143001-1967f3a"
    assert await front.say(f"!sal {nowhere}") == f"alice: I know no entry {nowhere} here."
    secret = an_entry("of a project that is unknown here")
    await front.journal.entries.accept(an_acceptance(secret, "elsewhere"))
    assert await front.say(f"!sal {secret.id}") == f"alice: I know no entry {secret.id} here."


async def test_where_a_log_is_is_said_by_its_address_once_one_is_known(front: Front) -> None:
    await front.say("!log tools x")
    due = await front.owed()
    await front.journal.attempts.begin("b", "wiki", "Tools", due, NOON)
    await front.journal.attempts.delivered("b", due, "https://wiki.example/wiki/Tools/SAL", 7, NOON)
    assert await front.say("!sal tools") == "alice: The log of tools: https://wiki.example/wiki/Tools/SAL"
    assert "Logs are at “Nova Resource:<project>/SAL”" in (await front.say("!sal") or "")
    (kept,) = await front.journal.entries.last("tools", 3)
    there = f"alice: {kept.entry.id}: https://wiki.example/wiki/Tools/SAL#{kept.entry.id}"
    assert await front.say(f"!sal {kept.entry.id}") == there
    assert await front.say(f"!sal https://wiki.example/wiki/Other#{kept.entry.id}") == there
    stranger = f"https://evil.example/wiki/Tools/SAL#{kept.entry.id}"
    assert "I know no such entry" in (await front.say(f"!undo {stranger}") or "")
    assert await front.say(f"!undo https://wiki.example/w/index.php?title=Tools/SAL#{kept.entry.id}") is None
