"""What an operator is shown of entries that wait: deliveries come in, lines or JSON go out."""

from __future__ import annotations

from collections.abc import Sequence

from labsbot.formats.history import TitleOf, delivery_object
from labsbot.formats.json_objects import dumped
from labsbot.model import ChangeKind, Queued
from labsbot.service.logs import settings_by_log
from labsbot.settings import Settings

_CHANGES = {ChangeKind.STRIKE: "takes back", ChangeKind.AMEND: "amends", ChangeKind.REDACT: "removes the text of"}


def line(queued: Queued) -> str:
    """One delivery in a line."""
    delivery, entry = queued.telling.delivery, queued.telling.delivery.entry
    cause = queued.failure or delivery.cause or _not_tried(queued)
    who, what = entry.author, entry.message
    if change := delivery.change:
        who, what = change.author, f"{_CHANGES[change.kind]} {entry.id} ({change.text or entry.message})"
    return f"{delivery.id}  {delivery.state.value:8} {delivery.log.project}  {who}: {what}  ({cause})"


def _not_tried(queued: Queued) -> str:
    if queued.due is not None and queued.telling.delivery.redaction is not None:
        return f"its text may still be on its way to the wiki until {queued.due:%H:%M:%S} UTC"
    return "not tried yet" if queued.due is None else f"its end may come before {queued.due:%H:%M:%S} UTC"


def as_json(waiting: Sequence[Queued], title_of: TitleOf) -> str:
    """A list of objects."""
    return dumped([delivery_object(each, title_of) for each in waiting])


def title_of(settings: Settings) -> TitleOf:
    """To which page an entry goes: the one that the wiki named when it was sent, else the configured one."""
    page_of = settings_by_log(settings)

    def of(queued: Queued) -> str:
        log = queued.telling.delivery.log
        return queued.title or page_of(log).title_for(log.project)

    return of
