"""What the bot accepted comes in; how its line may look on a page, and how it has to look at the end, goes out.

In words of the checker's own: a line is the entry as it was said, or as far as it was changed by then. Of what was
amended the last text counts; what was taken back is struck, with who did it, when and why behind it. A change that was
given up, or that people's own edits kept from a page, is no part of the line there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

STRIKE, AMEND = "strike", "amend"
DELIVERED, DROPPED, LEFT = "delivered", "dropped", "left"
"""States of what is owed to a log, as far as they matter here."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody has changed about an entry, as the journal has it."""

    id: str
    kind: str
    text: str
    """The new message, or the reason."""
    channel: str
    nick: str
    said: str
    sequence: int
    """Entries and changes are counted together, in the order in which they were accepted."""
    states: Mapping[str, str]
    """By project, what became of it there."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry as the journal has it."""

    id: str
    channel: str
    nick: str
    message: str
    said: str
    accepted: str
    late: bool
    sequence: int
    log_day: str
    states: Mapping[str, str]
    """By project, in the order in which they were named, what became of it there."""
    corrections: tuple[Correction, ...] = ()
    """In the order in which they were accepted."""

    @property
    def projects(self) -> str:
        """As they were typed."""
        return ",".join(self.states)


def wanted(entry: Accepted, projects: Iterable[str]) -> str:
    """The line as it is to stand at the end, on a page that these logs of the entry share."""
    projects = list(projects)
    return _line(entry, [each for each in entry.corrections if DELIVERED in (each.states.get(p) for p in projects)])


def steps(entry: Accepted) -> dict[str, int]:
    """All forms in which the bot may ever have written the line; by each, the last change in it (0: none)."""
    found = {_line(entry, []): 0}
    for number, last in enumerate(entry.corrections, 1):
        before = entry.corrections[: number - 1]
        # One of those before may have been kept from a page, so any of their texts may stand there.
        for some in ((), *((each,) for each in before if each.kind == AMEND)):
            found[_line(entry, [*some, last])] = number
    return found


def _line(entry: Accepted, corrections: Sequence[Correction]) -> str:
    text = next((each.text for each in reversed(corrections) if each.kind == AMEND), entry.message)
    last = corrections[-1] if corrections else None
    strike = next((each for each in reversed(corrections) if each.kind == STRIKE), None)
    marks = ""
    if strike:
        clock = strike.said[11:16] if strike.said[:10] == entry.log_day else f"{strike.said[:10]} {strike.said[11:16]}"
        reason = f": {strike.text}" if strike.text else ""
        text, marks = f"<s>{text}</s>", f' <small id="{strike.id}">taken back {clock} by {strike.nick}{reason}</small>'
    if last and last is not strike:
        marks += f'<span id="{last.id}"></span>'
    return f'* <span id="{entry.id}">[[#{entry.id}|{entry.said[11:16]}]]</span> {entry.nick}: {text}{marks}'
