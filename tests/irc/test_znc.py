"""Behind a bouncer: it stays where we are, and plays back what was said while we were away."""

from datetime import UTC, datetime

import pytest

from labsbot import settings
from labsbot.model import CaughtUp, Privmsg
from tests.irc.conftest import Process, Real, at_work, network, until
from tests.servers.znc import PASSWORD, USER, ZNC

pytestmark = pytest.mark.servers


async def test_a_bouncer_plays_back_what_was_said_while_we_were_away(inspircd):
    with ZNC(inspircd.port, "#bounced") as znc:
        ours = network(Process(znc), "#bounced", password=settings.Secret(f"{USER}/upstream:{PASSWORD}"))
        async with await Real(inspircd).person("alice") as alice:
            await alice.join("#bounced")
            async with at_work(ours) as bot:
                await until(lambda: bot.of(CaughtUp), "the bot has caught up")
                alice.say("#bounced", "!log tools live")
                await bot.hears("!log tools live")
                assert bot.lines[-1].server_time is not None
            alice.say("#bounced", "!log tools missed")
            alice.send("NOTICE #bounced :!log tools a notice")
            # the bouncer itself answers this where nobody is behind it, having heard all of the above
            alice.send("PRIVMSG labsbot :\x01VERSION\x01")
            await alice.heard(lambda line: line.startswith(":labsbot!") and " NOTICE alice :\x01VERSION " in line)
            async with at_work(ours) as bot:
                await until(lambda: bot.of(CaughtUp), "the bot has caught up again")
                [missed] = [line for line in bot.of(Privmsg) if line.channel]
                assert missed.text == "!log tools missed"
                assert bot.of(CaughtUp)[0].repeated
                assert missed.server_time is not None
                assert 0 <= (datetime.now(UTC) - missed.server_time).total_seconds() < 60
                alice.say("#bounced", "!log tools live again")
                await bot.hears("!log tools live again")
