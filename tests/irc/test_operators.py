"""What operators of a real network do to a bot: they rename it, move it, throw it off, keep it out for a while."""

import contextlib
import re

import pytest

from labsbot import settings
from labsbot.model import CaughtUp, Privmsg
from tests.irc.conftest import Real, at_work, network, until

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("hurried")]

SOON = settings.Ping(after=1, give_up=10)
"""So often we ask for our nick again."""


@contextlib.asynccontextmanager
async def operator(server, channel="#ops"):
    """An operator of the network, who founded the channel."""
    async with await Real(server).person("oper") as oper:
        oper.send("OPER oper oper")
        await oper.heard(lambda line: " 381 " in line)
        await oper.join(channel)
        yield oper


async def test_under_a_nick_that_we_were_given_we_hear_and_speak_and_ask_for_our_own_again(inspircd):
    async with operator(inspircd) as oper, at_work(network(Real(inspircd), ping=SOON)) as bot:
        await bot.joins()
        oper.send("SANICK labsbot Guest7")
        oper.say("#ops", "now")
        oper.say("Guest7", "psst")
        await bot.hears("psst")
        assert bot.texts == ["now", "psst"]
        bot.client.say("#ops", "still here")
        await until(lambda: bot.client.counts.said == 1, "what we said came back")
        await until(lambda: bot.client.nick == "labsbot", "our nick is ours again")


async def test_while_our_nick_is_reserved_we_go_by_a_number_and_take_it_back_afterwards(inspircd):
    async with operator(inspircd) as oper, at_work(network(Real(inspircd), ping=SOON)) as bot:
        await bot.joins()
        oper.send("QLINE labsbot 1h :for somebody else")
        await until(lambda: re.fullmatch("[0-9][A-Z0-9]{8}", bot.client.nick or ""), "the bot has a number for a nick")
        bot.client.say("#ops", "still here")
        await until(lambda: bot.client.counts.said == 1, "what we said came back")
        await oper.heard(re.compile(r":[0-9]\w+!\S+ PRIVMSG #ops :still here").match)
        oper.send("QLINE labsbot")
        await until(lambda: bot.client.nick == "labsbot", "our nick is ours again")
        assert bot.client.counts.connections == 1


async def test_a_nick_that_is_reserved_from_the_start_is_replaced_by_the_next_one(inspircd):
    async with operator(inspircd) as oper:
        oper.send("QLINE labsbot 1h :for somebody else")
        try:
            oper.send("NICK labsbot")
            await oper.heard(lambda line: " 432 oper labsbot " in line)
            async with at_work(network(Real(inspircd), ping=SOON)) as bot:
                await bot.joins()
                assert bot.client.nick == "labsbot_"
                oper.send("QLINE labsbot")
                await until(lambda: bot.client.nick == "labsbot", "our nick is ours")
        finally:
            oper.send("QLINE labsbot")


async def test_into_a_channel_that_is_not_ours_nobody_can_put_us_and_out_of_ours_not_for_long(inspircd):
    async with operator(inspircd) as oper, at_work(network(Real(inspircd))) as bot:
        await oper.join("#elsewhere")
        await bot.joins()
        oper.send("SAJOIN labsbot #elsewhere")
        oper.say("#elsewhere", "not for us")
        await oper.heard(lambda line: line.startswith(":labsbot!") and " PART :#elsewhere" in line)
        before = bot.times_ready
        oper.send("SAPART labsbot #ops")
        await until(lambda: bot.times_ready > before, "the bot is in again")
        oper.say("#ops", "for us")
        await bot.hears("for us")
        assert bot.texts == ["for us"]


async def test_with_a_longer_host_than_before_what_we_say_still_arrives_whole(inspircd):
    async with operator(inspircd) as oper, at_work(network(Real(inspircd))) as bot:
        await bot.joins()
        oper.send(f"CHGHOST labsbot {'host.' * 11}test")
        oper.say("labsbot", "changed")
        await bot.hears("changed")
        bot.client.say("#ops", "ü" * 600)
        whole = await oper.heard(lambda line: line.endswith("ü…"))
        assert "@host.host.host." in whole
        # what the new host takes away is known when a line has shown it; until then there is room for any
        assert 480 <= len(whole.encode()) + 2 <= 512


async def test_killed_we_come_back_and_hear_what_was_said_meanwhile(inspircd, caplog):
    async with operator(inspircd, "#kill") as oper:
        oper.send("MODE #kill +H 50:1h")
        async with at_work(network(Real(inspircd), "#kill")) as bot:
            await until(lambda: bot.of(CaughtUp), "the bot is in")
            oper.send("KILL labsbot :too \x02loud")
            oper.say("#kill", "said meanwhile")
            await until(lambda: len(bot.of(CaughtUp)) == 2, "the bot has caught up")
            assert [line.text for line in bot.of(Privmsg)] == ["said meanwhile"]
            assert re.search(r"no connection: .*Killed \(oper \(too .?loud\)\)", caplog.text)


async def test_a_ban_from_the_network_is_waited_out(inspircd, caplog):
    async with operator(inspircd) as oper, at_work(network(Real(inspircd))) as bot:
        await bot.joins()
        before = bot.times_ready
        # by the user's name: by the address it would meet everybody on this machine
        oper.send("KLINE labsbot@* 1h :cool down")
        await until(lambda: "it refuses us: " in caplog.text, "the bot is kept out")
        oper.send("KLINE labsbot@*")
        await until(lambda: bot.times_ready > before, "the bot is in again")
        assert "cool down" in caplog.text
