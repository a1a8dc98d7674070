"""How many entries, and whose, go into one edit of a page: what was refused and accepted goes in. Does no I/O.

An entry whose text a filter refuses must not hold back the others, nor be the reason why they are parked. So an edit
that is refused for its text is tried again with the entries of half of its senders, until one stands alone. That one's
entries then go apart from the others', in halves, until the culprit stands alone: it alone is given up. In the half
that goes first are those of whom something was accepted before, then one of each way by which people come: a name
costs nothing. An edit that is too large is halved, too, whoever said what is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from labsbot.delivery.lanes import Due, Lane, LaneKind
from labsbot.model import Delivery, Entry

PLENTY = 2000
"""Entries that an edit may carry where nothing was refused, so that what waits is never all in memory."""
IN_A_ROW = 3
"""So many refused alone, one after the other, may be chance; from then on each is waited for."""
SPACED = 2.0
"""Seconds between two of them where senders are still told apart …"""
SLOW = 30.0
"""… and the most between two of those who go apart: a wiki that refuses everything is not asked without a pause."""
MOST_APART = 1000
"""Senders who go apart at one page; of more, the first joins the others again."""
MOST_PROVEN = 5000
"""Senders of whom it is remembered that the wiki accepted something of theirs."""
NOT_THEIRS = 3
"""So many senders refused alone in a row: it is the page that is refused, whoever writes there."""


def entries_in(deliveries: Sequence[Delivery]) -> int:
    """How many entries, or corrections, these are: what was changed about an entry meanwhile goes with it."""
    return len({delivery.goes_with for delivery in deliveries})


@dataclass(frozen=True, slots=True)
class Portion:
    """What the next edit may carry."""

    entries: int = PLENTY
    people: int | None = None
    """Of how many senders; None: of all."""
    sender: str | None = None
    """Of this sender alone; None: of all who do not go apart."""
    without: tuple[str, ...] = ()
    """Who goes apart."""
    proven: Collection[str] = ()
    """Of whom something was accepted lately: they go before the others."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Of how many who came the same way something was refused."""

    def of(self, due: Sequence[Delivery]) -> list[Delivery]:
        """The entries of as many senders as there may be."""
        if self.people is None:
            return list(due)
        chosen = set(self._in_turn(due)[: self.people])
        return [delivery for delivery in due if delivery.entry.sender in chosen]

    def _in_turn(self, due: Sequence[Delivery]) -> list[str]:
        """The senders, who is proven first; of all who come the same way one, then another: a name costs nothing."""
        turns = Counter(self.refused)
        order = {}
        for entry in {delivery.entry.sender: delivery.entry for delivery in due}.values():
            way = _way(entry)
            order[entry.sender] = entry.sender not in self.proven, turns[way]
            turns[way] += 1
        return sorted(order, key=lambda sender: order[sender])


def _way(entry: Entry) -> str:
    """How somebody comes: with an account, by themselves; or behind a relay or without an account, as anybody can."""
    if entry.relay is not None:
        return f"{entry.network} relay {entry.relay}"
    return entry.sender if entry.account else f"{entry.network} nick"


@dataclass(slots=True)
class _Apart:
    entries: int
    refusals: int = 0


@dataclass(slots=True)
class _PagePortions:
    entries: int = PLENTY
    people: int | None = None
    apart: dict[str, _Apart] = field(default_factory=dict)
    in_a_row: dict[LaneKind, int] = field(default_factory=dict)
    """Senders, or of those apart entries, that were refused alone since the last edit that was accepted."""
    row: set[str] = field(default_factory=set)
    """Who was refused alone since then."""
    ways: Counter[str] = field(default_factory=Counter)
    """How many were refused alone, by the way they came."""

    @property
    def is_usual(self) -> bool:
        return self.entries >= PLENTY and self.people is None and not self.apart


