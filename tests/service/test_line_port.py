"""The line port: what the field's relays take becomes an entry, and nothing that is sent there does harm."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labsbot.desk.desk import Desk
from labsbot.desk.gates import all_gates
from labsbot.desk.scripts import Scripts
from labsbot.desk.secrets import KNOWN
from labsbot.desk.submission import ChannelRules, Home
from labsbot.journal import Journal
from labsbot.model import Delivery, Via
from labsbot.service import line_port
from labsbot.service.line_port import LONGEST_LINE, TOO_LONG, LinePort
from labsbot.service.rules import COMMANDS
from labsbot.settings import Channel, Limit, LinePortSettings, PageSettings, Words
from tests.nouns import NOON, a_directory

DIRECTORY = a_directory("tools", "bots", "production")
TOP = Channel("", None, PageSettings(), words=COMMANDS, limit=Limit(lines=1000))
OPS = Channel("#Ops", "production", PageSettings("Server Admin Log"), limit=Limit(lines=1000))
CLOUD = Channel("#cloud", None, PageSettings("Cloud/{project}"), words=Words(log=".log"))


@dataclass
class Rules:
    for_scripts: ChannelRules = field(default_factory=lambda: ChannelRules(TOP, DIRECTORY))
    channels: dict[tuple[str, str], ChannelRules] = field(
        default_factory=lambda: {("net", each.name): ChannelRules(each, DIRECTORY) for each in (OPS, CLOUD)}
    )


class Place:
    def __init__(self, journal: Journal, port: LinePort) -> None:
        self.journal = journal
        self._port = port

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(10):
            while not self._port.port:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            return await asyncio.open_connection("127.0.0.1", self._port.port)

    async def told(self, *parts: bytes) -> str:
        """What is answered to what is sent in parts, until either side ends."""
        reader, writer = await self.connect()
        async with asyncio.timeout(20):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.02)
            writer.write_eof()
            answer = await reader.read()
        writer.close()
        return answer.decode()

    async def kept(self) -> list[Delivery]:
        return await self.journal.deliveries.pending()

    async def messages(self) -> list[str]:
        return [each.entry.message for each in await self.kept()]


@pytest.fixture
def settings() -> LinePortSettings:
    return LinePortSettings("127.0.0.1", 0, (ipaddress.IPv4Network("127.0.0.0/8"),))


@pytest.fixture
async def place(tmp_path: Path, settings: LinePortSettings) -> AsyncIterator[Place]:
    journal = Journal.open(tmp_path / "journal")
    scripts, rules = Scripts(journal.entries, lambda: NOON), Rules()
    desk = Desk(journal.entries, all_gates("wiki", lambda page, project, entry: len(entry.message), "op"), "wiki", "op")
    scripts.take_up(desk, rules.for_scripts, lambda project: Home("", TOP.page), KNOWN, 10.0)
    port = LinePort(settings, scripts, rules)
    running = asyncio.create_task(port.run())
    yield Place(journal, port)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    journal.close()


@pytest.mark.parametrize(
    ("line", "where", "author", "message"),
    [
        ("!log tools restarted it", (" tools"), "script", "restarted it"),
        ("!log tools: restarted it", (" tools"), "script", "restarted it"),
        ("#ops !log restarted tools", ("net #Ops production"), "script", "restarted tools"),
        ("#ops: !log restarted it", ("net #Ops production"), "script", "restarted it"),
        ("#cloud .log bots x", ("net #cloud bots"), "script", "x"),
        ("#ops !log alice@deploy1: Started scap", ("net #Ops production"), "alice@deploy1", "Started scap"),
        ("!log alice@deploy1 tools x", (" tools"), "alice@deploy1", "x"),
        ("  !log   tools   wörld 🎉 \r", (" tools"), "script", "wörld 🎉"),
    ],
)
async def test_a_line_becomes_what_it_would_have_been_in_the_channel(
    place: Place, line: str, where: str, author: str, message: str
) -> None:
    answer = await place.told(f"{line}\n".encode())
    (delivery,) = await place.kept()
    entry = delivery.entry
    assert answer == f"Kept: {entry.id}\n"
    assert f"{delivery.log.place} {delivery.log.project}" == where
    assert (entry.author, entry.message) == (author, message)
    assert (entry.via, entry.robot, entry.account) == (Via.LINES, True, "address 127.0.0.1")
    assert entry.relay == (None if author == "script" else "script")


async def test_a_time_before_the_project_is_read(place: Place) -> None:
    await place.told(b"!log -15m tools x\n")
    assert (await place.kept())[0].clock == "11:45"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "!log nosuch x",
            "Not logged: there is no project “nosuch”. Type !log <project> <message>, for example: !log tools",
        ),
        ("!log tools", "Not logged: one word alone is not enough"),
        ("#nosuch !log tools x", "Not logged: #nosuch is not configured."),
        ("restarted it", "Not logged: type !log <project> <message>, for example: !log tools restarted"),
        ("#ops restarted it", "Not logged: type !log <message>, for example"),
        ("#cloud !log tools x", "Not logged: type .log <project> <message>"),
        ("!undo", "Not logged: type !log"),
        ("!log tools password=hunter2345", "Not logged: the message seems to contain a password."),
    ],
)
async def test_what_cannot_be_logged_is_answered_with_what_to_do(place: Place, line: str, words: str) -> None:
    assert (await place.told(f"{line}\n".encode())).startswith(words)
    assert await place.kept() == []


async def test_lines_come_whole_however_they_are_cut(place: Place) -> None:
    long = "ü" * 30_000
    raw = f"!log tools {long}\n!log tools zwei\n!log tools drei".encode()
    at = raw.index(b"\xc3") + 1
    answers = await place.told(raw[:at], raw[at : at + 40_000], raw[at + 40_000 :])
    assert answers.count("Kept: ") == 3
    assert await place.messages() == [long, "zwei", "drei"]


async def test_what_is_no_utf_8_is_kept_as_far_as_it_is(place: Place) -> None:
    await place.told(b"!log tools caf\xe9 x\x00y\n")
    assert await place.messages() == ["caf� xy"]


@pytest.mark.parametrize("length", [LONGEST_LINE - 10, LONGEST_LINE + 1, 5 * LONGEST_LINE])
async def test_a_line_that_is_too_long_is_refused_and_the_next_is_taken(place: Place, length: int) -> None:
    answer = await place.told(b"!log tools " + b"x" * length, b"\n!log tools y\n!log tools " + b"x" * length)
    refused, kept, last = answer.splitlines()
    assert refused == last == TOO_LONG
    assert kept.startswith("Kept: ")
    assert await place.messages() == ["y"]


async def test_what_begins_like_http_is_sent_away_however_long_it_is(place: Place) -> None:
    assert await place.told(b"POST /" + b"x" * 3 * LONGEST_LINE + b" HTTP/1.1\r\n\r\n!log tools y\n") == ""
    assert await place.kept() == []


@pytest.mark.parametrize(
    "begin",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\n!log tools x\n",
        b"OPTIONS /!log HTTP/1.0\r\n!log tools x\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n!log tools x\n",
        b"GET /a\r\n!log tools x HTTP/1.1\r\n!log tools x\n",
        b"post / http/1.1\r\n!log tools x\n",
        b"\x16\x03\x01\x02\x00\x01\n!log tools x\n",
    ],
)
async def test_no_browser_logs(place: Place, begin: bytes) -> None:
    assert await place.told(begin) == ""
    assert await place.kept() == []


async def test_a_message_may_tell_of_http(place: Place) -> None:
    await place.told(b"!log tools enabled HTTP/2 on web1\n#ops !log back to HTTP/1.1\n")
    assert await place.messages() == ["enabled HTTP/2 on web1", "back to HTTP/1.1"]


async def test_who_is_not_let_in_is_sent_away(place: Place, settings: LinePortSettings) -> None:
    object.__setattr__(settings, "allow", (ipaddress.IPv4Network("10.0.0.0/8"),))
    reader, writer = await place.connect()
    assert await reader.read() == b""
    writer.close()


def test_an_address_of_the_one_family_that_comes_as_the_other_is_the_same() -> None:
    settings = LinePortSettings("::", 1, (ipaddress.IPv4Network("10.0.0.0/8"),))
    assert settings.lets_in(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert not settings.lets_in(ipaddress.ip_address("::1"))


async def test_who_sends_much_and_reads_nothing_holds_up_nobody(place: Place) -> None:
    _, writer = await place.connect()
    writer.write(b"!log nosuch x\n" * 5_000)
    assert (await place.told(b"!log tools y\n")).startswith("Kept: ")
    writer.close()


async def test_whoever_is_silent_or_one_too_many_is_sent_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_port, "IDLE", 0.05)
    reader, writer = await place.connect()
    assert await reader.read() == b""
    monkeypatch.setattr(line_port, "AT_ONCE", 0)
    assert await place.told() == ""
    writer.close()


async def test_a_port_that_somebody_else_has_is_tried_again(
    place: Place, settings: LinePortSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(line_port, "AGAIN", 0.01)
    caplog.set_level(logging.WARNING)
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    number = taken.sockets[0].getsockname()[1]
    another = LinePort(LinePortSettings("127.0.0.1", number, settings.allow), place._port._scripts, Rules())
    running = asyncio.create_task(another.run())
    async with asyncio.timeout(10):
        while f"cannot listen for lines on 127.0.0.1:{number}" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        taken.close()
        await taken.wait_closed()
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", number)
                break
            except OSError:
                await asyncio.sleep(0.01)
    writer.close()
    running.cancel()
