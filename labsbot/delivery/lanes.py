"""What waits comes in, with what is known of pages and senders; the lanes in which it is sent go out. Pure.

Whose entries a wiki refused go their own way for a while, so that nobody else waits for them or is taken for one of
them; so does what was parked and is tried again.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from labsbot.model import Delivery, Log, Waiting


class LaneKind(enum.Enum):
    ALL = "all"
    """All whose entries go together."""
    APART = "apart"
    """Senders whose entries were refused, one after the other."""
    AGAIN = "again"
    """What is parked, one by one."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What waits for its turn by itself."""

    title: str
    """The page, after redirects."""
    kind: LaneKind = LaneKind.ALL


AGAIN = Lane("", LaneKind.AGAIN)
"""One for all pages: however much is parked, the wiki is not asked for more than one of them at a time."""


@dataclass(slots=True)
class Due:
    """What a lane holds."""

    logs: list[Log] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    parked: Delivery | None = None
    """What is tried again; its log and its sender are the others here."""


def sorted_out(
    waiting: Iterable[Waiting], title: Callable[[Log], str], apart: Callable[[str], Collection[str]]
) -> dict[Lane, Due]:
    """What is due in each lane, who has waited longest first.

    `title` says to which page a log's entries go, `apart` whose entries go apart there.
    """
    lanes: dict[Lane, Due] = {}
    titles: dict[Log, str] = {}
    for each in waiting:
        if each.log not in titles:
            titles[each.log] = title(each.log)
        page = titles[each.log]
        kind = LaneKind.APART if each.sender in apart(page) else LaneKind.ALL
        due = lanes.setdefault(Lane(page, kind), Due())
        if each.log not in due.logs:
            due.logs.append(each.log)
        if each.sender not in due.senders:
            due.senders.append(each.sender)
    return lanes
