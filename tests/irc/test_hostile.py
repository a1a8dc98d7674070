"""Whatever a server sends, the bot answers the next PING, and hears the next line."""

import asyncio
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsbot.irc.lines import LineBuffer, parse
from labsbot.irc.session import Session
from tests.irc.conftest import Loopback, at_work, network, until
from tests.irc.test_session import NOW, hear, registered, session

COMMANDS = """
PING PONG CAP AUTHENTICATE NICK JOIN PART KICK QUIT KILL MODE TOPIC INVITE NOTICE PRIVMSG TAGMSG BATCH ACCOUNT
AWAY CHGHOST SETNAME WALLOPS FAIL WARN NOTE WELCOME FEATURELIST PUBMSG CTCP DISCONNECT ALL_EVENTS LINE 000 001
002 003 004 005 010 221 263 324 332 333 353 366 372 375 376 396 401 403 404 405 421 422 432 433 436 437 442
451 461 464 465 470 471 473 474 475 477 479 480 489 520 900 901 902 903 904 905 906 907 908 999
"""
ARGUMENTS = (
    "",
    " ",
    " :",
    " : ",
    " *",
    " labsbot",
    " labsbot #ops",
    " #ops",
    " #ops :",
    " #ops labsbot",
    " + - * , @ ~ ^",
    " labsbot PREFIX=ov PREFIX PREFIX= CHANMODES== TARGMAX=a:b:c CHANLIMIT=: MAXLIST=x -X = - LOAD=1 :x",
    " labsbot CASEMAPPING CASEMAPPING= CASEMAPPING=no -CASEMAPPING :x",
    " +x chathistory",
    " +",
    " -",
    " \x01\x01\x01",
    " #ops :\x01",
    " #ops :\x01ACTION",
    " #ops :a\x10n\x10r\x100b\x01c\x01d",
    " #ops :\x10",
    " " + " ".join("abcdefghijklmnopqrstuvwxyz"),
    " :" + "x" * 600,
)
BEFORE = (
    "",
    ":",
    ": ",
    ":irc.test ",
    ":alice!a@h ",
    ":labsbot!l@h ",
    ":! ",
    ":@ ",
    ":!@ ",
    "@ ",
    "@= ",
    "@;;;=;= ",
    "@batch ",
    "@batch=x ",
    "@time=\\ ",
    "@time=9999-12-31T23:59:60Z ",
    "@time=0000-00-00T99:99:99Z :alice!a@h ",
    "@account=\\;bot=\\:;msgid :alice!a@h ",
)
MALFORMED = [
    b"",
    b" ",
    b"\t",
    b"\r",
    b"\0",
    b"\0\0\0",
    b":",
    b"@",
    b"@ :",
    b"\xff\xfe",
    b"\xc3(",
    b"\xed\xa0\x80",
    b"\x1b[2J",
]
ENDING = {"ERROR", "001", "464", "465", "463", "902", "904", "905", "906"}


def every_line() -> list[str]:
    """All commands with all arguments and prefixes that may go wrong."""
    return [before + command + after for command in COMMANDS.split() for after in ARGUMENTS for before in BEFORE]


def still_answers(spoken_to: Session) -> bool:
    return [event.line for event in hear(spoken_to, "PING :now")] == ["PONG :now"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [session, registered, lambda: session(sasl={"account": "a", "password": "b"})], ids=["new", "on", "sasl"]
)
def test_no_combination_of_command_prefix_and_arguments_breaks_a_session(make):
    spoken_to = make()
    for text in every_line():
        line = parse(text)
        if line is not None:
            spoken_to.hear(line, NOW)
    assert still_answers(spoken_to)


PIECES = st.sampled_from(
    [command.encode() for command in COMMANDS.split()]
    + [argument.encode() for argument in ARGUMENTS]
    + [before.encode() for before in BEFORE]
    + [
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b":",
        b"@",
        b";",
        b"=",
        b"\\",
        b"\x01",
        b"\0",
        b"\xff",
        b":alice!a@h PRIVMSG #ops :",
    ]
)
BYTES = st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=60).map(b"".join)


