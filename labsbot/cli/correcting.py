"""Makes the commands that correct one entry: its id, words behind that, and how to wait for what comes of it."""

from __future__ import annotations

from pathlib import Path

import click

from labsbot.cli.arguments import text_of, utf8
from labsbot.cli.loading import as_json as json_option
from labsbot.cli.loading import configuration
from labsbot.cli.submitting import Receiving, no_wait, submit, timeout


def correction(verb: str, given: str, metavar: str, help: str, required: bool = False) -> click.Command:
    """The command that asks the desk for this `verb`; `given` is what the words behind the ID are to it."""

    @click.command(verb, help=help, context_settings={"allow_interspersed_args": False})
    @configuration
    @timeout
    @no_wait
    @json_option
    @click.argument("entry_id", metavar="ID")
    @click.argument("words", nargs=-1, metavar=metavar, type=click.UNPROCESSED, required=required)
    @click.pass_context
    def command(
        context: click.Context,
        path: Path,
        timeout: float,
        no_wait: bool,
        as_json: bool,
        entry_id: str,
        words: tuple[str, ...],
    ) -> None:
        asked = {"id": utf8(entry_id), given: text_of(context, words)}
        submit(path, verb, asked, Receiving(timeout, no_wait, as_json))

    return command
