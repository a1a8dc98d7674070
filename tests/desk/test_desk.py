"""The front desk: a line from a channel in; an entry in the journal, or words for the sender, out."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labsbot.desk.answer import About
from labsbot.desk.copies import fingerprint_of
from labsbot.desk.entries import entry_id
from labsbot.desk.irc_lines import IrcLines, Reply, time_said
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Entry, Privmsg, Sender
from labsbot.people.persons import People
from labsbot.projects import Directory, Shelf
from labsbot.settings import (
    Access,
    AnyName,
    Author,
    Channel,
    Limit,
    PageSettings,
    Person,
    Project,
    Relay,
    RelayForm,
    Rule,
    SecretShape,
    Source,
    Who,
    Words,
)
from labsbot.text.message import clean
from labsbot.text.patterns import Pattern
from tests.nouns import NOON, a_directory, a_front_desk, a_line

CHANNELS = {
    ("libera", "#cloud"): Channel("#cloud", None, PageSettings()),
    ("libera", "#bound"): Channel("#bound", "production", PageSettings(title="Server Admin Log")),
    ("libera", "#tokyo"): Channel("#tokyo", None, PageSettings(time_zone=ZoneInfo("Asia/Tokyo"))),
}
DIRECTORY = a_directory(
    "tools", Project("bots", aliases=("bot",)), "production", Project("paws", retired="use jupyter")
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def intake(journal: Journal) -> IrcLines:
    return a_front_desk(
        journal.entries,
        {place: ChannelRules(channel, DIRECTORY) for place, channel in CHANNELS.items()},
        "wikitech.example",
    )


async def said(intake: IrcLines, line: Privmsg) -> str | None:
    reply = await intake.hear(line)
    assert reply is None or reply.target == (line.channel or line.sender.nick)
    return reply.text if reply else None


async def projects(journal: Journal) -> list[str]:
    """Whose logs the entries go to."""
    return [delivery.log.project for delivery in await journal.deliveries.pending()]


async def entries(journal: Journal) -> list[Entry]:
    return [delivery.entry for delivery in await journal.deliveries.pending()]


async def test_a_log_line_becomes_an_entry_and_nothing_is_said_yet(intake: IrcLines, journal: Journal) -> None:
    line = a_line("!log Tools: restarted the web service", sender=Sender("alice", "a", "h", "Alice"))
    assert await said(intake, line) is None
    (entry,) = await entries(journal)
    assert await projects(journal) == ["tools"]
    assert (entry.author, entry.account) == ("alice", "Alice")
    assert (entry.message, entry.said, entry.network, entry.channel) == (
        "restarted the web service",
        NOON,
        "libera",
        "#cloud",
    )


async def test_a_message_in_several_lines_is_one_entry_and_stands_in_one_line(
    intake: IrcLines, journal: Journal
) -> None:
    await said(intake, a_line("!log tools one\n!log tools two\n== three =="))
    (entry,) = await entries(journal)
    assert entry.message == "one\n!log tools two\n== three =="
    assert clean(entry.message) == "one !log tools two == three =="


async def test_in_a_bound_channel_every_word_is_the_message(intake: IrcLines, journal: Journal) -> None:
    await said(intake, a_line("!log tools x", channel="#bound"))
    assert [(each.log.project, each.entry.message) for each in await journal.deliveries.pending()] == [
        ("production", "tools x")
    ]


async def test_an_alias_logs_under_the_projects_own_name(intake: IrcLines, journal: Journal) -> None:
    await said(intake, a_line("!log BOT rebooted"))
    assert await projects(journal) == ["bots"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!log", "alice: Not logged: the project and what you did are missing. Type !log <project>"),
        ("!log tools", "alice: Not logged: one word alone"),
        ("!log tolls x", "alice: Not logged: there is no project “tolls”. Did you mean tools?"),
        ("!log qqqqq x", "alice: Not logged: there is no project “qqqqq”. Type !log <project> <message>"),
        ("!log paws x", "alice: Not logged: paws is retired: use jupyter"),
        (
            "!log 14:05 tools x",
            "alice: Not logged: that is more than 12 hours ago, or still to come. Type its day, too",
        ),
        ("!log help nosuch", "alice: Not logged: there is no project “help”. Type !log help, or !log help undo, "),
        ("!log tools,nosuch x", "alice: Not logged: there is no project “nosuch”"),
        ("!undo", "alice: Not taken back: I know of no entry of yours here. Type !undo alone for your last entry here"),
        ("!undo sal-20261121140500-7f3a", "alice: Not taken back: I know no such entry. Type !undo"),
        ("!amend x", "alice: Not amended: I know of no entry of yours here. Type !amend <new text>"),
        ("!last", "alice: I have logged nothing here yet. What others wrote is at “Nova Resource:<project>/SAL”"),
        ("!last paws", "alice: Nothing to show: paws is retired: use jupyter"),
        ("!last bob", "alice: Nothing to show: there is no project “bob”. Type !last, or !last <project> <number"),
        (
            "!log 11:30 restarted the thing",
            "alice: Not logged: there is no project “restarted”. Type !log 14:05",
        ),
        ("!sal tools", "alice: The log of tools: “Nova Resource:tools/SAL” on wikitech.example"),
        ("!log help", "alice: !log <project> <message>"),
    ],
)
async def test_what_makes_no_entry_is_answered_once(intake: IrcLines, journal: Journal, text: str, words: str) -> None:
    first, again = await said(intake, a_line(text, msgid="m1")), await said(intake, a_line(text, msgid="m1"))
    assert first is not None
    assert first.startswith(words)
    assert again is None
    assert await entries(journal) == []


async def test_help_says_where_it_is_written(intake: IrcLines) -> None:
    assert "“Nova Resource:<project>/SAL” on wikitech.example" in (await said(intake, a_line("!log help")) or "")
    assert "“Server Admin Log”" in (await said(intake, a_line("!log help", channel="#bound")) or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!log undo", "alice: Nothing changed. Type !undo alone for your last entry here, "),
        ("!log last", "alice: I have logged nothing for production yet. "),
        (
            "!log list projects",
            "alice: Entries from here go to production: “Server Admin Log” on wikitech.example.",
        ),
    ],
)
async def test_a_request_is_no_entry_where_every_word_would_be_one(
    intake: IrcLines, journal: Journal, text: str, words: str
) -> None:
    assert (await said(intake, a_line(text, channel="#bound")) or "").startswith(words)
    assert await entries(journal) == []


async def test_the_projects_are_told_and_where_their_logs_are(journal: Journal) -> None:
    where = "Their logs: “Nova Resource:<project>/SAL” on wiki."
    few = desk(journal, "tools", "Bots", Project("old", retired="gone"))
    assert await said(few, a_line("!log projects")) == f"alice: Projects: Bots, tools. {where}"
    many = desk(journal, *(f"p{number:02}" for number in range(50)))
    assert await said(many, a_line("!log list", msgid="m2")) == (
        f"alice: Projects: p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 40 more. {where}"
    )
    long = desk(journal, *(f"{'x' * 150}{number}" for number in range(3)))
    assert "and 2 more." in (await said(long, a_line("!log list", msgid="m3")) or "")


async def test_an_example_names_a_project_that_exists(journal: Journal) -> None:
    assert "example: !log mail restarted" in (await said(desk(journal, "mail", "dns"), a_line("!log help")) or "")
    assert "example: !log mail restarted" in (await said(desk(journal, "mail"), a_line("!log")) or "")
    assert "example" not in (await said(desk(journal, Project("old", retired="gone")), a_line("!log", msgid="2")) or "")


async def test_help_is_given_to_who_asks_the_bot_by_its_nick_or_by_the_operators_word(journal: Journal) -> None:
    named = ChannelRules(Channel("#cloud", None, PageSettings(), words=Words(help="!help")), DIRECTORY, nick="labsbot")
    intake = a_front_desk(journal.entries, {("libera", "#cloud"): named}, "wiki")
    for number, text in enumerate(("labsbot: help", "!help", "Labsbot, help")):
        assert (await said(intake, a_line(text, msgid=f"m{number}")) or "").startswith(
            "alice: !log <project> <message>"
        )
    assert await said(intake, a_line("labsbot: hello")) is None
    assert await said(intake, a_line("!help", msgid="old", replayed=True)) is None


@pytest.mark.parametrize(
    ("typed", "project"),
    [
        ("tools.", "tools"),
        ("tools-", "tools"),
        ("tools!", "tools"),
        ("(tools)", "tools"),
        ("“tools”", "tools"),
        ("[tools]", "tools"),
        ("`tools`", "tools"),
        ("c++", "c++"),
        ("yahoo!", "yahoo!"),
        ("new.", "new"),
        ("new.name", "new.name"),
        ("to\u200bols", "tools"),
    ],
)
async def test_punctuation_around_a_project_is_a_part_of_it_only_where_such_a_name_is_known(
    journal: Journal, typed: str, project: str
) -> None:
    known = Shelf("list", tuple(map(Project, ("tools", "c", "c++", "yahoo!"))))
    any_name = Shelf("any", any_name=Source(AnyName(re.compile("[a-z][a-z0-9.-]*"))))
    place = ChannelRules(Channel("#cloud", None, PageSettings()), Directory([known, any_name]))
    assert (
        await said(a_front_desk(journal.entries, {("libera", "#cloud"): place}, "wiki"), a_line(f"!log {typed} x"))
        is None
    )
    assert await projects(journal) == [project]


async def test_what_looks_alike_is_no_other_project(intake: IrcLines) -> None:
    answer = await said(intake, a_line("!log to\u200dlls\u200e x"))
    assert answer == "alice: Not logged: there is no project “tolls”. Did you mean tools?"


async def test_a_name_of_any_length_is_not_said_back_whole(intake: IrcLines) -> None:
    assert len(await said(intake, a_line(f"!log {'x' * 400} y")) or "") < 250


@pytest.mark.parametrize("text", ["hello", "!logs tools x", "labsbot: !log tools x", ""])
async def test_other_talk_is_nobodys_business(intake: IrcLines, journal: Journal, text: str) -> None:
    assert await said(intake, a_line(text)) is None
    assert await entries(journal) == []


async def test_a_robots_entry_is_kept_and_nothing_is_ever_told(intake: IrcLines, journal: Journal) -> None:
    robot = Sender("deploybot", "d", "h", "deploybot", robot=True)
    await said(intake, a_line("!log tools deployed", sender=robot))
    assert await said(intake, a_line("!log nosuch deployed", sender=robot)) is None
    assert len(await entries(journal)) == 1
    assert (await journal.tellings.untold(9, [("libera", "#cloud")])).tellings == ()


async def test_a_line_heard_twice_is_one_entry(intake: IrcLines, journal: Journal) -> None:
    for _ in range(2):
        await said(intake, a_line("!log tools x", msgid="m1"))
    assert len(await entries(journal)) == 1


async def test_a_replayed_copy_without_msgid_and_with_its_time_cut_is_the_same_line(
    intake: IrcLines, journal: Journal
) -> None:
    at = NOON + timedelta(milliseconds=640)
    await said(intake, a_line("!log tools x", msgid="m1", server_time=at))
    await said(intake, a_line("!log tools x", server_time=at.replace(microsecond=0)))
    assert len(await entries(journal)) == 1


async def test_the_same_words_twice_within_a_second_are_two_entries_and_a_history_that_repeats_them_adds_none(
    intake: IrcLines, journal: Journal, tmp_path: Path
) -> None:
    line = a_line("!log tools x", server_time=NOON)
    for _ in range(2):
        await said(intake, line)
    assert len(await entries(journal)) == 2
    journal.close()
    opened = Journal.open(tmp_path / "journal")
    after_a_start = a_front_desk(
        opened.entries, {("libera", "#cloud"): ChannelRules(CHANNELS["libera", "#cloud"], DIRECTORY)}, "wiki"
    )
    for desk_of in (intake, after_a_start):
        desk_of._desk._journal = opened.entries
        for _ in range(2):
            await said(desk_of, replace(line, replayed=True, arrived=NOON + timedelta(hours=1)))
    assert len(await entries(opened)) == 2
    opened.close()


async def test_the_same_words_a_second_later_are_another_entry(intake: IrcLines, journal: Journal) -> None:
    for second in (0, 1):
        await said(intake, a_line("!log tools x", arrived=NOON + timedelta(seconds=second)))
    assert len(await entries(journal)) == 2


async def test_the_log_day_and_the_clock_are_those_of_the_pages_time_zone(intake: IrcLines, journal: Journal) -> None:
    await said(intake, a_line("!log tools x", channel="#tokyo", arrived=NOON + timedelta(hours=5)))
    (delivery,) = await journal.deliveries.pending()
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


async def test_help_that_is_repeated_is_not_answered_and_is_known_from_then_on(intake: IrcLines) -> None:
    assert await said(intake, a_line("!log help", msgid="m1", replayed=True)) is None
    assert await said(intake, a_line("!log help", msgid="m1")) is None


async def test_a_private_message_is_told_where_to_say_it_and_not_again_for_a_minute(intake: IrcLines) -> None:
    first = await said(intake, a_line("!log tools x", channel=None))
    assert first is not None
    assert first.startswith("Say it in the channel")
    assert await said(intake, a_line("hello?", channel=None)) is None
    assert await said(intake, a_line("hello?", channel=None, sender=Sender("bob", "b", "elsewhere"))) is not None
    assert await said(intake, a_line("hello?", channel=None, arrived=NOON + timedelta(minutes=1))) is not None


async def test_a_private_message_is_answered_whatever_others_on_the_same_host_say(intake: IrcLines) -> None:
    lines = [
        a_line("hello?", channel=None, sender=Sender(f"nick{number // 2}", "u", "bastion")) for number in range(100)
    ]
    answers = [await said(intake, line) for line in lines]
    assert answers[0] is not None
    assert answers[:3] == [answers[0], None, answers[0]]
    assert len([answer for answer in answers if answer]) == 50


async def test_where_the_journal_cannot_be_written_the_sender_hears_that_nothing_was_logged(
    intake: IrcLines, journal: Journal, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "journal") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON handled BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    assert await said(intake, a_line("!log tools x")) == (
        "alice: Not logged: the journal cannot be written. Tell an operator, then say it again."
    )


async def test_two_entries_of_one_second_have_two_ids(intake: IrcLines, journal: Journal) -> None:
    for number in range(40):
        await said(intake, a_line(f"!log tools {number}"))
    ids = [entry.id for entry in await entries(journal)]
    assert len(set(ids)) == 40
    assert all(each.startswith("sal-20261122120000-") for each in ids)


def test_an_id_names_the_millisecond_in_utc_where_it_is_known() -> None:
    at = NOON + timedelta(milliseconds=640)
    assert entry_id(at, token=lambda: "7f3a") == "sal-20261122120000-2807f3a"
    assert entry_id(NOON, to_the_millisecond=False, token=lambda: "7f3a") == "sal-20261122120000-7f3a"


# --- who may log, and under which name


def desk(journal: Journal, *projects: str | Project, relays: tuple[Relay, ...] = (), **channel: object) -> IrcLines:
    """A front desk for one channel with rules of its own."""
    of_channel = Channel("#cloud", channel.pop("project", None), channel.pop("page", PageSettings()), **channel)  # type: ignore[arg-type]
    place = ChannelRules(of_channel, a_directory(*projects or ("tools",)), relays)
    person = People([Person(Rule(Who.ACCOUNT, "Alice"), wiki="Alice Smith", member="asmith")]).of
    return a_front_desk(journal.entries, {("libera", "#cloud"): place}, "wiki", person, [TOKEN])


TOKEN = SecretShape("a token", re.compile("tok-[0-9]+"))
ALICE = Sender("alice", "a", "host.example", "Alice")
STRANGER = Sender("alice", "a", "host.example")
BRIDGE = Sender("matrix", "m", "bridge.example", "MatrixBot")
BRIDGES = (Relay("matrixbot", RelayForm.BRIDGE),)
CLOSED = Access(allow=(Rule(Who.REGISTERED),))


async def test_a_closed_channel_lets_in_whom_it_knows(journal: Journal) -> None:
    intake = desk(journal, access=CLOSED)
    assert await said(intake, a_line("!log tools x", sender=ALICE)) is None
    refusal = await said(intake, a_line("!log tools y", sender=STRANGER))
    assert refusal is not None
    assert refusal.startswith("alice: Not logged: only people who are logged in to services may log here.")
    assert len(await entries(journal)) == 1


async def test_a_project_has_a_gate_of_its_own_for_its_members_by_their_own_names(journal: Journal) -> None:
    members = Access(allow=(Rule(Who.MEMBERS),))
    intake = desk(
        journal,
        Project("tools", members=frozenset({"asmith"}), access=members),
        Project("bots", members=frozenset({"alice"}), access=members),
    )
    assert await said(intake, a_line("!log tools x", sender=ALICE)) is None
    assert "only members of bots" in (await said(intake, a_line("!log bots x", sender=ALICE)) or "")
    assert await projects(journal) == ["tools"]


async def test_a_repeated_line_proves_too_little_for_a_closed_channel(journal: Journal) -> None:
    reply = await desk(journal, access=CLOSED).hear(a_line("!log tools x", sender=STRANGER, replayed=True))
    assert reply is not None
    assert reply.about is About.UNPROVEN
    assert await entries(journal) == []


async def test_who_is_ignored_gets_neither_entry_nor_answer(journal: Journal) -> None:
    intake = desk(journal, ignore=(Rule(Who.HOSTMASK, "*!*@HOST.*"),))
    assert await said(intake, a_line("!log tools x")) is None
    assert await said(intake, a_line("!log nosuch x")) is None
    assert await entries(journal) == []


async def test_a_flood_is_refused_told_once_and_not_logged_when_it_is_repeated(journal: Journal) -> None:
    intake = desk(journal, limit=Limit(lines=2, seconds=30))
    lines = [a_line(f"!log tools {n}", msgid=f"m{n}", arrived=NOON + timedelta(seconds=n)) for n in range(5)]
    answers = [await said(intake, line) for line in lines]
    assert answers[:2] == [None, None]
    assert answers[2] is not None
    assert answers[2].startswith("alice: Not logged: too many lines: at most 2 in 30 s here. Try again in 28 s. I will")
    assert answers[3:] == [None, None]
    assert await said(intake, replace(lines[4], replayed=True, arrived=NOON + timedelta(hours=1))) is None
    assert await said(intake, a_line("!log tools later", arrived=NOON + timedelta(seconds=40))) is None
    assert [entry.message for entry in await entries(journal)] == ["0", "1", "later"]


@pytest.mark.parametrize(
    ("seconds", "per", "wait"),
    [
        (0.5, "in 0.5 s", "1 s"),
        (60, "a minute", "58 s"),
        (90, "in 90 s", "88 s"),
        (150, "in 150 s", "3 min"),
        (7200, "in 2 h", "120 min"),
        (86400, "a day", "24 h"),
    ],
)
async def test_how_long_a_flood_lasts_is_told_in_units_that_people_use(
    journal: Journal, seconds: float, per: str, wait: str
) -> None:
    intake = desk(journal, limit=Limit(lines=1, seconds=seconds))
    await said(intake, a_line("!log tools 1"))
    answer = await said(intake, a_line("!log tools 2", arrived=NOON + timedelta(seconds=min(2, seconds / 2))))
    assert answer is not None
    assert f"at most 1 {per} here. Try again in {wait}." in answer


async def test_what_is_repeated_from_a_history_is_no_flood(journal: Journal) -> None:
    intake = desk(journal, limit=Limit(lines=1, seconds=30))
    for number in range(3):
        assert await said(intake, a_line(f"!log tools {number}", replayed=True)) is None
    assert len(await entries(journal)) == 3


@pytest.mark.parametrize(
    ("author", "sender", "expected"),
    [
        (Author.NICK, ALICE, ("alice", None)),
        (Author.ACCOUNT, ALICE, ("Alice", None)),
        (Author.ACCOUNT, STRANGER, ("alice", None)),
        (Author.WIKI, ALICE, ("alice", "Alice Smith")),
        (Author.WIKI, STRANGER, ("alice", None)),
    ],
)
async def test_the_author_is_whom_the_page_asks_for(
    journal: Journal, author: Author, sender: Sender, expected: tuple[str, str | None]
) -> None:
    await said(desk(journal, page=PageSettings(author=author)), a_line("!log tools x", sender=sender))
    (entry,) = await entries(journal)
    assert ((entry.author, entry.user), entry.relay) == (expected, None)


async def test_a_bridge_logs_under_the_name_that_it_gives_and_that_name_is_answered(journal: Journal) -> None:
    intake = desk(journal, relays=BRIDGES, page=PageSettings(author=Author.WIKI))
    assert await said(intake, a_line("<Bob B> !log tools x", sender=BRIDGE)) is None
    (entry,) = await entries(journal)
    assert (entry.nick, entry.author, entry.user, entry.relay) == ("Bob B", "Bob B", None, "matrix")
    refusal = await said(intake, a_line("<Bob B> !log nosuch x", sender=BRIDGE))
    assert refusal is not None
    assert refusal.startswith("Bob B: Not logged: there is no project “nosuch”")
    assert await said(intake, a_line("<Bob B> good morning", sender=BRIDGE)) is None


@pytest.mark.parametrize("sender", [STRANGER, Sender("MatrixBot", "m", "h"), Sender("MatrixBot", "m", "h", "Mallory")])
async def test_a_nick_makes_nobody_a_bridge(journal: Journal, sender: Sender) -> None:
    assert await said(desk(journal, relays=BRIDGES), a_line("<bob> !log tools x", sender=sender)) is None
    assert await entries(journal) == []


async def test_what_a_bridge_may_have_said_is_not_logged_when_nothing_proves_it(journal: Journal) -> None:
    line = a_line("<bob> !log tools x", sender=replace(BRIDGE, account=None), replayed=True)
    reply = await desk(journal, relays=BRIDGES).hear(line)
    assert reply is not None
    assert reply.about is About.UNPROVEN
    assert await desk(journal).hear(line) is None
    assert await entries(journal) == []


async def test_where_it_cannot_be_read_who_behind_a_bridge_speaks_the_bridge_is_told_so(journal: Journal) -> None:
    intake = desk(journal, relays=BRIDGES)
    for text in ("!log tools x", "dora: !log tools x", "<.> !log tools x"):
        assert await said(intake, a_line(text, sender=BRIDGE)) == (
            "matrix: Not logged: I cannot tell who said that. Leave out any < or >. If that does not help, ask"
            " an operator to set how names are written here (relays: form)."
        )
    assert await said(intake, a_line("dora: hello", sender=BRIDGE)) is None
    assert await entries(journal) == []


async def test_a_bridge_writes_names_as_the_operator_says(journal: Journal) -> None:
    intake = desk(journal, relays=(Relay("matrixbot", Pattern("(?P<name>[^:]+): (?P<text>.*)")),))
    assert await said(intake, a_line("dora: !log tools x", sender=BRIDGE)) is None
    assert [(entry.author, entry.message) for entry in await entries(journal)] == [("dora", "x")]
    line = a_line("dora: !log tools y", sender=replace(BRIDGE, account=None), replayed=True)
    reply = await intake.hear(line)
    assert reply is not None
    assert reply.about is About.UNPROVEN


async def test_who_pastes_several_lines_by_a_bridge_hears_that_one_was_logged(journal: Journal) -> None:
    intake = desk(journal, relays=BRIDGES)
    assert await said(intake, a_line("[discord] <dora> !log tools did three things:", sender=BRIDGE)) is None
    assert await said(intake, a_line("[discord] <bob> - hi", sender=BRIDGE)) is None
    answer = await said(intake, a_line("[discord] <dora> - moved the db", sender=BRIDGE))
    assert answer is not None
    assert answer.startswith("dora: The log has your message up to “things:” only")


async def test_a_script_logs_for_whoever_started_it(journal: Journal) -> None:
    intake = desk(journal, relays=(Relay("MatrixBot", RelayForm.DEPLOY),))
    await said(intake, a_line("!log carol@deploy1 tools synced", sender=BRIDGE))
    await said(intake, a_line("!log tools by itself", sender=BRIDGE))
    first, second = await entries(journal)
    assert await projects(journal) == ["tools", "tools"]
    assert (first.author, first.message, first.relay) == ("carol@deploy1", "synced", "matrix")
    assert (second.author, second.message, second.relay) == ("matrix", "by itself", None)


@pytest.mark.parametrize(
    ("bound", "about", "kept"), [(None, About.UNPROVEN, []), ("tools", None, ["carol@deploy1 synced"])]
)
async def test_what_a_script_may_have_said_is_an_entry_of_its_own_where_that_is_possible(
    journal: Journal, bound: str | None, about: About | None, kept: list[str]
) -> None:
    intake = desk(journal, project=bound, relays=(Relay("MatrixBot", RelayForm.DEPLOY),))
    line = a_line("!log carol@deploy1 synced", sender=replace(BRIDGE, account=None), replayed=True)
    reply = await intake.hear(line)
    assert (reply and reply.about) == about
    assert [(entry.author, entry.message) for entry in await entries(journal)] == [("matrix", words) for words in kept]


async def test_a_flood_from_behind_a_bridge_is_that_of_one_name_and_costs_no_other(journal: Journal) -> None:
    intake = desk(journal, relays=BRIDGES, limit=Limit(lines=1, seconds=30))
    lines = ("<bob> !log tools x", "<bob> !log tools y", "<carol> !log tools z")
    answers = [await said(intake, a_line(line, sender=BRIDGE)) for line in lines]
    assert [answer is None for answer in answers] == [True, False, True]
    assert [entry.author for entry in await entries(journal)] == ["bob", "carol"]


# --- what does not come whole, and what should not have come


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_a_secret_goes_no_further_and_only_its_sender_is_told(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    line = a_line("!log tools tok-\x02123456", msgid="m1")
    reply = await desk(journal).hear(line)
    assert reply == Reply(
        "libera",
        "alice",
        "Not logged: your message in #cloud seems to contain a token. I kept nothing of it, but others could read it:"
        " change it, then log again without it.",
        About.REFUSED,
    )
    assert await desk(journal).hear(replace(line, replayed=True)) is None
    assert await entries(journal) == []
    journal.close()
    assert b"123456" not in everything_in(tmp_path)
    assert "123456" not in caplog.text


async def test_a_secret_of_somebody_who_is_ignored_is_not_kept_either(journal: Journal, tmp_path: Path) -> None:
    line = a_line("!log tools tok-123456", msgid="m1")
    await desk(journal, ignore=(Rule(Who.HOSTMASK, "*!*@*"),)).hear(line)
    with sqlite3.connect(tmp_path / "journal") as other:
        ((kept,),) = other.execute("SELECT fingerprint FROM handled").fetchall()
    assert kept == fingerprint_of(replace(line, text="!log tools …"))


async def test_a_secret_where_the_project_belongs_is_not_said_back(journal: Journal) -> None:
    reply = await desk(journal).hear(a_line("!log tok-123 x"))
    assert reply is not None
    assert "123" not in reply.text


async def test_a_secret_that_came_by_a_bridge_is_told_in_the_channel_without_it(journal: Journal) -> None:
    answer = await said(desk(journal, relays=BRIDGES), a_line("<bob> !log tools tok-123", sender=BRIDGE))
    assert answer is not None
    assert answer.startswith("bob: Not logged: your message in")
    assert "123" not in answer


async def test_a_message_that_was_cut_is_logged_and_its_sender_hears_up_to_where(journal: Journal) -> None:
    intake = desk(journal)
    assert "up to “end”" in (await said(intake, a_line("!log tools the end", full=True)) or "")
    assert await said(intake, a_line(f"!log tools {'word ' * 80}", msgid="m2")) is None
    assert "up to “word”" in (await said(intake, a_line("and more")) or "")
    assert len(await entries(journal)) == 2


async def test_while_a_source_was_never_heard_of_no_project_is_called_unknown(journal: Journal) -> None:
    directory = Directory([Shelf("ldap ldap://h", None, cause="it is not answering")])
    place = ChannelRules(Channel("#cloud", None, PageSettings()), directory)
    answer = await said(a_front_desk(journal.entries, {("libera", "#cloud"): place}, "wiki"), a_line("!log tools x"))
    assert answer == (
        "alice: Not logged: I do not know yet whether “tools” is a project: ldap ldap://h: it is not answering."
        " Try again later."
    )


async def test_whom_to_ask_is_the_operator_who_is_configured(journal: Journal) -> None:
    place = ChannelRules(CHANNELS["libera", "#cloud"], DIRECTORY, BRIDGES)
    intake = a_front_desk(journal.entries, {("libera", "#cloud"): place}, "wiki", operator="dora")
    unread = await said(intake, a_line("dora: !log tools x", sender=BRIDGE))
    assert unread is not None
    assert "ask dora to set" in unread
