"""Change the lines of entries that were taken back or amended, and no line that people have edited.

A text comes in with what was changed about entries in it; the text with their lines as they are to stand goes out, and
what became of each change. See the decision "What counts as edited by people". Only what is removed for good goes from
a line whoever has edited it: see "A text that is removed leaves with all that was made of it".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from labsbot.model import Delivery
from labsbot.settings import PageSettings
from labsbot.wikitext.entry import ANCHOR, ITEM, render
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

    What was changed about an entry later than its last delivery here is not written yet: the wiki may refuse that. What
    was held up, and overtaken by a later change, is written with that.
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
        found = [_Reached.of(line, text, settings, wanted, steps, unedited.get(entry_id)) for line in lines[entry_id]]
        if not found:
            missing += several
            continue
        if wanted.redaction is not None:
            lacking = [each.line for each in found if wanted.redaction.id not in each.line.anchored]
            removed = [(line, without_message(text[line.start : line.end], settings, wanted)) for line in lacking]
            if any(new is None for _, new in removed):
                edited += several
            elif lacking:
                new_lines += [(line, new) for line, new in removed if new is not None]
                carried += [(delivery, lacking[0].start) for delivery in several]
            else:
                done += several
            continue
        furthest = max(each.step for each in found)
        ours = next((each for each in found if each.step == furthest and each.as_we_left), None)
        held_up = [] if ours else [each for each in several if 0 < steps[each.id] < furthest]
        if held_up:  # if the line is as we left it without them, they are not in it
            lacks = [each.change for each in held_up]
            without = tuple(change for change in wanted.changes[:furthest] if change not in lacks)
            overtaken = _bare(render(settings, replace(wanted, changes=without)))
            ours = next((each for each in found if each.line.alone and each.bare == overtaken), None)
            held_up = held_up if ours else []
        done += [each for each in several if steps[each.id] <= furthest and each not in held_up]
        new = [each for each in several if steps[each.id] > furthest or each in held_up]
        if ours is None:
            edited += new
        elif new:
            reach = max(_step(wanted), furthest)
            line = ours.line
            new_lines.append((line, render(settings, replace(wanted, changes=wanted.changes[:reach]))))
            carried += [(delivery, line.start) for delivery in new]
    sent = tuple(delivery for delivery, _ in carried)
    places = tuple(place for _, place in carried)
    return Corrected(_replaced(text, new_lines), (*done, *sent), tuple(edited), tuple(missing), sent, places)


_ENTRY = re.compile(ANCHOR)
_BULLETS = re.compile(r"[*#:;]*+[ \t]*+")
_PAIRS = (("{{", "}}"), ("[[", "]]"), ("<!--", "-->"), ("<nowiki>", "</nowiki>"))


def without_message(line: str, settings: PageSettings, redacted: Delivery) -> str | None:
    """The line in which a redacted entry stands, without anything that was ever said there; what else stands in it
    before and behind other entries stays. None: it goes on in other lines, and cannot be changed alone."""
    if any(line.count(begin) != line.count(end) for begin, end in _PAIRS):
        return None
    stub = render(settings, redacted).removeprefix(ITEM)
    anchors = [(_element(line, found.start()), found["id"]) for found in _ENTRY.finditer(line)]
    if {entry_id for _, entry_id in anchors} == {redacted.entry.id}:
        bullets = _BULLETS.match(line)
        return (bullets[0] if bullets else "") + stub
    begin = next(place for place, entry_id in anchors if entry_id == redacted.entry.id)
    end = next((place for place, entry_id in anchors if place > begin and entry_id != redacted.entry.id), None)
    return line[:begin] + stub if end is None else f"{line[:begin]}{stub} {line[end:]}"


def _element(line: str, anchor: int) -> int:
    """Where the element begins to which an anchor belongs; a template begins with it."""
    return anchor if line.startswith("{{", anchor) else max(line.rfind("<", 0, anchor), 0)


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


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far a line has come."""

    line: _EntryLine
    bare: str
    step: int
    """Up to which of the changes it has an anchor."""
    as_we_left: bool
    """It is as we would write it so far, or as we have written it."""

    @classmethod
    def of(
        cls,
        line: _EntryLine,
        text: str,
        settings: PageSettings,
        wanted: Delivery,
        steps: Mapping[str, int],
        written: str | None,
    ) -> _Reached:
        bare = _bare(text[line.start : line.end])
        step = max(step for each, step in steps.items() if each in line.anchored)
        ours = {_bare(render(settings, replace(wanted, changes=wanted.changes[:step])))}
        ours |= set() if written is None else {_bare(written)}
        return cls(line, bare, step, line.alone and bare in ours)


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
