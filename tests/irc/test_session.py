import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from labsbot import settings
from labsbot.irc.batches import LONGEST_MESSAGE, OPEN_BATCHES
from labsbot.irc.events import Event, Heard, Send
from labsbot.irc.lines import LineBuffer, parse
from labsbot.irc.registration import Phase, user_name
from labsbot.irc.sent_messages import SendReceipt
from labsbot.irc.session import Session
from labsbot.irc.sts import Link
from labsbot.model import Privmsg
from tests.vectors import vectors_in

VECTORS = vectors_in(__file__, "sessions.yaml")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN_REGISTRATION = """\
:irc.test CAP * LS :
:irc.test 001 labsbot :Welcome
:irc.test 005 labsbot CASEMAPPING=ascii :are supported by this server
:irc.test 376 labsbot :ConnectionEnd of MOTD
:labsbot!l@h JOIN #ops
:labsbot!l@h JOIN #tech
"""


PAGE = settings.PageSettings()
NETWORK = settings.Network(
    name="test",
    servers=(settings.Server("127.0.0.1", 6667),),
    tls=None,
    nick="labsbot",
    realname="The bot",
    channels=(
        settings.Channel("#ops", None, PAGE),
        settings.Channel("#tech", None, PAGE, key=settings.Secret("secret")),
    ),
)


NONCE = "rOprNGfwEbeRWgbNEkqO"
"""That of the example in RFC 7677."""


def session(
    sasl: dict[str, str] | list[dict[str, str]] | None = None,
    nickserv: dict[str, str] | None = None,
    robots: tuple[str, ...] = (),
    nick: str = "labsbot",
    link: str = "SECURE",
    **others: Any,
) -> Session:
    logins = [sasl] if isinstance(sasl, dict) else sasl or []
    network = replace(
        NETWORK,
        sasl=tuple(
            settings.Sasl(
                login.get("mechanism", "PLAIN"),
                login["account"],
                settings.Secret(login.get("password", "")),
                login.get("authzid", ""),
            )
            for login in logins
        ),
        nickserv=settings.NickServ(nickserv["account"], settings.Secret(nickserv["password"])) if nickserv else None,
        robots=tuple(robots),
        nick=nick,
        **others,
    )
    begun = Session(network, Link[link], nonce=lambda: NONCE)
    begun.begin()
    return begun


def hear(spoken_to: Session, text: str) -> list[Event]:
    line = parse(re.sub("[\u2400-\u241f]", lambda picture: chr(ord(picture[0]) - 0x2400), text))
    assert line is not None, text
    return spoken_to.hear(line, NOW)


def registered(**options) -> Session:
    spoken_to = session(**options)
    for text in PLAIN_REGISTRATION.splitlines():
        hear(spoken_to, text)
    return spoken_to


def written(event: Event) -> str:
    match event:
        case Send(line, free):
            return f"{'>' if free else '~'} {line}"
        case Heard(privmsg):
            return f"! Heard {written_privmsg(privmsg)}"
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    words = [f"{name}={value}" for name, value in values.items() if value not in (NOW, None, "")]
    return " ".join(["!", type(event).__name__, *words])


def written_privmsg(privmsg: Privmsg) -> str:
    assert (privmsg.network, privmsg.arrived) == ("test", NOW)
    words = [str(privmsg.channel), privmsg.sender.hostmask, repr(privmsg.text)]
    words += [f"time={privmsg.server_time.isoformat()}"] if privmsg.server_time else []
    words += [f"msgid={privmsg.msgid}"] if privmsg.msgid is not None else []
    words += [f"account={privmsg.sender.account}"] if privmsg.sender.account is not None else []
    words += [f"ranks={privmsg.sender.ranks}"] if privmsg.sender.ranks else []
    flags = {"robot": privmsg.sender.robot, "replayed": privmsg.replayed, "full": privmsg.full}
    return " ".join(words + [flag for flag, is_set in flags.items() if is_set])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_dialogue_goes_as_it_is_written(vector):
    options = {key: vector[key] for key in ("sasl", "nickserv", "robots", "link") if key in vector}
    options["replies"] = settings.Replies(vector.get("replies", "privmsg"))
    spoken_to = registered(**options) if vector.get("registered") else session(**options)
    if "caps" in vector:
        spoken_to.caps.update(vector["caps"].split())
    expected = vector["dialogue"].rstrip("\n").split("\n")
    actual = []
    for text in expected:
        if text.startswith("< "):
            actual.append(text)
            actual += [written(event) for event in hear(spoken_to, text[2:])]
        elif text.startswith("? "):
            actual.append(text)
            verb, *words = text[2:].split(" ")
            moment = [datetime.fromisoformat(each) if each != "never" else None for each in words[1:]]
            actual += [written(event) for event in getattr(spoken_to, verb)(*words[:1], *moment)]
    assert actual == expected


