"""What people meet on a real network beside the rules of who may log: scripts that log for others, notices, limits,
invitations, a bot that is thrown off or renamed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from labsbot.demo.person import DemoPerson
from tests.irc.conftest import hurried  # noqa: F401 - a fixture
from tests.place import Place, another_second, founded, hears, make_accounts, told
from tests.servers.atheme import Atheme
from tests.servers.inspircd import InspIRCd
from tests.servers.ngircd import NgIRCd

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("hurried")]

CHANNELS = {
    "#open": "{}",
    "#tools": "{project: tools}",
    "#few": "{limit: {lines: 3, per: 2s}}",
    "#asked": "{}",
    "#little": "{limit: {bytes: 1 KB}}",
}
NETWORK = """
    relays: {deployer: deploy, jenkins: deploy, matrix: bridge}
    robots: [jenkins]
"""
TOP = """
projects:
  - list: {tools: {}, bots: {}}
"""


@pytest.fixture(scope="module")
def inspircd() -> Iterator[InspIRCd]:
    """A server with services, on which alice, deployer, jenkins and matrix have accounts."""
    with InspIRCd() as server, Atheme(server.services_port):
        asyncio.run(make_accounts(server, "alice", "deployer", "jenkins", "matrix"))
        yield server


@pytest.fixture(scope="module")
def ngircd() -> Iterator[NgIRCd]:
    with NgIRCd() as server:
        yield server


@pytest.fixture
async def place(inspircd: InspIRCd, tmp_path: Path) -> AsyncIterator[Place]:
    async with founded(inspircd, tmp_path, CHANNELS, NETWORK, TOP) as place:
        yield place


@pytest.fixture(params=["inspircd", "ngircd"])
async def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """On each of the two servers, where the bot speaks in notices."""
    async with founded(request.getfixturevalue(request.param), tmp_path, CHANNELS, "    replies: notice", TOP) as place:
        yield place


def from_the_bot(person: DemoPerson, since: int = 0) -> list[str]:
    """What somebody was told by the bot, without its hostmask."""
    said = (re.fullmatch(r":labsbot!\S+ (\S+ .*)", line) for line in person.lines[since:])
    return [line[1] for line in said if line and line[1].startswith(("PRIVMSG ", "NOTICE "))]


# --- scripts


async def test_a_script_logs_for_whoever_started_it_by_its_account_and_a_nick_like_its_own_does_not(
    place: Place,
) -> None:
    async with (
        place.bot("#open", "#tools"),
        place.people(("logmsg", "deployer"), ("deployer", "alice")) as (script, impostor),
    ):
        for channel, words in (("#open", "tools synced"), ("#tools", "restarted"), ("#open", "bots [T1] rebooted")):
            since = len(script.lines)
            script.say(channel, f"!log bob@deploy1 {words}")
            await script.heard(re.compile(f".* PRIVMSG {channel} :bob@deploy1: Logged at ").match, since=since)
        assert (await told(script, "#open", "!log tools by itself")).startswith("Logged at ")
        unknown = "Not logged: there is no project “bob@deploy1”. "
        assert (await told(impostor, "#open", "!log bob@deploy1 tools by an impostor")).startswith(unknown)
        # where the project need not be named the line is an entry of theirs, and says so
        assert (await told(impostor, "#tools", "!log bob@deploy1 it was not me")).startswith("Logged at ")
    page = place.page("tools")
    for words in ("bob@deploy1 (via logmsg): synced", "bob@deploy1 (via logmsg): restarted", " logmsg: by itself"):
        assert words in page
    assert " deployer: bob@deploy1 it was not me" in page
    assert "impostor" not in page
    assert "bob@deploy1 (via logmsg): &#91;T1] rebooted" in place.page("bots")


async def test_a_script_that_is_a_robot_logs_and_hears_nothing(place: Place) -> None:
    async with place.bot("#open"), place.people(("ci", "jenkins"), ("alice", None)) as (script, alice):
        script.say("#open", "!log bob@deploy1 tools by a robot")
        script.say("#open", "!log bob@deploy1 nonsense by a robot")
        assert (await told(alice, "#open", "!log tools by alice")).startswith("Logged at ")
        assert "bob@deploy1 (via ci): by a robot" in place.page("tools")
        assert [line for line in from_the_bot(alice) if "alice: " not in line] == []


async def test_what_a_script_said_while_the_bot_was_away_is_to_be_said_again_or_is_its_own_entry(place: Place) -> None:
    """InspIRCd repeats what was said, and does not say who was logged in."""
    for channel in ("#open", "#tools"):
        await place.mode(channel, "+H 50:1h")
    async with place.person("logmsg", "deployer") as script:
        async with place.bot("#open", "#tools"):
            await another_second()
            assert (await told(script, "#open", "!log tools by itself")).startswith("Logged at ")
        since = len(script.lines)
        script.say("#open", "!log bob@deploy1 tools away")
        script.say("#tools", "!log bob@deploy1 away")
        async with place.bot("#open", "#tools"):
            words = r"1 line from \d\d:\d\d not logged: .* Please say it again\."
            assert re.fullmatch(words, await hears(script, "#open", since))
            assert (await hears(script, "#tools", since)).startswith("Logged at ")
        assert " logmsg: bob@deploy1 away" in place.page("tools")


# --- notices, limits


async def test_where_notices_are_wanted_every_answer_is_one(anywhere: Place) -> None:
    async with anywhere.bot("#open"), anywhere.person("alice") as alice:
        assert (await told(alice, "#open", "!log tools softly", "NOTICE")).startswith("Logged at ")
        assert (await told(alice, "#open", "!log tool x", "NOTICE")).endswith("Did you mean tools?")
        assert (await told(alice, "#open", "!log help", "NOTICE")).startswith("!log <project> <message>")
        alice.say("#open", "!log tools password=sesame5")
        await alice.heard(lambda line: " NOTICE alice :Not logged: your message in #open seems to contain " in line)
        alice.say("labsbot", "!log tools in private")
        await alice.heard(lambda line: " NOTICE alice :Say it in the channel: " in line)
        assert not [line for line in from_the_bot(alice) if line.startswith("PRIVMSG")]
        # two bots that answer each other would go on for ever: notices are answered by nobody
        alice.send("NOTICE #open :!log tools from a robot")
        await told(alice, "#open", "!log tools after it", "NOTICE")
        assert "from a robot" not in anywhere.page("tools")


async def test_a_flood_is_refused_once_for_one_sender_in_one_channel_and_is_over_after_a_while(anywhere: Place) -> None:
    async with (
        anywhere.bot("#few", "#open"),
        anywhere.person("alice") as alice,
        anywhere.person("bob", home="127.0.0.2") as bob,
    ):
        for number in range(6):
            alice.say("#few", f"!log tools number {number}")
        refused = await alice.heard(lambda line: " NOTICE #few :alice: Not logged: " in line)
        assert re.search(r"too many lines: at most 3 in 2 s here\. Try again in [12] s\.", refused)
        # another channel and another person are not concerned
        assert (await told(bob, "#few", "!log tools by bob", "NOTICE")).startswith("Logged at ")
        assert (await told(alice, "#open", "!log tools elsewhere", "NOTICE")).startswith("Logged at ")
        page = anywhere.page("tools")
        assert [number for number in range(6) if f"number {number}" in page] == [0, 1, 2]
        # whoever goes on all the same is told no more, and is heard again when the time is over
        async with asyncio.timeout(20):
            number = 6
            while not any(f"number {each}" in anywhere.page("tools") for each in range(6, number)):
                alice.say("#few", f"!log tools number {number}")
                number += 1
                await asyncio.sleep(0.2)
        assert len([line for line in from_the_bot(alice) if "Not logged" in line]) == 1


async def test_a_limit_counts_for_an_account_whatever_connections_it_has_and_for_others_whatever_nick(
    place: Place,
) -> None:
    async with (
        place.bot("#few"),
        place.people(("alice", "alice"), ("phone", "alice"), ("bob", None)) as (alice, phone, bob),
    ):
        for number in range(3):
            alice.say("#few", f"!log tools number {number}")
            bob.say("#few", f"!log tools of bob {number}")
        bob.send("NICK robert")
        bob.nick = "robert"
        tired = [told(phone, "#few", "!log tools number 3"), told(bob, "#few", "!log tools of bob 3")]
        assert all("at most 3 in 2 s here" in answer for answer in await asyncio.gather(*tired))
        assert not [words for words in ("number 3", "of bob 3") if words in place.page("tools")]


async def test_a_bridge_is_understood_in_the_form_of_matterbridge_and_told_where_it_is_not(place: Place) -> None:
    async with place.bot("#open", "#tools"), place.person("mx", "matrix") as bridge:
        for channel, name, words in (
            ("#open", "dora", "[discord] <dora> !log tools by dora"),
            ("#open", "Eve 🦄", "\x02[discord]\x02 <\x0304Eve 🦄\x03> \u200e!log to\u200bols, by eve"),
            ("#tools", "bob I dropped it", "<bob: I dropped it> ！log by mallory"),
        ):
            since = len(bridge.lines)
            bridge.say(channel, words)
            answer = f" PRIVMSG {channel} :{name}: Logged at "
            await bridge.heard(lambda line, answer=answer: answer in line, since=since)  # type: ignore[misc]
        unreadable = "Not logged: I cannot tell who said that. "
        assert (await told(bridge, "#tools", "!log by nobody")).startswith(unreadable)
        assert (await told(bridge, "#open", "dora: !log tools by nobody")).startswith(unreadable)
        page = place.page("tools")
        for words in ("dora (via mx): by dora", "Eve 🦄 (via mx): by eve", "bob I dropped it (via mx): by mallory"):
            assert words in page
        assert "nobody" not in page


async def test_a_message_counts_as_it_stands_on_the_page(place: Place) -> None:
    async with place.bot("#little"), place.person("alice") as alice:
        refusal = await told(alice, "#little", f"!log tools {'[' * 300}")
        assert refusal.startswith("Not logged: it is too long: 1.59 KB on the page, at most 1 KB an hour. ")
        assert (await told(alice, "#little", f"!log tools {'a' * 300}")).startswith("Logged at ")
        assert (await told(alice, "#little", f"!log tools {'b' * 300}")).startswith("Logged at ")
        refusal = await told(alice, "#little", f"!log tools {'c' * 300}")
        assert refusal.startswith("Not logged: too much text: at most 1 KB an hour on the page. Try again in ")
        assert "c" * 8 not in place.page("tools")


async def test_who_pastes_several_lines_hears_up_to_where_they_are_logged(place: Place) -> None:
    async with place.bot("#open"), place.person("alice") as alice:
        since = len(alice.lines)
        for line in ("!log tools did three things:", "- moved the db", "- rebooted web-1"):
            alice.say("#open", line)
        words = (
            " PRIVMSG #open :alice: The log has your message up to “things:” only: what came after was a line of its"
        )
        await alice.heard(lambda line: words in line, since=since)
        await alice.heard(lambda line: " PRIVMSG #open :alice: Logged at " in line, since=since)


async def test_the_same_line_said_twice_at_once_is_two_entries(anywhere: Place) -> None:
    """ngIRCd gives lines neither ids nor times."""
    async with anywhere.bot("#open"), anywhere.person("alice") as alice:
        since = len(alice.lines)
        for _ in range(2):
            alice.say("#open", "!log tools twice")
        answer = " NOTICE #open :alice: Logged "
        await alice.heard(lambda line: answer in line and anywhere.page("tools").count(": twice") == 2, since=since)


async def test_what_is_no_entry_is_answered(place: Place) -> None:
    async with place.bot("#open", "#tools"), place.person("alice") as alice:
        where = "“tools/SAL” on "
        for channel, typed, answer in (
            ("#tools", "!log list projects", f"Entries from here go to tools: {where}"),
            ("#tools", "!log undo", "Nothing changed. Type !undo alone for your last entry here"),
            ("#open", "!log projects", "Projects: bots, tools. Their logs: “<project>/SAL” "),
            ("#open", "labsbot: help", "!log <project> <message>, for example: !log tools "),
        ):
            assert (await told(alice, channel, typed)).startswith(answer)
        for number, typed in enumerate(("!log:tools", "! log tools.", "！log (tools)", "!log, tools,")):
            assert (await told(alice, "#open", f"{typed} number {number}")).startswith("Logged at ")
        assert place.page("tools").count(": number ") == 4


async def test_of_those_behind_a_bridge_each_is_limited_alone(place: Place) -> None:
    async with place.bot("#few"), place.person("mx", "matrix") as bridge:
        for number in range(5):
            bridge.say("#few", f"<Bob> !log tools number {number}")
        bridge.say("#few", "<Carol> !log tools by Carol")
        refused = " PRIVMSG #few :Bob: Not logged: too many lines: at most 3 in 2 s here. "
        for answer in (refused, " PRIVMSG #few :Bob: Logged ", " PRIVMSG #few :Carol: Logged at "):
            await bridge.heard(re.compile(f".*{answer}").match)
        page = place.page("tools")
        assert [words for words in ("number 2", "number 3", "by Carol") if words in page] == ["number 2", "by Carol"]
        assert len([line for line in bridge.lines if refused in line]) == 1


# --- doors


async def test_a_bot_that_was_not_let_in_comes_when_it_is_invited_and_logs_from_then_on(
    anywhere: Place, caplog: pytest.LogCaptureFixture
) -> None:
    founder = anywhere.founder
    await anywhere.mode("#asked", "+i")
    async with anywhere.bot("#open", closed="#asked", first="15m", most="15m"):
        assert (await told(founder, "#open", "!log tools in the open", "NOTICE")).startswith("Logged at ")
        founder.say("#asked", "!log tools unheard")
        assert "net: not in #asked: " in caplog.text
        since = len(founder.lines)
        founder.send("INVITE labsbot #few")
        founder.send("INVITE labsbot #asked")
        await anywhere.sees_join("#asked", since)
        assert (await told(founder, "#asked", "!log tools at last", "NOTICE")).startswith("Logged at ")
        assert not any(" JOIN :#few" in line for line in founder.lines if line.startswith(":labsbot!"))
        assert "unheard" not in anywhere.page("tools")


# --- what happens to the bot


async def test_a_bot_that_was_killed_logs_what_was_said_meanwhile_once(place: Place) -> None:
    await place.mode("#open", "+H 50:1h")
    place.founder.send("OPER oper oper")
    await place.founder.heard(lambda line: " 381 " in line)
    async with place.person("alice") as alice, place.bot("#open"):
        await another_second()
        assert (await told(alice, "#open", "!log tools before")).startswith("Logged at ")
        since = len(alice.lines)
        alice.say("#open", "!log tools just then")
        place.founder.send("KILL labsbot :oops")
        await alice.heard(lambda line: line.startswith(":labsbot!") and " QUIT " in line, since=since)
        alice.say("#open", "!log tools meanwhile")
        await alice.heard(re.compile(r":labsbot!\S+ PRIVMSG #open :alice: Logged (at|2 entries) ").match, since=since)
        assert (await told(alice, "#open", "!log tools after it")).startswith("Logged ")
        page = place.page("tools")
        assert [page.count(words) for words in ("before", "just then", "meanwhile", "after it")] == [1, 1, 1, 1]
