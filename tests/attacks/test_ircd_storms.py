"""A server, or a crowd on it, sends without end what costs nothing to send."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labsbot import service
from labsbot.catchup import CatchUp
from labsbot.intake import MOST_PRIVATE, Intake
from labsbot.journal import Journal
from labsbot.model import Privmsg, Sender
from labsbot.networks import Networks
from tests.nouns import NOON, a_line


async def test_a_crowd_that_writes_in_private_is_answered_up_to_a_number_in_each_minute(tmp_path: Path) -> None:
    with contextlib.closing(Journal.open(tmp_path / "journal")) as journal:
        intake = Intake(journal, {}, "wiki.example")

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
        catch_up = CatchUp(journal, says_nothing, ())
        desk = asyncio.create_task(service._front_desk(networks, catch_up, Counter()))
        turns = 0
        while not networks.heard.empty():
            turns += 1
            await asyncio.sleep(0)
        desk.cancel()
    assert turns >= 1000 / service.IN_A_ROW
