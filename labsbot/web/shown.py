"""An entry as the journal has kept it comes in; what is told of it by HTTP goes out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from labsbot.desk.receipts import became
from labsbot.formats import PageOf
from labsbot.model import ChangeKind, Delivery, DeliveryState, Kept, Via
from labsbot.text.hosts import find_hosts
from labsbot.text.message import MessageSpan, SpanReading, parse

Shown = Literal["waiting", "parked", "delivered", "taken back", "dropped", "left", "removed", "redacted"]

_STATES: dict[DeliveryState, Shown] = {
    DeliveryState.PENDING: "waiting",
    DeliveryState.PARKED: "parked",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.DROPPED: "dropped",
    DeliveryState.LEFT: "left",
}
_LEAST_DONE: tuple[Shown, ...] = ("waiting", "parked")

Said = Annotated[
    datetime, PlainSerializer(lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"), str)
]


class Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogShown(Answered):
    """One of the logs in which an entry is to stand."""

    project: str
    url: str | None = Field(description="Where it stands on the wiki, once it does.")
    state: Shown
    cause: str | None = Field(description="Why it does not stand there yet.")


class VersionShown(Answered):
    """What was said, or what was changed about it afterwards."""

    id: str
    kind: Literal["entry", "amend", "undo", "redact", "remove", "restore"]
    text: str = Field(description="The message; of an undo, the reason.")
    author: str
    said: Said
    by_hand: bool = Field(description="People have made it on the page itself; “said” is when it was found there.")
    state: Shown = Field(description="“left”: people had edited the line on the wiki, and it was left alone.")


class EntryShown(Answered):
    id: str
    url: str | None = Field(description="Its place on the wiki, once it stands there; of several, the first.")
    project: str
    projects: list[str]
    author: str
    message: str = Field(description="As it is by now.")
    said: Said = Field(description="When it was done.")
    time_written: str | None = Field(
        description="Its time as it stands on the wiki, where it was read from there and nobody knows the second; then"
        " `said` is the beginning of that minute."
    )
    logged: Said = Field(description="When it was accepted.")
    via: Literal["irc", "command", "http", "lines", "wiki"]
    robot: bool
    state: Shown = Field(description="Of all its logs and changes, what is least done.")
    logs: list[LogShown]
    versions: list[VersionShown]
    links: list[str] = Field(description="Addresses in the message.")
    tasks: list[str] = Field(description="What the patterns of the configuration find in it, such as numbers of tasks.")
    hosts: list[str] = Field(description="What in it looks like the name of a host.")


class EntriesShown(Answered):
    entries: list[EntryShown]


class EntriesPage(Answered):
    """A part of what was asked for, newest first."""

    entries: list[EntryShown]
    next: str | None = Field(description="The `cursor` of the next part, which may be an empty one; null: this is all.")


class ProjectShown(Answered):
    project: str
    url: str = Field(description="Where its log is read.")
    newest: Said = Field(description="When something was said in it last.")


class ProjectsShown(Answered):
    projects: list[ProjectShown]


def shown(kept: Kept, page_of: PageOf) -> EntryShown:
    """What is told of an entry."""
    entry, own = kept.entry, [each for each in kept.deliveries if each.change is None]
    logs = [_log(each) for each in own]
    patterns = page_of(own[0].log).patterns if own else ()
    spans = parse(kept.message, links=False, patterns=patterns)
    return EntryShown(
        id=entry.id,
        url=next((each.url for each in logs if each.url), None),
        project=logs[0].project if logs else "",
        projects=[each.project for each in logs],
        author=f"{entry.author} (via {entry.relay})" if entry.relay else entry.author,
        message=kept.message,
        said=entry.said,
        time_written=entry.time_written,
        logged=kept.accepted,
        via=entry.via.value,
        robot=entry.robot,
        state=_state(kept),
        logs=logs,
        versions=_versions(kept),
        links=[span.address for span in spans if span.reading is SpanReading.ADDRESS and span.address],
        tasks=list(dict.fromkeys(span.typed for span in spans if span.reading is SpanReading.FOUND)),
        hosts=_hosts(spans),
    )


def _hosts(spans: Iterable[MessageSpan]) -> list[str]:
    texts = [span.typed for span in spans if span.reading is SpanReading.TEXT]
    return list(dict.fromkeys(host for text in texts for _, host in find_hosts(text)))


def state_of(kept: Kept, asked: str) -> Shown:
    """Of an entry, or of a change of it, by its id."""
    return _STATES[became(kept, asked).state]


def _state(kept: Kept) -> Shown:
    if kept.redaction is not None:
        return "redacted"
    if kept.taken_out is not None:
        return "removed"
    states = [state_of(kept, kept.entry.id), *(state_of(kept, change.id) for change in kept.in_force)]
    if least := next((state for state in _LEAST_DONE if state in states), None):
        return least
    return "taken back" if kept.struck else states[0]


def _log(delivery: Delivery) -> LogShown:
    stands = delivery.state is DeliveryState.DELIVERED
    return LogShown(
        project=delivery.log.project,
        url=delivery.url,
        state=_STATES[delivery.state],
        cause=None if stands else delivery.cause,
    )


_KINDS: dict[ChangeKind, Literal["amend", "undo", "redact", "remove", "restore"]] = {
    ChangeKind.AMEND: "amend",
    ChangeKind.STRIKE: "undo",
    ChangeKind.REDACT: "redact",
    ChangeKind.REMOVE: "remove",
    ChangeKind.RESTORE: "restore",
}


def _versions(kept: Kept) -> list[VersionShown]:
    entry = kept.entry
    first = VersionShown(
        id=entry.id,
        kind="entry",
        text=entry.message,
        author=entry.author,
        said=entry.said,
        by_hand=entry.via is Via.WIKI,
        state=state_of(kept, entry.id),
    )
    return [
        first,
        *(
            VersionShown(
                id=change.id,
                kind=_KINDS[change.kind],
                text=change.text,
                author=change.author,
                said=change.said,
                by_hand=change.by_hand,
                state=state_of(kept, change.id),
            )
            for change in kept.changes
        ),
    ]
