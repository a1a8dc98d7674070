"""``labsbot queue``: what is not on the wiki yet, and what an operator can do about it.

The journal is only read here. What changes something is asked of the running bot; where none answers, the journal is
written beside it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import click

from labsbot.cli import listing
from labsbot.cli.loading import FAILED, KEPT, as_json, configuration, fail, settings_of
from labsbot.cli.show import print_entry
from labsbot.edge import door, logs
from labsbot.formats import EntryFormat
from labsbot.journal import Journal, Reading
from labsbot.model import DeliveryState, JournalFailure
from labsbot.settings import Settings, folded

TOGETHER = 500
"""Entries that the bot is asked for at once."""

T = TypeVar("T")


@dataclass(frozen=True)
class Queue:
    """The journal that the commands of the queue are about."""

    path: Path
    """The configuration that names it."""

    @cached_property
    def settings(self) -> Settings:
        return settings_of(self.path, reads_secrets=False)

    @property
    def reading(self) -> Reading:
        return Reading(self.settings.journal)


@click.group("queue", invoke_without_command=True)
@configuration
@as_json
@click.pass_context
def command(context: click.Context, path: Path, as_json: bool) -> None:
    """What is not on the wiki yet, and why; exit status 75 if anything waits or is parked.

    \b
    Examples:  labsbot queue -c labsbot.yaml
               labsbot queue -c labsbot.yaml show sal-20261122143001-1967f3a
               labsbot queue -c labsbot.yaml retry --all
    """
    context.obj = as_json
    if context.invoked_subcommand is None:
        context.invoke(list_queue, path=path, as_json=as_json)


@command.command("list")
@configuration
@as_json
@click.pass_obj
def list_queue(as_json_before: bool, path: Path, as_json: bool) -> None:
    """One line for each entry that waits or is parked, oldest first."""
    asked = Queue(path)
    waiting = _read(lambda: asked.reading.queue())
    if as_json or as_json_before:
        click.echo(listing.as_json(waiting, listing.title_of(asked.settings)))
    else:
        for queued in waiting:
            click.echo(logs.printable(listing.line(queued)))
        if not waiting:
            click.echo("Everything that was accepted is on the wiki.")
    if waiting:
        sys.exit(KEPT)


@command.command(short_help="All that is known about one entry.")
@configuration
@click.argument("entry_id", metavar="ID")
@as_json
@click.pass_obj
def show(as_json_before: bool, path: Path, entry_id: str, as_json: bool) -> None:
    """All that is known about one entry, in each of its logs, as `labsbot show` tells it."""
    asked = Queue(path)
    how = EntryFormat.JSON if as_json or as_json_before else EntryFormat.TEXT
    history = _read(lambda: print_entry(asked.settings, entry_id, how))
    if any(each.telling.delivery.state in (DeliveryState.PENDING, DeliveryState.PARKED) for each in history.queued):
        sys.exit(KEPT)


@command.command()
@configuration
@click.argument("entry_ids", metavar="[ID…]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are parked.")
@click.option("--project", metavar="NAME", help="All of this project that are parked.")
def retry(path: Path, entry_ids: tuple[str, ...], every: bool, project: str | None) -> None:
    """Send parked entries again, when what parked them is mended."""
    if sum((bool(entry_ids), every, project is not None)) != 1:
        raise click.UsageError("expected one of ID…, --all and --project NAME")
    asked = Queue(path)
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
    _resolve(asked, entry_ids, "is sent again", "is not parked", "retry")


@command.command(short_help="Give entries up that wait or are parked.")
@configuration
@click.argument("entry_ids", metavar="ID…", nargs=-1, required=True)
def drop(path: Path, entry_ids: tuple[str, ...]) -> None:
    """Give entries up that wait or are parked: they stay in the journal and never reach the wiki."""
    _resolve(Queue(path), entry_ids, "is given up", "neither waits nor is parked", "drop")


def _read(question: Callable[[], T]) -> T:
    try:
        return question()
    except JournalFailure as failure:
        fail(FAILED, failure.cause)


def _resolve(asked: Queue, entry_ids: Sequence[str], done_words: str, missed_words: str, verb: str) -> None:
    try:
        done, note = _done(asked.settings.journal, entry_ids, verb)
    except (JournalFailure, door.DoorClosed) as failure:
        fail(FAILED, str(failure))
    for entry_id in done:
        click.echo(f"{entry_id} {done_words}")
    if done and note:
        click.echo(note)
    missed = [entry_id for entry_id in entry_ids if entry_id not in done]
    for entry_id in missed:
        sent = _is_being_sent(asked, entry_id)
        words = "is being sent just now: try again in a minute" if sent else missed_words
        click.echo(f"labsbot: {entry_id} {words} (see `labsbot queue`)", err=True)
    if missed:
        sys.exit(FAILED)


def _is_being_sent(asked: Queue, its_id: str) -> bool:
    """Whether an attempt carries the entry, or what was changed about it, whichever has this id."""
    history = _read(lambda: asked.reading.find(its_id))
    return history is not None and any(
        each.batch is not None and its_id in (each.telling.delivery.id, history.kept.entry.id)
        for each in history.queued
    )


def _done(journal: Path, entry_ids: Sequence[str], verb: str) -> tuple[list[str], str]:
    """Of which entries that is true now which the verb does, and what to add. The bot does it, if one answers.

    Raises JournalFailure and DoorClosed.
    """
    try:
        parts = [entry_ids[begin : begin + TOGETHER] for begin in range(0, len(entry_ids), TOGETHER)]
        told = [door.ask(journal, verb, ids=part) for part in parts]
        return [str(entry_id) for each in told for entry_id in each["done"]], ""
    except door.NobodyAnswers:
        note = "labsbot does not answer; it will know when it starts, or with its next entry"
    except door.MayNotAsk as failure:
        note = f"warning: {failure}; it will know with its next entry"
    with closing(Journal.join(journal)) as joined:
        queue = joined.undelivered
        return asyncio.run(queue.retry(entry_ids) if verb == "retry" else queue.drop(entry_ids)), note
