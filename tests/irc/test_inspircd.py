"""What only a real server shows: its history, its certificate, its accounts of us, its modes."""

import hashlib
import json
import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme

from labsbot import settings
from labsbot.irc import probe
from labsbot.irc.capabilities import HISTORY, WANTED
from labsbot.irc.sent_messages import SendReceipt
from labsbot.model import CaughtUp, Entered, Privmsg
from tests.irc.conftest import Bot, Real, at_work, network, ranks_after, until, working
from tests.servers.inspircd import InspIRCd
from tests.soak.wire import Wire

pytestmark = pytest.mark.servers


def over_tls(server, **others):
    settled = {"servers": (settings.Server(server.host, server.tls_port),), "tls": settings.Tls(ca=server.ca)}
    return network(Real(server), **{**settled, **others})


async def test_all_capabilities_that_we_want_are_agreed_on(inspircd):
    async with at_work(network(Real(inspircd))) as bot:
        await bot.joins()
        assert bot.client._runner.session.caps == set(WANTED) - {*HISTORY, "draft/multiline"}


async def test_tls_is_verified(inspircd):
    assert "TLS verified" in await probe(over_tls(inspircd))
    async with at_work(over_tls(inspircd)) as bot:
        await bot.joins()


async def test_a_certificate_of_an_unknown_authority_is_refused_with_the_reason(inspircd):
    with pytest.raises(ConnectionError, match=r"its certificate is not valid: .*issuer"):
        await probe(over_tls(inspircd, tls=settings.Tls()))


async def test_a_certificate_for_another_name_is_refused(inspircd):
    elsewhere = (settings.Server("localhost", inspircd.tls_port),)
    with pytest.raises(ConnectionError, match=r"its certificate is not valid: Hostname mismatch"):
        await probe(over_tls(inspircd, servers=elsewhere))


async def test_a_pinned_certificate_is_enough_and_no_other_will_do(inspircd):
    shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((inspircd.host, inspircd.tls_port)))
    fingerprint = hashlib.sha256(shown).hexdigest()
    elsewhere = (settings.Server("localhost", inspircd.tls_port),)
    pinned = settings.Tls(fingerprints=("00" * 32, fingerprint))
    assert "TLS, certificate pinned" in await probe(over_tls(inspircd, tls=pinned, servers=elsewhere))
    with pytest.raises(ConnectionError, match=f"its certificate is not a pinned one .SHA-256 {fingerprint}"):
        await probe(over_tls(inspircd, tls=settings.Tls(fingerprints=("00" * 32,))))


async def test_our_certificate_is_shown_to_the_server(inspircd, tmp_path):
    ours = tmp_path / "ours.pem"
    trustme.CA().issue_cert("labsbot").private_key_and_cert_chain_pem.write_to_path(ours)
    trusting = settings.Tls(ca=inspircd.ca, certificate=ours)
    async with await Real(inspircd).person("alice") as alice, at_work(over_tls(inspircd, tls=trusting)) as bot:
        await bot.joins()
        alice.send("WHOIS labsbot")
        await alice.heard(lambda line: " 276 alice labsbot :" in line and "certificate fingerprint" in line)


async def test_history_that_is_sent_at_each_join_is_known_as_such_and_its_end_is_noticed(inspircd):
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#history")
        alice.send("MODE #history +H 50:1h")
        await alice.heard(lambda line: "+H" in line)
        async with at_work(network(Real(inspircd), "#history")) as bot:
            await until(lambda: bot.of(CaughtUp), "the first catching up is over")
            assert not bot.of(CaughtUp)[0].repeated
            alice.say("#history", "!log tools one")
            alice.say("#history", "!log tools two")
            await bot.hears("!log tools two")
            assert bot.client.counts.replayed == 0
            alice.send("KICK #history labsbot :again")
            await until(lambda: len(bot.of(CaughtUp)) == 2, "the second catching up is over")
            assert bot.of(CaughtUp)[1].repeated
            again = bot.of(Privmsg)
            assert [line.text for line in again] == ["!log tools one", "!log tools two"]
            assert [line.msgid for line in again] == [line.msgid for line in bot.lines]
            assert [line.server_time for line in again] == [
                line.server_time.replace(microsecond=0) for line in bot.lines
            ]
            kinds = [type(news).__name__ for news in bot.news]
            assert kinds == ["Entered", "CaughtUp", "Present", "Entered", "Privmsg", "Privmsg", "CaughtUp"]
            alice.say("#history", "!log tools three")
            await bot.hears("!log tools three")
            assert bot.texts == ["!log tools one", "!log tools two", "!log tools three"]


