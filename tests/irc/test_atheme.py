"""Logging in with real services: SASL PLAIN and EXTERNAL, and NickServ."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from labsbot import settings
from labsbot.demo.person import DemoPerson
from labsbot.irc import RefusedForGood, probe
from labsbot.irc.capabilities import WANTED
from labsbot.model import CaughtUp
from labsbot.settings import NickServ, Sasl, Secret
from tests.irc.conftest import Real, at_work, network, until
from tests.servers.atheme import Atheme
from tests.servers.inspircd import InspIRCd

pytestmark = pytest.mark.servers

PASSWORD = Secret("hunter2")
PLAIN = Sasl("PLAIN", "labsbot", PASSWORD)
EXTERNAL = Sasl("EXTERNAL", "")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "ours.pem"
    trustme.CA().issue_cert("labsbot").private_key_and_cert_chain_pem.write_to_path(path)
    return path


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[InspIRCd]:
    """A server with services, on which there is an account labsbot, to which our certificate belongs."""
    with InspIRCd() as server, Atheme(server.services_port) as atheme:
        server.atheme = atheme  # type: ignore[attr-defined]
        asyncio.run(make_account(server, certificate))
        yield server


async def make_account(server: InspIRCd, certificate: Path) -> None:
    context = server.tls_context()
    context.load_cert_chain(certificate)
    async with await DemoPerson.connect(server.host, server.tls_port, "labsbot", tls=context) as owner:
        await register(owner)
        owner.say("NickServ", "CERT ADD")
        await owner.heard(lambda line: "Added fingerprint" in line)


async def register(person: DemoPerson) -> None:
    person.say("NickServ", f"REGISTER hunter2 {person.nick}@localhost.test")
    await person.heard(lambda line: "is now registered" in line)


async def is_seen_as_logged_in(alice: DemoPerson, name: str = "labsbot") -> None:
    """Somebody else sees that the bot has the account of its name; NickServ may take a moment."""
    async with asyncio.timeout(10):
        while not any(f" 330 alice {name} {name} " in line for line in alice.lines):
            since = len(alice.lines)
            alice.send(f"WHOIS {name}")
            await alice.heard(lambda line: " 318 " in line, since=since)
            await asyncio.sleep(0.2)  # who asks faster is slowed down


def over_tls(server: InspIRCd, certificate: Path, *sasl: Sasl) -> settings.Network:
    servers = (settings.Server(server.host, server.tls_port),)
    return network(Real(server), servers=servers, tls=settings.Tls(ca=server.ca, certificate=certificate), sasl=sasl)


async def test_a_key_logs_us_in_and_no_other_one(server: InspIRCd, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    async with await Real(server).person("keeper") as owner:
        await register(owner)
        owner.say("NickServ", f"SET PUBKEY {base64.b64encode(point).decode()}")
        await owner.heard(lambda line: " NOTICE keeper :" in line and "ublic key" in line)
    ours, other = tmp_path / "ours.pem", tmp_path / "other.pem"
    for path, key in ((ours, private), (other, ec.generate_private_key(ec.SECP256R1()))):
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    login = Sasl("ECDSA-NIST256P-CHALLENGE", "keeper", key=ours)
    assert "logged in as keeper" in await probe(network(Real(server), sasl=(login,)))
    with pytest.raises(RefusedForGood, match=r"it refuses our login as keeper: .*904"):
        await probe(network(Real(server), sasl=(Sasl(login.mechanism, "keeper", key=other),)))


async def test_another_bot_with_our_account_is_warned_of_in_the_log_and_the_channel(
    server: InspIRCd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("labsbot.irc.duplicates.LINGERING", 0.1)
    monkeypatch.setattr("labsbot.irc.session_timers.REPORTING", 0.1)
    ours = network(Real(server), "#duplicates", sasl=(PLAIN,), tell_gaps=True)
    async with await Real(server).person("alice") as alice, at_work(ours) as old:
        await alice.join("#duplicates")
        await old.joins("#duplicates")
        assert "labsbot is logged in to the same account" in await probe(ours)
        async with at_work(ours) as new:
            await alice.heard(
                lambda line: line.startswith(":labsbot!") and ":labsbot_ is also logged in to my account" in line
            )
            assert "labsbot_ is also logged in to our account labsbot" in caplog.text
            assert old.client.counts.duplicates == 1
            old.client.say("#duplicates", "here I am")
            await until(lambda: new.client.counts.duplicates == 1, "the new one sees the old one")


async def test_a_password_logs_us_in_and_the_accounts_of_others_are_known(server: InspIRCd) -> None:
    async with await Real(server).person("alice") as alice, at_work(network(Real(server), sasl=(PLAIN,))) as bot:
        await register(alice)
        await alice.join("#ops")
        await bot.joins()
        await is_seen_as_logged_in(alice)
        alice.say("#ops", "hello")
        await bot.hears("hello")
        sender = bot.lines[-1].sender
        assert (sender.account, sender.ranks, sender.robot) == ("alice", "@", False)


async def test_where_lines_do_not_say_who_is_logged_in_the_server_is_asked(server: InspIRCd, monkeypatch) -> None:
    monkeypatch.setattr("labsbot.irc.capabilities.WANTED", tuple(set(WANTED) - {"account-tag"}))
    async with await Real(server).person("bob") as bob, await Real(server).person("carol") as carol:
        await register(bob)
        await register(carol)
        await bob.join("#ops")
        async with at_work(network(Real(server))) as bot:
            await until(lambda: bot.of(CaughtUp), "the bot is in")
            await carol.join("#ops")
            await until(
                lambda: "bob" in bot.client._runner.session.people._accounts, "the bot knows who was there before it"
            )
            for person in (bob, carol):
                person.say("#ops", f"I am {person.nick}")
                await bot.hears(f"I am {person.nick}")
            assert [line.sender.account for line in bot.lines] == ["bob", "carol"]


async def test_a_wrong_password_is_refused_for_good(server: InspIRCd) -> None:
    wrong = Sasl("PLAIN", "labsbot", Secret("hunter3"))
    with pytest.raises(RefusedForGood, match=r"it refuses our login as labsbot: .*904"):
        await probe(network(Real(server), sasl=(wrong,)))


async def test_a_certificate_logs_us_in(server: InspIRCd, certificate: Path) -> None:
    async with await Real(server).person("alice") as alice, at_work(over_tls(server, certificate, EXTERNAL)) as bot:
        await bot.joins()
        await is_seen_as_logged_in(alice)


async def test_what_comes_next_in_the_list_is_tried_where_a_login_fails(server: InspIRCd, tmp_path: Path) -> None:
    unknown = tmp_path / "unknown.pem"
    trustme.CA().issue_cert("labsbot").private_key_and_cert_chain_pem.write_to_path(unknown)
    with pytest.raises(RefusedForGood):
        await probe(over_tls(server, unknown, EXTERNAL))
    assert "logged in" in await probe(over_tls(server, unknown, EXTERNAL, PLAIN))


async def test_nickserv_logs_us_in_where_sasl_is_not_used(server: InspIRCd) -> None:
    ours = network(Real(server), nickserv=NickServ("labsbot", PASSWORD))
    async with await Real(server).person("alice") as alice, at_work(ours) as bot:
        await bot.joins()
        await is_seen_as_logged_in(alice)


async def test_a_channel_for_those_who_are_logged_in_lets_us_in_when_nickserv_has_heard_us(
    server: InspIRCd, caplog: pytest.LogCaptureFixture
) -> None:
    async with await Real(server).person("alice") as alice:
        await alice.join("#members")
        alice.send("MODE #members +R")
        await alice.heard(lambda line: " MODE #members :+R" in line)
        async with at_work(network(Real(server), "#members", "#open")) as nobody:
            await nobody.joins("#open")
            await until(lambda: "not in #members: " in caplog.text, "without a login the bot is refused")
        async with at_work(network(Real(server), "#members", nickserv=NickServ("labsbot", PASSWORD))) as bot:
            await bot.joins("#members")


async def test_services_that_enforce_a_nick_rename_us_without_a_login_and_we_go_on(server: InspIRCd) -> None:
    often = settings.Ping(after=1, give_up=10)
    async with await Real(server).person("alice") as alice, await Real(server).person("enforced") as owner:
        await alice.join("#ops")
        await register(owner)
        owner.say("NickServ", "SET ENFORCE ON")
        owner.say("NickServ", "SET ENFORCETIME 1")
        await owner.heard(lambda line: " NOTICE " in line and "ENFORCETIME" in line)
        await owner.close()
        async with at_work(network(Real(server), nick="enforced", ping=often)) as bot:
            await bot.joins()
            await until(lambda: bot.client.nick != "enforced", "services rename the bot")
            alice.say("#ops", f"hello {bot.client.nick}")
            await bot.hears(f"hello {bot.client.nick}")
            bot.client.say("#ops", "still here")
            await until(lambda: bot.client.counts.said == 1, "what we said came back")
            assert bot.client.counts.connections == 1
        ours = network(Real(server), nick="enforced", nickserv=NickServ("enforced", PASSWORD), ping=often)
        async with at_work(ours) as bot:
            await bot.joins()
            assert bot.client.nick == "enforced_", "services hold the nick for a while"
            alice.say("NickServ", "RELEASE enforced hunter2")
            await until(lambda: bot.client.nick == "enforced", "our nick is ours")
            await is_seen_as_logged_in(alice, "enforced")


async def test_while_services_are_away_we_stay_off_and_afterwards_we_come(server: InspIRCd) -> None:
    server.atheme.stop()  # type: ignore[attr-defined]
    async with at_work(network(Real(server), sasl=(PLAIN,))) as bot:
        try:
            await until(lambda: bot.client.counts.connections >= 2, "the bot tries again")
            assert not bot.client.online
        finally:
            server.atheme.start()  # type: ignore[attr-defined]
        await bot.joins()
