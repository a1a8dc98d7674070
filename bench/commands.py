"""``python -m bench.commands``: a command from its start to its end, as a script meets it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from bench import world
from bench.by_hand import BareEdits
from labsbot.text.digests import digest
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki

WEB = f"""\
web:
  listen: unix:web.sock
  url: https://logs.example/
  tokens: {{bench: {{sha256: {digest("labsbot_bench")}, projects: all}}}}
"""
MESSAGE = "restarted the web service on tools-webproxy-01, it had run out of file handles (T1234)"
HEADING = None
KEPT = 75
"""The exit status where it is kept for the next bot."""


@click.command()
@click.option("--rounds", default=15, show_default=True)
def main(rounds: int) -> None:
    """Measure `labsbot log`."""
    with (
        tempfile.TemporaryDirectory(prefix="labsbot-commands-") as name,
        MediaWiki(Path(name) / "wiki") as wiki,
        InspIRCd() as irc,
    ):
        path = world.configuration(Path(name), irc.port, wiki.port, wiki.bot_user, ["tools"], HEADING)
        path.write_text(path.read_text() + WEB)
        _commands(wiki, path, rounds)


def _commands(wiki: MediaWiki, path: Path, rounds: int) -> None:
    wiki.edit_as_person("Nova Resource:Tools/SAL", world.page_of(1000, HEADING))
    wiki.edit_as_person("Bare", world.page_of(1000, HEADING))
    by_hand = BareEdits(wiki, wiki.port, "Bare", HEADING)

    def log(*options: str, status: int = 0) -> None:
        command = [sys.executable, "-m", "labsbot", "log", "-c", str(path), *options, "tools", MESSAGE]
        environment = {**os.environ, "LABSBOT_BENCH_PASSWORD": wiki.bot_password}
        done = subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        assert done.returncode == status, f"labsbot log ended with {done.returncode}"

    def nothing() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    with world.bot(path, wiki.bot_password) as bot:
        while not (path.parent / "web.sock").exists():
            assert bot.poll() is None, "the bot has ended"
            time.sleep(0.1)
        log()  # the first entry of a page reads it
        ways: dict[str, Callable[[], object]] = {
            "Python that does nothing": nothing,
            "bare section edit": lambda: by_hand.add(MESSAGE),
            "labsbot log": log,
            "labsbot log --no-wait": lambda: log("--no-wait"),
        }
        _in_turns(ways, rounds)
        print(f"memory of the bot, which takes calls, {world.resident(bot.pid):.1f} MB   (at most 95)")
    _in_turns({"labsbot log without a bot": lambda: log(status=KEPT)}, rounds)


def _in_turns(ways: dict[str, Callable[[], object]], rounds: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - begun)
            time.sleep(0.2)  # for what the way before has left behind
    for name, seconds in taken.items():
        print(f"{name:28} median {statistics.median(seconds):.3f} s, longest {max(seconds):.3f} s", flush=True)


if __name__ == "__main__":
    main()
