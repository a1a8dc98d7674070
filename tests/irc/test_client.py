import asyncio
import base64
import hashlib
import logging
import re
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from labsbot import settings
from labsbot.irc import RefusedForGood, probe
from labsbot.irc.connection import NotPinned, answered
from labsbot.irc.send_queue import ROOM
from labsbot.irc.times import server_time
from labsbot.model import CaughtUp, Entered, Importance, Present, Privmsg
from tests.irc.conftest import Bot, Loopback, at_work, network, until, working
from tests.servers.breakable import BreakableServer
from tests.servers.proxies import PASSWORD, USER, proxy
from tests.servers.remembering import RememberingServer

# --- on our own server and on the real one


async def test_what_is_said_in_our_channels_and_to_us_is_heard_and_nothing_else(world):
    async with await world.person("alice") as alice, at_work(network(world, "#Ops")) as bot:
        await bot.joins("#Ops")
        await alice.join("#ops")
        await alice.join("#elsewhere")
        alice.say("#elsewhere", "not for us")
        alice.send("NOTICE #ops :not for us")
        alice.say("#ops", "\x01ACTION not for us\x01")
        alice.say("#ops", "!log tools  it works ")
        alice.say("labsbot", "psst")
        await bot.hears("psst")
        assert [(line.channel, line.text) for line in bot.lines] == [("#Ops", "!log tools  it works "), (None, "psst")]
        first = bot.lines[0]
        assert first.sender.nick == "alice"
        assert first.msgid
        assert first.server_time is not None
        assert abs(first.server_time - first.arrived).total_seconds() < 60


async def test_our_words_reach_the_channel_cut_to_what_arrives_and_are_not_heard_as_anybodys(world):
    async with await world.person("alice") as alice, at_work(network(world)) as bot:
        await alice.join("#ops")
        await bot.joins()
        assert bot.client.say("#OPS", "alice: Logged at https://wiki.test/\r\nQUIT :x\0")
        await alice.heard(lambda line: line.endswith("PRIVMSG #ops :alice: Logged at https://wiki.test/  QUIT :x "))
        assert bot.client.say("alice", "ü" * 600)
        whole = await alice.heard(lambda line: line.endswith("ü…"))
        assert 510 <= len(whole.encode()) + 2 <= 512
        alice.say("#ops", "last")
        await bot.hears("last")
        assert bot.texts == ["last"]


async def test_where_we_are_not_nothing_can_be_said(world):
    async with await world.person("alice") as alice, at_work(network(world, "#ops", "#tech")) as bot:
        assert not bot.client.say("#ops", "too early")
        assert not bot.client.present("#ops")
        await bot.joins("#tech")
        assert bot.client.online
        assert bot.client.nick == "labsbot"
        await alice.join("#elsewhere")
        assert not bot.client.say("#elsewhere", "x")
    assert not bot.client.online
    assert not bot.client.say("#tech", "too late")


async def test_a_taken_nick_gets_an_underscore_and_is_taken_back_when_it_is_free(world):
    async with await world.person("labsbot") as thief, at_work(network(world, ping=world.short)) as bot:
        await bot.joins()
        assert bot.client.nick == "labsbot_"
        await thief.close()
        await until(lambda: bot.client.nick == "labsbot", "our nick is ours again")


async def test_after_a_kick_we_come_back_and_say_that_we_are_ready(world, caplog):
    async with await world.person("alice") as alice:
        await alice.join("#ops")
        async with at_work(network(world)) as bot:
            await bot.joins()
            before = bot.times_ready
            alice.send("KICK #ops labsbot :too \x1b[31mloud")
            await until(lambda: bot.times_ready > before, "the bot is in again")
            assert "alice kicked us: too \ufffd[31mloud" in caplog.text
            alice.say("#ops", "welcome back")
            await bot.hears("welcome back")


async def test_a_lost_connection_is_made_anew(world):
    async with at_work(network(world)) as bot:
        await bot.joins()
        await world.lose_everybody()
        await until(lambda: bot.times_ready == 2, "the bot is in again")
        async with await world.person("alice") as alice:
            await alice.join("#ops")
            alice.say("#ops", "hello again")
            await bot.hears("hello again")


