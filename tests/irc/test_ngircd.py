"""A server that offers next to nothing: no times, no ids, no batches, no accounts."""

import re
from collections.abc import Iterator

import pytest

from labsbot import settings
from labsbot.demo.person import DemoPerson
from labsbot.model import CaughtUp
from tests.irc.conftest import Process, at_work, network, ranks_after, until
from tests.servers.ngircd import NgIRCd

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def ngircd() -> Iterator[NgIRCd]:
    with NgIRCd() as server:
        yield server


async def test_we_hear_speak_and_know_that_nothing_is_repeated(ngircd):
    async with await DemoPerson.connect(ngircd.host, ngircd.port, "alice") as alice:
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
    async with await DemoPerson.connect(ngircd.host, ngircd.port, "labsbot") as thief:
        await thief.join("#ops")
        async with at_work(network(Process(ngircd))) as bot:
            await bot.joins()
            assert bot.client.nick == "labsbot_"
            before = bot.times_ready
            thief.send("KICK #ops labsbot_ :out")
            await until(lambda: bot.times_ready > before, "the bot is in again")
            await thief.close()
            await until(lambda: bot.client.nick == "labsbot", "our nick is ours again")


async def test_a_channel_whose_key_is_not_ours_is_tried_until_it_is_and_disturbs_no_other(ngircd, caplog):
    key = settings.Secret("sesame")
    channels = tuple(settings.Channel(name, None, settings.PageSettings(), key=key) for name in ("#locked", "#open"))
    async with await DemoPerson.connect(ngircd.host, ngircd.port, "alice") as alice:
        await alice.join("#locked")
        alice.send("MODE #locked +k another")
        await alice.heard(lambda line: " MODE #locked +k" in line)
        async with at_work(network(Process(ngircd), channels=channels)) as bot:
            await bot.joins("#open")
            await until(lambda: re.search(r"not in #locked: .*\(475\)", caplog.text), "the bot is refused")
            alice.send("MODE #locked +k sesame")
            await bot.joins("#locked")


async def test_all_ranks_that_somebody_has_are_known_and_are_those_of_the_moment(ngircd):
    async with await DemoPerson.connect(ngircd.host, ngircd.port, "alice") as alice:
        alice.send("OPER oper oper")
        await alice.heard(lambda line: " 381 " in line)
        await alice.join("#ranks")
        alice.send("MODE #ranks +qahv alice alice alice alice")
        await alice.heard(lambda line: " MODE #ranks +qahv " in line)
        async with at_work(network(Process(ngircd), "#ranks")) as bot:
            await until(lambda: bot.of(CaughtUp), "the bot knows who is there")
            modes = ("+v alice", "-a alice", "-oq alice alice", "-h alice")
            assert await ranks_after(modes, alice, bot, "#ranks") == ["~&@%+", "~@%+", "%+", "+"]


async def test_killed_we_come_back(ngircd, caplog):
    async with await DemoPerson.connect(ngircd.host, ngircd.port, "alice") as alice:
        await alice.join("#ops")
        alice.send("OPER oper oper")
        await alice.heard(lambda line: " 381 " in line)
        async with at_work(network(Process(ngircd))) as bot:
            await bot.joins()
            before = bot.times_ready
            alice.send("KILL labsbot :too loud")
            await until(lambda: bot.times_ready > before, "the bot is in again")
            assert re.search("no connection: .*too loud", caplog.text)
