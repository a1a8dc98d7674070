"""Entries for programs: one object for each, in a list; times as in RFC 3339.

A terminal and a program that reads line by line can be shown it, too: what is not just seen is escaped, and each entry
is one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from labsbot.formats.view import EntryView
from labsbot.model import ChangeKind, DeliveryState, Kept
from labsbot.text.message import parse
from labsbot.text.visible_json import visible

STATES = {DeliveryState.PENDING: "waiting"}
"""What is called otherwise outside."""


def json_list(entries: Iterable[EntryView]) -> Iterator[str]:
    between = "[\n"
    for each in entries:
        yield between + dumped(entry_object(each), indent=None)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def entry_object(each: EntryView) -> dict[str, Any]:
    entry, delivery = each.entry, each.delivery
    spans = parse(each.kept.message, each.page.links, each.page.patterns)
    return {
        "id": entry.id,
        "url": delivery.url,
        "project": delivery.log.project,
        "projects": each.projects,
        "author": entry.author,
        "message": each.kept.message,
        "said": moment(entry.said),
        "time_written": entry.time_written,
        "logged": moment(each.kept.accepted),
        "late": entry.late,
        "via": entry.via.value,
        "robot": entry.robot,
        "network": entry.network or None,
        "channel": entry.channel or None,
        "relay": entry.relay,
        "state": each.state.value,
        "versions": versions(each.kept),
        "links": [span.address for span in spans if span.address],
    }


def versions(kept: Kept) -> list[dict[str, Any]]:
    """What it said at first, and what was changed about it; what came to nothing is not in force."""
    entry, in_force = kept.entry, kept.in_force
    first = {
        "id": entry.id,
        "change": None,
        "author": entry.author,
        "message": entry.message,
        "said": moment(entry.said),
        "in_force": True,
    }
    return [
        first,
        *(
            {
                "id": change.id,
                "change": change.kind.value,
                "author": change.author,
                "message" if change.kind is ChangeKind.AMEND else "reason": change.text,
                "said": moment(change.said),
                "in_force": change in in_force,
            }
            for change in kept.changes
        ),
    ]


def moment(when: datetime | None) -> str | None:
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def dumped(value: object, indent: int | None = 2) -> str:
    """As JSON, in which only what is just seen stands as it is."""
    return visible(json.dumps(value, ensure_ascii=False, indent=indent))