@pytest.mark.slow
async def test_a_peer_that_is_dead_is_noticed_and_left(world):
    async with at_work(network(world, ping=world.short)) as bot:
        await bot.joins()
        with world.frozen():
            await until(lambda: not bot.client.online, "the bot notices that nobody is there")


@pytest.mark.slow
async def test_a_quiet_server_that_answers_our_ping_is_kept(world):
    async with at_work(network(world, ping=settings.Ping(after=0.1, give_up=60))) as bot:
        await bot.joins()
        heard = bot.client.counts.lines
        await until(lambda: bot.client.counts.lines >= heard + 5, "five PONGs")
        assert bot.client.counts.connections == 1


async def test_we_leave_politely_and_at_once(world):
    async with await world.person("alice") as alice, at_work(network(world)) as bot:
        await alice.join("#ops")
        await bot.joins()
        bot.client.stop()
        await bot.ends()
        assert "labsbot leaves" in await alice.heard(lambda line: " QUIT " in line)


async def test_a_probe_registers_and_leaves(world):
    said = await probe(network(world))
    assert said == f"registered as labsbot on {world.host}:{world.port} (plain text)"


# --- what only our own server does on demand


def words(guest):
    """What somebody said, without the labels."""
    return [line[line.index("PRIVMSG") :] for line in guest.received if "PRIVMSG" in line]


