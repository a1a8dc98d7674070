"""``labsbot amend``: an operator puts another text in the place of an entry's, whoever logged it."""

from __future__ import annotations

from pathlib import Path

import click

from labsbot.cli.arguments import text_of, utf8
from labsbot.cli.loading import as_json as json_option
from labsbot.cli.loading import configuration
from labsbot.cli.submitting import Receiving, no_wait, submit, timeout


@click.command("amend", context_settings={"allow_interspersed_args": False})
@configuration
@timeout
@no_wait
@json_option
@click.argument("entry_id", metavar="ID")
@click.argument("text", nargs=-1, metavar="TEXT…", type=click.UNPROCESSED, required=True)
@click.pass_context
def command(
    context: click.Context,
    path: Path,
    timeout: float,
    no_wait: bool,
    as_json: bool,
    entry_id: str,
    text: tuple[str, ...],
) -> None:
    """Put TEXT in the place of what an entry says; the page's history keeps the old words.

    ID is the entry's, or a link that ends with it. Exit status as of `labsbot log`.

    \b
    Example:  labsbot amend sal-20261122143001-1967f3a restarted web-2, not web-1
    """
    given = {"id": utf8(entry_id), "message": text_of(context, text)}
    submit(path, "amend", given, Receiving(timeout, no_wait, as_json))
