"""The commands: arguments in, exit status and lines for people out. Everything real is done elsewhere.

Exit status as in sysexits.h where one fits: 69 refused by every network, 75 kept but not on the wiki yet, 78 wrong
configuration; else 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from labsbot import __version__
from labsbot.config import ConfigurationError, load
from labsbot.journal import Journal, wake
from labsbot.model import DeliveryState, JournalFailure, Telling
from labsbot.settings import Settings

FAILED, REFUSED, KEPT, MISCONFIGURED = 1, 69, 75, 78

SWITCH = 0.0005
"""Seconds after which a thread gives way to another one. With Python's own 5 ms, each step of the journal's thread
waits so long for a loop that reads a busy channel, and people are answered seconds late (``python -m bench.talk``)."""

T = TypeVar("T")

configuration = click.option(
    "-c",
    "--config",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The configuration (YAML).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="labsbot %(version)s")
def main() -> None:
    """Keeps Server Admin Logs: !log <project> <message> on IRC becomes an entry on a MediaWiki wiki.

    \b
    Try it with nothing installed:   labsbot demo
    Run it as a service:             labsbot run -c /etc/labsbot/labsbot.yaml
    """


@main.command()
@configuration
def run(path: Path) -> None:
    """Run the bot until SIGTERM or SIGINT.

    \b
    Example:  labsbot run -c /etc/labsbot/labsbot.yaml
    """
    from labsbot import service

    settings = _load(path)
    _warn_of_what_is_missing(settings)
    _log_to_stderr()
    sys.setswitchinterval(SWITCH)
    try:
        asyncio.run(_until_signal(lambda stop: service.run(settings, stop)))
    except service.RefusedEverywhere as failure:
        _fail(REFUSED, str(failure))
    except JournalFailure as failure:
        _fail(FAILED, failure.cause)


@main.command()
@configuration
@click.option("--online", is_flag=True, help="Also ask the wiki what we may, enter every channel, and leave again.")
def check(path: Path, online: bool) -> None:
    """Say everything that is wrong with the configuration.

    \b
    Example:  labsbot check -c /etc/labsbot/labsbot.yaml --online
    """
    settings = _load(path)
    _warn_of_what_is_missing(settings)
    click.echo(f"{path}: nothing is wrong with it")
    if online:
        from labsbot import online as world

        logging.getLogger("labsbot").addHandler(logging.NullHandler())  # what goes wrong stands in the outcomes
        failed = False
        for name, outcome in asyncio.run(world.check(settings)):
            failed = failed or outcome.failed
            click.echo(f"{name}: {outcome.words}", err=outcome.failed)
        if failed:
            sys.exit(FAILED)


@main.group(invoke_without_command=True)
@configuration
@click.pass_context
def queue(context: click.Context, path: Path) -> None:
    """What is not on the wiki yet, and why; exit status 75 if anything waits or is parked.

    \b
    Examples:  labsbot queue -c labsbot.yaml
               labsbot queue -c labsbot.yaml retry sal-20261122143001-1967f3a
    """
    context.obj = _load(path)
    if context.invoked_subcommand is None:
        context.invoke(list_queue)


@queue.command("list")
@click.pass_obj
def list_queue(settings: Settings) -> None:
    """One line for each entry that waits or is parked, oldest first."""
    waiting = _with_journal(settings, lambda journal: journal.queue())
    for telling in waiting:
        delivery = telling.delivery
        entry = delivery.entry
        cause = delivery.cause or "not tried yet"
        click.echo(
            _plain(f"{entry.id}  {delivery.state.value:8} {entry.project}  {entry.author}: {entry.message}  ({cause})")
        )
    if waiting:
        sys.exit(KEPT)
    click.echo("Everything that was accepted is on the wiki.")


@queue.command()
@click.argument("entry_id", metavar="ID")
@click.pass_obj
def show(settings: Settings, entry_id: str) -> None:
    """All that is known about one entry."""
    telling = _with_journal(settings, lambda journal: journal.find(entry_id))
    if telling is None:
        _fail(FAILED, f"there is no entry {entry_id} in {settings.journal}")
    for name, value in _facts(telling):
        click.echo(_plain(f"{name + ':':10} {value}"))
    if telling.delivery.state in (DeliveryState.PENDING, DeliveryState.PARKED):
        sys.exit(KEPT)


@queue.command()
@click.argument("entry_ids", metavar="ID…", nargs=-1, required=True)
@click.pass_obj
def retry(settings: Settings, entry_ids: tuple[str, ...]) -> None:
    """Send parked entries again, when what parked them is mended."""
    _resolve(settings, entry_ids, "is sent again", lambda journal: journal.retry(entry_ids))


@queue.command()
@click.argument("entry_ids", metavar="ID…", nargs=-1, required=True)
@click.pass_obj
def drop(settings: Settings, entry_ids: tuple[str, ...]) -> None:
    """Give parked entries up: they stay in the journal and never reach the wiki."""
    _resolve(settings, entry_ids, "is given up", lambda journal: journal.drop(entry_ids))


@main.command()
@click.option("--once", is_flag=True, help="Play the scene and end.")
@click.option("--heading", is_flag=True, help="The other layout: below a heading of the project's own page.")
def demo(once: bool, heading: bool) -> None:
    """The whole of it on loopback, nothing needed: an IRC server, a wiki, people who log, and room for you.

    \b
    Example:  labsbot demo
    """
    from labsbot.demo import play

    asyncio.run(_until_signal(lambda stop: play(stop, once=once, heading=heading)))


@main.command("log", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def log_(words: tuple[str, ...]) -> None:
    """(not yet) Log from a script."""
    _fail(2, "logging from a script is not there yet: say it in the channel")


def _load(path: Path) -> Settings:
    try:
        loaded = load(path, os.environ, os.environ.get("CREDENTIALS_DIRECTORY"))
    except ConfigurationError as failure:
        for problem in failure.problems:
            click.echo(str(problem), err=True)
        sys.exit(MISCONFIGURED)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    return loaded.settings


def _warn_of_what_is_missing(settings: Settings) -> None:
    from labsbot import service

    for words in service.missing(settings):
        click.echo(f"warning: {words}", err=True)


async def _until_signal(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work(stop)


def _with_journal(settings: Settings, verb: Callable[[Journal], Coroutine[Any, Any, T]]) -> T:
    try:
        with closing(Journal.open(settings.journal)) as journal:
            return asyncio.run(verb(journal))
    except JournalFailure as failure:
        _fail(FAILED, failure.cause)


def _resolve(
    settings: Settings,
    entry_ids: tuple[str, ...],
    words: str,
    verb: Callable[[Journal], Coroutine[Any, Any, list[str]]],
) -> None:
    done = _with_journal(settings, verb)
    for entry_id in done:
        click.echo(f"{entry_id} {words}")
    if done and not wake.wake(settings.journal):
        click.echo("labsbot is not running; it will know when it starts")
    missed = [entry_id for entry_id in entry_ids if entry_id not in done]
    if missed:
        _fail(FAILED, f"not parked: {' '.join(missed)} (see `labsbot queue`)")


def _facts(telling: Telling) -> list[tuple[str, object]]:
    delivery, entry = telling.delivery, telling.delivery.entry
    return [
        ("entry", entry.id),
        ("state", delivery.state.value),
        ("cause", delivery.cause or "none"),
        ("address", delivery.url or "none yet"),
        ("project", entry.project),
        ("author", f"{entry.author} (by way of {entry.relay})" if entry.relay else entry.author),
        ("message", entry.message),
        ("said", f"{entry.said:%Y-%m-%d %H:%M:%S} UTC"),
        ("accepted", f"{telling.accepted:%Y-%m-%d %H:%M:%S} UTC"),
        ("log day", delivery.log_day),
        ("in", f"{entry.channel} on {entry.network}"),
        ("told", telling.told.value),
    ]


class _Formatter(logging.Formatter):
    """Times in UTC; nothing that was typed on IRC can move a terminal's cursor or start a second line."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _plain(super().formatMessage(record))


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)


def _log_to_stderr() -> None:
    to_stderr = logging.StreamHandler()
    to_stderr.setFormatter(_Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[to_stderr])


def _fail(status: int, words: str) -> NoReturn:
    click.echo(f"labsbot: {words}", err=True)
    sys.exit(status)
