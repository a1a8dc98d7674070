"""Options of the commands that live until a signal ends them: what they log, and in which form."""

from __future__ import annotations

import functools
import logging
import pkgutil
from collections.abc import Callable

import click

import labsbot
from labsbot.edge.logs import LogSettings

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def log_options(command: Callable[..., None]) -> Callable[..., None]:
    """Hand the command its `log_settings`."""

    @click.option("--verbose", "level", flag_value=logging.DEBUG, type=int, help="Log more than is usually of use.")
    @click.option("--quiet", "level", flag_value=logging.WARNING, type=int, help="Log nothing that is as it should be.")
    @click.option(
        "--log-level",
        "levels",
        metavar="ROOM=LEVEL",
        multiple=True,
        callback=_levels,
        help=f"The same for one room, such as irc=debug: {', '.join(LEVELS)}. May be given several times.",
    )
    @click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="For people, or a line of JSON for each.",
    )
    @functools.wraps(command)
    def with_settings(
        *args: object, level: int | None, levels: tuple[tuple[str, int], ...], log_format: str, **given: object
    ) -> None:
        settings = LogSettings(level or logging.INFO, levels, as_json=log_format == "json")
        command(*args, log_settings=settings, **given)

    return with_settings


def _levels(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    rooms = sorted(each.name for each in pkgutil.iter_modules(labsbot.__path__) if each.ispkg)
    found = []
    for each in given:
        room, _, level = each.partition("=")
        if room not in rooms or level.lower() not in LEVELS:
            words = f"expected ROOM=LEVEL, a room of {', '.join(rooms)} and a level of {', '.join(LEVELS)}"
            raise click.BadParameter(words)
        found.append((room, LEVELS[level.lower()]))
    return tuple(found)