async def test_an_invite_only_channel_is_tried_until_it_opens(inspircd, caplog):
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#closed")
        alice.send("MODE #closed +i")
        await alice.heard(lambda line: "MODE #closed" in line)
        async with at_work(network(Real(inspircd), "#closed", "#open")) as bot:
            await bot.joins("#open")
            await until(lambda: caplog.text.count("not in #closed: ") >= 3, "the bot tries again")
            assert "(473)" in caplog.text
            alice.send("MODE #closed -i")
            await bot.joins("#closed")


@pytest.mark.usefixtures("hurried")
async def test_channels_that_shut_us_out_in_different_ways_are_tried_until_they_open_and_disturb_no_other(
    inspircd, caplog
):
    doors = {
        "#full": ("+l 1", "-l", "(471)"),
        "#banned": ("+b labsbot!*@*", "-b labsbot!*@*", "(474)"),
        "#locked": ("+k another", "-k another", "(475)"),
        "#forward": ("+lL 1 #elsewhere", "-l", "(470)"),
    }
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#elsewhere")
        for channel, (closed, _, _) in doors.items():
            await alice.join(channel)
            alice.send(f"MODE {channel} {closed}")
            await alice.heard(re.compile(f".* MODE {channel} ").match)
        async with at_work(network(Real(inspircd), *doors, "#open")) as bot:
            await bot.joins("#open")
            refusals = [rf"not in {channel}: .*{re.escape(number)}" for channel, (_, _, number) in doors.items()]
            await until(
                lambda: all(re.search(refusal, caplog.text) for refusal in refusals), "each is closed in its own way"
            )
            # where it was led instead, it does not stay
            await alice.heard(lambda line: line.startswith(":labsbot!") and " PART :#elsewhere" in line)
            assert not any(bot.client.present(channel) for channel in (*doors, "#elsewhere"))
            for channel, (_, opened, _) in doors.items():
                alice.send(f"MODE {channel} {opened}")
            for channel in doors:
                await bot.joins(channel)


async def test_who_invites_us_is_followed_at_once_where_we_belong_and_nowhere_else(inspircd):
    patient = settings.Backoff(first=1000, most=1000)
    async with await Real(inspircd).person("alice") as alice:
        for channel in ("#closed", "#elsewhere"):
            await alice.join(channel)
            alice.send(f"MODE {channel} +i")
            await alice.heard(re.compile(f".* MODE {channel} ").match)
        async with at_work(network(Real(inspircd), "#closed", "#open", backoff=patient)) as bot:
            await bot.joins("#open")
            alice.send("INVITE labsbot #elsewhere")
            alice.send("INVITE labsbot #Closed")
            await bot.joins("#closed")
            alice.send("NAMES #elsewhere")
            names = await alice.heard(lambda line: " 353 alice = #elsewhere :" in line, since=len(alice.lines))
            assert "labsbot" not in names


async def test_a_channel_that_keeps_out_who_was_just_kicked_lets_us_in_when_that_time_is_over(inspircd, caplog):
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#ops")
        alice.send("MODE #ops +J 1")
        async with at_work(network(Real(inspircd))) as bot:
            await bot.joins()
            before = bot.times_ready
            alice.send("KICK #ops labsbot :not now")
            await until(lambda: bot.times_ready > before, "the bot is in again")
            assert "You must wait 1 second" in caplog.text


async def test_a_channel_with_a_key_is_entered_with_it(inspircd):
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#keyed")
        alice.send("MODE #keyed +k sesame")
        await alice.heard(lambda line: "MODE #keyed" in line)
        channel = settings.Channel("#keyed", None, settings.PageSettings(), key=settings.Secret("sesame"))
        async with at_work(network(Real(inspircd), channels=(channel,))) as bot:
            await bot.joins("#keyed")


async def test_a_robot_and_a_message_to_operators_are_known_as_such(inspircd):
    async with await Real(inspircd).person("alice") as alice, at_work(network(Real(inspircd))) as bot:
        await alice.join("#ops")
        await bot.joins()
        alice.send("MODE #ops +o labsbot")
        alice.say("@#ops", "!log tools to operators only")
        alice.say("#ops", "first")
        await bot.hears("first")
        alice.send("MODE alice +B")
        alice.say("#ops", "second")
        await bot.hears("second")
        assert bot.texts == ["first", "second"]
        assert [line.sender.robot for line in bot.lines] == [False, True]


