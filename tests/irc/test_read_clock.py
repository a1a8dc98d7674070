"""What of all that a server sends shows its clock: only what was surely sent after we asked."""

import re
from datetime import UTC, datetime

import pytest

from labsbot import settings
from labsbot.demo.person import DemoPerson
from labsbot.irc import Client, Watch
from labsbot.irc.server_clock import TOKEN
from labsbot.model import ClockReading
from tests.irc.conftest import Bot, Loopback, Real, network, until, working

OLD = "2020-02-02T02:02:02.000Z"


class Watched(Bot):
    """A bot that reads clocks; its steady one counts the seconds since 1970."""

    def __init__(self, of: settings.Network) -> None:
        super().__init__(of)
        self.readings: list[ClockReading] = []
        watch = Watch(lambda: datetime.now(UTC).timestamp(), lambda server, reading: self.readings.append(reading))
        self.client = Client(
            of, self.hear, lambda: None, lambda: datetime.now(UTC), lambda _: self.heard_until, watch=watch
        )


@pytest.fixture
def impatient(monkeypatch):
    """The bot asks for the time as often as it can."""
    monkeypatch.setattr("labsbot.irc.session_timers.REPORTING", 0.02)


@pytest.mark.servers
async def test_a_server_shows_its_clock_while_it_lets_us_in_and_whenever_it_is_asked(inspircd, impatient):
    async with working(Watched(network(Real(inspircd), "#clocks"))) as bot:
        await until(lambda: bot.readings, "the clock is read")
        await until(lambda: len(bot.readings) > 3, "it is read again")
        for reading in bot.readings:
            assert reading.asked - 0.01 <= reading.said.timestamp() <= reading.got + 0.01


async def asked_again(bot, server, person):
    """The bot has asked for the time, and its server has answered without saying it."""
    guest = server.guest("labsbot")
    before = guest.received.count(f"PING :{TOKEN}")
    await until(lambda: guest.received.count(f"PING :{TOKEN}") > before, "the bot asks for the time")
    person.say("#ops", f"after {before}")
    await bot.hears(f"after {before}")
    return guest


async def test_what_is_repeated_from_a_history_shows_nothing(loopback, impatient):
    async with working(Watched(network(Loopback(loopback)))) as bot, await person_on(loopback) as alice:
        await bot.joins()
        await alice.join("#ops")
        guest = await asked_again(bot, loopback, alice)
        guest.send_raw(b":irc BATCH +x chathistory #ops\r\n")
        guest.send_raw(f"@batch=x;time={OLD} :bob!b@h PRIVMSG #ops :said long ago\r\n".encode())
        guest.send_raw(b":irc BATCH -x\r\n")
        alice.say("#ops", "said now")
        await bot.hears("said now")
        assert bot.readings
        assert all(reading.said.year > 2020 for reading in bot.readings)


async def test_without_batches_only_the_answer_itself_shows_it_for_any_other_line_may_be_old(loopback, impatient):
    loopback.caps = tuple(cap for cap in loopback.caps if cap not in ("batch", "labeled-response"))
    async with working(Watched(network(Loopback(loopback)))) as bot, await person_on(loopback) as alice:
        await bot.joins()
        await alice.join("#ops")
        guest = await asked_again(bot, loopback, alice)
        guest.send_raw(f"@time={OLD} :bob!b@h PRIVMSG #ops :said long ago\r\n".encode())
        alice.say("#ops", "said now")
        await bot.hears("said now")
        assert bot.readings == []
        guest.send_raw(f"@time=2026-11-22T11:54:59.196Z :irc PONG irc :{TOKEN}\r\n".encode())
        await until(lambda: bot.readings, "the clock is read")
        assert bot.readings[0].said == datetime(2026, 11, 22, 11, 54, 59, 196_000, UTC)


async def test_a_server_that_tells_no_times_is_not_asked(loopback, impatient):
    loopback.caps = tuple(cap for cap in loopback.caps if cap != "server-time")
    async with working(Watched(network(Loopback(loopback)))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        beats = len(bot.news)
        await until(lambda: len(bot.news) > beats + 3, "it would have been asked by now")
        assert not any(re.search(TOKEN, line) for line in guest.received)


async def person_on(server):
    return await DemoPerson.connect(server.host, server.port, "alice")
