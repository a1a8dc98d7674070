"""What is known of a page and what is due to it come in; the one edit to be sent next comes out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from labsbot import wikitext
from labsbot.delivery.known_pages import Copy
from labsbot.model import Conflict, Delivery, Edit, Page
from labsbot.settings import PageSettings


@dataclass(frozen=True, slots=True)
class Plan:
    page: Page
    edit: Edit | None
    """None: all of it stands there already."""
    carried: tuple[Delivery, ...]
    copy: Copy | None
    """The copy that will be true if the wiki confirms the edit as the successor of its base."""
    doubtful: tuple[Delivery, ...] = ()
    """Not carried: the page has an anchor of theirs, but not in an entry."""
    left: tuple[Delivery, ...] = ()
    """Not carried: what people have made of their lines stays."""
    elsewhere: tuple[Delivery, ...] = ()
    """Not carried: their lines were written on another page than this, to which theirs leads by now."""
    why: str = ""
    """What they have made of them, in words for those who asked for the change."""
    written: int | None = None
    """Where there is no edit, the revision by which we wrote what is carried, if that is known."""


@dataclass(frozen=True, slots=True)
class Range:
    """The part of a page for which a text has to be read, and what goes there."""

    place: wikitext.InsertPoint
    carried: tuple[Delivery, ...]


def of_one_kind(due: Sequence[Delivery]) -> list[Delivery]:
    """What of it goes into one edit: corrections alone, or entries, each with what was changed about it meanwhile."""
    if due[0].is_correction:
        return [delivery for delivery in due if delivery.is_correction]
    entries = {delivery.entry.id for delivery in due if delivery.change is None}
    return [delivery for delivery in due if not delivery.is_correction and delivery.entry.id in entries]


def within(settings: PageSettings, due: Sequence[Delivery], largest: int) -> list[Delivery]:
    """The first entries of what is due, or the first corrections, that together add no more than so many bytes to a
    request; of one at least."""
    fitting: list[Delivery] = []
    size = 0
    for _, one in groupby(due, key=lambda delivery: delivery.goes_with):
        together = list(one)
        if len(due) > len(together):
            size += sum(len(wikitext.render(settings, delivery).encode()) for delivery in together)
        if fitting and size > largest:
            break
        fitting += together
    return fitting


def first_range(page: Page, settings: PageSettings, due: Sequence[Delivery]) -> Range:
    """The part of an existing page that the oldest of what is due goes to, with all that goes there too."""
    place, days = wikitext.together(page.sections, settings, {delivery.log_day for delivery in due})[0]
    return Range(place, tuple(delivery for delivery in due if delivery.log_day in days))


def from_text(batch: str, page: Page, settings: PageSettings, part: Range, text: str) -> Plan:
    """The edit of a section that was read. Raises Conflict where it is not the section that was looked for."""
    if not wikitext.heading_matches(text, part.place):
        raise Conflict("the page's sections are not where the wiki said they are")
    composed = wikitext.compose(text, part.place, settings, _added(part.carried))
    return _plan(batch, page, settings, part.place.section, composed, part.carried)


def from_copy(batch: str, copy: Copy, due: Sequence[Delivery]) -> Plan:
    """The edit of the section that is known from the last one."""
    composed = wikitext.compose(copy.text, copy.place, copy.settings, _added(due))
    return _plan(batch, copy.page, copy.settings, copy.place.section, composed, due)


def new_page(batch: str, page: Page, settings: PageSettings, due: Sequence[Delivery]) -> Plan:
    """The edit that makes a page, or puts a fresh one in the place of a redirect."""
    composed = wikitext.create(settings, due[0].log.project, _added(due))
    return _plan(batch, page, settings, 0 if page.to_be_replaced else None, composed, due)


def _added(carried: Sequence[Delivery]) -> list[Delivery]:
    """The entries among them: what was changed about them since stands in their lines."""
    return [delivery for delivery in carried if delivery.change is None]


def _plan(
    batch: str,
    page: Page,
    settings: PageSettings,
    section: int | None,
    composed: wikitext.Composed,
    carried: Sequence[Delivery],
) -> Plan:
    copy = None if composed.kept is None else Copy(page, settings, *composed.kept)
    doubted = {delivery.entry.id for delivery in composed.doubtful}
    standing = {delivery.entry.id for delivery in composed.left}
    sent = [each for each in carried if each.entry.id not in doubted | standing]
    # Of what stands already, what was changed since is a correction of its own.
    there = tuple(each for each in carried if each in sent or (each.change is None and each.entry.id in standing))
    edit = None
    if sent:
        summary = wikitext.summary(batch, sent)
        edit = Edit(page.title, section, page.revision, page.seen, composed.text, summary)
    return Plan(page, edit, there, copy, composed.doubtful)


# --- corrections


def correct_copy(batch: str, copy: Copy, due: Sequence[Delivery]) -> Plan:
    """The edit of the section that is known from the last one."""
    corrected = wikitext.correct(copy.text, copy.settings, due, {})
    made = correct_section(batch, copy.page, copy.place.section, corrected)
    # What the wiki makes of a text that it rewrites is not known.
    kept = None if made.edit is None or wikitext.rewritten(copy.settings) else replace(copy, text=corrected.text)
    return replace(made, copy=kept, left=(*corrected.edited, *corrected.missing))


def correct_section(batch: str, page: Page, number: int, corrected: wikitext.Corrected) -> Plan:
    """The edit of a section in which some lines were corrected."""
    edit = None
    if corrected.carried:
        summary = wikitext.summary(batch, corrected.carried)
        edit = Edit(page.title, number, page.revision, page.seen, corrected.text, summary)
    return Plan(page, edit, corrected.done, None)
