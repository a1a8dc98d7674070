"""What is measured: the bot as a process of its own, a real wiki, a real IRC server, pages of a given size."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from labsbot.demo.person import DemoPerson
from tests.servers.gateway_wiki import GatewayWiki
from tests.servers.mediawiki import MediaWiki

WIKIS: Mapping[str, type[MediaWiki]] = {"sqlite": MediaWiki, "mariadb": GatewayWiki}
USUAL_WIKI = "sqlite"
CHANNEL = "#bench"
PATIENCE = 120.0
"""Seconds that the bot may take until it is there, or has an entry on the wiki, on a busy machine."""


def wiki_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option of those that can be run on each of the wikis, with all that they compare."""
    told = "; ".join(f"{name}: {kind.served_by}" for name, kind in WIKIS.items())
    kinds = click.Choice(tuple(WIKIS))
    return click.option("--wiki", "kind", type=kinds, default=USUAL_WIKI, show_default=True, help=f"{told}.")(command)


def on_wiki(bench: str, kind: str) -> str:
    """What the report of a bench is called that was run there: none replaces another's."""
    return bench if kind == USUAL_WIKI else f"{bench}-{kind}"


def configuration(
    folder: Path, irc_port: int, wiki_port: int, user: str, projects: list[str], heading: str | None
) -> Path:
    """Write a configuration for the bot, with one channel; returns where."""
    return configuration_of(folder, {"bench": (irc_port, [CHANNEL])}, wiki_port, user, projects, heading)


def configuration_of(
    folder: Path,
    networks: Mapping[str, tuple[int, Sequence[str]]],
    wiki_port: int,
    user: str,
    projects: list[str],
    heading: str | None,
) -> Path:
    """The same with these networks, each with its port and its channels."""
    page = (
        '  title: "Nova Resource:{project}/SAL"'
        if heading is None
        else (f'  title: "Nova Resource:{{project}}"\n  heading: {heading}')
    )
    path = folder / "labsbot.yaml"
    path.write_text(
        f"journal: {folder}/journal.sqlite3\n"
        "irc:\n"
        f"{''.join(_network(name, port, channels) for name, (port, channels) in networks.items())}"
        "wiki:\n"
        f"  api: http://127.0.0.1:{wiki_port}/api.php\n"
        f"  user: {user}\n"
        "  password: {env: LABSBOT_BENCH_PASSWORD}\n"
        f"page:\n{page}\n"
        f"projects:\n  - list: [{', '.join(projects)}]\n"
        "limit: {lines: 999999, bytes: 999 MB}\n"
    )
    return path


def _network(name: str, port: int, channels: Sequence[str]) -> str:
    joined = ", ".join(f'"{channel}": {{}}' for channel in channels)
    return f"""\
  {name}:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    channels: {{{joined}}}
"""


@contextlib.contextmanager
def bot(configuration: Path, password: str) -> Iterator[subprocess.Popen[bytes]]:
    """The bot as its operators run it; its log lies beside its configuration."""
    with configuration.with_name("labsbot.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "labsbot", "run", "-c", str(configuration)],
            env={**os.environ, "LABSBOT_BENCH_PASSWORD": password},
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


@contextlib.asynccontextmanager
async def bencher(irc_port: int, nick: str = "bencher") -> AsyncIterator[DemoPerson]:
    """Somebody in the channel; when the block begins, the bot is there, too."""
    async with await DemoPerson.connect("127.0.0.1", irc_port, nick) as person:
        await person.join(CHANNEL)
        await person.heard(lambda line: "labsbot" in line and (" JOIN " in line or " 353 " in line), PATIENCE)
        yield person


async def log(person: DemoPerson, project: str, message: str) -> float:
    """Log one entry; seconds until the answer names its place."""
    since = len(person.lines)
    started = time.perf_counter()
    person.say(CHANNEL, f"!log {project} {message}")
    await person.heard(lambda line: f"{person.nick}: Logged at " in line, PATIENCE, since)
    return time.perf_counter() - started


async def first_byte(folder: Path, wiki_port: int, user: str, password: str) -> float:
    """Seconds from the start of the process until it says something to the IRC server."""
    said = asyncio.get_running_loop().create_future()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if not said.done():
            said.set_result(time.perf_counter())
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    path = configuration(folder, port, wiki_port, user, ["tools"], None)
    started = time.perf_counter()
    with bot(path, password):
        seconds: float = await asyncio.wait_for(said, 30) - started
    server.close()
    return seconds


def delivered(folder: Path) -> int:
    """How many entries the bot of this folder has brought to the wiki, by its journal."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/journal.sqlite3?mode=ro", uri=True)) as journal:
        number: int = journal.execute("SELECT count(*) FROM delivery WHERE state = 'delivered'").fetchone()[0]
    return number


async def until_delivered(folder: Path, wanted: int, patience: float = 300.0) -> None:
    """Return when that many are on the wiki. Raises TimeoutError where that takes too long."""
    async with asyncio.timeout(patience):
        while await asyncio.to_thread(delivered, folder) < wanted:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)


def page_of(size: int, heading: str | None) -> str:
    """A log of about `size` bytes of past days, newest first, in either layout."""
    level = "==" if heading is None else "==="
    parts = [] if heading is None else [f"What this is.\n\n== {heading} =="]
    day = datetime.now(UTC).date()
    length = 0
    while length < size:
        day -= timedelta(days=1)
        entries = "\n".join(_past_entry(day, hour) for hour in range(18, 11, -1))
        parts.append(f"{level} {day} {level}\n{entries}")
        length += len(parts[-1])
    return "\n\n".join(parts)


def _past_entry(day: date, hour: int) -> str:
    name = f"sal-{day:%Y%m%d}{hour:02}0000-{hour:04x}"
    what = f"upgraded the packages on exec node {hour} and restarted what needed it (T{1000 + hour})"
    return f'* <span id="{name}">[[#{name}|{hour:02}:00]]</span> alice: {what}'


def resident(pid: int) -> float:
    """Memory of a process, in megabytes."""
    return _status(pid, "VmRSS")


def highest(pid: int) -> float:
    """The most memory that a process ever had, in megabytes."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(name))) / 1024


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_share(pid: int, seconds: float) -> float:
    """The share of one core that a process uses while nothing happens."""
    before = processor(pid)
    time.sleep(seconds)
    return (processor(pid) - before) / seconds
