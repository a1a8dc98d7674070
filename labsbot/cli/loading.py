"""What all commands share: which configuration, what is said of one that is wrong, and how a command fails.

The rooms that take long to load are loaded by the commands that need them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from labsbot.config import Loaded
    from labsbot.settings import Settings

FAILED, REFUSED, KEPT, MISCONFIGURED = 1, 69, 75, 78

configuration = click.option(
    "-c",
    "--config",
    "path",
    envvar="LABSBOT_CONFIG",
    default=Path("/etc/labsbot/labsbot.yaml"),
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The configuration (YAML); without it, the file that $LABSBOT_CONFIG names, else /etc/labsbot/labsbot.yaml.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


@contextlib.contextmanager
def much_is_loaded() -> Iterator[None]:
    """Meanwhile Python looks for no garbage: modules leave next to none, and to look through them again and again takes
    a fifth of the time. What was loaded is not looked through later either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def load(path: Path, reads_secrets: bool = True) -> Loaded:
    """Raises ConfigurationError."""
    from labsbot import config

    return config.load(path, os.environ, os.environ.get("CREDENTIALS_DIRECTORY"), reads_secrets)


def settings_of(path: Path, reads_secrets: bool = True, warn: bool = True) -> Settings:
    """Where something is wrong, say what and end; where something is hardly meant so, say so and go on."""
    from labsbot.config import ConfigurationError

    try:
        loaded = load(path, reads_secrets)
    except ConfigurationError as failure:
        for problem in failure.problems:
            click.echo(str(problem), err=True)
        sys.exit(MISCONFIGURED)
    for warning in loaded.warnings if warn else ():
        click.echo(f"warning: {warning}", err=True)
    return loaded.settings


def fail(status: int, words: str) -> NoReturn:
    click.echo(f"labsbot: {words}", err=True)
    sys.exit(status)


def warn_of_what_is_missing(settings: Settings) -> None:
    from labsbot.service.extras import missing

    for words in missing(settings):
        click.echo(f"warning: {words}", err=True)
