"""``python -m bench.talk``: how soon somebody is answered while others talk, and how soon the bot is back on IRC.

The talk is 10,000 lines a second in the bot's channel, with the tags of today's networks; what is timed are refusals,
which need no wiki, and PINGs. For the way back a server is ended and started again after a short break.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import secrets
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from bench import world
from labsbot.demo.ircd import Guest, LoopbackServer, stamp
from tests.servers.inspircd import InspIRCd

PATIENCE = 60.0
STEP = 0.01
"""Seconds between two handfuls of talk."""
ASKED = 1.1
"""Seconds between two questions: the bot says no more than one line a second."""
PINGED = 0.05
WORDS = "the proxy in front of web-3 answers again, I have put it back into the pool and look at the graphs for a while"
CONFIGURATION = """\
journal: journal.sqlite3
irc:
  bench:
    server: 127.0.0.1:{port}
    tls: false
    nick: {nick}
    channels: ["{channel}"]
wiki: {{folder: pages}}
projects: {{list: [tools]}}
limit: {{lines: 999999, bytes: 999 MB}}
"""


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="How long each round of questions takes.")
@click.option("--rate", default=10_000.0, show_default=True, help="Lines of talk a second.")
@click.option("--bots", default=5, show_default=True, help="Bots that lose their server at the same time.")
@click.option("--breaks", default="5,7.5,10", show_default=True, help="Seconds for which the server is away.")
def main(seconds: float, rate: float, bots: int, breaks: str) -> None:
    """Measure answers amid talk, then the way back."""
    with tempfile.TemporaryDirectory(prefix="labsbot-talk-") as place:
        quiet, loud = asyncio.run(_talk(Path(place), seconds, rate))
    _show_answers(quiet, loud)
    for name, home in (("our own server", loopback), ("InspIRCd", inspircd)):
        back = [took for away in breaks.split(",") for took in asyncio.run(_way_back(home(), bots, float(away)))]
        print(f"back on {f'{name}, median':22} {statistics.median(back):8.2f} s      ({len(back)} times)")
        print(f"back on {f'{name}, longest':22} {max(back):8.2f} s      (at most 3)  {max(back) / 3:.2f}")


# --- answers amid talk ------------------------------------------------------------------------------------------------


@dataclass
class Answers:
    """Milliseconds until each answer came, and what else was seen meanwhile."""

    refusals: list[float] = field(default_factory=list)
    pongs: list[float] = field(default_factory=list)
    talk: int = 0
    processor: float = 0.0
    """The share of one core that the bot used."""
    behind: float = 0.0
    """Milliseconds that the bot needed at the end until all had been read."""
    late: list[float] = field(default_factory=list)
    """Milliseconds by which this bench itself came late: what is above that is the bot's."""


def _show_answers(quiet: Answers, loud: Answers) -> None:
    print(f"lines of talk a second         {loud.talk:8d}")
    print(f"the bot's share of one core    {loud.processor:8.2f}        (without talk {quiet.processor:.2f})")
    print(f"the last of the talk is read   {loud.behind:8.2f} ms later")
    print(f"the bench itself is late, p99  {p99(loud.late):8.2f} ms")
    for name, alone, amid in (("refusal", quiet.refusals, loud.refusals), ("PONG", quiet.pongs, loud.pongs)):
        for share, times in (("median", statistics.median), ("p99", p99)):
            before, now = times(alone), times(amid)
            target = f"(at most {before + 100:.0f}: 100 more)  {now / (before + 100):.2f}"
            ratio = f"without {before:.2f}  × {now / before:.1f}"
            print(f"{f'{name} amid talk, {share}':30} {now:8.2f} ms     {ratio}  {target}")


