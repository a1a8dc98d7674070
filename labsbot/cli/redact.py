"""``labsbot redact``: all that an entry ever said is removed for good, and it is said what is left of it elsewhere.

The running bot is asked by the socket; where none runs, the command itself is the journal's deliverer meanwhile. Each
step can be done again: run again, it goes on where it was interrupted. What is removed, and how, is in
`service.removals`; what is left is looked for in `service.remains`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from labsbot.cli.arguments import SECONDS, utf8
from labsbot.cli.loading import FAILED, KEPT, configuration, fail, settings_of
from labsbot.edge import door, files
from labsbot.edge.logs import printable
from labsbot.journal import Reading
from labsbot.model import ChangeKind, DeliveryState, JournalFailure, Kept, WikiFailure
from labsbot.service import remains
from labsbot.service.logs import settings_by_log
from labsbot.service.removals import removals_at_rest
from labsbot.settings import Settings
from labsbot.wiki import open_wiki

PAUSE = 0.5
"""Seconds between two questions whether something is done."""
MOST_NAMED = 20

Ask = Callable[..., Awaitable[Mapping[str, Any]]]
Settle = Callable[[Mapping[str, str], float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Removing:
    """Who removes: the bot, or we."""

    ask: Ask
    settle: Settle
    """Wait until these are on their pages, each by its entry's id; for so many seconds."""


@click.command("redact")
@configuration
@click.option(
    "--timeout",
    type=SECONDS,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the wiki, and for whoever reads an old state of the journal.",
)
@click.argument("entry_ids", metavar="ID…", nargs=-1, required=True)
def command(path: Path, timeout: float, entry_ids: tuple[str, ...]) -> None:
    """Remove for good what entries say and ever said; a stub (“removed by an operator”) stays on their pages.

    Then the journal, the state folder and a wiki's folder are searched, and it is said where it still stands: what a
    MediaWiki keeps in its history is for its administrators to hide. Run it as the user of the bot, whether that runs
    or not. Exit status 0: nothing is left in files of ours; 75: not done yet, run it again; 1: see what it says.

    \b
    Example:  labsbot redact sal-20261122143001-1967f3a
    """
    settings = settings_of(path)
    logging.getLogger("labsbot").addHandler(logging.NullHandler())  # all that is to be said is said here
    try:
        _refuse_others(settings.journal)
        ids = tuple(dict.fromkeys(utf8(each).rpartition("#")[2] for each in entry_ids))
        sys.exit(asyncio.run(_remove(settings, ids, timeout)))
    except (JournalFailure, door.DoorClosed, OSError) as failure:
        fail(FAILED, str(failure))


def _refuse_others(journal: Path) -> None:
    """Whoever else wrote here, be it root, would leave files that the bot cannot open."""
    try:
        owner = journal.stat().st_uid
    except FileNotFoundError:
        raise JournalFailure(f"there is no journal at {journal}") from None
    if owner != os.geteuid():
        raise JournalFailure(f"this is for {files.user_name(owner)}, who has {journal}, to do; you are {files.user()}")


async def _remove(settings: Settings, ids: Sequence[str], seconds: float) -> int:
    reading, end = Reading(settings.journal), asyncio.get_running_loop().time() + seconds
    async with _removing(settings) as removing:
        before = [history.kept for each in ids if (history := reading.find(each)) is not None]
        texts = [text for each in ids for text in reading.texts(each)]
        told = await removing.ask("redact", ids=list(ids))
        for entry_id, why in told["refused"].items():
            _say(f"{entry_id}: {why}" if entry_id else why)
        if not (changes := told.get("changes", {})):
            return FAILED
        for kept in before:
            if kept.redaction is not None:
                click.echo(f"{kept.entry.id} is redacted already; what is left of it is looked for again")
        await removing.settle(changes, seconds)
        entries = [history.kept for each in changes if (history := reading.find(each)) is not None]
        if not _on_their_pages(entries):
            return KEPT
        if not await _erased(removing, list(changes), end):
            return KEPT
        status = _what_is_left(settings, reading, list(changes), texts)
    return FAILED if told["refused"] else status


@asynccontextmanager
async def _removing(settings: Settings) -> AsyncIterator[Removing]:
    """Raises JournalFailure and DoorClosed."""
    journal = settings.journal
    try:
        await asyncio.to_thread(door.ask_in_turn, journal, "wake")
    except door.NobodyAnswers:
        async with removals_at_rest(settings) as at_rest:
            yield Removing(at_rest.ask, at_rest.settle)
        return

    async def ask(verb: str, **asked: object) -> Mapping[str, Any]:
        return await asyncio.to_thread(door.ask_in_turn, journal, verb, **asked, seconds=door.LONGEST_WAIT)

    async def settle(changes: Mapping[str, str], seconds: float) -> None:
        waiting = (asyncio.to_thread(door.became, journal, each, seconds) for each in changes.values())
        await asyncio.gather(*waiting)

    yield Removing(ask, settle)


