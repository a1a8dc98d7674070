"""Change the lines of entries that were taken back or amended, and no line that people have edited.

A text comes in with what was changed about entries in it; the text with their lines as they are to stand goes out, and
what became of each change. See the decision "What counts as edited by people".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from labsbot.model import Delivery
from labsbot.settings import PageSettings
from labsbot.wikitext.entry import ITEM, render
from labsbot.wikitext.standing import ids_anchored, standing


@dataclass(frozen=True, slots=True)
class Corrected:
    """The new wikitext of a section, or of a page, and what became of each delivery."""

    text: str
    done: tuple[Delivery, ...]
    """Carried, or standing there already."""
    edited: tuple[Delivery, ...]
    """People have edited the line of their entry: it is left alone."""
    missing: tuple[Delivery, ...]
    """Their entry has no line here."""
    carried: tuple[Delivery, ...]
    """Of those that are done: the old text did not have them."""
    places: tuple[int, ...]
    """Of each that is carried, where its entry's line begins in the old text."""


def correct(
    text: str, settings: PageSettings, deliveries: Sequence[Delivery], unedited: Mapping[str, str]
) -> Corrected:
    """Return the text in which the entry of each delivery stands with what that changes; all else is as it was.

    What was changed about an entry later than its last delivery here is not written yet: the wiki may refuse that.
    `unedited` holds, by an entry's id, its line in the revision in which we wrote it last (see `line_of`): the wiki may
    store another than we would render now.
    """
    owed: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        owed.setdefault(delivery.entry.id, []).append(delivery)
    lines = _lines_of(owed.keys(), text, settings)
    new_lines: list[tuple[_EntryLine, str]] = []
    done: list[Delivery] = []
    edited: list[Delivery] = []
    missing: list[Delivery] = []
    carried: list[tuple[Delivery, int]] = []
    for entry_id, all_owed in owed.items():
        wanted = max(all_owed, key=_step)
        steps = {entry_id: 0} | {change.id: step for step, change in enumerate(wanted.changes, 1)}
        # In two logs that are one page, different changes may be held up: what this one lacks has its own turn.
        several = [delivery for delivery in all_owed if delivery.id in steps]
        reached = [max(step for each, step in steps.items() if each in line.anchored) for line in lines[entry_id]]
        if not reached:
            missing += several
            continue
        furthest = max(reached)
        done += [delivery for delivery in several if steps[delivery.id] <= furthest]
        new = [delivery for delivery in several if steps[delivery.id] > furthest]
        as_we_left = {_bare(render(settings, replace(wanted, changes=wanted.changes[:furthest])))}
        if entry_id in unedited:
            as_we_left.add(_bare(unedited[entry_id]))
        candidates = (line for line, step in zip(lines[entry_id], reached, strict=True) if step == furthest)
        ours = next(
            (line for line in candidates if line.alone and _bare(text[line.start : line.end]) in as_we_left), None
        )
        if ours is None:
            edited += new
        elif new:
            new_lines.append((ours, render(settings, replace(wanted, changes=wanted.changes[: _step(wanted)]))))
            carried += [(delivery, ours.start) for delivery in new]
    sent = tuple(delivery for delivery, _ in carried)
    places = tuple(place for _, place in carried)
    return Corrected(_replaced(text, new_lines), (*done, *sent), tuple(edited), tuple(missing), sent, places)


def _step(delivery: Delivery) -> int:
    """How many changes its entry's line has once it is done, as far as it alone goes."""
    return 0 if delivery.change is None else delivery.changes.index(delivery.change) + 1


@dataclass(frozen=True, slots=True)
class _EntryLine:
    """A line in which an entry stands."""

    start: int
    end: int
    anchored: Set[str]
    """All ids of which it has an anchor."""
    alone: bool
    """No other entry has one in it."""

    @classmethod
    def of(cls, text: str, start: int, end: int) -> _EntryLine:
        anchored = ids_anchored(text[start:end])
        return cls(start, end, anchored, sum(each.startswith("sal-") for each in anchored) == 1)


def _lines_of(entries: Set[str], text: str, settings: PageSettings) -> dict[str, list[_EntryLine]]:
    """By an entry's id, the lines in which it stands, in page order: people may have copied it."""
    lines: dict[str, list[_EntryLine]] = {entry_id: [] for entry_id in entries}
    if not any(entry_id in text for entry_id in entries):
        return lines
    line = None
    for found in standing(text, settings):
        if found.id in lines:
            if line is None or line.start != found.start:
                line = _EntryLine.of(text, found.start, found.end)
            if line not in lines[found.id][-1:]:
                lines[found.id].append(line)
    return lines


def _bare(line: str) -> str:
    """A line as it is compared: blanks behind it, and those behind its bullet, are nobody's edit."""
    line = line.rstrip()
    return ITEM + line[1:].lstrip() if line.startswith(ITEM[0]) else line


def _replaced(text: str, new_lines: list[tuple[_EntryLine, str]]) -> str:
    parts = []
    done = 0
    for line, new in sorted(new_lines, key=lambda each: each[0].start):
        parts += [text[done : line.start], new]
        done = line.end
    return "".join(parts) + text[done:]