def p99(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


class Server(LoopbackServer):
    """Our loopback server, which can be told what to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited: dict[str, asyncio.Future[float]] = {}

    def admit(self, writer: asyncio.StreamWriter) -> Guest:
        return _Bot(self, writer)

    async def answer(self, line: bytes, wanted: str) -> float:
        """Send a line to the bot; milliseconds until it says something in which `wanted` stands."""
        answer = self.awaited[wanted] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        self.guest("labsbot").send_raw(line)
        async with asyncio.timeout(PATIENCE):
            answered: float = await answer
        return (answered - started) * 1000


class _Bot(Guest):
    server: Server

    def take(self, text: str) -> None:
        arrived = time.perf_counter()
        for wanted in [wanted for wanted in self.server.awaited if wanted in text]:
            self.server.awaited.pop(wanted).set_result(arrived)
        super().take(text)


async def _talk(folder: Path, seconds: float, rate: float) -> tuple[Answers, Answers]:
    server = Server()
    await server.start()
    with world.bot(_configuration(folder, server.port, "labsbot"), "") as bot:
        await _joined(server)
        await _round(server, bot, 2, rate)  # what is done for the first time takes longer
        quiet = await _round(server, bot, seconds, 0)
        loud = await _round(server, bot, seconds, rate)
    await server.close()
    return quiet, loud


async def _joined(server: Server) -> None:
    async with asyncio.timeout(PATIENCE):
        while world.CHANNEL not in server.channels:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _round(server: Server, bot: subprocess.Popen[bytes], seconds: float, rate: float) -> Answers:
    answers = Answers()
    began, used = time.perf_counter(), world.processor(bot.pid)
    async with asyncio.timeout(seconds + PATIENCE), asyncio.TaskGroup() as at_once:
        at_once.create_task(_ask(server, answers.refusals, began + seconds))
        at_once.create_task(_ping(server, answers.pongs, began + seconds))
        if rate:
            at_once.create_task(_chatter(server, answers, rate, began + seconds))
    took = time.perf_counter() - began
    answers.processor = (world.processor(bot.pid) - used) / took
    return answers


async def _ask(server: Server, times: list[float], until: float) -> None:
    while time.perf_counter() < until:
        name = f"nosuch{secrets.token_hex(4)}"
        line = f":{name[-8:]}!u@{name[-8:]}.example PRIVMSG {world.CHANNEL} :!log {name} hello"
        times.append(await server.answer(f"{_tags()} {line}\r\n".encode(), f"“{name}”"))
        await asyncio.sleep(ASKED)


async def _ping(server: Server, times: list[float], until: float) -> None:
    while time.perf_counter() < until:
        token = f"ping{secrets.token_hex(4)}"
        times.append(await server.answer(f"PING :{token}\r\n".encode(), token))
        await asyncio.sleep(PINGED)


async def _chatter(server: Server, answers: Answers, rate: float, until: float) -> None:
    bot = server.guest("labsbot")
    began, said = time.perf_counter(), 0
    while (now := time.perf_counter()) < until:
        due = int((now - began) * rate)
        bot.send_raw(b"".join(_line(number) for number in range(said, due)))
        said = due
        await bot.writer.drain()
        asleep = time.perf_counter()
        await asyncio.sleep(STEP)
        answers.late.append((time.perf_counter() - asleep - STEP) * 1000)
    answers.talk = int(said / (time.perf_counter() - began))
    answers.behind = await server.answer(b"PING :the-last\r\n", "the-last")


def _line(number: int) -> bytes:
    """What somebody says, and now and then who comes and goes."""
    who = f":somebody{number % 200}!~some@user/somebody{number % 200}"
    if number % 50 == 0:
        return f"{_tags()} {who} PART {world.CHANNEL} :bye\r\n{_tags()} {who} JOIN {world.CHANNEL}\r\n".encode()
    return f"{_tags()};account=somebody{number % 200} {who} PRIVMSG {world.CHANNEL} :{WORDS} ({number})\r\n".encode()


def _tags() -> str:
    return f"@time={stamp(datetime.now(UTC))};msgid={secrets.token_hex(8)}"


# --- the way back -----------------------------------------------------------------------------------------------------

Verb = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Home:
    """A server to which bots come back."""

    port: int
    end: Verb
    start: Verb


@contextlib.asynccontextmanager
async def loopback() -> AsyncIterator[Home]:
    server = LoopbackServer()
    await server.start()
    yield Home(server.port, server.close, server.start)
    await server.close()


@contextlib.asynccontextmanager
async def inspircd() -> AsyncIterator[Home]:
    with InspIRCd() as server:
        yield Home(
            server.port,
            functools.partial(asyncio.to_thread, server.stop),
            functools.partial(asyncio.to_thread, server.start),
        )


async def _way_back(home: contextlib.AbstractAsyncContextManager[Home], bots: int, away: float) -> list[float]:
    """Seconds from the server's return until each of the bots is registered, after a break of `away` seconds."""
    async with contextlib.AsyncExitStack() as doors:
        server = await doors.enter_async_context(home)
        logs = []
        for number in range(bots):
            folder = Path(doors.enter_context(tempfile.TemporaryDirectory(prefix="labsbot-back-")))
            path = _configuration(folder, server.port, f"labsbot{number}")
            doors.enter_context(world.bot(path, ""))
            logs.append(path.with_name("labsbot.log"))
        await asyncio.gather(*(_registered(log, 1) for log in logs))
        await server.end()
        await asyncio.sleep(away)
        await server.start()
        returned = time.perf_counter()
        return [moment - returned for moment in await asyncio.gather(*(_registered(log, 2) for log in logs))]


async def _registered(log: Path, times: int) -> float:
    """When the bot's log told for the so-manieth time that it is registered."""
    async with asyncio.timeout(PATIENCE):
        while _count(log, " registered as ") < times:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return time.perf_counter()


def _count(log: Path, words: str) -> int:
    return log.read_text(errors="replace").count(words)


def _configuration(folder: Path, port: int, nick: str) -> Path:
    path = folder / "labsbot.yaml"
    path.write_text(CONFIGURATION.format(port=port, nick=nick, channel=world.CHANNEL))
    return path


if __name__ == "__main__":
    main()
