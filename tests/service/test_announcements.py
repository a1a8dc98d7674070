"""The whole bot on a real IRC server: a channel hears what scripts log, and no bot takes that for a command."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labsbot.demo.person import DemoPerson
from tests.cli.test_log import Place
from tests.cli.test_main import Running
from tests.servers.inspircd import InspIRCd

pytestmark = [pytest.mark.servers, pytest.mark.processes, pytest.mark.slow]


class Bot:
    """A labsbot in #announced."""

    def __init__(self, folder: Path, server: InspIRCd, nick: str, announce: str, replies: str = "privmsg") -> None:
        folder.mkdir()
        self.place = Place(folder, server.port)
        text = self.place.configuration.read_text().replace("#cloud", "#announced")
        text = text.replace("nick: labsbot", f"nick: {nick}\n    replies: {replies}")
        self.place.configuration.write_text(f"{text}announce: {{{announce}}}\n")
        self.start()

    def start(self) -> None:
        self.running = Running(self.place.configuration)

    async def log(self, *words: str) -> None:
        status, _, err = await self.place.told("log", *words)
        assert status == 0, err

    async def kill(self) -> None:
        self.running.process.kill()
        await asyncio.to_thread(self.running.process.wait, 20)


@asynccontextmanager
async def entered(bot: Bot, nick: str, witness: DemoPerson) -> AsyncIterator[Bot]:
    await witness.heard(lambda line: line.startswith(f":{nick}!") and " JOIN " in line)
    yield bot
    bot.running.process.terminate()
    await bot.running.exit_status()


@pytest.mark.parametrize("replies", ["privmsg", "notice"])
async def test_a_channel_hears_what_scripts_log_and_two_bots_do_not_talk_to_each_other(
    inspircd: InspIRCd, tmp_path: Path, replies: str
) -> None:
    us, them, nick = f"us-{replies}", f"them-{replies}", f"alice-{replies}"
    async with await DemoPerson.connect(inspircd.host, inspircd.port, nick) as alice:
        await alice.join("#announced")
        ours = Bot(tmp_path / us, inspircd, us, '"net #announced": [tools]', replies)
        theirs = Bot(tmp_path / them, inspircd, them, '"#announced": all')
        async with entered(ours, us, alice), entered(theirs, them, alice):
            await ours.log("bots", "not announced")
            await ours.log("tools", "!log tools stopped")
            line = await alice.heard(lambda line: f" {replies.upper()} #announced :Logged " in line)
            assert line.startswith(f":{us}!")
            assert "on tools by " in line
            assert "“!log tools stopped” https://wiki.example/wiki/" in line
            alice.say("#announced", "!log nosuch x")
            # whatever they would have made of it, they have answered when this is
            for bot in (us, them):
                await alice.heard(re.compile(f":{bot}!.* #announced :{nick}: Not logged: there is no project").match)
            assert await theirs.place.kept() == []
            assert not theirs.place.shows("stopped")


async def test_what_a_killed_bot_had_announced_is_not_announced_again_and_the_rest_is(
    inspircd: InspIRCd, tmp_path: Path
) -> None:
    async with await DemoPerson.connect(inspircd.host, inspircd.port, "carol") as carol:
        await carol.join("#announced")
        bot = Bot(tmp_path / "bot", inspircd, "killed", '"#announced": all')
        async with entered(bot, "killed", carol):
            await bot.log("tools", "one")
            await carol.heard(lambda line: " PRIVMSG #announced :Logged on tools" in line and "“one”" in line)
            await bot.log("tools", "two")  # that waits for more: there was a line just now
            await bot.kill()
            heard = len(carol.lines)
            bot.start()
            line = await carol.heard(lambda line: " PRIVMSG #announced :Logged " in line, since=heard)
            assert "“two”" in line