def test_a_nick_is_also_told_as_the_network_compares_nicks():
    for casemapping, folded in (("ascii", "bob[m]^"), ("rfc1459", "bob{m}~"), ("rfc1459-strict", "bob{m}^")):
        spoken_to = registered()
        hear(spoken_to, f":irc.test 005 labsbot CASEMAPPING={casemapping} :are supported by this server")
        hear(spoken_to, ":labsbot!l@h JOIN #tech")
        heard = [event for event in hear(spoken_to, ":Bob[M]^!b@h PRIVMSG #tech :x") if isinstance(event, Heard)]
        assert [event.privmsg.sender.folded for event in heard] == [folded]


def test_the_first_line_ever_sent_asks_for_capabilities():
    assert [written(event) for event in Session(NETWORK).begin()] == [
        "> CAP LS 302",
        "> NICK labsbot",
        "> USER labsbot 0 * :The bot",
    ]


def test_the_servers_password_comes_before_the_nick():
    bouncer = Session(replace(NETWORK, password=settings.Secret("user/net:pass word")))
    assert [event.line for event in bouncer.begin()][1:3] == ["PASS :user/net:pass word", "NICK labsbot"]


def test_a_nick_with_odd_signs_makes_a_user_name_that_every_server_takes():
    assert user_name("[bot]^") == "bot"
    assert user_name("[^]") == "labsbot"


def test_a_long_password_goes_in_pieces_of_400_bytes():
    def pieces(length: int) -> list[int]:
        spoken_to = session(sasl={"account": "a", "password": "x" * length})
        for text in ("CAP * LS :sasl", "CAP * ACK :sasl"):
            hear(spoken_to, text)
        return [len(event.line.split(" ")[1]) for event in hear(spoken_to, "AUTHENTICATE +") if isinstance(event, Send)]

    assert pieces(10) == [20]
    assert pieces(294) == [396]
    assert pieces(297) == [400, 1]
    assert pieces(298) == [400, 4]
    assert pieces(597) == [400, 400, 1]


def test_after_ten_nicks_the_connection_is_given_up():
    spoken_to = session()
    tried = {event.line for _ in range(9) for event in hear(spoken_to, ":irc.test 433 * x :Nickname is already in use")}
    assert len(tried) == 9
    goodbye, end = hear(spoken_to, ":irc.test 433 * x :Nickname is already in use")
    assert goodbye.line.startswith("QUIT ")
    assert "all ten nicks" in end.why
    assert not end.for_good


def test_no_number_of_open_batches_fills_the_memory_and_none_of_their_lines_is_taken_for_new():
    spoken_to = registered()
    for number in range(10 * OPEN_BATCHES):
        hear(spoken_to, f"BATCH +{number} chathistory #ops")
    assert len(spoken_to._batches) == OPEN_BATCHES
    for number in range(10 * OPEN_BATCHES):
        [heard] = hear(spoken_to, f"@batch={number} :a!b@c PRIVMSG #ops :!log tools old")
        assert heard.privmsg.replayed


def test_no_message_in_several_lines_fills_the_memory():
    spoken_to = registered()
    hear(spoken_to, ":a!b@c BATCH +1 draft/multiline #ops")
    for _ in range(10_000):
        hear(spoken_to, "@batch=1 :a!b@c PRIVMSG #ops :" + "x" * 400)
    [heard] = hear(spoken_to, "BATCH -1")
    assert LONGEST_MESSAGE <= len(heard.privmsg.text) < LONGEST_MESSAGE + 500


def test_we_are_present_from_join_to_kick():
    spoken_to = registered()
    assert spoken_to.present("#OPS")
    assert not spoken_to.present("#elsewhere")
    hear(spoken_to, ":alice!a@h KICK #ops labsbot :out")
    assert not spoken_to.present("#ops")


def test_nothing_is_said_where_we_are_not():
    spoken_to = session()
    assert spoken_to.privmsg("alice", "hello") is None
    spoken_to = registered()
    hear(spoken_to, ":alice!a@h KICK #ops labsbot :out")
    assert spoken_to.privmsg("#ops", "hello") is None
    assert spoken_to.privmsg("#elsewhere", "hello") is None


@pytest.mark.parametrize(
    "target", ["", "a b", "a,b", "@#ops", "$$*", "*", "a!b@c", ":alice", "a\r\nQUIT", "&local", "a\0"]
)
def test_nothing_is_said_to_what_is_no_nick(target):
    assert registered().privmsg(target, "hello") is None


@pytest.mark.parametrize("text", ["", "   ", "\r\n", "\x01\x02"])
def test_nothing_is_said_in_no_words(text):
    assert registered().privmsg("#ops", text) is None


