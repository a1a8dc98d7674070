"""A server, or somebody with its powers, makes us enter channels, and so makes us say things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labsbot.irc.events import Send
from labsbot.irc.low_priority import MOST
from labsbot.irc.send_queue import SendQueue
from labsbot.irc.session import Session
from tests.irc.conftest import until
from tests.irc.test_session import hear, registered
from tests.place import founded
from tests.servers.inspircd import InspIRCd


def waiting(session: Session, *lines: str) -> list[str]:
    """What waits for its turn after these lines of the server."""
    queue = SendQueue()
    for line in lines:
        for event in hear(session, line):
            if isinstance(event, Send) and not event.free:
                queue.command(event)
    sent = []
    while line := queue.next_command() or "":
        sent.append(line)
    return sent


@pytest.mark.slow
def test_no_number_of_forced_joins_fills_the_memory_or_goes_before_anything_else() -> None:
    session = registered()
    assert waiting(session, *(f":labsbot!l@h JOIN #forced{number}" for number in range(100_000))) == []
    parts = []
    while session.has_low_priority:
        parts += [send.line for send in session.next_low_priority()]
    assert len(parts) < MOST / 20
    assert sum(part.count("#") for part in parts) == MOST


@pytest.mark.slow
def test_to_be_put_into_our_own_channels_again_and_again_makes_us_ask_for_nothing_twice() -> None:
    session = registered()
    session.caps.update({"account-notify", "draft/chathistory"})
    hear(session, ":irc.test 005 labsbot WHOX :are supported by this server")
    cycle = (":mallory!m@h KICK #ops labsbot", ":labsbot!l@h JOIN #ops")
    assert len(waiting(session, *(line for _ in range(10_000) for line in cycle))) <= 4


def test_a_nick_of_ours_that_others_drop_again_and_again_is_asked_for_once() -> None:
    session = registered(nick="wanted")
    hear(session, ":wanted!l@h NICK other")
    assert waiting(session, *(":wanted!x@h NICK y" for _ in range(10_000))) == ["NICK wanted"]


@pytest.mark.servers
async def test_who_hears_nothing_of_their_entry_because_we_are_put_everywhere(
    inspircd: InspIRCd, tmp_path: Path
) -> None:
    top = "projects: {list: {tools: {}}}"
    async with (
        founded(inspircd, tmp_path, {"#put": "{}"}, top=top) as place,
        place.bot("#put"),
        place.person("alice") as alice,
        place.person("oper") as oper,
    ):
        oper.send("OPER oper oper")
        await oper.heard(lambda line: " 381 " in line)
        others = [f"#everywhere{number}" for number in range(100)]
        for channel in others:
            await oper.join(channel)
        since = len(oper.lines)
        for channel in others:
            oper.send(f"SAJOIN labsbot {channel}")
        alice.say("#put", "!log tools one")
        await alice.heard(lambda line: line.startswith(":labsbot!") and "alice: Logged at" in line)
        left = re.compile(r":labsbot!\S+ PART :?#everywhere")
        await until(lambda: sum(bool(left.match(line)) for line in oper.lines[since:]) == 100, "it has left them all")
