"""What all commands share: which configuration, what is said of one that is wrong, and how a command fails.

The rooms that take long to load are loaded by the commands that need them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from labsbot.config import Loaded
    from labsbot.settings import Settings

FAILED, REFUSED, KEPT, MISCONFIGURED = 1, 69, 75, 78

USUAL_PLACE = Path("/etc/labsbot/labsbot.yaml")
_BEFORE_COMMAND = "labsbot.configuration"


def _remember(context: click.Context, parameter: click.Parameter, path: Path | None) -> None:
    context.meta[_BEFORE_COMMAND] = path


def named_anywhere(context: click.Context, parameter: click.Parameter, path: Path) -> Path:
    """What is named behind the command, else before it, else elsewhere. What a group is told, its commands are."""
    before = context.meta.get(_BEFORE_COMMAND)
    is_typed = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    named = path if is_typed or before is None else Path(before)
    context.meta[_BEFORE_COMMAND] = named
    return named


configuration_before_command = click.option(
    "-c",
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_remember,
    help="The configuration; it may stand behind the command as well.",
)
configuration = click.option(
    "-c",
    "--config",
    "path",
    envvar="LABSBOT_CONFIG",
    default=USUAL_PLACE,
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=named_anywhere,
    help=f"The configuration (YAML); without it, the file that $LABSBOT_CONFIG names, else {USUAL_PLACE}.",
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
        misconfigured(path, *failure.problems)
    warn_of(loaded.warnings if warn else ())
    return loaded.settings


def misconfigured(path: Path, *problems: object) -> NoReturn:
    """End with what is wrong with the configuration; where nobody has named one, say how to."""
    for problem in problems:
        click.echo(str(problem), err=True)
    if path == USUAL_PLACE and not path.exists():
        click.echo("labsbot: name your configuration by -c FILE or $LABSBOT_CONFIG; `labsbot init` makes one", err=True)
    sys.exit(MISCONFIGURED)


def fail(status: int, words: str) -> NoReturn:
    click.echo(f"labsbot: {words}", err=True)
    sys.exit(status)


def warn_of(flaws: Iterable[object]) -> None:
    """Say what is not as it should be; it goes on all the same."""
    for words in flaws:
        click.echo(f"warning: {words}", err=True)
