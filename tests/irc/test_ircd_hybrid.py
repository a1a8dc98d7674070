"""A server with few capabilities that holds back what people say too fast: about one line a second gets through."""

from collections.abc import Iterator

import pytest

from labsbot.demo.person import DemoPerson
from labsbot.model import CaughtUp
from tests.irc.conftest import Process, at_work, network, until
from tests.place import founded, told
from tests.servers.ircd_hybrid import IrcdHybrid

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def hybrid() -> Iterator[IrcdHybrid]:
    with IrcdHybrid() as server:
        yield server


async def test_what_is_said_there_stands_in_the_log_and_is_answered(hybrid, tmp_path):
    async with (
        founded(hybrid, tmp_path, {"#log": "{}"}, top="projects: [{list: [tools]}]") as place,
        place.bot("#log"),
        place.person("alice") as alice,
    ):
        answer = await told(alice, "#log", "!log tools restarted the web service")
        assert answer.startswith("Logged at ")
        assert "alice: restarted the web service" in place.page("tools")
        assert "Did you mean tools?" in await told(alice, "#log", "!log tool x")


async def test_it_offers_neither_times_nor_ids_but_tells_all_ranks(hybrid):
    async with await DemoPerson.connect(hybrid.host, hybrid.port, "alice") as alice:
        alice.send("CAP LS 302")
        offered = await alice.heard(lambda line: " LS :" in line)
        assert "server-time" not in offered
        assert "multi-prefix" in offered
        await alice.join("#ranks")
        alice.send("MODE #ranks +v alice")
        async with at_work(network(Process(hybrid), "#ranks")) as bot:
            await until(lambda: bot.of(CaughtUp), "the bot has caught up")
            assert not bot.of(CaughtUp)[0].repeated
            alice.say("#ranks", "!log tools hello")
            await bot.hears("!log tools hello")
            [line] = bot.lines
            assert (line.server_time, line.msgid, line.sender.account) == (None, None, None)
            assert line.sender.ranks == "@+"


async def test_kicked_we_come_back(hybrid):
    async with await DemoPerson.connect(hybrid.host, hybrid.port, "alice") as alice:
        await alice.join("#ops")
        async with at_work(network(Process(hybrid))) as bot:
            await bot.joins()
            for number in range(2):
                alice.send("KICK #ops labsbot :out")
                await until(lambda: not bot.client.present("#ops"), "the bot is out")
                await bot.joins()
                alice.say("#ops", f"hello {number}")
                await bot.hears(f"hello {number}")


@pytest.mark.parametrize("nick", ["labsbot", "exempt"])
async def test_all_that_we_say_arrives_in_order_with_and_without_an_exemption(hybrid, nick):
    async with await DemoPerson.connect(hybrid.host, hybrid.port, "alice") as alice:
        await alice.join("#ops")
        async with at_work(network(Process(hybrid), nick=nick)) as bot:
            await bot.joins()
            words = [f"line {number} {'x' * 380}" for number in range(12)]
            assert all(bot.client.say("#ops", each) for each in words)
            await alice.heard(lambda line: words[-1] in line, patience=60)
            heard = [line.partition(" PRIVMSG #ops :")[2] for line in alice.lines if " PRIVMSG #ops :" in line]
            assert heard == words
            assert bot.client.counts.connections == 1


async def test_what_somebody_says_too_fast_comes_late_and_all_of_it(hybrid):
    async with (
        await DemoPerson.connect(hybrid.host, hybrid.port, "hasty") as hasty,
        await DemoPerson.connect(hybrid.host, hybrid.port, "exempt") as exempt,
    ):
        for person in (hasty, exempt):
            await person.join("#ops")
        async with at_work(network(Process(hybrid))) as bot:
            await bot.joins()
            for number in range(15):
                hasty.say("#ops", f"!log tools {number}")
            for number in range(15):
                exempt.say("#ops", f"!log bots {number}")
            await bot.hears("!log tools 14")
            assert [text for text in bot.texts if "tools" in text] == [f"!log tools {number}" for number in range(15)]
            assert [text for text in bot.texts if "bots" in text] == [f"!log bots {number}" for number in range(15)]
            assert bot.texts.index("!log bots 14") < bot.texts.index("!log tools 14"), "one is held back, one is not"
