"""All that is known about one entry, in each of its logs, comes in; text for people or JSON goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from labsbot.edge.logs import printable
from labsbot.formats.json_objects import STATES, dumped, entry_object, moment
from labsbot.formats.view import EntryView
from labsbot.model import Change, ChangeKind, DeliveryState, Entry, Kept, Queued

TitleOf = Callable[[Queued], str]
"""The page on which an entry is to stand."""
Fact = tuple[str, str]
"""What is known, and its name."""

_CHANGES = {
    ChangeKind.STRIKE: "taken back",
    ChangeKind.AMEND: "amended",
    ChangeKind.REDACT: "removed",
    ChangeKind.REMOVE: "taken out",
    ChangeKind.RESTORE: "put back",
}


def history_as_text(view: EntryView, queued: Sequence[Queued], title_of: TitleOf) -> str:
    """The entry, then what became of it in each log: a line for each fact, an empty one between them."""
    parts = [_of_entry(view), *([*_of_delivery(each, title_of)] for each in queued)]
    return "\n".join("".join(printable(f"{name + ':':10} {value}") + "\n" for name, value in part) for part in parts)


def history_as_json(view: EntryView, queued: Sequence[Queued], title_of: TitleOf) -> str:
    """The entry as in a list, with its deliveries as in the queue."""
    deliveries = [delivery_object(each, title_of) for each in queued]
    return dumped({**entry_object(view), "deliveries": deliveries}) + "\n"


# --- for people -------------------------------------------------------------------------------------------------------


def _of_entry(view: EntryView) -> list[Fact]:
    entry = view.entry
    return [
        ("entry", entry.id),
        ("state", view.state.value),
        ("project", ", ".join(view.projects)),
        ("author", f"{entry.author} (by way of {entry.relay})" if entry.relay else entry.author),
        ("nick", entry.nick),
        ("account", entry.account or "none"),
        ("message", view.kept.message),
        ("said", _said(entry)),
        ("accepted", _time(view.kept.accepted)),
        ("by", f"{entry.via.value}, {entry.channel} on {entry.network}" if entry.channel else entry.via.value),
        *_versions(view.kept),
    ]


def _said(entry: Entry) -> str:
    if entry.time_written:
        return f"{entry.said:%Y-%m-%d %H:%M} UTC, as far as its page says ({entry.time_written})"
    return _time(entry.said) + (", named when it was logged" if entry.late else "")


def _versions(kept: Kept) -> Iterator[Fact]:
    """From the first version on, where there are others."""
    in_force = kept.in_force
    if kept.changes and kept.redaction is None:
        yield "at first", kept.entry.message
    for change in kept.changes:
        effect = "" if change in in_force else " – it came to nothing"
        where = ", on the wiki" if change.by_hand else ""
        by = f"{_time(change.said)} by {change.author}{where} ({change.id}{effect})"
        yield _CHANGES[change.kind], f"{by}: {change.text}" if change.text and kept.redaction is None else by


def _of_delivery(queued: Queued, title_of: TitleOf) -> Iterator[Fact]:
    delivery = queued.telling.delivery
    yield "log", delivery.log.project + _what(delivery.change)
    yield "page", title_of(queued)
    yield "log day", f"{delivery.log_day}, {delivery.clock}"
    yield "state", delivery.state.value
    yield "cause", delivery.cause or "none"
    yield "failure", queued.failure or "none"
    yield "attempts", f"{queued.attempts}{f', one under way ({queued.batch})' if queued.batch else ''}"
    yield "next try", _next_try(queued)
    yield "address", delivery.url or "none yet"
    yield "told", queued.telling.told.value


def _what(change: Change | None) -> str:
    return "" if change is None else f", {_CHANGES[change.kind]} ({change.id})"


def _next_try(queued: Queued) -> str:
    match queued.telling.delivery.state:
        case DeliveryState.PENDING if queued.due and queued.telling.delivery.redaction:
            return f"at {_time(queued.due)}: until then its text may still be on its way to the wiki"
        case DeliveryState.PENDING if queued.due:
            return f"at {_time(queued.due)}, or as soon as what it tells of has ended"
        case DeliveryState.PENDING if queued.next_try:
            return f"about {_time(queued.next_try)}, or as soon as the wiki answers"
        case DeliveryState.PENDING:
            return "as soon as labsbot runs"
        case DeliveryState.PARKED if queued.next_try:
            return f"about {_time(queued.next_try)}, or at once by `labsbot queue retry`"
        case DeliveryState.PARKED:
            return "by `labsbot queue retry`"
    return "never: nothing is left to do"


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


# --- for programs -----------------------------------------------------------------------------------------------------


def delivery_object(queued: Queued, title_of: TitleOf) -> dict[str, Any]:
    telling, delivery, entry = queued.telling, queued.telling.delivery, queued.telling.delivery.entry
    return {
        "id": delivery.id,
        "entry": entry.id,
        "change": delivery.change and delivery.change.kind.value,
        "state": STATES.get(delivery.state, delivery.state.value),
        "project": delivery.log.project,
        "author": entry.author,
        "message": delivery.change.text if delivery.change else entry.message,
        "said": moment(entry.said),
        "logged": moment(telling.accepted),
        "network": entry.network or None,
        "channel": entry.channel or None,
        "relay": entry.relay,
        "page": title_of(queued),
        "url": delivery.url,
        "cause": delivery.cause,
        "failure": queued.failure,
        "attempts": queued.attempts,
        "attempt": queued.batch,
        "next_try": moment(queued.next_try),
        "due": moment(queued.due),
        "told": telling.told.value,
    }
