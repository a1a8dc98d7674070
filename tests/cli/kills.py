"""``python -m tests.cli.kills RUNS``: `labsbot during`, its command, the process that logs and the bot are killed.

Each run has one victim at a random moment, or none. In the end each entry stands on the page once, and says how its run
ended by the status that whoever waited for it saw; where nobody could see that any more, that no end is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click

from labsbot.journal import Journal

CONFIGURATION = """\
journal: {folder}/journal.sqlite3
irc: {{net: {{server: "127.0.0.1:1", tls: false, nick: labsbot, channels: {{"#cloud": {{}}}}}}}}
wiki: {{folder: {folder}/pages}}
projects: [{{list: {{tools: {{}}}}}}]
during: {{quick: 1s, unknown_after: 20s}}
"""
LABSBOT = [sys.executable, "-m", "labsbot"]
AT_ONCE = 3
LONGEST = 3.0
"""Seconds of a command."""
VICTIMS = ("nobody", "labsbot during", "its command", "the process that logs", "all three", "the bot")
EARLY = 0.2
"""So many of the moments may be before the command has started."""
UNKNOWN = "no end is known"
SETTLED = 180.0
_LINE = re.compile(r": run (\d+)(?: → ([^<]*))?(?:<span|$)", re.MULTILINE)


@dataclass
class KillFigures:
    """What was done and what came of it."""

    runs: int = 0
    victims: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"runs {self.runs}", *(f"killed: {name} {number}" for name, number in self.victims.most_common())]
        lines += [f"on the page: {name} {number}" for name, number in self.ends.most_common()]
        return "\n".join([*lines, *self.wrong, f"wrong {len(self.wrong)}"])


@dataclass(frozen=True)
class _Came:
    """How a run went."""

    number: int
    exits: int
    """With what its command ends by itself."""
    status: int | None
    """What was seen of it; None: it was killed itself."""


class Kills:
    """A bot, and runs beside it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._configuration = folder / "labsbot.yaml"
        self._configuration.write_text(CONFIGURATION.format(folder=folder))
        self._figures = KillFigures()
        self._bot = self._started()
        self._bot_dies = asyncio.Lock()

    async def run(self, runs: int) -> KillFigures:
        """So many runs, a few at once; then wait until all is told, and look at the page."""
        await self._up()
        room = asyncio.Semaphore(AT_ONCE)
        try:
            came = await asyncio.gather(*(self._one(number, room) for number in range(runs)))
            await self._settled()
        finally:
            self._bot.terminate()
            await asyncio.to_thread(self._bot.wait)
        self._look(came)
        return self._figures

    def _started(self) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen([*LABSBOT, "run", "-c", str(self._configuration)], stdout=log, stderr=log)

    async def _up(self) -> None:
        """Wait until there is a bot that answers."""
        async with asyncio.timeout(60):
            while not (self._folder / "journal.sqlite3.sock").exists():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _one(self, number: int, room: asyncio.Semaphore) -> _Came:
        seconds, exits = self._random.uniform(0, LONGEST), self._random.choice((0, 0, 3))
        victim, when = self._random.choice(VICTIMS), self._random.uniform(0, seconds + 0.2)
        early = self._random.random() < EARLY
        down = self._random.uniform(0, 2)
        async with room:
            words = ["tools", f"run {number}", "--", "sh", "-c", f"sleep {seconds:.2f}; exit {exits}"]
            running = self._run(*words)
            ended = asyncio.create_task(asyncio.to_thread(running.wait))
            if not early:
                await self._begun(running.pid, ended)
            await asyncio.wait({ended}, timeout=when)
            killed = await self._kill(victim, running.pid, down) if not ended.done() or victim == "the bot" else False
            status = await ended
        self._figures.runs += 1
        self._figures.victims[victim if killed else "nobody"] += 1
        itself = killed and victim in ("labsbot during", "all three")
        return _Came(number, exits, None if itself else status)

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*LABSBOT, "during", "-c", str(self._configuration), *words],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def _begun(self, pid: int, ended: asyncio.Task[int]) -> None:
        """Wait until its command runs, or has."""
        while not ended.done() and all(children_of(pid).values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def _kill(self, victim: str, pid: int, down: float) -> bool:
        if victim == "the bot":
            async with self._bot_dies:
                self._bot.kill()
                await asyncio.to_thread(self._bot.wait)
                await asyncio.sleep(down)
                self._bot = self._started()
            return True
        children = children_of(pid)
        with contextlib.suppress(ProcessLookupError):
            if victim == "all three":
                os.killpg(pid, signal.SIGKILL)
                return True
            found = {
                "labsbot during": [pid],
                "its command": [each for each, during in children.items() if not during],
                "the process that logs": [each for each, during in children.items() if during],
            }.get(victim, [])
            for each in found:
                os.kill(each, signal.SIGKILL)
            return bool(found)
        return False

    async def _settled(self) -> None:
        """Wait until the bot has told of all, and all of it is on the page."""
        journal = Journal.join(self._folder / "journal.sqlite3")
        end = time.monotonic() + SETTLED
        quiet = 0
        while quiet < 20 and time.monotonic() < end:  # those that go on logging may still come
            busy = await journal.runs.running() or await journal.undelivered.queue()
            quiet = 0 if busy or _logging(self._configuration) else quiet + 1
            await asyncio.sleep(0.1)
        journal.close()

    def _look(self, came: list[_Came]) -> None:
        page = next(iter((self._folder / "pages").glob("*SAL.wiki"))).read_text()
        lines: dict[int, list[str | None]] = {}
        for found in _LINE.finditer(page):
            lines.setdefault(int(found[1]), []).append(found[2])
        for each in came:
            stands = lines.get(each.number, [])
            said = stands[0] if stands else None
            self._figures.ends[_kind(said) if stands else "nothing: killed before it was kept"] += 1
            if len(stands) > 1 or not _is_true(each, said, bool(stands)):
                self._figures.wrong.append(f"run {each.number}: {each} and on the page {stands}")


def _is_true(came: _Came, said: str | None, stands: bool) -> bool:
    if not stands:
        return came.status is None
    if came.status is not None:
        return said is not None and _says(said, came.status)
    return said is not None and (said == UNKNOWN or _says(said, came.exits) or _says(said, -signal.SIGKILL))


def _says(said: str, status: int) -> bool:
    words = {0: r"done after [^,]*", 3: r"failed after [^,]*, exit 3", -9: r"failed after [^,]*, SIGKILL"}
    return status in words and re.fullmatch(words[status], said) is not None


def _kind(said: str | None) -> str:
    return "no end" if said is None else UNKNOWN if said == UNKNOWN else re.sub(r" after [^,]*", "", said)


def children_of(pid: int) -> dict[int, bool]:
    """Each with whether it is a part of `labsbot during`."""
    found = {}
    with contextlib.suppress(OSError):
        for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if words := Path(f"/proc/{each}/cmdline").read_bytes():  # what has ended has none any more
                found[int(each)] = b"during" in words.split(b"\0")
    return found


def _logging(configuration: Path) -> bool:
    """Whether a process still logs for a run of this world."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = each.read_bytes().split(b"\0")
            if b"during" in words and os.fsencode(configuration) in words:
                return True
    return False


@click.command()
@click.argument("runs", type=int, default=200)
@click.option("--seed", type=int, default=lambda: secrets.randbelow(10**6))
def main(runs: int, seed: int) -> None:
    """Kill for so many RUNS; exit status 1 where anything was not true."""

    async def kill() -> KillFigures:
        return await Kills(folder, seed).run(runs)

    folder = Path(tempfile.mkdtemp(prefix="labsbot-kills-"))
    click.echo(f"seed {seed}, in {folder}")
    figures = asyncio.run(kill())
    click.echo(str(figures))
    sys.exit(bool(figures.wrong))


if __name__ == "__main__":
    main()