def test_what_is_said_is_one_line_in_the_channels_own_spelling():
    assert registered().privmsg("#OPS", "a\r\nQUIT\0 \x01b") == Send("PRIVMSG #ops :a  QUIT   b", free=False)
    assert registered().privmsg("[al|ce]^", " hi") == Send("PRIVMSG [al|ce]^ : hi", free=False)


@pytest.mark.parametrize("host", ["h", "irc-7gk.example.org", "h" * 64])
def test_a_long_message_fits_as_others_get_it(host):
    spoken_to = registered()
    hear(spoken_to, f":labsbot!~labsbot@{host} JOIN #ops")
    said = spoken_to.privmsg("#ops", "ä" * 600)
    received = f":labsbot!~labsbot@{host} {said.line}\r\n".encode()
    assert 510 <= len(received) <= 512
    assert said.line.endswith("ä…")


def test_as_long_as_we_do_not_know_our_hostmask_or_it_has_changed_the_longest_is_assumed():
    spoken_to = registered()
    hear(spoken_to, ":irc.test 396 labsbot cloak/of/some/length :is now your displayed host")
    said = spoken_to.privmsg("#ops", "x" * 600)
    assert len(f":labsbot!~labsbot@{'h' * 64} {said.line}\r\n".encode()) <= 512


def test_a_session_says_how_far_it_has_come():
    assert session().phase is Phase.NEGOTIATING
    assert registered().phase is Phase.ONLINE


