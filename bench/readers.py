"""``python -m bench.readers``: how soon people are answered while others read the journal.

Somebody reads for ten seconds in one transaction, and twenty times ``labsbot queue`` is asked at once. By turns with
it: nobody reads, and twenty other commands of labsbot begin at once that do not touch the journal, for twenty
processes that start take their time on two cores, whatever they do then.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import click

from bench.talk import p99
from bench.world import CHANNEL
from labsbot.demo.ircd import LoopbackServer
from labsbot.demo.person import DemoPerson
from tests.journal.reader import reader
from tests.torture.bot import Bot

NETWORKS = 5
"""The bot says one line a second on each, so that many can be answered at a time."""
QUEUES = 20
PAUSE = 1.1
"""Seconds between an answer and the next line that somebody types."""
PATIENCE = 60.0
CONFIGURATION = """\
journal: journal.sqlite3
irc:
{networks}
wiki: {{folder: pages}}
projects: {{any: "[a-z0-9]+"}}
limit: {{lines: 999999, bytes: 999 MB}}
"""
NETWORK = '  net{}: {{server: "127.0.0.1:{}", tls: false, nick: labsbot, channels: ["{}"]}}'


@click.command()
@click.option("--rounds", default=4, show_default=True, help="Turns of each way.")
@click.option("--seconds", default=10.0, show_default=True, help="How long a turn takes, and somebody reads.")
def main(rounds: int, seconds: float) -> None:
    """Measure answers beside readers."""
    with tempfile.TemporaryDirectory(prefix="labsbot-readers-") as place:
        ways = asyncio.run(_measured(Path(place), rounds, seconds))
    alone = ways["nobody reads"]
    for name, times in ways.items():
        for share, of in (("median", statistics.median), ("p99", p99)):
            target = (
                ""
                if times is alone
                else f"(at most {of(alone) + 1000:.0f}: a second more)  × {of(times) / of(alone):.1f}"
            )
            print(f"{f'{name}, {share}':42} {of(times):8.1f} ms   ({len(times)} answers)  {target}")


Beside = Callable[[], contextlib.AbstractAsyncContextManager[None]]


async def _measured(folder: Path, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Milliseconds until each answer, by what went on meanwhile."""
    async with contextlib.AsyncExitStack() as doors:
        servers = [LoopbackServer() for _ in range(NETWORKS)]
        for server in servers:
            await server.start()
            doors.push_async_callback(server.close)
        people = [
            await doors.enter_async_context(await DemoPerson.connect("127.0.0.1", server.port, f"person{number}"))
            for number, server in enumerate(servers)
        ]
        for person in people:
            await person.join(CHANNEL)
        bot = Bot(_configuration(folder, [server.port for server in servers]))
        await bot.start()
        doors.push_async_callback(bot.stop)
        for person in people:
            await person.heard(lambda line: line.startswith(":labsbot!") and " JOIN " in line)
        ways: dict[str, Beside] = {
            "nobody reads": contextlib.nullcontext,
            "20 commands that do not read": lambda: _at_once(bot, "check", "-c", str(bot.configuration)),
            "a long transaction, and 20 × queue": lambda: _read(bot, folder / "journal.sqlite3"),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        await _turn(people, contextlib.nullcontext, 2 * PAUSE)  # what is done for the first time takes longer
        for _ in range(rounds):
            for name, beside in ways.items():
                times[name] += await _turn(people, beside, seconds)
    return times


async def _turn(people: list[DemoPerson], beside: Beside, seconds: float) -> list[float]:
    until = time.perf_counter() + seconds
    async with beside():
        answered = await asyncio.gather(*(_type(person, until) for person in people))
    return [each for times in answered for each in times]


async def _type(person: DemoPerson, until: float) -> list[float]:
    """Log one thing after the other; milliseconds from each to its answer. Raises AssertionError if one is refused."""
    times = []
    while time.perf_counter() < until:
        since, started = len(person.lines), time.perf_counter()
        person.say(CHANNEL, f"!log {person.nick} restarted what needed it")
        answer = await person.heard(lambda line: f" :{person.nick}: " in line, PATIENCE, since)
        times.append((time.perf_counter() - started) * 1000)
        assert ": Logged at " in answer, answer
        await asyncio.sleep(PAUSE)
    return times


@contextlib.asynccontextmanager
async def _read(bot: Bot, journal: Path) -> AsyncIterator[None]:
    async with reader(journal), _at_once(bot, "queue", "-c", str(bot.configuration)):
        yield


@contextlib.asynccontextmanager
async def _at_once(bot: Bot, *command: str) -> AsyncIterator[None]:
    """Twenty times a command, all of which have ended when the block is left."""
    running = asyncio.gather(*(bot.command(*command) for _ in range(QUEUES)))
    yield
    for status, said in await running:
        assert status in (0, 75), said


def _configuration(folder: Path, ports: list[int]) -> Path:
    path = folder / "labsbot.yaml"
    networks = "\n".join(NETWORK.format(number, port, CHANNEL) for number, port in enumerate(ports))
    path.write_text(CONFIGURATION.format(networks=networks))
    return path


if __name__ == "__main__":
    main()
