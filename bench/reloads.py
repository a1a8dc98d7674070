"""``python -m bench.reloads``: a hundred reloads while people log; no line may be lost, no channel entered again.

The bot is a process of its own, as its operators run it, and each reload is the SIGHUP that ``systemctl reload`` sends.
By turns the configuration has another project, another rule and another limit, and one channel and one network more, so
that each has something to take up.
Ends with status 1 where anything is not as it has to be.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from bench import world
from labsbot.demo.ircd import Guest, LoopbackServer
from labsbot.demo.person import DemoPerson
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki

PATIENCE = 120.0
NICK = "labsbot"
MORE = "#more"
"""The channel that comes and goes."""
PEOPLE = ("alice", "bob", "carol")
TAKEN_UP = "the configuration was read again, and holds from now on"
CONFIGURATION = """\
journal: journal.sqlite3
irc:
  bench:
    server: 127.0.0.1:{port}
    tls: false
    nick: {nick}
    channels: ["{channel}", "#quiet"{more}]
{network}wiki: {{folder: pages}}
page: {{title: "{{project}}/SAL"}}
projects: {{list: [{projects}]}}
deny: ["{denied}!*@*"]
limit: {{lines: {lines}, bytes: 999 MB}}
"""


@click.command()
@click.option("--reloads", default=100, show_default=True)
@click.option("--rate", default=100.0, show_default=True, help="Lines a second that people log meanwhile.")
def main(reloads: int, rate: float) -> None:
    """Reload while people log; then compare what was said with what stands on the page."""
    with tempfile.TemporaryDirectory(prefix="labsbot-reloads-") as place:
        sys.exit(asyncio.run(_measure(Path(place), reloads, rate)))


NETWORK = """\
  other:
    server: 127.0.0.1:{port}
    tls: false
    nick: {nick}
    channels: ["{channel}"]
"""


class Server(LoopbackServer):
    """Counts what the bot asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.joined: Counter[str] = Counter()
        """By channel."""

    def has(self, channel: str) -> bool:
        """Whether the bot is there."""
        return channel in self.channels and NICK in [guest.nick for guest in self.channels[channel].members]

    def admit(self, writer: asyncio.StreamWriter) -> Guest:
        return _Counted(self, writer)


class _Counted(Guest):
    server: Server

    def obey(self, command: str, params: list[str]) -> None:
        super().obey(command, params)
        if self.nick == NICK:
            self.server.asked[command] += 1
            self.server.joined.update(params[0].split(",") if command == "JOIN" else ())


async def _measure(folder: Path, reloads: int, rate: float) -> int:
    server, other = Server(), Server()
    await server.start()
    await other.start()
    path = folder / "labsbot.yaml"
    _configure(path, (server.port, other.port), 0)
    async with contextlib.AsyncExitStack() as doors:
        bot = doors.enter_context(world.bot(path, ""))
        people = [
            await doors.enter_async_context(await DemoPerson.connect(server.host, server.port, nick)) for nick in PEOPLE
        ]
        for person in people:
            await person.join(world.CHANNEL)
        await people[0].heard(lambda line: f":{NICK}!" in line or f" :{NICK}" in line, PATIENCE)
        over = asyncio.Event()
        talking = asyncio.create_task(_talk(people, rate, over))
        took = [await _reload(bot, path, (server.port, other.port), number) for number in range(1, reloads + 1)]
        over.set()
        said = await talking
        await _written(folder, said[-1])
        has_more = bool(reloads % 2)
        await _settled(lambda: (server.has(MORE), other.has(world.CHANNEL)) == (has_more, has_more))
        seen = [line for line in people[0].lines if _went(line)]
    await server.close()
    await other.close()
    return _show(took, said, _on_the_page(folder), server, other, seen)


def _configure(path: Path, ports: tuple[int, int], number: int) -> None:
    network = NETWORK.format(port=ports[1], nick=NICK, channel=world.CHANNEL)
    changing = {
        "projects": "tools" if number % 2 else "tools, mail",
        "denied": f"mallory{number}",
        "lines": 900_000 + number,
        "more": f', "{MORE}"' if number % 2 else "",
        "network": network if number % 2 else "",
    }
    path.write_text(CONFIGURATION.format(port=ports[0], nick=NICK, channel=world.CHANNEL, **changing))


async def _talk(people: list[DemoPerson], rate: float, over: asyncio.Event) -> list[str]:
    """What they say until it is over, in its order."""
    said: list[str] = []
    while not over.is_set():
        word = f"m{len(said)}"
        people[len(said) % len(people)].say(world.CHANNEL, f"!log tools {word}")
        said.append(word)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1 / rate)
    return said


async def _reload(bot: subprocess.Popen[bytes], path: Path, ports: tuple[int, int], number: int) -> float:
    """Seconds until what is new holds."""
    _configure(path, ports, number)
    began = time.perf_counter()
    bot.send_signal(signal.SIGHUP)
    async with asyncio.timeout(PATIENCE):
        while path.with_name("labsbot.log").read_text(errors="replace").count(TAKEN_UP) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return time.perf_counter() - began


async def _written(folder: Path, word: str) -> None:
    await _settled(lambda: word in _on_the_page(folder))


async def _settled(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _on_the_page(folder: Path) -> list[str]:
    """What was logged, the first line first."""
    lines = FolderWiki(FolderSettings(folder / "pages", None)).text("Tools/SAL").splitlines()
    return [line.rpartition(" ")[2] for line in reversed(lines) if line.startswith("*")]


def _went(line: str) -> bool:
    return line.startswith(f":{NICK}!") and line.split(" ")[1] in ("PART", "QUIT", "KICK", "NICK")


def _mixed_up(hers: list[str], stands: list[str]) -> bool:
    mine = set(hers)
    return [word for word in stands if word in mine] != hers


def _show(took: list[float], said: list[str], stands: list[str], server: Server, other: Server, seen: list[str]) -> int:
    found = Counter(stands)
    bad = {
        "lost": len(set(said) - set(stands)),
        "on the page more than once": sum(number - 1 for number in found.values()),
        "people whose order has changed": sum(_mixed_up(said[n :: len(PEOPLE)], stands) for n in range(len(PEOPLE))),
        "connections beyond the first": server.asked["USER"] - 1,
        "JOINs beyond the first": sum(server.joined[name] - 1 for name in (world.CHANNEL, "#quiet")),
        "times that people saw it go": len(seen),
    }
    print(f"{'reloads':38} {len(took):6}")
    print(f"{'lines logged meanwhile':38} {len(said):6}")
    print(f"{'times that a channel was joined anew':38} {server.joined[MORE]:6}")
    print(f"{'connections to a network that came':38} {other.asked['USER']:6}")
    for name, number in bad.items():
        print(f"{f'  {name}':38} {number:6}")
    print(f"{'until a reload holds, median':38} {statistics.median(took):6.2f} s")
    print(f"{'until a reload holds, longest':38} {max(took):6.2f} s")
    return int(any(bad.values()))


if __name__ == "__main__":
    main()