@pytest.mark.usefixtures("hurried")
async def test_what_we_say_goes_out_in_order_and_is_counted_when_it_has_arrived(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        for number in range(5):
            assert bot.client.say("#ops", f"word {number}")
        await until(lambda: bot.client.counts.said == 5, "all was said")
        assert words(loopback.guest("labsbot")) == [f"PRIVMSG #ops :word {number}" for number in range(5)]


async def test_many_channels_are_entered_in_a_few_lines_and_their_histories_end_with_as_few(loopback):
    names = [f"#many{number}" for number in range(50)]
    async with at_work(network(Loopback(loopback), *names)) as bot:
        for name in names:
            await bot.joins(name)
        await until(lambda: len(bot.of(CaughtUp)) == 50, "all histories are known")
        received = loopback.guest("labsbot").received
        assert len([line for line in received if line.startswith("JOIN ")]) <= 2
        assert len([line for line in received if line.startswith("PING :caught up")]) <= 4


async def test_a_pong_does_not_wait_behind_our_words(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        for number in range(20):
            bot.client.say("#ops", f"word {number}")
        guest = loopback.guest("labsbot")
        guest.send("PING :now")
        await until(lambda: "PONG :now" in guest.received, "the PONG")
        assert len(words(guest)) < 20, "our words still wait"


async def test_more_words_than_can_be_said_soon_are_refused_and_those_left_at_the_end_are_counted(loopback, caplog):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        queued = [bot.client.say("#ops", str(number)) for number in range(100)]
        assert queued.count(False) in range(55, 61)
        bot.client.stop()
        await bot.ends()
        assert bot.client.counts.said + bot.client.counts.unsaid == 100
        assert re.search("gave up [0-9]+ messages of ours", caplog.text)


@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
async def test_when_there_is_room_again_for_outcomes_we_say_that_we_are_ready_at_once(loopback):
    async with at_work(network(Loopback(loopback), ping=settings.Ping(after=300, give_up=600))) as bot:
        await bot.joins()
        ready, said = bot.times_ready, 0
        while bot.client.takes("#ops"):
            assert bot.client.say("#ops", f"outcome {said}", Importance.OUTCOME)
            said += 1
        assert said in range(ROOM[Importance.OUTCOME], ROOM[Importance.OUTCOME] + 5)
        assert bot.times_ready == ready
        await until(lambda: bot.times_ready > ready, "the bot says that it is ready", patience=3.0)
        assert bot.client.takes("#ops")


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["#ops", "#OPS"])
async def test_outcomes_are_taken_whatever_happens_and_said_when_it_can_be(loopback, channel):
    became: list[bool] = []
    async with at_work(network(Loopback(loopback))) as bot:
        assert not bot.client.takes("#ops")
        assert bot.client.say(channel, "an outcome", Importance.OUTCOME, became.append)
        await until(lambda: became == [True], "it has arrived")
        bot.client.stop()
        await bot.ends()
        bot.client.say("#ops", "too late", Importance.OUTCOME, became.append)
        assert became == [True]


async def test_what_becomes_of_an_outcome_that_is_never_sent_is_said_at_the_end(loopback):
    became: list[bool] = []
    async with at_work(network(Loopback(loopback), "#nowhere")) as bot:
        await bot.joins("#nowhere")
        bot.client.say("#elsewhere", "an outcome", Importance.OUTCOME, became.append)
        bot.client.stop()
        await bot.ends()
    assert became == [False]


# --- what a connection's end cuts short


@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
async def test_what_was_not_sent_or_did_not_arrive_is_said_on_the_next_connection(loopback, caplog):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        loopback.silent = {"PRIVMSG"}
        asked = [f"word {number}" for number in range(6)]
        assert all(bot.client.say("#ops", text) for text in asked)
        await until(lambda: len(words(loopback.guest("labsbot"))) >= 3, "some are under way")
        assert bot.client.counts.said == 0
        loopback.silent = set()
        loopback.drop_all()
        await until(lambda: bot.client.counts.said == 6, "all was said")
        assert words(loopback.guest("labsbot")) == [f"PRIVMSG #ops :{text}" for text in asked]
        assert (bot.client.counts.unsaid, bot.client.counts.carried) == (0, 6)


@pytest.mark.slow
async def test_what_arrived_though_we_were_not_told_is_found_in_the_history_and_not_said_again():
    server = RememberingServer(on_join=True)
    await server.start()
    try:
        async with await Loopback(server).person("alice") as alice, at_work(network(Loopback(server))) as bot:
            await alice.join("#ops")
            await bot.joins()
            server.echoes = False
            bot.client.say("#ops", "it arrives")
            await alice.heard(lambda line: line.endswith("it arrives"))
            server.silent, server.echoes = {"PRIVMSG"}, True
            bot.client.say("#ops", "it does not")
            await until(lambda: len(words(server.guest("labsbot"))) == 2, "both are under way")
            server.silent = set()
            server.guest("labsbot").writer.transport.abort()
            await until(lambda: bot.client.counts.said == 2, "both have arrived")
            await alice.heard(lambda line: line.endswith("it does not"))
            assert len([line for line in alice.lines if line.endswith("it arrives")]) == 1
            assert bot.client.counts.carried == 1
    finally:
        await server.close()


async def test_what_is_to_be_said_to_somebody_is_said_when_we_are_on_again(loopback):
    async with await Loopback(loopback).person("alice") as alice, at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        loopback.silent = {"PRIVMSG"}
        bot.client.say("alice", "psst")
        await until(lambda: words(loopback.guest("labsbot")), "it is under way")
        loopback.silent = set()
        loopback.guest("labsbot").writer.transport.abort()
        await alice.heard(lambda line: line.endswith("PRIVMSG alice :psst"))


async def test_what_was_refused_is_not_said_again_and_what_comes_too_late_neither(loopback, monkeypatch):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        bot.client.say("nobody", "are you there?")
        await until(lambda: bot.client.counts.unsaid == 1, "nobody is there")
        loopback.silent = {"PRIVMSG"}
        bot.client.say("#ops", "soon old")
        await until(lambda: len(words(loopback.guest("labsbot"))) == 2, "it is under way")
        monkeypatch.setattr("labsbot.irc.outbox.IN_TIME", 0)
        loopback.silent = set()
        loopback.drop_all()
        await until(lambda: bot.client.counts.unsaid == 2, "it is given up")
        await until(lambda: bot.times_ready == 2, "the bot is in again")
        assert words(loopback.guest("labsbot")) == []


async def test_where_nothing_is_echoed_what_went_out_is_not_said_again(loopback):
    loopback.caps = ("server-time", "batch")
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        bot.client.say("#ops", "once")
        await until(lambda: words(loopback.guest("labsbot")), "it went out")
        assert bot.client.counts.said == 1
        loopback.drop_all()
        await until(lambda: bot.times_ready == 2, "the bot is in again")
        bot.client.say("#ops", "next")
        await until(lambda: words(loopback.guest("labsbot")), "it went out")
        assert words(loopback.guest("labsbot")) == ["PRIVMSG #ops :next"]


async def test_where_notices_are_wanted_they_are_receipted_too(loopback):
    async with at_work(network(Loopback(loopback), replies=settings.Replies.NOTICE)) as bot:
        await bot.joins()
        bot.client.say("#ops", "softly")
        await until(lambda: bot.client.counts.said == 1, "it came back")
        assert loopback.guest("labsbot").received[-1].endswith("NOTICE #ops :softly")


async def test_an_invitation_brings_us_back_at_once(loopback):
    patient = settings.Backoff(first=1000, most=1000)
    async with at_work(network(Loopback(loopback), backoff=patient)) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        guest.send(":alice!a@h KICK #ops labsbot :out")
        guest.do_part(["#ops", ""])
        await until(lambda: not bot.client.present("#ops"), "the bot is out")
        guest.send(":alice!a@h INVITE labsbot #ops")
        await bot.joins()


@pytest.mark.usefixtures("hurried")
async def test_a_channel_that_will_not_have_us_is_tried_again_and_disturbs_no_other(loopback, caplog):
    async with await Loopback(loopback).person("alice") as alice:
        await alice.join("#ops")
        loopback.banned.add(("#ops", "labsbot"))
        async with at_work(network(Loopback(loopback), "#ops", "#tech")) as bot:
            await bot.joins("#tech")
            guest = loopback.guest("labsbot")
            await until(lambda: guest.received.count("JOIN #ops") >= 3, "the bot tries again")
            assert not bot.client.present("#ops")
            assert "not in #ops: Cannot join channel (+b) (474); next try in" in caplog.text
            loopback.banned.clear()
            await bot.joins("#ops")


@pytest.mark.slow
async def test_a_server_that_is_away_for_a_while_is_found_soon_after_it_is_back(loopback):
    doubling = settings.Backoff(first=0.02, most=1000)
    async with at_work(network(Loopback(loopback), backoff=doubling)) as bot:
        await bot.joins()
        await loopback.close()
        # had the waits doubled, there would be hours between them by then
        await until(lambda: bot.client.counts.connections >= 18, "the bot looks for it")
        again = BreakableServer(port=loopback.port)
        await again.start()
        try:
            await bot.joins()
        finally:
            await again.close()


@pytest.mark.parametrize(
    ("failure", "there"),
    [
        (ConnectionRefusedError(111, "Connection refused"), False),
        (OSError("Multiple exceptions: [Errno 111] …"), False),
        (socket.gaierror(-2, "Name or service not known"), False),
        (TimeoutError(), False),
        (ConnectionResetError(104, "Connection reset by peer"), True),
        (ssl.SSLCertVerificationError("expired"), True),
        (NotPinned("another one"), True),
    ],
)
def test_a_server_that_is_not_there_is_told_from_one_that_will_not_have_us(failure, there):
    assert answered(failure) is there


async def test_the_servers_are_tried_in_turn(loopback):
    reachable = settings.Server(loopback.host, loopback.port)
    closed = settings.Server("127.0.0.1", 1)
    async with at_work(network(Loopback(loopback), servers=(closed, reachable))) as bot:
        await bot.joins()
        assert bot.client.counts.connections == 2


async def test_without_any_capability_we_hear_and_speak_all_the_same(loopback):
    loopback.caps = ()
    world = Loopback(loopback)
    async with await world.person("alice") as alice, at_work(network(world)) as bot:
        await alice.join("#ops")
        await bot.joins()
        alice.say("#ops", "hello")
        await bot.hears("hello")
        assert bot.lines[0].server_time is None
        bot.client.say("#ops", "hello alice")
        await alice.heard(lambda line: line.endswith("hello alice"))


async def test_the_system_gives_a_connection_up_as_soon_as_we_would(loopback):
    async with at_work(network(Loopback(loopback), ping=settings.Ping(after=1, give_up=7))) as bot:
        await bot.joins()
        line = bot.client._runner._connection.transport.get_extra_info("socket")
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000


@pytest.mark.slow
async def test_a_server_that_says_nothing_is_left_and_waited_for(loopback, caplog):
    loopback.silent = {"CAP", "NICK"}
    async with at_work(network(Loopback(loopback), ping=settings.Ping(after=0.1, give_up=0.3))) as bot:
        await until(lambda: bot.client.counts.connections >= 3, "the bot tries again")
        loopback.silent = set()
        await bot.joins()
    assert "negotiating capabilities took longer than 0 s" in caplog.text


SASL = (settings.Sasl("PLAIN", "labsbot", settings.Secret("hunter2")),)
WRONG = (settings.Sasl("PLAIN", "labsbot", settings.Secret("hunter3")),)


async def test_the_right_password_logs_us_in_and_stands_in_no_log(loopback, caplog):
    caplog.set_level(logging.DEBUG)
    async with at_work(network(Loopback(loopback), sasl=SASL)) as bot:
        await bot.joins()
        assert loopback.guest("labsbot").account == "labsbot"
        assert loopback.guest("labsbot").received[0] == "CAP LS 302"
    assert await probe(network(Loopback(loopback), sasl=SASL)) == (
        f"registered as labsbot on {loopback.host}:{loopback.port} (plain text, logged in as labsbot)"
    )
    assert "registered as labsbot" in caplog.text
    assert "hunter2" not in caplog.text
    assert "AGxhYnNib3QAaHVudGVyMg==" not in caplog.text


async def test_a_wrong_password_ends_it_at_the_start_with_the_reason(loopback):
    async with at_work(network(Loopback(loopback), sasl=WRONG)) as bot:
        with pytest.raises(RefusedForGood, match=r"test: it refuses our login as labsbot: SASL auth.* failed \(904\)"):
            await bot.ends()
        assert not any(guest.registered for guest in loopback.guests)
    with pytest.raises(RefusedForGood, match="904"):
        await probe(network(Loopback(loopback), sasl=WRONG))


async def test_a_password_that_turns_wrong_later_is_waited_out(loopback):
    async with at_work(network(Loopback(loopback), sasl=SASL)) as bot:
        await bot.joins()
        loopback.accounts["labsbot"] = "changed"
        loopback.drop_all()
        await until(lambda: bot.client.counts.connections >= 4, "the bot tries again")
        assert not bot.client.online
        loopback.accounts["labsbot"] = "hunter2"
        await bot.joins()


async def test_of_several_servers_all_must_refuse_before_we_give_up(loopback):
    servers = (settings.Server(loopback.host, loopback.port),) * 3
    async with at_work(network(Loopback(loopback), sasl=WRONG, servers=servers)) as bot:
        with pytest.raises(RefusedForGood):
            await bot.ends()
        assert bot.client.counts.connections == 3


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["silent", "not offered"])
async def test_without_an_answer_to_our_login_we_do_not_go_on(loopback, caplog, trouble):
    if trouble == "silent":
        loopback.silent = {"AUTHENTICATE"}
    else:
        loopback.caps = ("server-time",)
    async with at_work(network(Loopback(loopback), sasl=SASL, ping=settings.Ping(after=0.1, give_up=0.3))) as bot:
        await until(lambda: bot.client.counts.connections >= 3, "the bot tries again")
        assert not any(guest.registered for guest in loopback.guests)
        loopback.silent, loopback.caps = set(), ("sasl",)
        await bot.joins()
    assert (
        "logging in (SASL) took longer than" if trouble == "silent" else "it offers no SASL login now"
    ) in caplog.text


