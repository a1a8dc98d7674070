"""``labsbot log``: not there yet."""

from __future__ import annotations

import click

from labsbot.cli.loading import fail


@click.command("log", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def command(words: tuple[str, ...]) -> None:
    """(not yet) Log from a script."""
    fail(2, "logging from a script is not there yet: say it in the channel")
