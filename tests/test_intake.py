"""The front desk: a line from a channel in; an entry in the journal, or words for the sender, out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labsbot.intake import Intake, entry_id, time_said
from labsbot.journal import Journal
from labsbot.model import Entry, Privmsg, Sender
from labsbot.projects import Directory
from labsbot.settings import Channel, PageSettings, Project
from labsbot.wikitext import clean
from tests.nouns import NOON, a_line

CHANNELS = {
    ("libera", "#cloud"): Channel("#cloud", None, PageSettings()),
    ("libera", "#bound"): Channel("#bound", "production", PageSettings(title="Server Admin Log")),
    ("libera", "#tokyo"): Channel("#tokyo", None, PageSettings(time_zone=ZoneInfo("Asia/Tokyo"))),
}
PROJECTS = [
    Project("tools"),
    Project("bots", aliases=("bot",)),
    Project("production"),
    Project("paws", retired="use jupyter"),
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def intake(journal: Journal) -> Intake:
    return Intake(journal, Directory(PROJECTS), CHANNELS, "wikitech.example")


async def said(intake: Intake, line: Privmsg) -> str | None:
    reply = await intake.hear(line)
    assert reply is None or reply.target == (line.channel or line.sender.nick)
    return reply.text if reply else None


async def entries(journal: Journal) -> list[Entry]:
    return [delivery.entry for delivery in await journal.pending()]


async def test_a_log_line_becomes_an_entry_and_nothing_is_said_yet(intake: Intake, journal: Journal) -> None:
    line = a_line("!log Tools: restarted the web service", sender=Sender("alice", "a", "h", "Alice"))
    assert await said(intake, line) is None
    (entry,) = await entries(journal)
    assert (entry.project, entry.author, entry.account) == ("tools", "alice", "Alice")
    assert (entry.message, entry.said, entry.network, entry.channel) == (
        "restarted the web service",
        NOON,
        "libera",
        "#cloud",
    )


async def test_a_message_in_several_lines_is_one_entry_and_stands_in_one_line(intake: Intake, journal: Journal) -> None:
    await said(intake, a_line("!log tools one\n!log tools two\n== three =="))
    (entry,) = await entries(journal)
    assert entry.message == "one\n!log tools two\n== three =="
    assert clean(entry.message) == "one !log tools two == three =="


async def test_in_a_bound_channel_every_word_is_the_message(intake: Intake, journal: Journal) -> None:
    await said(intake, a_line("!log tools x", channel="#bound"))
    assert [(entry.project, entry.message) for entry in await entries(journal)] == [("production", "tools x")]


async def test_an_alias_logs_under_the_projects_own_name(intake: Intake, journal: Journal) -> None:
    await said(intake, a_line("!log BOT rebooted"))
    assert [entry.project for entry in await entries(journal)] == ["bots"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!log", "alice: Not logged: the project and what you did are missing. Type !log <project>"),
        ("!log tools", "alice: Not logged: one word alone"),
        ("!log tolls x", "alice: Not logged: there is no project “tolls”. Did you mean tools?"),
        ("!log qqqqq x", "alice: Not logged: there is no project “qqqqq”. Type !log <project> <message>"),
        ("!log paws x", "alice: Not logged: paws is retired: use jupyter"),
        ("!log 14:05 tools x", "alice: Not logged: a time before the entry"),
        ("!log help", "alice: !log <project> <message>"),
    ],
)
async def test_what_makes_no_entry_is_answered_once(intake: Intake, journal: Journal, text: str, words: str) -> None:
    first, again = await said(intake, a_line(text, msgid="m1")), await said(intake, a_line(text, msgid="m1"))
    assert first is not None
    assert first.startswith(words)
    assert again is None
    assert await entries(journal) == []


async def test_help_says_where_it_is_written(intake: Intake) -> None:
    assert "“Nova Resource:<project>/SAL” on wikitech.example" in (await said(intake, a_line("!log help")) or "")
    assert "“Server Admin Log”" in (await said(intake, a_line("!log help", channel="#bound")) or "")


async def test_a_name_of_any_length_is_not_said_back_whole(intake: Intake) -> None:
    assert len(await said(intake, a_line(f"!log {'x' * 400} y")) or "") < 250


@pytest.mark.parametrize("text", ["hello", "!logs tools x", "labsbot: !log tools x", ""])
async def test_other_talk_is_nobodys_business(intake: Intake, journal: Journal, text: str) -> None:
    assert await said(intake, a_line(text)) is None
    assert await entries(journal) == []


async def test_a_robots_entry_is_kept_and_nothing_is_ever_told(intake: Intake, journal: Journal) -> None:
    robot = Sender("deploybot", "d", "h", "deploybot", robot=True)
    await said(intake, a_line("!log tools deployed", sender=robot))
    assert await said(intake, a_line("!log nosuch deployed", sender=robot)) is None
    assert len(await entries(journal)) == 1
    assert (await journal.untold(late=9)).tellings == ()


async def test_a_line_heard_twice_is_one_entry(intake: Intake, journal: Journal) -> None:
    for _ in range(2):
        await said(intake, a_line("!log tools x", msgid="m1"))
    assert len(await entries(journal)) == 1


async def test_a_replayed_copy_without_msgid_and_with_its_time_cut_is_the_same_line(
    intake: Intake, journal: Journal
) -> None:
    at = NOON + timedelta(milliseconds=640)
    await said(intake, a_line("!log tools x", msgid="m1", server_time=at))
    await said(intake, a_line("!log tools x", server_time=at.replace(microsecond=0)))
    assert len(await entries(journal)) == 1


async def test_the_same_words_a_second_later_are_another_entry(intake: Intake, journal: Journal) -> None:
    for second in (0, 1):
        await said(intake, a_line("!log tools x", arrived=NOON + timedelta(seconds=second)))
    assert len(await entries(journal)) == 2


async def test_the_log_day_and_the_clock_are_those_of_the_pages_time_zone(intake: Intake, journal: Journal) -> None:
    await said(intake, a_line("!log tools x", channel="#tokyo", arrived=NOON + timedelta(hours=5)))
    (delivery,) = await journal.pending()
    assert (delivery.log_day, delivery.clock) == (date(2026, 11, 23), "02:00")


@pytest.mark.parametrize(
    ("server_time", "expected"),
    [
        (None, NOON),
        (NOON - timedelta(seconds=90), NOON - timedelta(seconds=90)),
        (NOON + timedelta(seconds=90), NOON + timedelta(seconds=90)),
        (NOON - timedelta(minutes=3), NOON),
        (NOON + timedelta(days=400), NOON),
    ],
)
def test_the_servers_clock_is_believed_within_two_minutes_of_ours(server_time: object, expected: object) -> None:
    assert time_said(a_line("x", server_time=server_time)) == expected


@pytest.mark.parametrize(
    ("server_time", "expected"),
    [
        (None, NOON),
        (NOON - timedelta(days=1), NOON - timedelta(days=1)),
        (NOON + timedelta(seconds=90), NOON + timedelta(seconds=90)),
        (NOON + timedelta(minutes=3), NOON),
    ],
)
def test_of_a_repeated_line_the_servers_clock_is_believed_unless_it_is_ahead(
    server_time: object, expected: object
) -> None:
    assert time_said(a_line("x", server_time=server_time, replayed=True)) == expected


async def test_help_that_is_repeated_is_not_answered_and_is_known_from_then_on(intake: Intake) -> None:
    assert await said(intake, a_line("!log help", msgid="m1", replayed=True)) is None
    assert await said(intake, a_line("!log help", msgid="m1")) is None


async def test_a_private_message_is_told_where_to_say_it_and_not_again_for_a_minute(intake: Intake) -> None:
    first = await said(intake, a_line("!log tools x", channel=None))
    assert first is not None
    assert first.startswith("Say it in the channel")
    assert await said(intake, a_line("hello?", channel=None)) is None
    assert await said(intake, a_line("hello?", channel=None, nick="bob")) is not None
    assert await said(intake, a_line("hello?", channel=None, arrived=NOON + timedelta(minutes=1))) is not None


async def test_where_the_journal_cannot_be_written_the_sender_hears_that_nothing_was_logged(
    intake: Intake, journal: Journal, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "journal") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON handled BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    assert await said(intake, a_line("!log tools x")) == (
        "alice: Not logged: the journal cannot be written. Tell an operator, then say it again."
    )


async def test_two_entries_of_one_second_have_two_ids(intake: Intake, journal: Journal) -> None:
    for number in range(40):
        await said(intake, a_line(f"!log tools {number}"))
    ids = [entry.id for entry in await entries(journal)]
    assert len(set(ids)) == 40
    assert all(each.startswith("sal-20261122120000-") for each in ids)


def test_an_id_names_the_second_in_utc() -> None:
    assert entry_id(NOON, lambda: "7f3a") == "sal-20261122120000-7f3a"