@pytest.mark.slow
async def test_an_endless_registration_is_ended(loopback, caplog):
    loopback.silent = {"CAP", "NICK"}

    async def drip() -> None:
        while True:
            for guest in loopback.guests:
                guest.send("PING :still here")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    async with at_work(network(Loopback(loopback), ping=settings.Ping(after=0.1, give_up=0.3))):
        await until(lambda: "negotiating capabilities took longer than" in caplog.text, "the bot leaves")
    dripping.cancel()


async def test_a_network_that_is_away_is_one_warning_however_often_it_is_tried(caplog, loopback):
    caplog.set_level(logging.DEBUG, "labsbot.irc")
    nowhere = network(
        Loopback(loopback), servers=(settings.Server("127.0.0.1", 1),), backoff=settings.Backoff(first=0.01, most=0.01)
    )
    async with at_work(nowhere) as bot:
        await until(lambda: caplog.text.count("no connection") > 3, "it is tried again and again")
        bot.client.stop()
        await bot.ends()
    lines = [each.levelno for each in caplog.records if "no connection" in each.getMessage()]
    assert lines.count(logging.WARNING) == 1


async def test_where_nobody_listens_the_reason_is_plain_and_stopping_does_not_wait(caplog, loopback):
    nowhere = network(
        Loopback(loopback), servers=(settings.Server("127.0.0.1", 1),), backoff=settings.Backoff(first=100, most=100)
    )
    async with at_work(nowhere) as bot:
        await until(lambda: "no connection: cannot connect to 127.0.0.1:1: " in caplog.text, "the log says why")
        assert "next try in" in caplog.text
        bot.client.stop()
        await bot.ends()
    with pytest.raises(ConnectionError, match=r"^cannot connect to 127\.0\.0\.1:1: .*refused"):
        await probe(nowhere)


