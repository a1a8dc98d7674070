"""Arguments of the command line as they are meant. Loads nothing, for `labsbot during` starts its command at once."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import Any

import click


class _Seconds(click.FloatRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):  # is in every range, and would wait for nothing
            self.fail(f"{value!r} is no number.", param, ctx)
        return float(seconds)


SECONDS = _Seconds(min=0)


def utf8(argument: str) -> str:
    """An argument of the command line, whatever bytes it was made of."""
    return os.fsencode(argument).decode("utf-8", "replace")


def caller() -> str | None:
    """Whoever called sudo, if anybody did."""
    return os.environ.get("SUDO_USER") if os.geteuid() == 0 else None


def names(projects: str) -> list[str]:
    """Projects as they are typed."""
    return re.split("[,，、]", utf8(projects))


def text_of(context: click.Context, words: Sequence[str]) -> str:
    """What is typed behind what a command is about. One of its own options there is taken for a slip, unless ``--``
    stands first: it ends the command. What is short, or asks for help, is one only where it stands first: texts are
    about commands."""
    if words and words[0] == "--":
        return utf8(" ".join(words[1:]))
    ours = {name for each in context.command.params if isinstance(each, click.Option) for name in each.opts}
    slips = [word for word in words if word.startswith("--") and word.partition("=")[0] in ours]
    slips += [word for word in words[:1] if word in {*ours, *context.help_option_names}]
    if slip := next(iter(slips), None):
        raise click.UsageError(f"{slip} is text there: options stand first. If it is meant as text, put -- before it.")
    return utf8(" ".join(words))
