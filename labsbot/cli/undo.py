"""``labsbot undo``: an operator takes an entry back, whoever logged it."""

from __future__ import annotations

from pathlib import Path

import click

from labsbot.cli.arguments import text_of, utf8
from labsbot.cli.loading import as_json as json_option
from labsbot.cli.loading import configuration
from labsbot.cli.submitting import Receiving, no_wait, submit, timeout


@click.command("undo", context_settings={"allow_interspersed_args": False})
@configuration
@timeout
@no_wait
@json_option
@click.argument("entry_id", metavar="ID")
@click.argument("reason", nargs=-1, metavar="[REASON…]", type=click.UNPROCESSED)
@click.pass_context
def command(
    context: click.Context,
    path: Path,
    timeout: float,
    no_wait: bool,
    as_json: bool,
    entry_id: str,
    reason: tuple[str, ...],
) -> None:
    """Take an entry back: on the wiki it stays readable, struck, with who, when and REASON.

    ID is the entry's, or a link that ends with it. Exit status as of `labsbot log`.

    \b
    Example:  labsbot undo sal-20261122143001-1967f3a wrong host
    """
    given = {"id": utf8(entry_id), "reason": text_of(context, reason)}
    submit(path, "undo", given, Receiving(timeout, no_wait, as_json))