async def test_where_we_may_not_speak_that_is_told_and_all_waits_until_we_may(inspircd, caplog):
    async with await Real(inspircd).person("alice") as alice, at_work(network(Real(inspircd), "#quiet")) as bot:
        await bot.joins("#quiet")
        await alice.join("#quiet")
        bot.client.say("#quiet", "before")
        await alice.heard(lambda line: line.endswith(":before"))
        # the bot was first, so it is an operator; it must not be one
        bot.client._runner._connection.send_raw("MODE #quiet +mo-o alice labsbot")
        bot.client.say("#quiet", "one")
        bot.client.say("#quiet", "two")
        await until(lambda: caplog.text.count("cannot speak in #quiet: ") == 2, "the refusals are told")
        assert not bot.client.takes("#quiet")
        assert bot.client.counts.unsaid == 0
        alice.send("MODE #quiet +v labsbot")
        for word in ("one", "two"):
            await alice.heard(re.compile(f".*:{word}$").match)
        assert bot.client.takes("#quiet")


async def test_fifty_channels_are_entered_at_once_and_one_that_refuses_us_holds_up_no_other(inspircd, caplog):
    names = [f"#many{number}" for number in range(50)]
    async with await Real(inspircd).person("alice") as alice:
        for name, modes in (("#many3", "+i"), ("#many20", "+k another"), ("#many7", "+k sesame")):
            await alice.join(name)
            alice.send(f"MODE {name} {modes}")
            await alice.heard(re.compile(f".* MODE {name} ").match)
        keys = {"#many7": settings.Secret("sesame"), "#many20": settings.Secret("wrong")}
        channels = tuple(settings.Channel(name, None, settings.PageSettings(), key=keys.get(name)) for name in names)
        async with at_work(network(Real(inspircd), channels=channels)) as bot:
            shut = {"#many3", "#many20"}
            for name in names:
                if name not in shut:
                    await bot.joins(name)
            await until(lambda: all(f"not in {name}: " in caplog.text for name in shut), "two are closed")
            await until(lambda: len(bot.of(CaughtUp)) == 48, "all histories are known")
            assert shut.isdisjoint(news.channel for news in bot.of(CaughtUp))


async def test_sasl_that_is_not_offered_keeps_us_off(inspircd):
    login = (settings.Sasl("PLAIN", "labsbot", settings.Secret("hunter2")),)
    with pytest.raises(ConnectionError, match="it offers no SASL login now"):
        await probe(network(Real(inspircd), sasl=login))


async def test_what_we_say_comes_back_with_its_label(inspircd):
    async with await Real(inspircd).person("alice") as alice, at_work(network(Real(inspircd), "#echo")) as bot:
        await alice.join("#echo")
        await bot.joins("#echo")
        assert bot.client._runner.session.receipt is SendReceipt.LABEL
        alice.send("AWAY :for lunch")
        await alice.heard(lambda line: " 306 " in line)
        # one in a batch with the news that she is away, one without colours
        bot.client.say("alice", "psst")
        bot.client.say("#echo", "to all")
        await until(lambda: bot.client.counts.said == 2, "both came back")
        bot.client.say("nobody-is-here", "psst")
        await until(lambda: bot.client.counts.unsaid == 1, "nobody is there")


async def test_a_connection_that_is_cut_loses_none_of_our_words_and_doubles_none(inspircd):
    async with await Real(inspircd).person("alice") as alice, Wire(inspircd.port) as wire:
        await alice.join("#cut")
        alice.send("MODE #cut +H 50:1h")
        await alice.heard(lambda line: "+H" in line)
        ours = network(Real(inspircd), "#cut", servers=(settings.Server("127.0.0.1", wire.port),))
        async with at_work(ours) as bot:
            await until(lambda: bot.of(CaughtUp), "the bot is in")
            asked = [f"word {number}" for number in range(8)]
            for text in asked:
                bot.client.say("#cut", text)
            await alice.heard(lambda line: line.endswith(" :word 1"))
            wire.cut()
            await alice.heard(lambda line: line.endswith(" :word 7"), patience=30)
            await until(lambda: bot.client.counts.said == 8, "all has arrived")
            heard = [line.rpartition(" :")[2] for line in alice.lines if " PRIVMSG #cut " in line]
            assert heard == asked
            assert bot.client.counts.unsaid == 0
            assert bot.client.counts.carried >= 4


