"""``labsbot during``: a command runs, and its beginning and its end are logged beside it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import click

from labsbot.cli.arguments import caller, names, utf8
from labsbot.cli.beside import Beginning, Beside
from labsbot.cli.loading import configuration
from labsbot.edge import wrapped

NESTED = "LABSBOT_DURING"
"""In the environment of what runs; it holds the key under which that is logged."""
SUPPRESSED = "SUPPRESS_SAL"
"""By which other tools say that nothing is to be logged."""
OFF = ("", "0", "false", "no")
PATIENCE = 2.0
"""Seconds for which we wait at the end until that is logged. It goes on without us, where it is let."""


@click.command("during", context_settings={"allow_interspersed_args": False})
@configuration
@click.option("--as", "author", metavar="NAME", help="In whose name; without it, yours (of sudo, who called it).")
@click.option("--nested", is_flag=True, help="Log it although it runs in another `labsbot during`, which logs already.")
@click.argument("project", metavar="PROJECT[,PROJECT…]")
@click.argument("words", nargs=-1, metavar="TEXT… -- COMMAND…", type=click.UNPROCESSED)
def command(path: Path, author: str | None, nested: bool, project: str, words: tuple[str, ...]) -> None:
    """Run COMMAND; log TEXT when it begins, and add how it ended and how long it took.

    COMMAND is started at once, whatever becomes of the log, and ends with its own exit status.
    Options stand before PROJECT.

    \b
    Example:  labsbot during tools upgrading all hosts -- ./upgrade.sh --all
    On the page:  upgrading all hosts → done after 3 min
    """
    if "--" not in words or words[-1] == "--":
        raise click.UsageError("expected PROJECT TEXT… -- COMMAND…")
    split = words.index("--")
    text, argv = utf8(" ".join(words[:split])), words[split + 1 :]
    outer = os.environ.get(NESTED) and not nested
    if outer or os.environ.get(SUPPRESSED, "").lower() not in OFF:
        _run_alone(argv)
    key = os.urandom(16).hex()
    given: dict[str, object] = {"projects": names(project), "message": text, "key": key}
    if author := author or caller():
        given["author"] = utf8(author)
    _run(argv, {**os.environ, NESTED: key}, Beginning(path.absolute(), given))


def _run_alone(argv: Sequence[str]) -> NoReturn:
    try:
        wrapped.become(argv, os.environ)
    except wrapped.NotStarted as failure:
        _not_started(argv, failure)


def _run(argv: Sequence[str], environ: Mapping[str, str], beginning: Beginning) -> NoReturn:
    try:
        with wrapped.signals_held() as held:
            beside = Beside.start(beginning)
            running = wrapped.Wrapped.start(argv, environ, held, beside.witness)
    except wrapped.NotStarted as failure:
        _finish(beginning, beside, {"how": "failed", "words": str(failure), "ran": False})
        _not_started(argv, failure)
    except OSError as error:
        click.echo(f"labsbot: not logged: {error.strerror}", err=True)
        _run_alone(argv)
    ended = running.wait(beside.words, beside.relay)
    how = "failed" if ended.code else "done"
    _finish(beginning, beside, {"how": how, "after": round(ended.seconds * 1000), "words": ended.in_words})
    wrapped.end_like(ended)


def _finish(beginning: Beginning, beside: Beside, end: Mapping[str, object]) -> None:
    """Have it logged how it ended; where that process was killed, by another."""
    beside.tell(end)
    if beside.is_done(PATIENCE) or beside.status is None:
        return
    with contextlib.suppress(OSError):
        another = Beside.start(beginning)
        another.tell(end)
        another.is_done(PATIENCE)


def _not_started(argv: Sequence[str], failure: wrapped.NotStarted) -> NoReturn:
    click.echo(f"labsbot: {os.fsencode(argv[0]).decode(errors='replace')}: {failure}", err=True)
    sys.exit(failure.status)
