"""The witness and a talker, on our own server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from labsbot.demo.ircd import LoopbackServer
from labsbot.demo.person import DemoPerson
from tests.soak.ledger import Came, Forgot, Said, Went
from tests.soak.people import CHANNELS, Talker, Witness


@pytest.fixture
async def server() -> AsyncIterator[LoopbackServer]:
    server = LoopbackServer()
    await server.start()
    yield server
    await server.close()


@contextlib.asynccontextmanager
async def listening(server: LoopbackServer) -> AsyncIterator[Witness]:
    witness = Witness(server.port)
    task = asyncio.create_task(witness.listen())
    await witness.until(witness.listening.is_set, 10)
    yield witness
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def bot(server: LoopbackServer, nick: str = "labsbot") -> DemoPerson:
    return await DemoPerson.connect("127.0.0.1", server.port, nick)


def kinds(witness: Witness, channel: str) -> list[type]:
    return [type(event) for event in witness.heard if isinstance(event, Came | Went) and event.channel == channel]


async def test_the_witness_hears_the_bot_come_and_go_under_whatever_nick(server: LoopbackServer) -> None:
    ops, tech = CHANNELS
    async with listening(server) as witness:
        async with await bot(server, "labsbot_") as first:
            await first.join(ops)
            await witness.until(lambda: witness.present(ops), 10)
            assert not witness.present(tech)
            first.send("NICK labsbot")
            async with await bot(server, "labsbot_") as second:
                await second.join(ops)
                await first.close()
                await witness.until(lambda: len(kinds(witness, ops)) == 2, 10)
                assert witness.present(ops)
        await witness.until(lambda: not witness.present(ops), 10)
    assert kinds(witness, ops) == [Came, Came, Went]
    assert witness.outs == 1


async def test_the_witness_kicks_the_bot(server: LoopbackServer) -> None:
    async with listening(server) as witness, await bot(server) as kicked:
        for channel in CHANNELS:
            await kicked.join(channel)
        await witness.until(lambda: all(map(witness.present, CHANNELS)), 10)
        witness.kick()
        await witness.until(lambda: witness.outs == 2, 10)
    assert kinds(witness, CHANNELS[0]) == [Came, Went]


async def test_the_witness_sees_a_bot_that_was_there_first(server: LoopbackServer) -> None:
    async with await bot(server) as early:
        await early.join(CHANNELS[0])
        async with listening(server) as witness:
            assert witness.present(CHANNELS[0])


async def test_a_server_that_ends_forgets_and_is_listened_to_again(server: LoopbackServer) -> None:
    async with listening(server) as witness, await bot(server) as there:
        await there.join(CHANNELS[0])
        await witness.until(lambda: witness.present(CHANNELS[0]), 10)
        await server.close()
        await witness.until(lambda: not witness.listening.is_set(), 10)
        assert [type(event) for event in witness.heard[-2:]] == [Went, Forgot]
        await server.start()
        await witness.until(witness.listening.is_set, 10)


async def test_a_talker_types_when_it_may_and_the_witness_hears_each_word_once(server: LoopbackServer) -> None:
    begin = asyncio.Event()
    async with listening(server) as witness:
        talker = Talker(server.port, "alice", seed=1, pause=0.01, listening=witness.listening, begin=begin)
        task = asyncio.create_task(talker.talk())
        while "alice" not in [guest.nick for guest in server.guests]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not talker.typed
        begin.set()
        await witness.until(lambda: len(witness.heard) >= 20, 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await witness.until(lambda: len(witness.heard) == len(talker.typed), 10)
    assert talker.typist is not None
    said = [event for event in witness.heard if isinstance(event, Said)]
    assert [line.word for line in said] == talker.typed
    assert [line.late for line in said] == [bool(line.ago) for line in talker.typist.said]
    assert {line.channel for line in said} == set(CHANNELS)
