"""Vectors in the shape of those that IRC software shares (ircdocs/parser-tests), on our own code; and on irc's parser.

Why lines are not parsed by the library whose connection is used: the last tests name what it reads otherwise.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from irc.client import Event, NickMask
from irc.client_aio import AioReactor
from irc.events import Command

from labsbot import settings
from labsbot.config import load
from labsbot.irc.events import Heard
from labsbot.irc.lines import Hostmask, Line, hostmask, parse, wire
from labsbot.irc.session import Session
from labsbot.model import Sender
from labsbot.text.irc_names import matches
from tests.vectors import vectors_in

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NETWORK = settings.Network(
    name="test",
    servers=(settings.Server("127.0.0.1", 6667),),
    tls=None,
    nick="labsbot",
    realname="The bot",
    channels=(settings.Channel("#ops", None, settings.PageSettings()),),
)
CONFIGURATION = """\
journal: journal.sqlite3
irc: {{test: {{server: "{host}", nick: labsbot, channels: ["#ops"]}}}}
wiki: {{folder: pages}}
projects: {{list: [tools]}}
"""
REGISTERED = """\
:irc.test CAP * LS :
:irc.test 001 labsbot :Welcome
:irc.test 376 labsbot :ConnectionEnd of MOTD
:labsbot!l@h JOIN #ops
"""


def vectors(name: str) -> list[dict[str, Any]]:
    tests: list[dict[str, Any]] = vectors_in(__file__, f"vectors/{name}")["tests"]
    return tests


SPLIT, JOIN, MASKS = vectors("msg-split.yaml"), vectors("msg-join.yaml"), vectors("mask-match.yaml")
SOURCES, HOSTS = vectors("userhost-split.yaml"), vectors("hostnames.yaml")


def line_of(atoms: dict[str, Any]) -> Line:
    return Line(atoms["verb"], tuple(atoms.get("params", ())), atoms.get("source", ""), atoms.get("tags", {}))


def in_channel() -> Session:
    session = Session(NETWORK)
    for text in REGISTERED.splitlines():
        hear(session, text)
    return session


def hear(session: Session, text: str) -> list[Any]:
    line = parse(text)
    assert line is not None, text
    return list(session.hear(line, NOW))


def senders(source: str) -> list[Sender]:
    """Whom the bot takes for the sender of a line in its channel."""
    events = hear(in_channel(), f":{source} PRIVMSG #ops :hello")
    return [event.privmsg.sender for event in events if isinstance(event, Heard)]


@pytest.mark.parametrize("vector", SPLIT, ids=lambda vector: vector["name"])
def test_a_line_is_split_into_its_atoms(vector: dict[str, Any]) -> None:
    assert parse(vector["input"]) == line_of(vector["atoms"])


@pytest.mark.parametrize("vector", JOIN, ids=lambda vector: vector["desc"])
def test_every_spelling_of_a_line_is_read_as_the_same(vector: dict[str, Any]) -> None:
    assert {spelling: parse(spelling) for spelling in vector["matches"]} == dict.fromkeys(
        vector["matches"], line_of(vector["atoms"])
    )


@pytest.mark.parametrize(
    "vector", [each for each in JOIN if each["atoms"]["verb"] == "PRIVMSG"], ids=lambda vector: vector["desc"]
)
def test_what_the_bot_says_is_joined_into_one_line_that_says_it(vector: dict[str, Any]) -> None:
    target, text = vector["atoms"]["params"]
    send = in_channel().privmsg(target, vector.get("says", text))
    assert send is not None
    assert wire(send.line).decode().removesuffix("\r\n") in vector["matches"]


@pytest.mark.parametrize("vector", SOURCES, ids=lambda vector: vector["name"])
def test_a_source_is_split_into_nick_user_and_host(vector: dict[str, Any]) -> None:
    atoms = {"nick": "", "user": "", "host": "", **vector["atoms"]}
    assert hostmask(vector["source"]) == Hostmask(**atoms)


@pytest.mark.parametrize("vector", SOURCES, ids=lambda vector: vector["name"])
def test_who_is_heard_is_who_the_source_names_and_nobody_where_it_names_none(vector: dict[str, Any]) -> None:
    atoms = {"nick": "", "user": "", "host": "", **vector["atoms"]}
    assert senders(vector["source"]) == ([Sender(**atoms)] if atoms["nick"] else [])


@pytest.mark.parametrize("vector", HOSTS, ids=lambda vector: ascii(vector["host"]))
def test_any_host_that_a_network_shows_is_taken_as_it_is(vector: dict[str, Any]) -> None:
    assert senders(f"alice!al@{vector['host']}") == [Sender("alice", "al", vector["host"])]


@pytest.mark.parametrize("host", [vector["host"] for vector in HOSTS if vector["valid"]])
def test_every_host_name_can_stand_in_the_configuration(host: str, tmp_path: Path) -> None:
    path = tmp_path / "labsbot.yaml"
    path.write_text(CONFIGURATION.format(host=host))
    [network] = load(path, {}, None).settings.networks
    assert network.servers == (settings.Server(host, 6697),)


@pytest.mark.parametrize(
    ("mask", "hostmask", "expected"),
    [
        (vector["mask"], hostmask, expected)
        for vector in MASKS
        for expected, hostmasks in ((True, vector["matches"]), (False, vector["fails"]))
        for hostmask in hostmasks
    ],
    ids=ascii,
)
def test_a_mask_matches_as_in_a_ban_list(mask: str, hostmask: str, expected: bool) -> None:
    assert matches(mask, hostmask) is expected


# --- what the library `irc` would make of them ----------------------------------------------------------------------

MISREAD = {
    # any white space separates words, not the blank alone
    "a tab within a word",
    "a no-break space within a word",
    "a line separator within a word",
    # one line becomes several events, or is changed
    "a CTCP action",
    "a CTCP quotation of a newline",
    "a CTCP delimiter in the middle",
    # an exception, which ends the connection
    "commands without the words that they should have",
    "a PING without a word",
    "a PRIVMSG without a text",
    # tags
    "a backslash at the end of a value",
    "a backslash as the whole value",
    "several blanks behind the tags",
    "semicolons too many",
}
"""Of the lines above those that irc reads otherwise. Whoever finds it better one day can do with less of our own."""
MISREAD_SOURCES = {"no user", "a host alone"}


async def as_irc_reads(text: str) -> list[Event]:
    """The events that come of one line at a client of irc's; none where it raises an exception."""
    events: list[Event] = []
    reactor = AioReactor(loop=asyncio.get_running_loop())
    reactor.add_global_handler("all_events", lambda _, event: events.append(event))
    connection = reactor.server()
    connection.buffer = connection.buffer_class()
    connection.handlers, connection.real_server_name, connection.real_nickname = {}, "", "labsbot"
    connection.send_raw = lambda line: None
    try:
        connection.process_data(text.encode() + b"\r\n")
    except (ValueError, IndexError, AttributeError, TypeError):
        return []
    return [event for event in events if event.type != "all_raw_messages"]


