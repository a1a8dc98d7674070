"""The commands: arguments in, exit status and lines for people out. Everything real is done elsewhere.

Exit status as in sysexits.h where one fits: 69 refused by every network, 75 kept but not on the wiki yet, 78 wrong
configuration; else 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from labsbot import __version__
from labsbot.cli import listing
from labsbot.config import ConfigurationError, load
from labsbot.edge import logs, signals
from labsbot.journal import Journal, Reading, wake
from labsbot.journal import obstacle as journal_obstacle
from labsbot.model import DeliveryState, JournalFailure, Queued
from labsbot.settings import Settings, folded

FAILED, REFUSED, KEPT, MISCONFIGURED = 1, 69, 75, 78

STDERR = 2

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
    logs.fill_standard_descriptors()


@main.command()
@configuration
@click.option("--verbose", "level", flag_value=logging.DEBUG, type=int, help="Log more than is usually of use.")
@click.option("--quiet", "level", flag_value=logging.WARNING, type=int, help="Log nothing that is as it should be.")
def run(path: Path, level: int | None) -> None:
    """Run the bot until SIGTERM or SIGINT.

    \b
    Example:  labsbot run -c /etc/labsbot/labsbot.yaml
    """
    os.umask(0o077)  # whatever we make that nobody thought of is for us alone
    signals.ignore_the_others()
    from labsbot.service import house as service

    settings = _load(path)
    _warn_of_what_is_missing(settings)
    sys.setswitchinterval(SWITCH)
    lines = logs.start(STDERR, os.environ, level or logging.INFO)
    status, words = 0, ""
    try:
        asyncio.run(signals.until_ended(lambda stop: service.run(settings, stop)))
    except service.RefusedEverywhere as failure:
        status, words = REFUSED, str(failure)
    except JournalFailure as failure:
        status, words = FAILED, failure.cause
    except Exception:  # a fault of ours ends the process, with all that is known of it
        logging.getLogger("labsbot").critical("labsbot ends because of a fault of its own", exc_info=True)
        status, words = FAILED, "a fault of its own, see above"
    if words:
        lines.say(logs.printable(f"labsbot: {words}"))
    lines.finish()
    sys.exit(status)


@main.command()
@configuration
@click.option("--online", is_flag=True, help="Also ask the wiki what we may, enter every channel, and leave again.")
def check(path: Path, online: bool) -> None:
    """Say everything that is wrong with the configuration.

    \b
    Example:  labsbot check -c /etc/labsbot/labsbot.yaml --online
    """
    settings = _load(path, reads_secrets=online)
    _warn_of_what_is_missing(settings)
    click.echo(f"{path}: nothing is wrong with it")
    obstacle = journal_obstacle(settings.journal)
    if obstacle:
        click.echo(f"labsbot: {obstacle}", err=True)
    failed = obstacle is not None
    for words in _changes(settings):
        click.echo(logs.printable(words))
    if online:
        from labsbot.cli import online as world

        logging.getLogger("labsbot").addHandler(logging.NullHandler())  # what goes wrong stands in the outcomes
        for name, outcome in asyncio.run(world.check(settings)):
            failed = failed or outcome.failed
            click.echo(f"{name}: {outcome.words}", err=outcome.failed)
    if failed:
        sys.exit(FAILED)


def _changes(settings: Settings) -> list[str]:
    """What becomes of entries that wait, as far as the journal can be read; what keeps it from that is told already."""
    from labsbot.service import house as service

    try:
        return service.changes(settings, Reading(settings.journal).pending_by_log())
    except JournalFailure:
        return []


@dataclass(frozen=True, slots=True)
class Queue:
    """The journal that the commands of the queue are about, and in which form they answer."""

    settings: Settings
    as_json: bool

    @property
    def reading(self) -> Reading:
        return Reading(self.settings.journal)

    def page(self, queued: Queued) -> str:
        from labsbot.service import house as service

        log = queued.telling.delivery.log
        return queued.title or service.settings_by_log(self.settings)(log).title_for(log.project)


as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


@main.group(invoke_without_command=True)
@configuration
@as_json
@click.pass_context
def queue(context: click.Context, path: Path, as_json: bool) -> None:
    """What is not on the wiki yet, and why; exit status 75 if anything waits or is parked.

    \b
    Examples:  labsbot queue -c labsbot.yaml
               labsbot queue -c labsbot.yaml show sal-20261122143001-1967f3a
               labsbot queue -c labsbot.yaml retry --all
    """
    context.obj = Queue(_load(path, reads_secrets=False), as_json)
    if context.invoked_subcommand is None:
        context.invoke(list_queue, as_json=as_json)


@queue.command("list")
@as_json
@click.pass_obj
def list_queue(asked: Queue, as_json: bool) -> None:
    """One line for each entry that waits or is parked, oldest first."""
    waiting = _read(lambda: asked.reading.queue())
    if as_json or asked.as_json:
        click.echo(listing.as_json(waiting, asked.page))
    else:
        for queued in waiting:
            click.echo(logs.printable(listing.line(queued)))
        if not waiting:
            click.echo("Everything that was accepted is on the wiki.")
    if waiting:
        sys.exit(KEPT)


@queue.command()
@click.argument("entry_id", metavar="ID")
@as_json
@click.pass_obj
def show(asked: Queue, entry_id: str, as_json: bool) -> None:
    """All that is known about one entry."""
    queued = _read(lambda: asked.reading.find(entry_id))
    if queued is None:
        _fail(FAILED, f"there is no entry {entry_id} in {asked.settings.journal}")
    if as_json or asked.as_json:
        click.echo(listing.as_json(queued, asked.page))
    else:
        for name, value in listing.facts(queued, asked.page):
            click.echo(logs.printable(f"{name + ':':10} {value}"))
    if queued.telling.delivery.state in (DeliveryState.PENDING, DeliveryState.PARKED):
        sys.exit(KEPT)


@queue.command()
@click.argument("entry_ids", metavar="[ID…]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are parked.")
@click.option("--project", metavar="NAME", help="All of this project that are parked.")
@click.pass_obj
def retry(asked: Queue, entry_ids: tuple[str, ...], every: bool, project: str | None) -> None:
    """Send parked entries again, when what parked them is mended."""
    if sum((bool(entry_ids), every, project is not None)) != 1:
        raise click.UsageError("expected one of ID…, --all and --project NAME")
    if not entry_ids:
        parked = [each.telling.delivery for each in _read(lambda: asked.reading.queue())]
        entry_ids = tuple(
            each.entry.id
            for each in parked
            if each.state is DeliveryState.PARKED and (every or folded(each.log.project) == folded(project or ""))
        )
        if not entry_ids:
            click.echo("nothing is parked" if every else f"nothing of {project} is parked")
            return
    _resolve(asked, entry_ids, "is sent again", "is not parked", lambda journal: journal.retry(entry_ids))


@queue.command()
@click.argument("entry_ids", metavar="ID…", nargs=-1, required=True)
@click.pass_obj
def drop(asked: Queue, entry_ids: tuple[str, ...]) -> None:
    """Give entries up that wait or are parked: they stay in the journal and never reach the wiki."""
    _resolve(asked, entry_ids, "is given up", "neither waits nor is parked", lambda journal: journal.drop(entry_ids))


@main.command()
@click.option("--once", is_flag=True, help="Play the scene and end.")
@click.option("--heading", is_flag=True, help="The other layout: below a heading of the project's own page.")
def demo(once: bool, heading: bool) -> None:
    """The whole of it on loopback, nothing needed: an IRC server, a wiki, people who log, and room for you.

    \b
    Example:  labsbot demo
    """
    from labsbot.demo import play

    asyncio.run(signals.until_ended(lambda stop: play(stop, once=once, heading=heading)))


@main.command("log", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def log_(words: tuple[str, ...]) -> None:
    """(not yet) Log from a script."""
    _fail(2, "logging from a script is not there yet: say it in the channel")


def _load(path: Path, reads_secrets: bool = True) -> Settings:
    try:
        loaded = load(path, os.environ, os.environ.get("CREDENTIALS_DIRECTORY"), reads_secrets)
    except ConfigurationError as failure:
        for problem in failure.problems:
            click.echo(str(problem), err=True)
        sys.exit(MISCONFIGURED)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    return loaded.settings


def _warn_of_what_is_missing(settings: Settings) -> None:
    from labsbot.service import house as service

    for words in service.missing(settings):
        click.echo(f"warning: {words}", err=True)


def _read(question: Callable[[], T]) -> T:
    try:
        return question()
    except JournalFailure as failure:
        _fail(FAILED, failure.cause)


def _resolve(
    asked: Queue,
    entry_ids: Sequence[str],
    done_words: str,
    missed_words: str,
    verb: Callable[[Journal], Coroutine[Any, Any, list[str]]],
) -> None:
    path = asked.settings.journal
    try:
        with closing(Journal.join(path)) as journal:
            done = asyncio.run(verb(journal))
    except JournalFailure as failure:
        _fail(FAILED, failure.cause)
    for entry_id in done:
        click.echo(f"{entry_id} {done_words}")
    if done:
        try:
            if not wake.wake(path):
                click.echo("labsbot is not running; it will know when it starts")
        except JournalFailure as failure:
            click.echo(f"warning: {failure.cause}; it will know with the next entry", err=True)
    missed = [entry_id for entry_id in entry_ids if entry_id not in done]
    for entry_id in missed:
        found = _read(lambda entry_id=entry_id: asked.reading.find(entry_id))  # type: ignore[misc]
        words = "is being sent just now: try again in a minute" if found and found.batch else missed_words
        click.echo(f"labsbot: {entry_id} {words} (see `labsbot queue`)", err=True)
    if missed:
        sys.exit(FAILED)


def _fail(status: int, words: str) -> NoReturn:
    click.echo(f"labsbot: {words}", err=True)
    sys.exit(status)