@pytest.mark.slow
@given(BYTES)
def test_no_bytes_break_a_session(chunk):
    for spoken_to in (session(), registered()):
        for text in LineBuffer().feed(chunk + b"\r\n"):
            line = parse(text)
            if line is not None:
                spoken_to.hear(line, NOW)
        assert still_answers(spoken_to)


async def answers_ping(guest, bot) -> None:
    mark = f"PONG :after {len(guest.received)}"
    guest.send_raw(f"\r\nPING :{mark[6:]}\r\n".encode())
    await until(lambda: mark in guest.received, "the bot answers the PING")
    assert bot.client.counts.connections == 1


async def test_malformed_lines_are_counted_and_the_next_line_is_heard(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        for raw in MALFORMED:
            guest.send_raw(raw + b"\r\n")
            await answers_ping(guest, bot)
        assert bot.client.counts.broken >= len(MALFORMED)
        guest.send_raw(b":alice!a@h PRIVMSG #ops :caf\xe9\r\n")
        await bot.hears("caf\ufffd")


@pytest.mark.slow
async def test_a_flood_of_odd_lines_does_not_end_the_connection(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        lines = [
            text
            for text in every_line()
            if not ENDING & set(text.upper().split()) and "NICK" not in text and "QUIT" not in text
        ]
        guest.send_raw("\r\n".join(lines).encode("utf-8", "replace"))
        await answers_ping(guest, bot)
        assert bot.client.counts.failed == 0


async def test_a_megabyte_without_a_newline_is_dropped(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        guest.send_raw(b":alice!a@h PRIVMSG #ops :" + b"x" * 10**6)
        await answers_ping(guest, bot)
        assert bot.lines == []


async def test_ten_thousand_lines_at_once_are_all_heard(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        guest.send_raw(b"".join(b":alice!a@h PRIVMSG #ops :%d\r\n" % number for number in range(10_000)))
        await answers_ping(guest, bot)
        assert bot.texts == [str(number) for number in range(10_000)]


@pytest.mark.slow
async def test_while_much_is_said_others_get_their_turn(loopback):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        loopback.guest("labsbot").send_raw(b":alice!a@h PRIVMSG #ops :much is said\r\n" * 20_000)
        heard = [0]
        while heard[-1] < 20_000:
            await asyncio.sleep(0)
            heard.append(len(bot.lines))
        assert max(after - before for before, after in itertools.pairwise(heard)) < 1000


async def test_a_fault_behind_us_costs_one_line(loopback, caplog):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        guest.send_raw(b":alice!a@h PRIVMSG #ops :raise\r\n:alice!a@h PRIVMSG #ops :next\x1b[2J\r\n")
        await bot.hears("next\x1b[2J")
        assert bot.client.counts.failed == 1
        assert "failed at a line (PRIVMSG of 'alice!a@h'): RuntimeError" in caplog.text
        assert "conftest.py" in caplog.text, "it is told where"
        assert ":raise" not in caplog.text, "what people say is not told"
        assert "a fault at raise" not in caplog.text


async def test_a_server_that_pings_and_does_not_read_is_left(loopback, caplog):
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest("labsbot")
        guest.writer.transport.pause_reading()
        for _ in range(40):
            guest.send_raw((b"PING :" + b"x" * 490 + b"\r\n") * 1000)
        await until(lambda: "the server does not read what we send" in caplog.text, "the bot leaves")


@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BYTES, max_size=8))
async def test_no_bytes_keep_the_bot_from_the_next_ping(loopback, chunks):
    raw = b"".join(chunks)
    upper = raw.upper()
    if any(word.encode() in upper for word in ENDING):
        return
    async with at_work(network(Loopback(loopback))) as bot:
        await bot.joins()
        guest = loopback.guest(bot.client.nick)
        guest.send_raw(raw)
        await answers_ping(guest, bot)
        assert bot.client.counts.failed == 0
