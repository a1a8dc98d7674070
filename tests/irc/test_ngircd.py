"""A server that offers next to nothing: no times, no ids, no batches, no accounts."""

from collections.abc import Iterator

import pytest

from labsbot.demo.person import Person
from labsbot.model import CaughtUp
from tests.irc.conftest import Process, at_work, network, until
from tests.servers.ngircd import NgIRCd

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def ngircd() -> Iterator[NgIRCd]:
    with NgIRCd() as server:
        yield server


async def test_we_hear_speak_and_know_that_nothing_is_repeated(ngircd):
    async with await Person.connect(ngircd.host, ngircd.port, "alice") as alice:
        await alice.join("#ops")
        async with at_work(network(Process(ngircd))) as bot:
            await until(lambda: bot.of(CaughtUp), "the bot has caught up")
            assert not bot.of(CaughtUp)[0].repeated
            alice.say("#ops", "!log tools hello")
            await bot.hears("!log tools hello")
            assert (bot.lines[0].server_time, bot.lines[0].msgid, bot.lines[0].sender.account) == (None, None, None)
            bot.client.say("#ops", "ü" * 600)
            whole = await alice.heard(lambda line: line.endswith("ü…"))
            assert 500 <= len(whole.encode()) + 2 <= 512


async def test_a_taken_nick_and_a_kick_are_dealt_with_as_elsewhere(ngircd):
    async with await Person.connect(ngircd.host, ngircd.port, "labsbot") as thief:
        await thief.join("#ops")
        async with at_work(network(Process(ngircd))) as bot:
            await bot.joins()
            assert bot.client.nick == "labsbot_"
            before = bot.times_ready
            thief.send("KICK #ops labsbot_ :out")
            await until(lambda: bot.times_ready > before, "the bot is in again")
            await thief.close()
            await until(lambda: bot.client.nick == "labsbot", "our nick is ours again")