async def test_ranks_are_those_of_the_moment(inspircd):
    async with (
        await Real(inspircd).person("alice") as alice,
        await Real(inspircd).person("bob") as bob,
        at_work(network(Real(inspircd), "#ranks")) as bot,
    ):
        await alice.join("#ranks")
        await bob.join("#ranks")
        alice.send("MODE #ranks +v alice")
        await alice.heard(lambda line: "+v :alice" in line)
        await bot.joins("#ranks")

        async def rank(person):
            number = len(bot.lines)
            person.say("#ranks", f"line {number}")
            await bot.hears(f"line {number}")
            return bot.lines[-1].sender.ranks

        assert await rank(alice) == "@+"
        assert await rank(bob) == ""
        alice.send("MODE #ranks +bvl-v *!*@nowhere.test bob 10 alice")
        assert await rank(alice) == "@"
        assert await rank(bob) == "+"
        alice.send("MODE #ranks +o-o bob alice")
        assert await rank(alice) == ""
        bob.send("NICK robert")
        assert await rank(bob) == "@+"
        bob.send("PART #ranks")
        await bob.join("#ranks")
        assert await rank(bob) == ""


async def test_a_founder_and_a_half_operator_have_ranks_of_their_own_and_all_that_somebody_has_are_known(inspircd):
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#ranks")
        alice.send("OPER oper oper")
        await alice.heard(lambda line: " 381 " in line)
        alice.send("MODE #ranks +qhv alice alice alice")
        await alice.heard(lambda line: "+qhv alice alice :alice" in line)
        async with at_work(network(Real(inspircd), "#ranks")) as bot:
            await bot.joins("#ranks")
            await until(lambda: bot.of(CaughtUp), "the bot knows who is there")
            modes = ("+v alice", "-q alice", "-o alice", "-h+b alice *!*@nowhere.test")
            assert await ranks_after(modes, alice, bot, "#ranks") == ["~@%+", "@%+", "%+", "+"]


@pytest.mark.parametrize("replies", list(settings.Replies))
async def test_where_there_are_no_labels_what_we_say_is_known_by_its_words(inspircd, monkeypatch, replies):
    monkeypatch.setattr("labsbot.irc.capabilities.WANTED", tuple(set(WANTED) - {"labeled-response"}))
    async with at_work(network(Real(inspircd), "#echo", replies=replies)) as bot:
        await bot.joins("#echo")
        assert bot.client._runner.session.receipt is SendReceipt.ECHO
        for text in ("the same", "the same", "l\x02ouder\x02 \N{GRINNING FACE}", "ü" * 600):
            bot.client.say("#Echo", text)
        await until(lambda: bot.client.counts.said == 4, "all came back")
        assert bot.client._runner.sender.rest() == ()


async def test_where_notices_are_forbidden_that_is_told_to_the_operator_of_the_bot(inspircd, caplog):
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#mute")
        alice.send("MODE #mute +T")
        await alice.heard(lambda line: "+T" in line)
        async with at_work(network(Real(inspircd), "#mute", replies=settings.Replies.NOTICE)) as bot:
            await bot.joins("#mute")
            bot.client.say("#mute", "softly")
            await until(lambda: "cannot speak" in caplog.text, "the refusal is told")
            assert re.search(r"cannot speak in #mute: .*notice.*\+T", caplog.text, re.IGNORECASE)


async def test_a_server_that_wants_tls_gets_it_and_is_remembered(tmp_path):
    with InspIRCd(sts=True) as strict:
        plain = (settings.Server("localhost", strict.port),)
        bot = Bot(network(Real(strict), servers=plain, sts=settings.Tls(ca=strict.ca)), tmp_path)
        async with working(bot):
            await bot.joins()
            assert bot.client._runner._route.where == f"localhost:{strict.tls_port}"
        kept = json.loads((tmp_path / "sts.json").read_text())["localhost"]
        assert kept["port"] == strict.tls_port
        assert 500 < (datetime.fromisoformat(kept["until"]) - datetime.now(UTC)).total_seconds() <= 600


async def test_channels_come_and_go_on_the_connection_that_there_is(inspircd):
    of = network(Real(inspircd), "#stays", "#goes")
    locked = settings.Channel("#locked", None, settings.PageSettings(), key=settings.Secret("wrong"))
    async with await Real(inspircd).person("alice") as alice, at_work(of) as bot:
        for channel in ("#stays", "#goes", "#locked"):
            await alice.join(channel)
        alice.send("MODE #locked +k right")
        await bot.joins("#stays")
        await bot.joins("#goes")
        bot.client.take_up(replace(of, channels=(of.channels[0], locked)))
        await alice.heard(lambda line: line.startswith(":labsbot!") and " PART #goes " in line)
        bot.client.take_up(replace(of, channels=(of.channels[0], replace(locked, key=settings.Secret("right")))))
        await bot.joins("#locked")
        assert [each.channel for each in bot.of(Entered)] == ["#stays", "#goes", "#locked"]
        assert not bot.client.present("#goes")
        assert bot.client.counts.connections == 1