@pytest.mark.parametrize(
    ("size", "letter", "end", "features", "full"),
    [
        (400, "x", "", "", False),
        (509, "x", "", "", False),
        (510, "x", "", "", True),
        (512, "x", "", "", True),
        (509, "é", "", "", False),
        (511, "é", "", "", True),
        (501, "x", "\ufffd", "", True),
        (490, "x", "\ufffd", "", False),
        (512, "x", "", "LINELEN=2048", False),
        (2045, "x", "", "LINELEN=2048", False),
        (2046, "x", "", "LINELEN=2048", True),
        (512, "x", "", "LINELEN=12", True),
        (512, "x", "", "LINELEN=120", True),
    ],
)
def test_a_line_that_is_as_long_as_lines_can_be_is_full(size, letter, end, features, full):
    spoken_to = registered()
    hear(spoken_to, f":irc.test 005 labsbot {features} :are supported by this server")
    head = ":alice!a@h.example PRIVMSG #ops :"
    text = letter * ((size - 2 - len(head) - len(end)) // len(letter.encode())) + end
    [heard] = hear(spoken_to, f"@time=2026-11-22T12:00:00Z;msgid={'m' * 200} {head}{text}")
    assert heard.privmsg.full is full


def test_bytes_that_are_no_utf8_count_as_they_came():
    [text] = LineBuffer().feed(b":alice!a@h PRIVMSG #ops :" + b"\xe9" * 300 + b"\r\n")
    assert parse(text).size == len(b":alice!a@h PRIVMSG #ops :") + 300 + 2


def test_a_message_in_several_lines_is_never_full():
    spoken_to = registered()
    hear(spoken_to, ":a!b@c BATCH +1 draft/multiline #ops")
    for _ in range(3):
        hear(spoken_to, "@batch=1 :a!b@c PRIVMSG #ops :" + "x" * 490)
    [heard] = hear(spoken_to, "BATCH -1")
    assert not heard.privmsg.full


def test_where_notices_are_wanted_we_speak_in_notices_except_to_services():
    spoken_to = registered(replies=settings.Replies.NOTICE, nickserv={"account": "labsbot", "password": "hunter2"})
    assert spoken_to.privmsg("#ops", "hello") == Send("NOTICE #ops :hello", free=False)
    assert spoken_to.privmsg("alice", "hello") == Send("NOTICE alice :hello", free=False)


@pytest.mark.parametrize(
    ("caps", "receipt"),
    [
        ("", SendReceipt.NONE),
        ("batch", SendReceipt.NONE),
        ("echo-message", SendReceipt.ECHO),
        ("echo-message labeled-response", SendReceipt.ECHO),
        ("echo-message labeled-response batch", SendReceipt.LABEL),
        ("labeled-response batch", SendReceipt.LABEL),
    ],
)
def test_the_best_receipt_that_can_be_had_is_used(caps, receipt):
    spoken_to = registered()
    spoken_to.caps.update(caps.split())
    assert spoken_to.receipt is receipt


def test_channels_are_asked_for_together_and_alone_if_that_was_not_answered():
    spoken_to = session()
    for text in (":irc.test 001 labsbot :Welcome", ":irc.test 005 labsbot CASEMAPPING=ascii :x"):
        hear(spoken_to, text)
    assert [event.line for event in spoken_to.join("#ops", "#tech")] == ["JOIN #tech,#ops secret"]
    hear(spoken_to, ":irc.test 473 labsbot #tech :Cannot join channel")
    assert [event.line for event in spoken_to.join("#ops")] == ["JOIN #ops"]
    assert [event.line for event in spoken_to.join("#tech", "#ops")] == ["JOIN #tech secret", "JOIN #ops"]
    assert [event.line for event in spoken_to.join("#tech", "#ops")] == ["JOIN #tech secret", "JOIN #ops"]


# --- channels that come and go ---


def configured(spoken_to: Session, *channels: settings.Channel) -> list[str]:
    return [written(event) for event in spoken_to.take_up(replace(NETWORK, channels=channels))]


OPS, TECH, NEW = *NETWORK.channels, settings.Channel("#new", None, PAGE)


def test_a_channel_that_is_configured_no_more_is_left_and_ours_until_the_server_says_that_we_are_out():
    spoken_to = registered()
    assert configured(spoken_to, TECH) == ["~ PART #ops :labsbot leaves"]
    assert not spoken_to.present("#ops")
    assert [written(event) for event in hear(spoken_to, ":a!b@c PRIVMSG #ops :!log x")] == [
        "! Heard #ops a!b@c '!log x'"
    ]
    assert hear(spoken_to, ":a!b@c INVITE labsbot #ops") == []
    assert configured(spoken_to, TECH) == [], "once"
    left = hear(spoken_to, ":labsbot!l@h PART #ops :labsbot leaves")
    assert [written(event) for event in left] == ["! Departed channel=#ops"]
    assert hear(spoken_to, ":a!b@c PRIVMSG #ops :!log x") == []
    assert spoken_to.present("#tech")


def test_a_channel_that_we_have_only_asked_for_is_left_whatever_becomes_of_it():
    for answers, told in (
        ((":labsbot!l@h JOIN #new", ":labsbot!l@h PART #new"), "! Departed channel=#new"),
        ((":irc.test 474 labsbot #new :banned", ":irc.test 442 labsbot #new :not there"), "! Departed channel=#new"),
    ):
        spoken_to = registered()
        assert configured(spoken_to, OPS, TECH, NEW) == []
        assert [written(event) for event in spoken_to.join("#new")] == ["~ JOIN #new"]
        assert configured(spoken_to, OPS, TECH) == ["~ PART #new :labsbot leaves"]
        assert [written(event) for text in answers for event in hear(spoken_to, text)] == [told]
        assert not spoken_to.ours("#new")


def test_a_channel_that_is_out_and_gone_or_comes_back_while_we_leave_it_costs_no_line_too_many():
    spoken_to = registered()
    assert configured(spoken_to, OPS, TECH, NEW) == []
    assert configured(spoken_to, OPS, TECH) == []
    configured(spoken_to, TECH)
    assert configured(spoken_to, OPS, TECH) == []
    assert [written(event) for event in spoken_to.join("#ops")] == ["~ JOIN #ops"]
    assert hear(spoken_to, ":labsbot!l@h PART #ops") == []
    assert [written(event) for event in hear(spoken_to, ":labsbot!l@h JOIN #ops")] == ["! Joined channel=#ops"]


def test_a_channel_that_is_spelled_otherwise_is_left_and_joined_under_its_new_name():
    spoken_to = registered()
    assert configured(spoken_to, replace(OPS, name="#Ops"), TECH) == ["~ PART #ops :labsbot leaves"]
    assert [written(event) for event in spoken_to.join("#Ops")] == ["~ JOIN #Ops"]
    assert hear(spoken_to, ":labsbot!l@h PART #ops") == []
    assert [written(event) for event in hear(spoken_to, ":labsbot!l@h JOIN #ops")] == ["! Joined channel=#Ops"]


def test_a_changed_key_is_used_at_the_next_join_and_changes_nothing_before():
    spoken_to = registered()
    assert configured(spoken_to, OPS, replace(TECH, key=settings.Secret("other"))) == []
    hear(spoken_to, ":op!o@h KICK #tech labsbot :out")
    assert [written(event) for event in spoken_to.join("#tech")] == ["~ JOIN #tech other"]


def test_a_history_that_ends_while_we_are_out_again_says_nothing_of_what_we_missed():
    for channels in ((OPS, TECH), (replace(OPS, name="#Ops"), TECH)):
        spoken_to = registered()
        [mark] = spoken_to.catch_up("#ops", None)
        configured(spoken_to, TECH)
        configured(spoken_to, *channels)
        assert hear(spoken_to, f":irc.test PONG irc.test {mark.line.removeprefix('PING ')}") == []
