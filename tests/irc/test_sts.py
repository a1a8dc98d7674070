"""Strict Transport Security: what is asked for, what is kept, and that nothing is said in plain text any more."""

import contextlib
import json
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from labsbot.irc import probe
from labsbot.irc.sts import Link, Policies, Route, duration, upgrade_port
from labsbot.settings import Server, Tls
from tests.irc.conftest import Bot, Loopback, network, seconds, until, working
from tests.servers.breakable import CAPS, BreakableServer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
IRC = Server("irc.example.org", 6667)
STS = Tls()


@pytest.mark.parametrize(
    ("value", "port", "bound"),
    [
        ("port=6697", 6697, None),
        ("duration=300,port=6697,preload", 6697, 300),
        ("port=6697,duration=0", 6697, 0),
        ("preload,duration=31536000", None, 31536000),
        ("duration=99999999999999999999", None, 999999999999),
        ("port=0", None, None),
        ("port=65536", None, None),
        ("port=-1,duration=-1", None, None),
        ("port=66977777777,duration=1.5", None, None),
        ("port=\u0666\u0666,duration=\u0663", None, None),
        ("port,duration", None, None),
        ("=,=,,", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_what_a_server_asks_for_is_read(value, port, bound):
    assert (upgrade_port(value), duration(value)) == (port, bound)


@pytest.mark.parametrize(
    ("host", "tls", "link"),
    [
        ("irc.example.org", None, Link.OPEN),
        ("localhost", None, Link.OPEN),
        ("irc.example.org", STS, Link.SECURE),
        ("192.0.2.7", None, Link.OPEN),
        ("2001:db8::7", STS, Link.SECURE),
    ],
)
def test_policies_hold_for_names_and_addresses(host, tls, link):
    assert Route(Server(host, 6667), tls).link is link


def test_a_policy_turns_plain_text_into_tls_until_its_time_is_over(tmp_path):
    policies = Policies(tmp_path / "sts.json")
    assert policies.route(IRC, None, STS, NOW) == Route(IRC, None)
    policies.keep(Server("IRC.Example.org.", 6697), 300, NOW)
    again = Policies(tmp_path / "sts.json")
    assert again.route(IRC, None, STS, NOW + seconds(299)) == Route(Server("irc.example.org", 6697), STS)
    assert again.route(IRC, None, STS, NOW + seconds(300)) == Route(IRC, None)
    assert again.route(Server("other.example.org", 6667), None, STS, NOW) == Route(
        Server("other.example.org", 6667), None
    )
    ours = Tls(fingerprints=("00" * 32,))
    assert again.route(IRC, ours, STS, NOW) == Route(IRC, ours), "what is TLS already stays as it is configured"


def test_a_policy_is_renewed_shortened_and_forgotten_and_others_stay(tmp_path):
    policies = Policies(tmp_path / "new" / "sts.json")
    policies.keep(IRC, 0, NOW)
    assert not (tmp_path / "new").exists()
    Policies(tmp_path / "new" / "sts.json").keep(Server("other.example.org", 7000), 300, NOW)
    policies.keep(IRC, 300, NOW)
    policies.keep(IRC, 10**12 - 1, NOW)
    assert policies.route(IRC, None, STS, NOW + timedelta(days=3000)).tls
    policies.keep(IRC, 0, NOW)
    assert policies.route(IRC, None, STS, NOW).tls is None
    assert policies.route(Server("other.example.org", 6667), None, STS, NOW).server.port == 7000
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sts.json"]


def test_without_a_file_policies_are_known_for_as_long_as_we_run():
    policies = Policies(None)
    policies.keep(IRC, 300, NOW)
    assert policies.route(IRC, None, STS, NOW).tls


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"irc.example.org": 7}',
        '{"irc.example.org": {}}',
        '{"irc.example.org": {"port": "6697", "until": "2027-01-01T00:00:00+00:00"}}',
        '{"irc.example.org": {"port": 6697, "until": "soon"}}',
        '{"irc.example.org": {"port": 6697, "until": "2027-01-01T00:00:00"}}',
    ],
)
def test_a_file_that_makes_no_sense_is_as_good_as_none_and_is_mended_by_the_next_policy(tmp_path, text):
    path = tmp_path / "sts.json"
    path.write_text(text)
    assert Policies(path).route(IRC, None, STS, NOW) == Route(IRC, None)
    Policies(path).keep(IRC, 300, NOW)
    assert json.loads(path.read_text())["irc.example.org"]["port"] == 6667


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path, caplog):
    policies = Policies(tmp_path)
    assert policies.route(IRC, None, STS, NOW) == Route(IRC, None)
    assert "cannot be read, policies (STS) of servers are not followed" in caplog.text
    policies.keep(IRC, 300, NOW)
    assert "cannot be written, policies (STS) of servers will be forgotten" in caplog.text
    assert policies.route(IRC, None, STS, NOW).tls, "it is known for as long as we run"


# --- with servers


class Recording(BreakableServer):
    """Knows everybody who ever came."""

    def __init__(self, tls=None):
        super().__init__({"labsbot": "hunter2"}, tls=tls)
        self.everybody = []

    def admit(self, writer):
        self.everybody.append(super().admit(writer))
        return self.everybody[-1]

    @property
    def heard(self):
        return [line for guest in self.everybody for line in guest.received]