async def test_stopping_while_connecting_does_not_wait(loopback):
    loopback.frozen = True
    async with at_work(network(Loopback(loopback), tls=settings.Tls())) as bot:
        await until(lambda: loopback.guests, "the TLS handshake hangs")
        bot.client.stop()
        await bot.ends()


async def test_a_server_that_does_not_close_after_our_quit_is_left_all_the_same(loopback, monkeypatch):
    monkeypatch.setattr("labsbot.irc.session_timers.LEAVING", 0.1)
    async with at_work(network(Loopback(loopback), ping=settings.Ping(give_up=60))) as bot:
        await bot.joins()
        loopback.frozen = True
        bot.client.stop()
        await bot.ends()


async def test_tls_with_a_server_that_speaks_none_has_a_plain_reason(loopback):
    with pytest.raises(ConnectionError, match="it does not answer in TLS; that port may be for plain text"):
        await probe(network(Loopback(loopback), tls=settings.Tls()))


@pytest.mark.parametrize("which", ["ca", "certificate"])
async def test_files_for_tls_that_cannot_be_read_are_named_as_the_reason(loopback, tmp_path, which):
    with pytest.raises(ConnectionError, match="the files for TLS cannot be used: No such file"):
        await probe(network(Loopback(loopback), tls=settings.Tls(**{which: tmp_path / "none.pem"})))


