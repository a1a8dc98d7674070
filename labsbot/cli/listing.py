"""What an operator is shown of entries that wait: entries come in, lines for people or JSON for programs go out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from labsbot.model import ChangeKind, DeliveryState, Queued

Page = Callable[[Queued], str]
"""The title of the page on which an entry is to stand."""

_STATES = {DeliveryState.PENDING: "waiting"}
"""What is called otherwise outside."""


_CHANGES = {ChangeKind.STRIKE: "takes back", ChangeKind.AMEND: "amends"}


def line(queued: Queued) -> str:
    """One entry in a line."""
    delivery, entry = queued.telling.delivery, queued.telling.delivery.entry
    cause = queued.failure or delivery.cause or _not_tried(queued)
    who, what = entry.author, entry.message
    if change := delivery.change:
        who, what = change.author, f"{_CHANGES[change.kind]} {entry.id} ({change.text or entry.message})"
    return f"{delivery.id}  {delivery.state.value:8} {delivery.log.project}  {who}: {what}  ({cause})"


def _not_tried(queued: Queued) -> str:
    return "not tried yet" if queued.due is None else f"its end may come before {queued.due:%H:%M:%S} UTC"


def facts(queued: Queued, page: Page) -> list[tuple[str, str]]:
    """All that is known about an entry, each with its name."""
    telling, delivery, entry = queued.telling, queued.telling.delivery, queued.telling.delivery.entry
    return [
        ("entry", entry.id),
        ("state", delivery.state.value),
        ("cause", delivery.cause or "none"),
        ("failure", queued.failure or "none"),
        ("page", page(queued)),
        ("attempts", f"{queued.attempts}{f', one under way ({queued.batch})' if queued.batch else ''}"),
        ("next try", _next_try(queued)),
        ("address", delivery.url or "none yet"),
        ("project", delivery.log.project),
        ("author", f"{entry.author} (by way of {entry.relay})" if entry.relay else entry.author),
        ("message", entry.message),
        ("said", f"{entry.said:%Y-%m-%d %H:%M:%S} UTC"),
        ("accepted", f"{telling.accepted:%Y-%m-%d %H:%M:%S} UTC"),
        ("log day", f"{delivery.log_day}"),
        ("in", f"{entry.channel} on {entry.network}"),
        ("told", telling.told.value),
    ]


def _next_try(queued: Queued) -> str:
    match queued.telling.delivery.state:
        case DeliveryState.PENDING if queued.due:
            return f"at {queued.due:%Y-%m-%d %H:%M:%S} UTC, or as soon as it has ended"
        case DeliveryState.PENDING if queued.next_try:
            return f"about {queued.next_try:%Y-%m-%d %H:%M:%S} UTC, or as soon as the wiki answers"
        case DeliveryState.PENDING:
            return "as soon as labsbot runs"
        case DeliveryState.PARKED if queued.next_try:
            return f"about {queued.next_try:%Y-%m-%d %H:%M:%S} UTC, or at once by `labsbot queue retry`"
        case DeliveryState.PARKED:
            return "by `labsbot queue retry`"
    return "never: nothing is left to do"


def as_json(queued: Queued | Sequence[Queued], page: Page) -> str:
    """One entry as an object, several as a list."""
    shown = _object(queued, page) if isinstance(queued, Queued) else [_object(each, page) for each in queued]
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _object(queued: Queued, page: Page) -> dict[str, object]:
    telling, delivery, entry = queued.telling, queued.telling.delivery, queued.telling.delivery.entry
    return {
        "id": delivery.id,
        "entry": entry.id,
        "change": delivery.change and delivery.change.kind.value,
        "state": _STATES.get(delivery.state, delivery.state.value),
        "project": delivery.log.project,
        "author": entry.author,
        "message": delivery.change.text if delivery.change else entry.message,
        "said": _moment(entry.said),
        "logged": _moment(telling.accepted),
        "network": entry.network,
        "channel": entry.channel,
        "relay": entry.relay,
        "page": page(queued),
        "url": delivery.url,
        "cause": delivery.cause,
        "failure": queued.failure,
        "attempts": queued.attempts,
        "attempt": queued.batch,
        "next_try": _moment(queued.next_try),
        "due": _moment(queued.due),
        "told": telling.told.value,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}Z"