def says(event: Event, line: Line) -> bool:
    """The event says what the line says, by irc's own names for commands and its own place for the first parameter."""
    names = {"PRIVMSG": ("privmsg", "pubmsg"), "MODE": ("mode", "umode")}
    name = event.type in names.get(line.command, (str(Command.lookup(line.command)),))
    params = (*([event.target] if event.target is not None else []), *event.arguments)
    # a PING's word is its target and its argument
    same = params == line.params or (event.type == "ping" and tuple(event.arguments) == line.params)
    tags = {tag["key"]: tag["value"] or "" for tag in event.tags or []}
    return name and same and str(event.source or "") == line.source and tags == line.tags


async def test_irc_reads_otherwise_what_it_is_known_to_read_otherwise() -> None:
    misread = set()
    for vector in SPLIT:
        events = await as_irc_reads(vector["input"])
        if len(events) != 1 or not says(events[0], line_of(vector["atoms"])):
            misread.add(vector["name"])
    assert misread == MISREAD


def test_irc_splits_a_source_otherwise_where_it_is_known_to_split_it_otherwise() -> None:
    misread = set()
    for vector in SOURCES:
        mask = NickMask(vector["source"])
        atoms = {"nick": mask.nick, "user": mask.user, "host": mask.host}
        if {key: value for key, value in atoms.items() if value} != vector["atoms"]:
            misread.add(vector["name"])
    assert misread == MISREAD_SOURCES