def _on_their_pages(entries: Sequence[Kept]) -> bool:
    """Say where the stubs are; False: some are not where they are to be, and will be."""
    done = True
    for delivery in (each for kept in entries for each in kept.deliveries):
        if delivery.state in (DeliveryState.PENDING, DeliveryState.PARKED):
            done = False
            why = delivery.cause or "an edit that holds it may still be on its way to the wiki"
            _say(f"{delivery.id}: not removed from the log of {delivery.log.project} yet: {why} (run it again)")
        elif delivery.change is None or delivery.change.kind is not ChangeKind.REDACT:
            continue
        elif delivery.state is DeliveryState.LEFT:
            _say(f"{delivery.entry.id}: not found in a line of its page: {delivery.cause}: {delivery.url}")
        else:
            click.echo(printable(f"{delivery.entry.id} is removed from {delivery.url}"))
    return done


async def _erased(removing: Removing, ids: Sequence[str], end: float) -> bool:
    """Have the words taken out of the journal, and what they were taken from rewritten; False: not within this time."""
    steps: Sequence[tuple[str, Callable[[Mapping[str, Any]], bool], str]] = (
        ("erase", lambda told: set(told["done"]) == set(ids), "an attempt that holds it is under way"),
        ("rewrite", lambda told: told["done"] is True, "the journal is still being rewritten"),
        ("empty", lambda told: told["done"] is True, "somebody reads an old state of the journal"),
    )
    for verb, is_done, why in steps:
        while not is_done(await removing.ask(verb, ids=list(ids))):
            if asyncio.get_running_loop().time() > end:
                _say(f"it is not erased from the journal's files yet: {why} (run it again)")
                return False
            await asyncio.sleep(PAUSE)
    return True


# --- what is left -------------------------------------------------------------------------------------------------


def _what_is_left(settings: Settings, reading: Reading, ids: Sequence[str], texts: Sequence[str]) -> int:
    page_of = settings_by_log(settings)
    written = [each for entry_id in ids for each in reading.written(entry_id)]
    wanted = remains.wanted(texts, (page_of(each.log) for each in written))
    if wanted.too_short:
        _say(f"{wanted.too_short} texts of less than {remains.SHORTEST} characters are not looked for")
    if not wanted.texts:
        _say("what it said is erased already, so that files cannot be searched for it")
    left, wiki = False, open_wiki(settings.wiki)
    archives = sorted({title for each in written for title in reading.archives(each.log)})
    on_pages = remains.on_pages(wiki, written, page_of, wanted)
    for title, found in itertools.chain(on_pages, remains.in_archives(wiki, archives, wanted)):
        left |= _of_page(title, found)
    also = remains.said_elsewhere(reading, wanted)
    for entry_id in also.entries[:MOST_NAMED]:
        _say(f"{entry_id} says it, too (or a part of it): `labsbot redact {entry_id}`")
    if len(also.entries) > MOST_NAMED:
        _say(f"and {len(also.entries) - MOST_NAMED} more entries")
    held = remains.holding(remains.our_files(settings), wanted)
    for path in held:
        _say(f"it still stands in {path}")
    click.echo(
        "What nobody can see from here: backups, the channel and its logs, the system's log, copies of the page."
    )
    return FAILED if left or held or also.entries else 0


def _of_page(title: str, found: remains.OnPage | WikiFailure) -> bool:
    """Say what is left at one page; whether it stands there."""
    if isinstance(found, WikiFailure):
        _say(f"{title}: the wiki cannot be asked what it still holds: {found.cause} (run it again)")
        return True
    if found.stands:
        _say(f"it still stands on the page, in words that are not the entry's: {found.url}")
    if not found.is_known:
        _say(f"the wiki's history keeps it, since when nobody knows: {found.url}")
    if found.texts:
        click.echo(printable(f"the wiki's history keeps it, for an administrator to hide: {found.url}"))
        click.echo(f"  the text of revisions {_numbers(found.texts)}")
    if found.summaries:
        click.echo(f"  the summaries of revisions {_numbers(found.summaries)}")
    return found.stands


def _numbers(revisions: Sequence[int]) -> str:
    if len(revisions) <= MOST_NAMED:
        return ", ".join(map(str, revisions))
    return f"{revisions[0]} to {revisions[-1]} ({len(revisions)} of them)"


def _say(words: str) -> None:
    click.echo(f"labsbot: {printable(words)}", err=True)
