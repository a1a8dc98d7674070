"""What the front desk says, in words: refusals, and answers to what people ask. Pure.

An answer is one line for IRC, says what to do, and holds nothing that was typed but a name, and of that not too much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from labsbot.desk.flood import FirstOver
from labsbot.projects import Retired, UnknownProject, Unsure
from labsbot.settings import SecretShape, Words

LONGEST_ECHOED = 40
"""Characters of a name that nobody knows which are said back."""
MOST_NAMED = 10
MOST_NAMED_BYTES = 200
"""So many projects are named, and in so many bytes."""


def cannot_read(operator: str) -> str:
    return (
        "I cannot tell who said that. Leave out any < or >. If that does not help, ask"
        f" {operator} to set how names are written here (relays: form)."
    )


def no_project(found: Retired | UnknownProject | Unsure, typed: str) -> str:
    """Why nothing goes there; `typed` is how to type what was asked."""
    if isinstance(found, Retired):
        return f"{found.name} is retired: {found.hint}"
    name = found.name if len(found.name) <= LONGEST_ECHOED else f"{found.name[:LONGEST_ECHOED]}…"
    if isinstance(found, Unsure):
        return f"I do not know yet whether “{name}” is a project: {found.cause}. Try again later."
    return f"there is no project “{name}”. {found.guess or f'Type {typed}'}"


def help_with(typed: str, words: Words, bound: bool, title: str, wiki: str) -> str:
    """How to log, now and afterwards, to one log and to several; the other commands, and where it is written."""
    said = [f"{typed}."]
    if words.log is not None:
        said.append(f"Done earlier: {words.log} 14:05 … or {words.log} -15m …")
        said += [] if bound else [f"Several logs: {words.log} <project>,<project> …"]
    if words.undo or words.amend:
        said.append(f"To correct: {_listed(words.undo, words.amend and f'{words.amend} <new text>')}.")
    if words.last or words.sal:
        said.append(f"To read: {_listed(words.last, words.sal)}.")
    return f"{' '.join(said)} Entries go to “{title}” on {wiki}."


def _listed(*words: str | None) -> str:
    return ", ".join(word for word in words if word)


def projects(project: str | None, in_use: Sequence[str], more: bool, title: str, wiki: str) -> str:
    """Which projects there are (`more`: some are not known), and where their logs are; `project`: the channel's own."""
    where = f"“{title}” on {wiki}"
    if project is not None:
        return f"Entries from here go to {project}: {where}."
    if not in_use:
        return f"{'I have no list of projects' if more else 'There are no projects yet'}. Logs are at {where}."
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


def change(typed: Sequence[str], title: str, wiki: str) -> str:
    """That nothing was taken back or changed, and how to."""
    return f"Nothing changed{'.' if typed else ':'} {to_change(typed, title, wiki)}"


def to_change(typed: Sequence[str], title: str, wiki: str) -> str:
    """How to take back or change an entry: by what is `typed`, as far as that is taken here."""
    if not typed:
        return f"I take no corrections here. Edit “{title}” on {wiki}, or log what is right."
    return f"Type {'; or '.join(typed)}."


def where(project: str | None, address: str | None, title: str, wiki: str) -> str:
    """Where a log is: at its `address`, if one is known."""
    if project is None:
        return f"Logs are at “{title}” on {wiki}."
    return f"The log of {project}: {address or f'“{title}” on {wiki}'}"


def where_entry(entry_id: str, is_known: bool, address: str | None) -> str:
    """Where an entry is: at its `address`, if it stands somewhere."""
    if not is_known:
        return f"I know no entry {entry_id} here."
    return f"{entry_id}: {address}" if address else f"{entry_id} is not on the wiki yet."


def nothing_yet(project: str | None, title: str, wiki: str) -> str:
    of = "here" if project is None else f"for {project}"
    return f"I have logged nothing {of} yet. What others wrote is at “{title}” on {wiki}."


@dataclass(frozen=True, slots=True)
class Whose:
    """In words, who has used up a limit together."""

    source: str = ""
    """From where the lines, or entries, come."""
    together: str = ""
    """For whom the limit is."""
    try_again: str = "Try again"
    """What helps, up to when."""

    @classmethod
    def of_relay(cls, relay: str) -> Whose:
        return cls(f" by way of {relay}", " for everybody there together")


YOURS = Whose()
HOSTS = Whose(" from your host", " for everybody there without an account", "Log in to services, or try again")


def too_many_lines(over: FirstOver, seconds: float, whose: Whose, wait: timedelta) -> str:
    most = f"at most {over.most} {_per(seconds)} here{whose.together}"
    again = f"{whose.try_again} in {_at_most(wait)}"
    return f"too many lines{whose.source}: {most}. {again}.{_once(over)}"


def too_many_at_once(lines: int, most: int, seconds: float) -> str:
    return f"these are {lines} lines at once: at most {most} {_per(seconds)} here. Send fewer at once."


def too_many_bytes(over: FirstOver, whose: Whose, wait: timedelta) -> str:
    most = f"at most {_size(over.most)} an hour on the page{whose.together}"
    again = f"{whose.try_again} in {_at_most(wait)}; a shorter one may fit now"
    return f"too much text{whose.source}: {most}. {again}.{_once(over)}"


def _once(over: FirstOver) -> str:
    if over.each_time:
        return ""
    return " I will not say so again to anybody." if over.for_all else " I will not say so again."


def too_large(much: int, most: int) -> str:
    return f"it is too long: {_size(much)} on the page, at most {_size(most)} an hour. Use fewer words."


def secret(channel: str, shape: SecretShape) -> str:
    """`channel` is where others could read it; empty: nowhere."""
    if not channel:
        return f"the message seems to contain {shape.name}. Nothing of it is kept: log again without it."
    return (
        f"your message in {channel} seems to contain {shape.name}. I kept nothing of it, but others could read it:"
        " change it, then log again without it."
    )


def journal_fails(operator: str) -> str:
    return f"the journal cannot be written. Tell {operator}, then say it again."


def _size(number: int) -> str:
    return f"{number} bytes" if number < 1000 else f"{number / 1000:.3g} KB"


_PER = {1.0: "a second", 60.0: "a minute", 3600.0: "an hour", 86400.0: "a day"}
_UNITS = ((3600, "h"), (60, "min"), (1, "s"))


def _per(seconds: float) -> str:
    """“a minute”, “in 30 s”."""
    if seconds in _PER:
        return _PER[seconds]
    size, unit = next((each for each in _UNITS if seconds % each[0] == 0), _UNITS[-1])
    return f"in {seconds / size:g} {unit}"


def _at_most(wait: timedelta) -> str:
    """Rounded up: who came a little early would be refused."""
    seconds = wait.total_seconds()
    size, unit = next((each for each in _UNITS if seconds > 2 * each[0]), _UNITS[-1])
    return f"{math.ceil(seconds / size)} {unit}"
