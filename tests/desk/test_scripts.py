"""What scripts ask of the front desk: kept with a receipt, or refused in the channel's words; never in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labsbot.desk.answer import Receipt, Refusal
from labsbot.desk.desk import Desk
from labsbot.desk.gates import all_gates
from labsbot.desk.scripts import LONGEST, Call, KeyReused, NotTheirs, Script, Scripts, one_line, typed_time
from labsbot.desk.secrets import KNOWN
from labsbot.desk.submission import ChannelRules, Home
from labsbot.journal import Journal
from labsbot.journal.upkeep import SPARED
from labsbot.model import Delivery, Kept, Log, Sender, Told, Via
from labsbot.service.rules import COMMANDS
from labsbot.settings import Access, Announced, Author, Channel, Limit, PageSettings, Project, Rule, Who
from labsbot.text.typed_time import Ago, Typed
from tests.nouns import NOON, a_directory, a_front_desk, a_key, a_line

ROOT = Script("root", "user root", Via.COMMAND)
DIRECTORY = a_directory("tools", Project("bots", ("bot",)), "production", Project("paws", retired="use jupyter"))
TOP = Channel("", None, PageSettings(), words=COMMANDS, access=Access(deny=(Rule(Who.HOSTMASK, "*!*@*"),)))
TOKYO = PageSettings("Server Admin Log", time_zone=ZoneInfo("Asia/Tokyo"))


def home(project: str) -> Home:
    return Home("libera #ops", TOKYO) if project == "production" else Home("", TOP.page)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def scripts(journal: Journal) -> Scripts:
    return some_scripts(journal)


def some_scripts(journal: Journal, top: Channel = TOP, *announced: Announced) -> Scripts:
    made = Scripts(journal.entries, lambda: NOON)
    desk = Desk(journal.entries, all_gates("wiki", lambda page, project, entry: len(entry.message), "op"), "wiki", "op")
    made.take_up(desk, ChannelRules(top, DIRECTORY), home, KNOWN, 10.0, announced)
    return made


async def kept(scripts: Scripts, call: Call, script: Script = ROOT) -> str:
    outcome = await scripts.log(script, call)
    assert isinstance(outcome, Receipt), outcome
    return outcome.entry.id


async def refused(scripts: Scripts, call: Call, script: Script = ROOT) -> str:
    outcome = await scripts.log(script, call)
    assert isinstance(outcome, Refusal), outcome
    return outcome.text


async def only(journal: Journal) -> Delivery:
    (delivery,) = await journal.deliveries.pending()
    return delivery


async def test_a_call_becomes_an_entry_of_the_script_whatever_lists_of_people_say(
    scripts: Scripts, journal: Journal
) -> None:
    entry_id = await kept(scripts, Call(["Tools"], "restarted the web service"))
    entry = (await only(journal)).entry
    assert (entry.id, entry.author, entry.message, entry.said) == (entry_id, "root", "restarted the web service", NOON)
    assert (entry.network, entry.channel, entry.account, entry.relay) == ("", "", "user root", None)
    assert (entry.via, entry.robot, entry.late) == (Via.COMMAND, True, False)
    assert (await only(journal)).log == Log("", "tools")


async def test_nobody_in_a_channel_is_told_of_it(scripts: Scripts, journal: Journal) -> None:
    await kept(scripts, Call(["tools"], "x"))
    untold = await journal.tellings.untold(100, [("", ""), ("libera", "#ops")])
    assert untold.tellings == ()


async def test_whoever_logs_in_anothers_name_stands_beside_it(scripts: Scripts, journal: Journal) -> None:
    await kept(scripts, Call(["tools"], "x", author="alice: I"))
    entry = (await only(journal)).entry
    assert (entry.author, entry.relay) == ("alice I", "root")


@pytest.mark.parametrize("author", Author)
async def test_a_script_stands_there_by_its_name_however_people_do(journal: Journal, author: Author) -> None:
    scripts = some_scripts(journal, replace(TOP, page=PageSettings(author=author)))
    await kept(scripts, Call(["tools"], "x"), Script("deploy", "token deploy", Via.HTTP))
    assert (await only(journal)).entry.author == "deploy"


async def test_each_log_is_where_it_is_for_people_with_its_own_day_and_clock(
    scripts: Scripts, journal: Journal
) -> None:
    await kept(scripts, Call(["tools", "production", "bot"], "x", at=typed("2026-11-21T23:50Z")))
    assert {(str(each.log), f"{each.log_day} {each.clock}") for each in await journal.deliveries.pending()} == {
        (str(Log("", "tools")), "2026-11-21 23:50"),
        (str(Log("", "bots")), "2026-11-21 23:50"),
        (str(Log("libera #ops", "production")), "2026-11-22 08:50"),
    }


async def test_a_time_is_by_the_clocks_of_the_log(scripts: Scripts, journal: Journal) -> None:
    await kept(scripts, Call(["production"], "x", at=typed("20:30")))
    delivery = await only(journal)
    assert (delivery.clock, delivery.entry.said, delivery.entry.late) == ("20:30", NOON - timedelta(minutes=30), True)


async def test_a_moment_with_its_zone_is_that_moment(scripts: Scripts, journal: Journal) -> None:
    await kept(scripts, Call(["tools"], "x", at=datetime.fromisoformat("2026-11-22T12:30:00+01:00")))
    assert (await only(journal)).entry.said == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


async def test_several_lines_become_one_and_what_no_page_can_hold_is_left_out(
    scripts: Scripts, journal: Journal
) -> None:
    await kept(scripts, Call(["tools"], " moved the db \r\n\n  rebooted\x00 web-1\ud800\n"))
    assert (await only(journal)).entry.message == "moved the db · rebooted web-1"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call(["nosuch"], "x"), "Not logged: there is no project “nosuch”. Type labsbot log <project> <message>"),
        (Call(["tols"], "x"), "Not logged: there is no project “tols”. Did you mean tools?"),
        (Call(["tools", "paws"], "x"), "Not logged: paws is retired: use jupyter"),
        (Call([], "x"), "Not logged: the project is missing."),
        (Call(["tools", " "], "x"), "Not logged: the project is missing."),
        (Call([f"p{number}" for number in range(11)], "x"), "Not logged: one message goes to 10 logs at most."),
        (Call(["tools"], " \u200b\n\x02"), "Not logged: the message is missing."),
        (Call(["tools"], "x" * (LONGEST + 1)), "Not logged: the message is too long: 65537 bytes, at most 65536."),
        (Call(["tools"], "x", key=""), "Not logged: the key has 0 characters, expected 1 to 255."),
        (Call(["tools"], "x", key="k" * 10_000), "Not logged: the key has 10000 characters, expected 1 to 255."),
        (Call(["tools"], "x", author=" "), "Not logged: the author's name is empty."),
        (
            Call(["tools"], "x", author="a" * 201),
            "Not logged: the author's name is too long: 201 characters, at most 200.",
        ),
        (Call(["tools"], "x", author="password=hunter2345"), "Not logged: the message seems to contain a password."),
        (Call(["password=hunter2345"], "x"), "Not logged: the message seems to contain a password."),
        (
            Call(["tools"], "x", at=datetime.fromisoformat("0001-01-01T00:00:00+14:00")),
            "Not logged: I cannot read this",
        ),
        (Call(["tools"], "x", at=Ago(99_999_999)), "Not logged: that is too long ago: at most 7 days."),
        (Call(["tools"], "x", at=NOON + timedelta(hours=1)), "Not logged: that is still to come."),
        (
            Call(["tools"], "set password=hunter2345"),
            "Not logged: the message seems to contain a password. Nothing of it is kept: log again without it.",
        ),
    ],
)
async def test_what_cannot_be_logged_is_refused_each_time_with_what_to_do(
    scripts: Scripts, journal: Journal, call: Call, words: str
) -> None:
    for _ in range(2):
        assert (await refused(scripts, call)).startswith(words)
    assert await journal.deliveries.pending() == []


async def test_whoever_logs_too_much_hears_each_time_when_to_try_again(scripts: Scripts) -> None:
    deploy = Script("deploy", "token deploy", Via.HTTP, Limit(lines=2, seconds=60))
    for _ in range(2):
        await kept(scripts, Call(["tools"], "x"), deploy)
    for _ in range(3):
        outcome = await scripts.log(deploy, Call(["tools"], "x"))
        assert isinstance(outcome, Refusal)
        assert outcome.text == "Not logged: too many lines: at most 2 a minute here. Try again in 60 s."
        assert outcome.retry_after == 60.0
    await kept(scripts, Call(["tools"], "x"))


# --- a call that is made again ---


async def test_the_same_call_with_the_same_key_is_one_entry_with_one_receipt(
    scripts: Scripts, journal: Journal
) -> None:
    ids = {await kept(scripts, Call(["tools", "Bot"], "x", key="k")) for _ in range(3)}
    ids.add(await kept(some_scripts(journal), Call(["bot", "tools"], "x", key="k")))
    assert len(ids) == 1
    assert len(await journal.deliveries.pending()) == 2


async def test_without_a_key_the_same_call_twice_is_two_entries(scripts: Scripts) -> None:
    assert await kept(scripts, Call(["tools"], "x")) != await kept(scripts, Call(["tools"], "x"))


@pytest.mark.parametrize("other", [Call(["tools"], "y", key="k"), Call(["bots"], "x", key="k")])
async def test_a_key_that_was_used_for_something_else_is_refused(
    scripts: Scripts, journal: Journal, other: Call
) -> None:
    await kept(scripts, Call(["tools"], "x", key="k"))
    assert await scripts.log(ROOT, other) == KeyReused()
    assert (await only(journal)).entry.message == "x"


async def test_a_time_is_no_part_of_what_a_key_stands_for(scripts: Scripts) -> None:
    """A call whose answer was lost is made again with the time at which it was made first."""
    first = await kept(scripts, Call(["tools"], "x", key="k"))
    assert first == await kept(scripts, Call(["tools"], "x", key="k", at=typed("11:00")))


async def test_a_key_is_its_scripts_own(scripts: Scripts) -> None:
    first = await kept(scripts, Call(["tools"], "x", key="k"))
    assert first != await kept(scripts, Call(["tools"], "x", key="k"), Script("deploy", "token deploy", Via.HTTP))


async def test_no_word_of_a_key_is_kept_for_it_may_be_one_of_a_message_that_is_removed(
    scripts: Scripts, journal: Journal, tmp_path: Path
) -> None:
    key = "deployed-what-nobody-should-have-read"
    assert await kept(scripts, Call(["tools"], "x", key=key)) == await kept(scripts, Call(["tools"], "x", key=key))
    assert isinstance(await scripts.log_all(ROOT, [Call(["tools"], "y"), Call(["bots"], "z")], f"{key}-2"), tuple)
    for each in tmp_path.glob("journal*"):  # noqa: ASYNC240 - nothing else runs here
        assert key.encode() not in each.read_bytes()


async def test_what_was_refused_can_be_said_again_with_the_same_key(scripts: Scripts) -> None:
    await refused(scripts, Call(["nosuch"], "x", key="k"))
    await kept(scripts, Call(["tools"], "x", key="k"))


@pytest.mark.slow
async def test_a_key_is_remembered_for_as_long_as_the_journal(scripts: Scripts, journal: Journal) -> None:
    first = await kept(scripts, Call(["tools"], "x", key="k"))
    await asyncio.gather(*(journal.entries.remember(a_key(), NOON) for _ in range(SPARED + 100)))
    await journal.upkeep.forget(NOON + timedelta(days=999), NOON, NOON)
    assert first == await kept(scripts, Call(["tools"], "x", key="k"))


# --- several together ---


async def test_several_are_kept_in_their_order_or_none_of_them(scripts: Scripts, journal: Journal) -> None:
    calls = [Call(["tools"], f"step {number}") for number in range(50)]
    receipts = await scripts.log_all(ROOT, calls)
    assert isinstance(receipts, tuple)
    ids = [receipt.entry.id for receipt in receipts]
    assert ids == sorted(ids)
    assert [each.entry.message for each in await journal.deliveries.pending()] == [call.message for call in calls]
    refused = await scripts.log_all(ROOT, [*calls, Call(["tols"], "x"), Call(["nosuch"], "x")])
    assert isinstance(refused, Refusal)
    assert refused.text == "Not logged: entry 51: there is no project “tols”. Did you mean tools?"
    assert len(await journal.deliveries.pending()) == 50


async def test_several_take_of_the_limit_what_each_would_and_nothing_when_refused(journal: Journal) -> None:
    scripts = some_scripts(journal)
    deploy = Script("deploy", "token deploy", Via.HTTP, Limit(lines=4, seconds=60, bytes=1000))
    calls = [Call(["tools"], "x")] * 3
    assert isinstance(await scripts.log_all(deploy, calls), tuple)
    for _ in range(2):
        refused = await scripts.log_all(deploy, calls)
        assert isinstance(refused, Refusal)
        assert refused.retry_after == 60
    await kept(scripts, Call(["tools"], "x"), deploy)
    large = await scripts.log_all(Script("b", "b", Via.HTTP, deploy.limit), [Call(["tools"], "x" * 400)] * 3)
    assert isinstance(large, Refusal)
    assert large.text.startswith("Not logged: it is too long: 1.2 KB on the page")


async def test_several_with_one_key_are_known_again_together(journal: Journal) -> None:
    calls = [Call(["tools"], f"step {number}") for number in range(5)]
    first, again = [await some_scripts(journal).log_all(ROOT, calls, "k") for _ in range(2)]
    assert first == again
    assert await some_scripts(journal).log_all(ROOT, calls[:4], "k") == KeyReused()
    assert await some_scripts(journal).log(ROOT, Call(["tools"], "x", key="k")) == KeyReused()
    assert len(await journal.deliveries.pending()) == 5


# --- what a script may ---


async def test_a_script_logs_to_its_own_projects_whatever_they_are_called(scripts: Scripts, journal: Journal) -> None:
    deploy = Script("deploy", "token deploy", Via.HTTP, projects=frozenset({"BOT"}), any_author=False)
    await kept(scripts, Call(["bots"], "x"), deploy)
    words = "Not logged: you may log to BOT, and to no other project."
    assert await scripts.log(deploy, Call(["bots", "tools"], "x")) == NotTheirs(words)
    assert await scripts.log(deploy, Call(["bots"], "x", author="alice")) == NotTheirs(
        "Not logged: you log as deploy, and in no other name."
    )
    assert len(await journal.deliveries.pending()) == 1


async def test_a_script_corrects_its_own_and_what_stands_in_its_logs_alone(scripts: Scripts) -> None:
    deploy = Script("deploy", "token deploy", Via.HTTP, projects=frozenset({"bots"}))
    both = await kept(scripts, Call(["bots", "tools"], "x"))
    for outcome in (await scripts.undo(deploy, both), await scripts.amend(deploy, both, "y")):
        assert isinstance(outcome, NotTheirs)
    alone = await kept(scripts, Call(["bots"], "x"))
    assert isinstance(await scripts.undo(deploy, alone), Receipt)


# --- corrections ---


async def entry_of(journal: Journal, entry_id: str) -> Kept:
    (found,) = await journal.entries.kept([entry_id])
    return found


async def test_an_operator_takes_back_and_amends_whatever_anybody_logged_whenever(
    scripts: Scripts, journal: Journal
) -> None:
    rules = {("libera", "#cloud"): ChannelRules(Channel("#cloud", None, PageSettings()), DIRECTORY)}
    await a_front_desk(journal.entries, rules).hear(a_line("!log tools x", arrived=NOON - timedelta(days=400)))
    entry_id = (await only(journal)).entry.id
    amended = await scripts.amend(ROOT, entry_id, "y\nz")
    undone = await scripts.undo(ROOT, f"https://wiki.example/wiki/SAL#{entry_id}", "wrong host")
    found = await entry_of(journal, entry_id)
    assert (found.message, found.struck) == ("y · z", True)
    assert [(each.text, each.author, each.account) for each in found.changes] == [
        ("y · z", "root", "user root"),
        ("wrong host", "root", "user root"),
    ]
    assert all(isinstance(each, Receipt) and each.change for each in (amended, undone))
    told = [
        each.told
        for each in (await journal.tellings.untold(100, [("libera", "#cloud")])).tellings
        if each.delivery.change
    ]
    assert Told.NOTHING not in told


async def test_a_correction_that_cannot_be_done_says_why(scripts: Scripts, journal: Journal) -> None:
    async def words(outcome: Receipt | Refusal | NotTheirs) -> str:
        assert isinstance(outcome, Refusal)
        return outcome.text

    entry_id = await kept(scripts, Call(["tools"], "x"))
    nosuch = "I know no such entry (`labsbot show --ids` lists ids)."
    assert await words(await scripts.undo(ROOT, "sal-1")) == f"Not taken back: {nosuch}"
    assert await words(await scripts.amend(ROOT, "", "y")) == f"Not amended: {nosuch}"
    assert await words(await scripts.amend(ROOT, entry_id, " \n")) == "Not amended: the new text is missing."
    secret = await words(await scripts.amend(ROOT, entry_id, "password=hunter2345"))
    assert secret.startswith("Not amended: the message seems to contain a password")
    assert (await words(await scripts.amend(ROOT, entry_id, "x" * 70_000))).startswith("Not amended: the text is too")
    assert (await words(await scripts.undo(ROOT, entry_id, "x" * 70_000))).startswith("Not taken back: the reason is")
    assert isinstance(await scripts.undo(ROOT, entry_id), Receipt)
    assert (await words(await scripts.undo(ROOT, entry_id))).startswith(f"Not taken back: {entry_id} is taken back")


# --- times and texts ---


def typed(words: str) -> Typed:
    found = typed_time(words)
    assert not isinstance(found, str), found
    return found


@pytest.mark.parametrize("words", ["", "x", "25", "14:05 tools", "2026-11-21", "14:05 CET", "-"])
def test_a_time_that_cannot_be_read_is_answered_with_those_that_can(words: str) -> None:
    found = typed_time(words)
    assert isinstance(found, str)
    assert "-15m" in found


@pytest.mark.parametrize(
    "words", ["14:05", "14:05Z", "-15m", "2026-11-21 14:05", "2026-11-21T14:05:00+01:00", "2026-11-21T14:05:00.5Z"]
)
def test_times_are_read_as_people_and_programs_write_them(words: str) -> None:
    assert not isinstance(typed_time(words), str)


def test_one_line_stays_as_it_is() -> None:
    assert one_line("a  b\tc") == "a  b\tc"


# --- what channels are to hear of it ---


async def to_hear(journal: Journal, channel: str) -> list[str]:
    return [each.message for each in (await journal.announcements.to_announce("libera", channel, NOON, 9)).entries]


async def test_a_channel_is_to_hear_of_its_projects_however_they_are_called_and_of_copies(journal: Journal) -> None:
    top = replace(TOP, copies={"tools": ("production",)})
    bots, production = Announced("libera", "#bots", ("BOT",)), Announced("libera", "#production", ("production",))
    scripts = some_scripts(journal, top, bots, production, Announced("libera", "#all"))
    await kept(scripts, Call(["bots"], "to bots"))
    await kept(scripts, Call(["tools"], "to tools"))
    await scripts.log_all(ROOT, [Call(["bot", "tools"], "to both")])
    assert await to_hear(journal, "#bots") == ["to bots", "to both"]
    assert await to_hear(journal, "#production") == ["to tools", "to both"]
    assert await to_hear(journal, "#all") == ["to bots", "to tools", "to both"]


async def test_what_stands_between_the_parts_of_a_call_makes_no_other_the_same(scripts: Scripts) -> None:
    await kept(scripts, Call(["bots", "tools"], "x", key="k"))
    assert await scripts.log(ROOT, Call(["bots"], "tools\0x", key="k")) == KeyReused()


async def test_of_what_is_private_no_channel_hears_that_does_not_name_it(journal: Journal) -> None:
    private = frozenset({"bots"})
    of_all, named = Announced("libera", "#all", None, private), Announced("libera", "#bots", ("bots",), private)
    tools = Announced("libera", "#tools", ("tools",), private)
    scripts = some_scripts(journal, TOP, of_all, named, tools)
    await kept(scripts, Call(["bots"], "secret"))
    await kept(scripts, Call(["tools", "bot"], "to both"))
    await kept(scripts, Call(["tools"], "plain"))
    assert await to_hear(journal, "#all") == await to_hear(journal, "#tools") == ["plain"]
    assert await to_hear(journal, "#bots") == ["secret", "to both"]


async def test_a_scripts_own_channel_hears_of_it_too_and_no_channel_twice(journal: Journal) -> None:
    scripts = some_scripts(journal, TOP, Announced("libera", "#all"))
    for channel in ("#deploys", "#all"):
        await kept(scripts, Call(["tools"], channel), replace(ROOT, announced=Announced("libera", channel)))
    assert await to_hear(journal, "#deploys") == ["#deploys"]
    assert await to_hear(journal, "#all") == ["#deploys", "#all"]


async def test_what_is_refused_or_asked_for_again_or_said_on_irc_is_not_to_be_heard_of(journal: Journal) -> None:
    scripts = some_scripts(journal, TOP, Announced("libera", "#all"))
    for _ in range(2):
        await kept(scripts, Call(["tools"], "once", key="k"))
    await refused(scripts, Call(["nosuch"], "never"))
    rules = {("libera", "#cloud"): ChannelRules(Channel("#cloud", None, PageSettings()), DIRECTORY)}
    await a_front_desk(journal.entries, rules).hear(
        a_line("!log tools by a robot", sender=Sender("ci", "user", "host", robot=True))
    )
    assert await to_hear(journal, "#all") == ["once"]
