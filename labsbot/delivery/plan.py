"""What is known of a page and what is due to it come in; the one edit to be sent next comes out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

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


@dataclass(frozen=True, slots=True)
class Range:
    """The part of a page for which a text has to be read, and what goes there."""

    place: wikitext.InsertPoint
    carried: tuple[Delivery, ...]


def within(settings: PageSettings, due: Sequence[Delivery], largest: int) -> list[Delivery]:
    """The first of what is due that together add no more than so many bytes to a request; one at least."""
    fitting: list[Delivery] = []
    size = 0
    for delivery in due:
        if len(due) > 1:
            # As a form sends it, in which a bracket is three bytes: that is what a gateway measures.
            size += len(quote_plus(wikitext.render(settings, delivery)))
        if fitting and size > largest:
            break
        fitting.append(delivery)
    return fitting


def first_range(page: Page, settings: PageSettings, due: Sequence[Delivery]) -> Range:
    """The part of an existing page that the oldest of what is due goes to, with all that goes there too."""
    place, days = wikitext.together(page.sections, settings, {delivery.log_day for delivery in due})[0]
    return Range(place, tuple(delivery for delivery in due if delivery.log_day in days))


def from_text(batch: str, page: Page, settings: PageSettings, part: Range, text: str) -> Plan:
    """The edit of a section that was read. Raises Conflict where it is not the section that was looked for."""
    if not wikitext.heading_matches(text, part.place):
        raise Conflict("the page's sections are not where the wiki said they are")
    composed = wikitext.compose(text, part.place, settings, part.carried)
    return _plan(batch, page, settings, part.place.section, composed, part.carried)


def from_copy(batch: str, copy: Copy, due: Sequence[Delivery]) -> Plan:
    """The edit of the section that is known from the last one."""
    composed = wikitext.compose(copy.text, copy.place, copy.settings, due)
    return _plan(batch, copy.page, copy.settings, copy.place.section, composed, due)


def new_page(batch: str, page: Page, settings: PageSettings, due: Sequence[Delivery]) -> Plan:
    """The edit that makes a page, or puts a fresh one in the place of a redirect."""
    composed = wikitext.create(settings, due[0].log.project, due)
    return _plan(batch, page, settings, 0 if page.to_be_replaced else None, composed, due)


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
    there = tuple(delivery for delivery in carried if delivery.entry.id not in doubted)
    sent = [delivery for delivery in there if delivery.entry.id not in standing]
    edit = None
    if sent:
        summary = wikitext.summary(batch, sent)
        edit = Edit(page.title, section, page.revision, page.seen, composed.text, summary)
    return Plan(page, edit, there, copy, composed.doubtful)
