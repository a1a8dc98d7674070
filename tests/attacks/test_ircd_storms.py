"""A server, or a crowd on it, sends without end what costs nothing to send."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labsbot.chat.networks import Networks
from labsbot.desk.catchup import CatchUp
from labsbot.desk.private import MOST_PRIVATE
from labsbot.irc import duplicates
from labsbot.irc import users as people
from labsbot.irc.capabilities import KNOWN, Capabilities
from labsbot.irc.events import Heard
from labsbot.irc.lines import LONGEST_MSGID, parse
from labsbot.journal import Journal
from labsbot.model import Privmsg, Sender
from labsbot.service.stations import IN_A_ROW, front_desk
from tests.irc.test_session import hear, registered
from tests.nouns import NOON, a_front_desk, a_line


async def test_a_crowd_that_writes_in_private_is_answered_up_to_a_number_in_each_minute(tmp_path: Path) -> None:
    with contextlib.closing(Journal.open(tmp_path / "journal")) as journal:
        intake = a_front_desk(journal.entries, {}, "wiki.example")

        async def answered(begin: int, at: datetime) -> int:
            senders = (Sender(f"n{number}", "u", f"h{number}") for number in range(begin, begin + 3 * MOST_PRIVATE))
            heard = [a_line("hi", channel=None, sender=sender, arrived=at) for sender in senders]
            return sum([await intake.hear(line) is not None for line in heard])

        assert await answered(0, NOON) == MOST_PRIVATE
        assert await answered(10_000, NOON + timedelta(seconds=59)) == 0
        assert await answered(10_000, NOON + timedelta(seconds=60)) == MOST_PRIVATE


def nobody_heard(network: str, channel: str) -> None:
    return None


def no_networks(tmp_path: Path) -> Networks:
    return Networks((), lambda: None, lambda: datetime.now(UTC), nobody_heard, tmp_path)


async def test_lines_that_need_no_journal_let_others_have_their_turn(tmp_path: Path) -> None:
    networks = no_networks(tmp_path)
    for _ in range(1000):
        networks.heard.put_nowait(a_line("hi", channel=None))

    async def says_nothing(line: Privmsg) -> None:
        return None

    with contextlib.closing(Journal.open(tmp_path / "journal")) as journal:
        catch_up = CatchUp(journal.presences, says_nothing, ())
        desk = asyncio.create_task(front_desk(networks, catch_up, Counter()))
        turns = 0
        while not networks.heard.empty():
            turns += 1
            await asyncio.sleep(0)
        desk.cancel()
    assert turns >= 1000 / IN_A_ROW


def test_capabilities_that_nobody_knows_take_no_room() -> None:
    capabilities = Capabilities()
    for command in ("LS *", "NEW", "ACK", "LS"):
        for number in range(100):
            names = " ".join(f"new{number}-{each}=x" for each in range(100))
            line = parse(f":s CAP labsbot {command} :{names} batch=1 sasl=PLAIN")
            assert line is not None
            capabilities.hear(line)
    assert capabilities.offered == {"batch": "1", "sasl": "PLAIN"}
    assert len(capabilities.agreed) + len(capabilities._new) <= 2 * len(KNOWN)


WHO_MAY_BE_KNOWN = (
    ":s 353 labsbot = #ops :@n{0}",
    ":op!o@h MODE #ops +oo m{0} k{0}",
    ":n{0}!u@h JOIN #ops account{0} :name",
    ":n{0}!u@h ACCOUNT account{0}",
    ":s 330 labsbot w{0} account{0} :is logged in as",
    ":t{0}!u@h JOIN #ops ours :name",
)


@pytest.mark.parametrize("line", WHO_MAY_BE_KNOWN)
def test_no_number_of_people_takes_more_room_than_those_who_may_be_known(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST", 200)
    session = registered()
    session.caps.update({"account-notify", "extended-join"})
    hear(session, ":s 900 labsbot labsbot!l@h ours :You are now logged in")
    for number in range(1000):
        hear(session, line.format(number))
    known = session.people
    assert 0 < len(known._accounts) + len(known._ranks["#ops"]) <= 200
    assert len(session.duplicates) <= duplicates.MOST


def test_of_too_many_people_the_newest_are_known_and_no_endless_name_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST", 200)
    session = registered()
    endless = "x" * (people.LONGEST_NAME + 1)
    for number in range(1000):
        hear(session, f":s 353 labsbot = #ops :@n{number} @{endless}")
    assert session.people.ranks("n999", "#ops") == "@"
    assert session.people.ranks(endless, "#ops") == session.people.ranks("n0", "#ops") == ""


def test_of_channels_that_are_none_of_ours_nobody_is_remembered() -> None:
    session = registered()
    session.caps.update({"account-notify", "extended-join"})
    for number in range(100):
        hear(session, f":n{number}!u@h JOIN #forced account{number} :name")
    assert not session.people._accounts


def test_a_line_with_an_endless_id_has_none() -> None:
    session = registered()
    for size, kept in ((LONGEST_MSGID, True), (LONGEST_MSGID + 1, False)):
        (heard,) = hear(session, f"@msgid={'m' * size} :alice!a@h PRIVMSG #ops :hello")
        assert isinstance(heard, Heard)
        assert (heard.privmsg.msgid is not None) is kept
