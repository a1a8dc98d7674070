"""What the front desk says, in words: refusals, and answers to what people ask. Pure.

An answer is one line for IRC, says what to do, and holds nothing that was typed but a name, and of that not too much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from labsbot.desk.command import form
from labsbot.desk.flood import FirstOver
from labsbot.projects import Retired, UnknownProject, Unsure
from labsbot.settings import SecretShape

LONGEST_ECHOED = 40
"""Characters of a name that nobody knows which are said back."""
MOST_NAMED = 10
MOST_NAMED_BYTES = 200
"""So many projects are named, and in so many bytes."""


def cannot_read(operator: str) -> str:
    return (
        "I cannot read who said that. If there is a < or > in it, leave that out; else ask"
        f" {operator} to set how names are written here (relays: form)."
    )


def no_project(found: Retired | UnknownProject | Unsure, example: str | None) -> str:
    if isinstance(found, Retired):
        return f"{found.name} is retired: {found.hint}"
    name = found.name if len(found.name) <= LONGEST_ECHOED else f"{found.name[:LONGEST_ECHOED]}…"
    if isinstance(found, Unsure):
        return f"I cannot tell yet whether there is a project “{name}”: {found.cause}. Say it again later."
    if found.nearest:
        return f"there is no project “{name}”. Did you mean {' or '.join(found.nearest)}?"
    return f"there is no project “{name}”. Type {form(False, example)}"


def help_with(project: str | None, title: str, wiki: str, example: str | None) -> str:
    """How to log, and where it is written; `project`: the channel's own."""
    return f"{form(project is not None, example)}. It is written to “{title}” on {wiki}."


def projects(project: str | None, in_use: Sequence[str], more: bool, title: str, wiki: str) -> str:
    """Which projects there are (`more`: some are not known), and where their logs are; `project`: the channel's own."""
    where = f"“{title}” on {wiki}"
    if project is not None:
        return f"What is logged here goes to {project}: {where}."
    if not in_use:
        return f"I know no projects by name{'; others may be there' if more else ''}. Logs are at {where}."
    named: list[str] = []
    for name in sorted(in_use, key=str.casefold)[:MOST_NAMED]:
        if named and len(", ".join([*named, name]).encode()) > MOST_NAMED_BYTES:
            break
        named.append(name)
    rest = len(in_use) - len(named)
    more_words = [f"{rest} more"] if rest else []
    more_words += ["others"] if more else []
    listed = ", ".join(named) + (f" and {' and '.join(more_words)}" if more_words else "")
    return f"Projects: {listed}. Their logs: {where}."


def last(title: str, wiki: str) -> str:
    return f"I cannot read the log out yet; it is at “{title}” on {wiki}."


def change(title: str, wiki: str) -> str:
    return f"I cannot take back or change an entry yet. Edit “{title}” on {wiki}, or log what is right."


@dataclass(frozen=True, slots=True)
class Whose:
    """In words, who has used up a limit together."""

    lines: str
    """Behind a number of lines."""
    entries: str
    all: str
    """From whom nothing is taken now."""

    @classmethod
    def of_relay(cls, relay: str) -> Whose:
        way = f"by way of {relay}"
        return cls(f" {way}, from everybody there together,", f"all entries {way} together", "you there")


YOURS = Whose("", "your entries", "you here")
HOSTS = Whose(
    " from your host, from everybody without an account together,",
    "the entries of everybody without an account on your host together",
    "you here without an account",
)


def flooded(over: FirstOver, seconds: float, whose: Whose, wait: timedelta) -> str:
    return (
        f"more than {_lines(over.most)} in {_exactly(seconds)}{whose.lines} are too many here. Go on in"
        f" {_at_most(wait)}; until then I take nothing from {whose.all}, and {_silence(over)}."
    )


def too_many_bytes(over: FirstOver, whose: Whose, wait: timedelta) -> str:
    return (
        f"{whose.entries} would take more than {_size(over.most)} of the page within an hour. Say less, or go on in"
        f" {_at_most(wait)}; until then I take only what still fits, and {_silence(over)}."
    )


def _silence(over: FirstOver) -> str:
    return "do not say so again to anybody" if over.for_all else "do not say so again"


def too_large(much: int, most: int) -> str:
    return f"it would take {_size(much)} of the page, and {_size(most)} an hour are the most. Say it in fewer words."


def secret(channel: str, shape: SecretShape) -> str:
    return (
        f"what you said in {channel} seems to hold {shape.name}. I keep nothing of it, but others have read it"
        " there: change it. Without it, say it again."
    )


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number} lines"


def _size(number: int) -> str:
    return f"{number} bytes" if number < 1000 else f"{number / 1000:.3g} KB"


_UNITS = ((3600, "h"), (60, "min"), (1, "s"))


def _exactly(seconds: float) -> str:
    size, unit = next((each for each in _UNITS if seconds % each[0] == 0), _UNITS[-1])
    return f"{seconds / size:g} {unit}"


def _at_most(wait: timedelta) -> str:
    """Rounded up: who came a little early would be refused."""
    seconds = wait.total_seconds()
    size, unit = next((each for each in _UNITS if seconds > 2 * each[0]), _UNITS[-1])
    return f"{math.ceil(seconds / size)} {unit}"