class Portions:
    """The portions of all pages of one wiki."""

    def __init__(self) -> None:
        self._pages: dict[str, _PagePortions] = {}
        self._proven: dict[str, None] = {}

    def apart(self, title: str) -> Collection[str]:
        """Whose entries go apart at this page."""
        page = self._pages.get(title)
        return page.apart if page else ()

    def next(self, lane: Lane, due: Due) -> Portion:
        """What the next edit of this lane may carry of what is due in it."""
        page = self._pages.get(lane.title)
        if lane.kind is LaneKind.AGAIN or page is None:
            return Portion()
        if lane.kind is LaneKind.ALL:
            return Portion(page.entries, page.people, None, tuple(page.apart), self._proven.keys(), page.ways)
        # Who was refused seldom goes before who was refused often.
        sender = min(due.senders, key=lambda sender: page.apart[sender].refusals)
        return Portion(min(page.entries, page.apart[sender].entries), None, sender)

    def refused(self, lane: Lane, sent: Sequence[Delivery]) -> bool:
        """An edit with these was refused for its text. True: it was one, give it up; False: try it with fewer."""
        if lane.kind is LaneKind.AGAIN:
            return True
        page = self._pages.setdefault(lane.title, _PagePortions())
        senders = list(dict.fromkeys(delivery.entry.sender for delivery in sent))
        if len(senders) > 1:
            page.people = len(senders) // 2
            return False
        page.people = page.people or 1
        page.row.add(senders[0])
        page.ways[_way(sent[0].entry)] += 1
        self._proven.pop(senders[0], None)
        entries = entries_in(sent)
        if entries == 1 or lane.kind is LaneKind.ALL:
            page.in_a_row[lane.kind] = page.in_a_row.get(lane.kind, 0) + 1
        apart = page.apart.setdefault(senders[0], _Apart(PLENTY))
        apart.entries = max(1, entries // 2)
        for first in list(page.apart)[:-MOST_APART]:
            del page.apart[first]
        if entries > 1:
            return False
        apart.refusals += 1
        return True

    def is_page(self, title: str) -> bool:
        """So many different senders were refused alone in a row that it is for what stands on the page already."""
        page = self._pages.get(title)
        return page is not None and len(page.row) >= NOT_THEIRS

    def too_large(self, lane: Lane, sent: Sequence[Delivery]) -> bool:
        """An edit with these was too large. True: it was one, give it up; False: try it with fewer."""
        if lane.kind is LaneKind.AGAIN:
            return True
        page = self._pages.setdefault(lane.title, _PagePortions())
        entries = entries_in(sent)
        page.entries = max(1, entries // 2)
        if entries > 1:
            return False
        page.in_a_row[lane.kind] = page.in_a_row.get(lane.kind, 0) + 1
        return True

    def rest(self, lane: Lane) -> float | None:
        """Seconds that may pass before the next edit of a lane of which one was refused; None: none have to."""
        page = self._pages.get(lane.title)
        beyond = page.in_a_row.get(lane.kind, 0) - IN_A_ROW if page else 0
        if beyond <= 0:
            return None
        return SPACED if lane.kind is LaneKind.ALL else min(SLOW, 2.0 ** min(beyond, 16))

    def at_most(self, title: str, entries: int) -> None:
        """The next edit of this page is to carry no more than so many."""
        self._pages.setdefault(title, _PagePortions()).entries = entries

    def accepted(self, lane: Lane, portion: Portion, sent: Sequence[Delivery]) -> None:
        """An edit was accepted: the next may carry twice as many. Who has nothing left goes with the others again."""
        for sender in {delivery.entry.sender for delivery in sent}:
            self._proven.pop(sender, None)  # who was accepted last stands last
            self._proven[sender] = None
        for first in list(self._proven)[:-MOST_PROVEN]:
            del self._proven[first]
        page = self._pages.get(lane.title)
        if page is None:
            return
        page.in_a_row.pop(lane.kind, None)
        page.row.clear()
        page.entries = min(page.entries * 2, PLENTY)
        if portion.sender in page.apart:
            apart = page.apart[portion.sender]
            if len(sent) < portion.entries:
                del page.apart[portion.sender]
            else:
                apart.entries, apart.refusals = min(apart.entries * 2, PLENTY), 0
        elif page.people is not None:
            page.people = None if page.people > PLENTY else page.people * 2
        if page.is_usual:
            del self._pages[lane.title]
