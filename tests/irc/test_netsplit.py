"""A network of two real servers that lose each other and meet again: who is where, who is who."""

import asyncio
import contextlib
import re
from collections.abc import Iterator

import pytest

from labsbot import settings
from tests.irc.conftest import Real, at_work, network, until
from tests.servers.inspircd import InspIRCd

pytestmark = pytest.mark.servers

CROWD = 40


@pytest.fixture(scope="module")
def hub() -> Iterator[InspIRCd]:
    with InspIRCd() as server:
        yield server


@pytest.fixture(scope="module")
def leaf(hub: InspIRCd) -> Iterator[InspIRCd]:
    with InspIRCd(hub=hub) as server:
        yield server


@contextlib.asynccontextmanager
async def crowd(server, names):
    """All of them in #ops of one server."""
    async with contextlib.AsyncExitStack() as stack:
        people = await asyncio.gather(*(Real(server).person(name) for name in names))
        for person in people:
            await stack.enter_async_context(person)
        await asyncio.gather(*(person.join("#ops") for person in people))
        yield people


@contextlib.asynccontextmanager
async def operators(hub, leaf):
    """An operator here, in #ops, and one on the other server; in the end their servers are apart, as before."""
    async with await Real(hub).person("here") as here, await Real(leaf).person("there") as there:
        for oper in (here, there):
            oper.send("OPER oper oper")
            await oper.heard(lambda line: " 381 " in line)
        await here.join("#ops")
        try:
            yield here, there
        finally:
            since = len(here.lines)
            here.send("SQUIT leaf.test :end")
            here.send("PING :end")
            await here.heard(lambda line: " PONG " in line, since=since)


async def link(there):
    """Their operator links the leaf to the hub, and sees it done; they look again every half second."""
    there.send("CONNECT irc.test")
    async with asyncio.timeout(20):
        while True:
            since = len(there.lines)
            there.send("LINKS")
            await there.heard(lambda line: " 365 " in line, since=since)
            if any(" 364 " in line and " irc.test " in line for line in there.lines[since:]):
                return
            await asyncio.sleep(0.5)


async def test_a_crowd_that_goes_and_comes_back_with_a_server_takes_its_ranks_along(hub, leaf):
    names = [f"p{number}" for number in range(CROWD)]
    async with operators(hub, leaf) as (here, there):
        await link(there)
        async with at_work(network(Real(hub))) as bot, crowd(leaf, names) as people:
            await bot.joins()
            await here.heard(re.compile(":p0!.* JOIN ").match)
            here.send("MODE #ops +o p0")
            await people[0].heard(lambda line: "+o :p0" in line)
            people[0].say("#ops", "before")
            await bot.hears("before")
            assert bot.lines[-1].sender.ranks == "@"
            here.send("SQUIT leaf.test :cable")
            await asyncio.gather(*(here.heard(re.compile(f":{name}!.* QUIT ").match) for name in names))
            ranks = bot.client._runner.session.people._ranks["#ops"]
            await until(lambda: not set(names) & set(ranks), "those who are gone have no ranks any more")
            # who comes with the same nick meanwhile is somebody else
            async with await Real(hub).person("p0") as other:
                await other.join("#ops")
                other.say("#ops", "not me")
                await bot.hears("not me")
                assert bot.lines[-1].sender.ranks == ""
                since = len(here.lines)
            await here.heard(re.compile(":p0!.* QUIT ").match, since=since)
            await link(there)
            await asyncio.gather(*(here.heard(re.compile(f":{name}!.* JOIN ").match, since=since) for name in names))
            people[0].say("#ops", "again")
            await bot.hears("again")
            assert bot.lines[-1].sender.ranks == "@"
            assert bot.client.counts.connections == 1


async def test_where_two_of_our_nick_meet_again_we_go_on_as_whoever_we_are_then(hub, leaf):
    often = settings.Ping(after=1, give_up=10)
    async with operators(hub, leaf) as (here, there), at_work(network(Real(hub), ping=often)) as bot:
        await bot.joins()
        async with await Real(leaf).person("labsbot"):
            await link(there)
            await until(lambda: bot.client.nick != "labsbot", "our nick is nobody's")
            here.say("#ops", "to whoever it is")
            await bot.hears("to whoever it is")
            bot.client.say("#ops", "it is me")
            await until(lambda: bot.client.counts.said == 1, "what we said came back")
        await until(lambda: bot.client.nick == "labsbot", "our nick is ours again")
        assert bot.client.counts.connections == 1