# --- what was said while we were away


@pytest.mark.usefixtures("hurried")
async def test_a_server_that_can_be_asked_is_asked_for_all_that_was_missed_page_by_page(remembering):
    away = datetime.now(UTC) - timedelta(minutes=10)
    for number in range(7):
        remembering.say("#ops", "alice", f"missed {number}", away + timedelta(seconds=number // 2))
    remembering.say("#ops", "alice", "long ago", away - timedelta(hours=1))
    bot = Bot(network(Loopback(remembering)))
    bot.heard_until = away
    async with working(bot):
        await until(lambda: bot.of(CaughtUp), "the bot has caught up")
        assert [line.text for line in bot.of(Privmsg) if line.text.startswith("missed")] == [
            f"missed {number}" for number in (0, 1, 2, 2, 3, 4, 4, 5, 6, 6)
        ]
        assert "long ago" not in [line.text for line in bot.of(Privmsg)]
        assert bot.of(CaughtUp)[0].repeated


@pytest.mark.parametrize("heard", [timedelta(days=-20), timedelta(hours=3)], ids=["long ago", "by a clock ahead"])
async def test_it_is_asked_for_all_that_may_still_be_logged_and_for_nothing_older(remembering, heard):
    bot = Bot(network(Loopback(remembering), catch_up=3600.0))
    bot.heard_until = datetime.now(UTC) + heard
    async with working(bot):
        await until(lambda: bot.of(CaughtUp), "the bot has caught up")
        [asked] = [line for line in remembering.guest("labsbot").received if line.startswith("CHATHISTORY")]
        since = server_time(asked.split("timestamp=")[1].split(" ")[0])
        assert since is not None
        assert timedelta(minutes=60) < datetime.now(UTC) - since < timedelta(minutes=63)


@pytest.mark.slow
async def test_until_when_we_heard_everything_is_told_now_and_then_and_when_the_connection_ends(loopback, monkeypatch):
    monkeypatch.setattr("labsbot.irc.session_timers.REPORTING", 0.05)
    async with at_work(network(Loopback(loopback), ping=settings.Ping(after=0.02, give_up=60))) as bot:
        await until(lambda: len(bot.of(Present)) >= 3, "three signs of presence")
        loopback.frozen = True
        told = len(bot.of(Present))
        await until(lambda: len(bot.of(Present)) >= told + 5, "five more")
        assert len({news.until for news in bot.of(Present)[-3:]}) == 1, "nothing was heard since"
        loopback.frozen = False
        monkeypatch.setattr("labsbot.irc.session_timers.REPORTING", 1000)
        loopback.drop_all()
        await until(lambda: len(bot.of(Entered)) == 2, "the bot is in again")
        kinds = [type(news) for news in bot.news]
        assert kinds[kinds.index(Entered, 1) - 1] is Present


async def test_a_history_that_never_comes_is_given_up(loopback, monkeypatch, caplog):
    monkeypatch.setattr("labsbot.irc.channel_schedule.ANSWERING", 0.2)
    loopback.silent = {"PING"}
    async with at_work(network(Loopback(loopback))) as bot:
        await until(lambda: bot.of(CaughtUp), "the bot waits no longer")
        assert not bot.of(CaughtUp)[0].repeated
        assert "test: gave up waiting for the history of #ops" in caplog.text


async def test_a_connection_that_ends_while_we_catch_up_claims_nothing(loopback):
    loopback.silent = {"PING"}
    async with at_work(network(Loopback(loopback))) as bot:
        await until(lambda: bot.of(Entered), "the bot is in")
        loopback.silent = set()
        loopback.drop_all()
        await until(lambda: bot.of(CaughtUp), "the bot has caught up")
        assert [type(news) for news in bot.news] == [Entered, Entered, CaughtUp]


# --- TLS


async def test_an_expired_certificate_is_accepted_exactly_if_it_is_pinned():
    ours = trustme.CA().issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.configure_cert(context)
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(ours.cert_chain_pems[0].bytes().decode())).hexdigest()
    server = BreakableServer(tls=context)
    await server.start()
    try:
        pinned = settings.Tls(fingerprints=(fingerprint,))
        assert "certificate pinned" in await probe(network(Loopback(server), tls=pinned))
        with pytest.raises(ConnectionError, match="its certificate is not valid"):
            await probe(network(Loopback(server), tls=settings.Tls()))
    finally:
        await server.close()


@pytest.mark.parametrize("login", [False, True], ids=["open", "with a login"])
@pytest.mark.parametrize("scheme", ["socks5", "http"])
async def test_a_proxy_carries_us_to_the_server_and_tls_with_it(scheme, login):
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = BreakableServer(tls=context)
    await server.start()
    with authority.cert_pem.tempfile() as ca:
        try:
            async with proxy(scheme, login=login) as address:
                trusting = settings.Tls(ca=Path(ca))
                ours = settings.Proxy(address, *((USER, settings.Secret(PASSWORD)) if login else ()))
                assert "TLS verified" in await probe(network(Loopback(server), tls=trusting, proxy=ours))
        finally:
            await server.close()


@pytest.mark.parametrize("scheme", ["socks5", "http"])
async def test_a_proxy_that_refuses_or_is_not_there_is_named_as_the_reason(loopback, scheme):
    async with proxy(scheme, refuses=True) as address:
        with pytest.raises(ConnectionError, match="the proxy cannot connect: "):
            await probe(network(Loopback(loopback), proxy=settings.Proxy(address)))
    with pytest.raises(ConnectionError, match="the proxy cannot connect: "):
        await probe(network(Loopback(loopback), proxy=settings.Proxy(f"{scheme}://127.0.0.1:1")))


@pytest.mark.parametrize("password", ["sparrow", "spärrow", "s" * 300])
@pytest.mark.parametrize("scheme", ["socks5", "http"])
async def test_a_proxy_that_does_not_take_our_login_is_the_reason_and_the_password_is_not_told(
    loopback, scheme, password, caplog
):
    caplog.set_level(logging.DEBUG)
    async with proxy(scheme, login=True) as address:
        ours = network(Loopback(loopback), proxy=settings.Proxy(address, USER, settings.Secret(password)))
        async with at_work(ours) as bot:
            await until(lambda: "no connection: cannot connect" in caplog.text, "the bot says why")
            assert bot.client.counts.connections
    assert re.search("authentication fail|407 Proxy Auth|user or password cannot be sent", caplog.text, re.IGNORECASE)
    assert password not in caplog.text
    assert base64.b64encode(f"{USER}:{password}".encode()).decode() not in caplog.text
