"""What became of one person's requests comes in; one line for them goes out, without the address. Pure.

A request is what somebody asked for in one line: an entry, or a change of one, with a delivery for each log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from labsbot.model import ChangeKind, Delivery, DeliveryState, Told

SILENT = "it has not answered yet"
MOST_NAMED = 5
"""Projects that are named in one line."""
LONGEST = 360
"""Bytes of what one person hears: with their nick, the channel and our hostmask that fits into one line of IRC."""

Request = Sequence[Delivery]
"""At least one; all of one entry, or all of one change."""

_DONE = {
    None: "Logged",
    ChangeKind.STRIKE: "Taken back",
    ChangeKind.AMEND: "Amended",
    ChangeKind.REDACT: "Removed",
}
_NOT_DONE = {
    None: "not logged",
    ChangeKind.STRIKE: "not taken back",
    ChangeKind.AMEND: "not amended",
    ChangeKind.REDACT: "not removed",
}


def words(told: Told, requests: Sequence[Request], operator: str) -> str:
    """What one person hears about their requests (at least one, oldest first), all of one kind."""
    if told is Told.LATE:
        return _late(requests)
    if len(requests) == 1 and len(requests[0]) > 1:
        return _on_several_logs(requests[0], operator)
    if told is Told.PARKED:
        return _parked(requests, operator)
    return _logged(requests) if _kind(requests[0]) is None else _changed(requests)


def _kind(request: Request) -> ChangeKind | None:
    change = request[0].change
    return None if change is None else change.kind


def _late(requests: Sequence[Request]) -> str:
    cause = next((each.cause for each in requests[-1] if each.state is DeliveryState.PENDING and each.cause), SILENT)
    if _kind(requests[0]) is not None:
        return f"Saved, not on the wiki yet: {cause}."
    if len(requests) == 1:
        return f"Saved{for_when(requests[0])}, not on the wiki yet: {cause}. It keeps its time."
    return f"Saved {len(requests)} entries, not on the wiki yet: {cause}. They keep their times."


def _parked(requests: Sequence[Request], operator: str) -> str:
    first = requests[0][0]
    more = f" and {len(requests) - 1} more" if len(requests) > 1 else ""
    return f"Kept but {_NOT_DONE[_kind(requests[0])]}: {first.cause}. {_has_to_look(operator, first, more)}"


def _has_to_look(operator: str, first: Delivery, more: str = "") -> str:
    return f"{operator} has to look (entry {first.entry.id}{more})."


def _changed(requests: Sequence[Request]) -> str:
    newest = requests[-1][0]
    kind = _kind(requests[0])
    if newest.state is DeliveryState.LEFT and len(requests) == 1:
        return f"{_NOT_DONE[kind].capitalize()}: {newest.cause}: {newest.url}"
    if newest.state is DeliveryState.LEFT:
        return f"{_NOT_DONE[kind].capitalize()}, {len(requests)} entries: {newest.cause}; the newest: {newest.url}"
    if len(requests) == 1:
        return f"{_DONE[kind]}: {newest.url}"
    return f"{_DONE[kind]} {len(requests)} entries, the newest: {newest.url}"


# --- several logs -------------------------------------------------------------------------------------------------


def _on_several_logs(request: Request, operator: str) -> str:
    """All or none of them, as far as that goes: where a page refuses it, that is said."""
    there = [each for each in request if each.state is DeliveryState.DELIVERED]
    not_there = [each for each in request if each.state is not DeliveryState.DELIVERED]
    done, not_done = f"{_DONE[_kind(request)]}{for_when(request)}", _NOT_DONE[_kind(request)]
    parts = [f"{done} on {_named(there)}{_addresses(there)}"] if there else []
    for cause in dict.fromkeys(each.cause for each in not_there):
        held = [each for each in not_there if each.cause == cause]
        head = f"not on {_named(held)}" if there else f"{not_done.capitalize()} on {_named(held)}"
        parts.append(f"{head}: {cause}")
    if not not_there:
        return _shortened(done, there)
    look = _has_to_look(operator, request[0]) if any(each.state is DeliveryState.PARKED for each in not_there) else ""
    return f"{'; '.join(parts)}. {look}".strip()


def _named(deliveries: Sequence[Delivery]) -> str:
    names = [delivery.log.project for delivery in deliveries]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _addresses(deliveries: Sequence[Delivery]) -> str:
    return f" at {deliveries[0].url}" if len(deliveries) == 1 else ""


def _shortened(done: str, deliveries: Sequence[Delivery]) -> str:
    """Each page is named; by its address, as far as there is room."""
    where = f"{done} at" if done.startswith("Logged") else f"{done}:"
    for addresses in range(len(deliveries), 0, -1):
        told = list(dict.fromkeys(each.url or "" for each in deliveries[:addresses]))  # logs may share a page
        rest = [each for each in deliveries[addresses:] if each.url not in told]
        text = f"{where} {' and '.join(told)}" + (f", and on {_named(rest)}" if rest else "")
        if len(text.encode()) <= LONGEST:
            return text
    return f"{done} on {len(deliveries)} projects; {deliveries[0].log.project}: {deliveries[0].url}"


# --- many entries -------------------------------------------------------------------------------------------------


def _logged(requests: Sequence[Request]) -> str:
    newest = requests[-1][0]
    if len(requests) == 1:
        return f"Logged{for_when(requests[0])} at {newest.url}"
    head = f"Logged {len(requests)} entries ({from_to(requests)})"
    projects = Counter(delivery.log.project for request in requests for delivery in request)
    if len(projects) == 1:
        return f"{head} at {newest.url}"
    tail = f"the newest at {newest.url}"
    for named in range(MOST_NAMED, 0, -1):
        counts = [f"{number} on {project}" for project, number in projects.most_common(named)]
        if others := len(projects) - len(counts):
            rest = projects.total() - sum(number for _, number in projects.most_common(named))
            counts.append(f"{rest} on {others} {'other' if others == 1 else 'others'}")
        text = f"{head}: {', '.join(counts)}; {tail}"
        if len(text.encode()) <= LONGEST:
            return text
    return f"{head} on {len(projects)} projects; {tail}"


def for_when(request: Request) -> str:
    """Of an entry that was logged afterwards, the time for which it was understood: people type local times."""
    entry = request[0].entry
    return f" for {entry.said:%Y-%m-%d %H:%M} UTC" if entry.late and request[0].change is None else ""


def from_to(requests: Sequence[Request]) -> str:
    """The times at which they were said, from the first to the last; the same one is named once.

    Where one is late, the days too, and in UTC: people type local times.
    """
    if any(request[0].entry.late for request in requests):
        said = [request[0].entry.said for request in requests]
        return f"{min(said):%Y-%m-%d %H:%M} – {max(said):%Y-%m-%d %H:%M} UTC"
    times = [(request[0].log_day, request[0].clock) for request in requests]
    (first_day, first), (last_day, last) = min(times), max(times)
    if first_day != last_day:
        return f"{first_day} {first} – {last_day} {last}"
    return first if first == last else f"{first}–{last}"
