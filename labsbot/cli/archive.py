"""``labsbot archive``: old days of logs go to pages of their own now, whatever the size; or what would be is shown."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from labsbot.cli.arguments import SECONDS
from labsbot.cli.loading import FAILED, KEPT, configuration, fail, settings_of
from labsbot.cli.logs_meant import logs_meant
from labsbot.edge import door
from labsbot.edge.logs import printable
from labsbot.journal import Reading
from labsbot.model import JournalFailure, Log, WikiFailure
from labsbot.service.archiving import READ, WouldMove, would_move
from labsbot.service.logs import settings_by_log
from labsbot.service.machine_clock import utc_now
from labsbot.settings import ArchivedBy, Settings
from labsbot.wiki import open_wiki

PAUSE = 1.0
"""Seconds between two looks at how far the bot is."""


@click.command(name="archive")
@configuration
@click.option("--dry-run", is_flag=True, help="Only show what would move; nothing is changed, and no bot is needed.")
@click.option(
    "--timeout",
    type=SECONDS,
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for it; the bot goes on all the same.",
)
@click.argument("projects", metavar="[PROJECT…]", nargs=-1)
def command(path: Path, dry_run: bool, timeout: float, projects: tuple[str, ...]) -> None:
    """Take whole years (quarters, months: page.archive) of these projects' logs to archives now, whatever their size.

    Without a PROJECT, of all logs. The running bot does it, as it does by itself once a page is over its size. Exit
    status 0: all that can move did; 1: something cannot, see why; 75: it is still under way.

    \b
    Example:  labsbot archive --dry-run tools
    """
    settings = settings_of(path, reads_secrets=dry_run)
    try:
        logs = [each[0] for each in logs_meant(settings, Reading(settings.journal), projects)]
        sys.exit(_show(settings, logs) if dry_run else _move(settings, logs, timeout))
    except (JournalFailure, door.DoorClosed) as failure:
        fail(FAILED, str(failure))
    except WikiFailure as failure:
        fail(FAILED, f"the wiki: {failure}")
    except door.NobodyAnswers:
        words = "no bot runs on this journal: `labsbot run` moves what is to move; --dry-run shows what that is"
        fail(FAILED, words)


def _show(settings: Settings, logs: Sequence[Log]) -> int:
    wiki, page_of = open_wiki(settings.wiki), settings_by_log(settings)
    wiki.allow(READ)
    wiki.login()
    for log in logs:
        page = page_of(log)
        title = page.title_for(log.project)
        if page.archive.by is ArchivedBy.NEVER:
            click.echo(f"{printable(title)}: page.archive says never")
        else:
            _print(would_move(wiki, title, page, utc_now(), settings.wiki.largest_edit))
    return 0


def _print(found: WouldMove) -> None:
    words = "" if found.moving else ": nothing moves"
    click.echo(f"{printable(found.title)} ({_kilobytes(found.bytes)}){words}")
    for each in found.moving:
        days = f"{each.days} {'day' if each.days == 1 else 'days'}"
        click.echo(f"  {each.first} – {each.last}: {days}, {_kilobytes(each.bytes)} → {printable(each.archive)}")
    for heading, why in found.kept:
        click.echo(f"  {printable(heading)} stays: {why}")


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} bytes"


def _move(settings: Settings, logs: Sequence[Log], seconds: float) -> int:
    journal = settings.journal
    asked = [{"place": log.place, "project": log.project} for log in logs]
    titles = door.ask_in_turn(journal, "archive", logs=asked)["pages"]
    pages: Mapping[str, str | None] = dict.fromkeys(titles)
    for _ in range(math.ceil(seconds / PAUSE)):
        if None not in pages.values():
            break
        time.sleep(PAUSE)
        pages = door.ask_in_turn(journal, "archived", pages=titles)["pages"]
    for title, why in pages.items():
        words = "still under way" if why is None else f"nothing more moves: {why}" if why else "done"
        click.echo(printable(f"{title}: {words}"))
    if not titles:
        click.echo("page.archive says never for all of these")
    return FAILED if any(pages.values()) else KEPT if None in pages.values() else 0
