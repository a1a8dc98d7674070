"""``labsbot log``: an entry from a script, with a receipt that is true."""

from __future__ import annotations

import functools
import os
import signal
import sys
import uuid
from pathlib import Path
from typing import NoReturn

import click

from labsbot.cli.arguments import caller, names, text_of, utf8
from labsbot.cli.loading import FAILED, configuration, fail
from labsbot.cli.loading import as_json as json_option
from labsbot.cli.submitting import Receiving, no_wait, submit, timeout

LONGEST = 65_536
"""Bytes of standard input."""
BEST_EFFORT = 1.6
"""Seconds after which it ends whatever happens; Python itself takes some tenths of one before and behind that."""


@click.command("log", context_settings={"allow_interspersed_args": False})
@configuration
@click.option("--as", "author", metavar="NAME", help="In whose name; without it, yours (of sudo, who called it).")
@click.option("--at", metavar="TIME", help="When it was done: 14:05, -15m, 2026-11-21 14:05, or RFC 3339.")
@click.option("--key", metavar="KEY", help="The same call with the same key is one entry, however often it is made.")
@timeout
@no_wait
@click.option("--begin", "begins", is_flag=True, help="It is the beginning of something: print its id, do not wait.")
@click.option(
    "--end", "begun", metavar="ID", help="Add to that beginning that it has ended (no PROJECT, and perhaps TEXT)."
)
@click.option("--failed", is_flag=True, help="With --end: it has failed.")
@click.option("--best-effort", is_flag=True, help="Never fail, and never take longer than two seconds.")
@json_option
@click.argument("words", nargs=-1, metavar="PROJECT[,PROJECT…] TEXT…|-", type=click.UNPROCESSED)
@click.pass_context
def command(
    context: click.Context,
    path: Path,
    author: str | None,
    at: str | None,
    key: str | None,
    timeout: float,
    no_wait: bool,
    begins: bool,
    begun: str | None,
    failed: bool,
    best_effort: bool,
    as_json: bool,
    words: tuple[str, ...],
) -> None:
    """Log TEXT, or what comes by standard input, and print where it stands on the wiki.

    Options stand before PROJECT: all behind it is TEXT.

    \b
    Examples:  labsbot log tools restarted the web service
               make deploy 2>&1 | tail -1 | labsbot log --as alice tools,bots -
               id=$(labsbot log --begin tools moving the database); …; labsbot log --end $id

    \b
    Exit status:  0   it is on the wiki (with --no-wait: it is kept)
                  75  it is kept, and not on the wiki within --timeout; its id is printed
                  1   it is refused, or could not be kept; why is on standard error
    """
    if best_effort:
        _end_in_time()
    text = functools.partial(_text, context)
    given: dict[str, object]
    if begun is not None:
        if begins or author or at:
            raise click.UsageError("--end goes with --failed and TEXT alone: all else was said at the beginning")
        verb, given = "end", {"id": utf8(begun), "how": "failed" if failed else "done", "words": text(words)}
    else:
        if failed or (begins and at):
            raise click.UsageError("--failed goes with --end, and --at does not go with --begin: that is now")
        if len(words) < 2:
            raise click.UsageError(f"Missing argument '{'TEXT…' if words else 'PROJECT'}'.")
        verb, given = "begin" if begins else "log", {"projects": names(words[0]), "message": text(words[1:])}
        given |= {name: utf8(value) for name, value in (("author", author or caller()), ("at", at)) if value}
    given["key"] = uuid.uuid4().hex if key is None else utf8(key)
    try:
        submit(path, verb, given, Receiving(timeout, no_wait or begins, as_json))
    except SystemExit as end:
        if not best_effort:
            raise end
        signal.setitimer(signal.ITIMER_REAL, 0)  # while Python ends, nobody would answer it
        sys.exit(0)


def _text(context: click.Context, words: tuple[str, ...]) -> str:
    if words[:1] != ("-",):
        return text_of(context, words)
    if len(words) > 1:
        raise click.UsageError("- stands alone: the message is standard input, or it is TEXT")
    if sys.stdin is None:
        raise click.UsageError("standard input is closed, and was to be the message")
    raw = sys.stdin.buffer.read(LONGEST + 1)
    if len(raw) > LONGEST:
        fail(FAILED, f"Not logged: standard input holds more than {LONGEST} bytes.")
    return raw.replace(b"\0", b"").decode("utf-8", "replace")


def _end_in_time() -> None:
    """Whatever hangs, end before anybody waits: what is kept is kept, and the rest is given up."""

    def end(number: int, frame: object) -> NoReturn:
        os.write(2, b"labsbot: not done in time; it goes on without\n")
        os._exit(0)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, BEST_EFFORT)