class PlainAndSecure:
    """A server that has a port for plain text, on which it asks for TLS, and one for TLS, on which it insists."""

    def __init__(self, authority, name="localhost"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        self.plain, self.secure = Recording(), Recording(context)

    async def start(self):
        await self.secure.start()
        await self.plain.start()
        self.plain.caps = (*CAPS, f"sts=port={self.secure.port},duration=1")
        self.secure.caps = (*CAPS, "sts=duration=600")

    async def close(self):
        await self.plain.close()
        await self.secure.close()


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def ca(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return Tls(ca=tmp_path / "ca.pem")


@pytest.fixture
async def both(authority):
    both = PlainAndSecure(authority)
    await both.start()
    yield both
    await both.close()


def plain(both, **others):
    return network(Loopback(both.plain), servers=(Server("localhost", both.plain.port),), **others)


async def test_a_server_that_asks_for_tls_gets_it_at_once_and_hears_nothing_else_before(both, ca, tmp_path, caplog):
    bot = Bot(plain(both, sts=ca), tmp_path)
    async with working(bot):
        await bot.joins()
        assert both.plain.heard == ["CAP LS 302"]
        assert bot.client.counts.connections == 2
        assert "next try" not in caplog.text
        kept = json.loads((tmp_path / "sts.json").read_text())
        assert kept["localhost"]["port"] == both.secure.port


async def test_what_was_promised_holds_for_the_next_start_and_is_renewed_at_the_end(both, ca, tmp_path):
    path = tmp_path / "sts.json"
    soon = (datetime.now(UTC) + seconds(60)).isoformat()
    path.write_text(json.dumps({"localhost": {"port": both.secure.port, "until": soon}}))
    both.plain.caps = CAPS
    bot = Bot(plain(both, sts=ca), tmp_path)
    async with working(bot):
        await bot.joins()
        path.unlink()
    assert both.plain.heard == []
    until_when = datetime.fromisoformat(json.loads(path.read_text())["localhost"]["until"])
    assert until_when > datetime.now(UTC) + seconds(500)


async def test_under_a_policy_there_is_no_way_back_to_plain_text(both, ca, tmp_path, caplog):
    bot = Bot(plain(both, sts=ca), tmp_path)
    async with working(bot):
        await bot.joins()
        await both.secure.close()
        both.plain.caps = CAPS
        await until(lambda: bot.client.counts.connections >= 5, "the bot tries again")
        assert not bot.client.online
        assert both.plain.heard == ["CAP LS 302"], "the first time only"
    assert f"cannot connect to localhost:{both.secure.port}" in caplog.text


async def test_a_certificate_that_does_not_hold_is_no_reason_for_plain_text(both, tmp_path, caplog):
    async with working(Bot(plain(both), tmp_path)) as bot:
        await until(lambda: bot.client.counts.connections >= 4, "the bot tries again")
        assert set(both.plain.heard) == {"CAP LS 302"}
        assert both.secure.heard == []
    assert "its certificate is not valid" in caplog.text
    assert not (tmp_path / "sts.json").exists()


async def test_a_server_that_takes_it_back_is_spoken_to_as_configured(both, ca, tmp_path):
    both.secure.caps = (*CAPS, "sts=duration=0")
    Policies(tmp_path / "sts.json").keep(Server("localhost", both.secure.port), 600, datetime.now(UTC))
    async with working(Bot(plain(both, sts=ca), tmp_path)) as bot:
        await bot.joins()
        assert both.plain.heard == []
        both.plain.caps = CAPS
        await both.secure.close()
        await until(lambda: any(guest.registered for guest in both.plain.guests), "the bot comes in plain text")


async def test_a_policy_holds_for_an_address_too(authority, ca, tmp_path):
    both = PlainAndSecure(authority, "127.0.0.1")
    await both.start()
    async with working(Bot(network(Loopback(both.plain), sts=ca), tmp_path)) as bot:
        await bot.joins()
        assert both.plain.heard == ["CAP LS 302"]
    assert json.loads((tmp_path / "sts.json").read_text())["127.0.0.1"]["port"] == both.secure.port
    await both.close()


async def test_a_server_that_does_not_answer_is_told_who_we_are_after_a_while(both, monkeypatch):
    monkeypatch.setattr("labsbot.irc.session_timers.INTRODUCING", 0.1)
    both.plain.silent = {"CAP"}
    async with working(Bot(plain(both))) as bot:
        await bot.joins()
        assert both.plain.heard[:3] == ["CAP LS 302", "NICK labsbot", "USER labsbot 0 * :The bot"]


async def test_a_probe_follows_and_keeps_nothing(both, ca, tmp_path):
    assert await probe(plain(both, sts=ca), tmp_path) == (
        f"registered as labsbot on localhost:{both.secure.port} (TLS verified)"
    )
    assert not (tmp_path / "sts.json").exists()
    Policies(tmp_path / "sts.json").keep(Server("localhost", both.secure.port), 600, datetime.now(UTC))
    with contextlib.suppress(ConnectionError):
        await both.plain.close()
    assert "TLS verified" in await probe(plain(both, sts=ca), tmp_path)
