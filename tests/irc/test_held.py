"""A network sends more than we can process: what is left to the server, and that nothing of it is lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labsbot.chat.networks import MUCH, Networks
from labsbot.irc.connection import PIECE
from labsbot.model import Privmsg
from labsbot.settings import Ping
from tests.irc.conftest import Loopback, network, until
from tests.servers.breakable import BreakableServer


def nobody_heard(network: str, channel: str) -> None:
    return None


LINE = b":alice!a@h PRIVMSG #ops :%d\r\n"


@pytest.mark.slow
async def test_more_than_is_dealt_with_waits_at_the_server_and_all_of_it_is_heard(
    loopback: BreakableServer, tmp_path: Path
) -> None:
    of = network(Loopback(loopback), ping=Ping(after=0.2, give_up=0.5))
    networks = Networks((of,), lambda: None, lambda: datetime.now(UTC), nobody_heard, tmp_path)
    running = asyncio.create_task(networks.run())
    await until(lambda: networks.presences()["test", "#ops"], "the bot is there")
    guest = loopback.guest("labsbot")
    guest.send_raw(b"".join(LINE % number for number in range(4 * MUCH)) + b"PING :after\r\n")
    await until(lambda: networks.heard.qsize() >= MUCH, "much waits")
    full = asyncio.get_running_loop().time()
    most_in_a_piece = PIECE // len(LINE % 0) + 1
    # for longer than a server may say nothing
    await until(lambda: asyncio.get_running_loop().time() > full + 1, "a second goes by")
    assert networks.heard.qsize() <= MUCH + most_in_a_piece
    assert networks.counts()["test"].connections == 1
    texts: list[str] = []
    while len(texts) < 4 * MUCH:
        news = await networks.heard.get()
        texts += [news.text] if isinstance(news, Privmsg) else []
        networks.done(news)
        assert networks.heard.qsize() <= MUCH + most_in_a_piece
    assert texts == [str(number) for number in range(4 * MUCH)]
    await until(lambda: "PONG :after" in guest.received, "the server's PING is answered")
    networks.stop()
    await running


async def test_lines_that_nobody_deals_with_before_the_end_are_counted(
    loopback: BreakableServer, tmp_path: Path
) -> None:
    networks = Networks((network(Loopback(loopback)),), lambda: None, lambda: datetime.now(UTC), nobody_heard, tmp_path)
    running = asyncio.create_task(networks.run())
    await until(lambda: networks.presences()["test", "#ops"], "the bot is there")
    before = networks.heard.qsize()
    loopback.guest("labsbot").send_raw(b"".join(LINE % number for number in range(10)))
    await until(lambda: networks.heard.qsize() >= before + 10, "all are heard")
    networks.stop()
    await running
    assert networks.unheard() == 10
    assert networks.unheard() == 0
