"""An entry as somebody reads it: all that the journal knows of it comes in, what every format shows of it goes out."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

from labsbot.model import AN_END, Change, ChangeKind, Delivery, DeliveryState, Entry, Kept, Log
from labsbot.settings import PageSettings
from labsbot.text.message import clean

PageOf = Callable[[Log], PageSettings]
"""How the entries of a log are written."""


class EntryState(enum.Enum):
    """What became of an entry in all its logs, in the words of the outside."""

    WAITING = "waiting"
    PARKED = "parked"
    DELIVERED = "delivered"
    TAKEN_BACK = "taken back"
    DROPPED = "dropped"
    REMOVED = "removed"
    REDACTED = "redacted"


@dataclass(frozen=True)
class EntryView:
    """An entry, and the log in which it is looked at."""

    kept: Kept
    delivery: Delivery
    """Of the entry itself, to that log: by this it has a day, a time and an address."""
    page: PageSettings
    """How that log is written."""

    @property
    def entry(self) -> Entry:
        return self.kept.entry

    @property
    def projects(self) -> tuple[str, ...]:
        """Of all its logs."""
        return tuple(dict.fromkeys(each.log.project for each in _own(self.kept)))

    @property
    def author(self) -> str:
        return clean(self.entry.author) + (f" (via {clean(self.entry.relay)})" if self.entry.relay else "")

    @property
    def time(self) -> str:
        """When it was said, on its day; no more exact than anybody knows."""
        return self.entry.time_written or self.delivery.clock

    @property
    def message(self) -> str:
        """What it says by now, in one line."""
        return clean(self.kept.message)

    @cached_property
    def strike(self) -> Change | None:
        """By which it is taken back, or will be."""
        return next((each for each in reversed(self.kept.in_force) if each.kind is ChangeKind.STRIKE), None)

    @cached_property
    def amended(self) -> Change | None:
        """By which it says something else than it did, or will; that something came to its end is nothing else."""
        before, last = self.entry.message, None
        for change in self.kept.in_force:
            if change.kind is ChangeKind.AMEND:
                if not change.text.startswith(before + AN_END):
                    last = change
                before = change.text
        return last

    @property
    def state(self) -> EntryState:
        """Of several logs, that which needs most attention."""
        if self.kept.redaction is not None:
            return EntryState.REDACTED
        if self.kept.taken_out is not None:
            return EntryState.REMOVED
        states = {each.state for each in _own(self.kept)}
        if states == {DeliveryState.DROPPED}:
            return EntryState.DROPPED
        if self.strike is not None:
            return EntryState.TAKEN_BACK
        if DeliveryState.PARKED in states:
            return EntryState.PARKED
        return EntryState.WAITING if DeliveryState.PENDING in states else EntryState.DELIVERED

    @property
    def remarks(self) -> list[str]:
        """What a reader has to know beside what it says: who changed it, and what of it is not on the wiki, and why."""
        said: list[str] = []
        if self.kept.redaction is not None or self.kept.taken_out is not None:
            return said
        if self.amended is not None:
            said.append(f"amended by {clean(self.amended.author)}")
        if self.strike is not None:
            reason = clean(self.strike.text)
            said.append(f"taken back by {clean(self.strike.author)}" + (f": {reason}" if reason else ""))
        for delivery in self.kept.deliveries:
            if delivery.change and delivery.state is DeliveryState.DROPPED:
                continue  # then it is not changed, and stands as it was
            if word := _NOT_THERE.get(delivery.state):
                said.append(word + (f": {clean(delivery.cause)}" if delivery.cause else ""))
        return list(dict.fromkeys(said))


_NOT_THERE = {
    DeliveryState.PENDING: "waiting",
    DeliveryState.PARKED: "parked",
    DeliveryState.DROPPED: "given up",
}


def view(kept: Kept, page_of: PageOf, projects: Collection[str] | None = None) -> EntryView:
    """The entry in a log of one of these projects (None: of any), if it can be in one in which it was not given up."""
    own = [each for each in _own(kept) if projects is None or each.log.project in projects] or _own(kept)
    delivery = next((each for each in own if each.state is not DeliveryState.DROPPED), own[0])
    return EntryView(kept, delivery, page_of(delivery.log))


def _own(kept: Kept) -> list[Delivery]:
    """The deliveries of the entry itself, one for each log."""
    return [each for each in kept.deliveries if each.change is None]
