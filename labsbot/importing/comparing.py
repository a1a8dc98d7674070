"""What a page holds and what the journal knows of its days come in; which is which, and what is new, goes out.

An id says it for sure. Without one, two are the same whose day, time, author and words are the same, as often as they
are there: two equal lines in a minute are two entries. A line that people have edited is known by what they left, or by
its neighbours. What was redacted is known by its day, time and author alone, so that its words never come back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from labsbot.importing.page import PageEntry
from labsbot.model import Delivery, Kept, Via

KnownEntry = tuple[Kept, Delivery]
"""An entry with its own delivery to the log."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of the entries of a page."""

    new: tuple[PageEntry, ...]
    """The journal does not know them."""
    known: tuple[tuple[PageEntry, KnownEntry], ...]
    """And which it knows; they may say something else on the page."""
    elsewhere: int
    """So many have an id that the journal knows as that of an entry of another day or log, or that stands twice."""
    missing: tuple[KnownEntry, ...]
    """What it knows and the page does not hold."""


def compare(
    entries: Sequence[PageEntry],
    known: Sequence[KnownEntry],
    ids: Collection[str],
    may_be_edited: Callable[[Delivery], bool],
) -> Compared:
    """Compare them, both in the order in which they were said.

    `ids`: of these the journal knows all. `may_be_edited` says of an entry whether people can have edited it just here:
    it stood on this page, or on none that holds its day.
    """
    pairs, elsewhere = _by_id(entries, known, ids)
    lines, others = defaultdict[date, dict[int, PageEntry]](dict), defaultdict[date, dict[int, KnownEntry]](dict)
    for number, entry in enumerate(entries):
        lines[entry.day][number] = entry
    for number, each in enumerate(known):
        others[each[1].log_day][number] = each
    for day, of_day in lines.items():
        if others[day]:
            by_id = {number: pairs[number] for number in of_day if number in pairs}
            pairs |= _Day(of_day, others[day], by_id, may_be_edited).paired()
    found = set(pairs.values())
    return Compared(
        tuple(entry for number, entry in enumerate(entries) if number not in pairs and number not in elsewhere),
        tuple((entries[one], known[other]) for one, other in sorted(pairs.items())),
        len(elsewhere),
        tuple(each for number, each in enumerate(known) if number not in found),
    )


def _by_id(
    entries: Sequence[PageEntry], known: Sequence[KnownEntry], ids: Collection[str]
) -> tuple[dict[int, int], set[int]]:
    """Which entries have the id of which that are known, and which have that of another one; all by their numbers."""
    its_number = {kept.entry.id: number for number, (kept, _) in enumerate(known)}
    pairs: dict[int, int] = {}
    elsewhere, seen = set(), set[str]()
    for number, entry in enumerate(entries):
        if entry.id is None:
            continue
        if entry.id in seen or (entry.id in ids and entry.id not in its_number):
            elsewhere.add(number)
        elif entry.id in its_number:
            pairs[number] = its_number[entry.id]
        seen.add(entry.id)
    return pairs, elsewhere


@dataclass(frozen=True, slots=True)
class _Said:
    """By what two are compared."""

    clock: str
    author: str
    words: str


class _Day:
    """The entries of one day, by their numbers, of which some have found what they are."""

    def __init__(
        self,
        entries: Mapping[int, PageEntry],
        known: Mapping[int, KnownEntry],
        pairs: dict[int, int],
        may_be_edited: Callable[[Delivery], bool],
    ) -> None:
        self._entries = entries
        self._lines = {
            number: _Said(entry.clock, entry.author, entry.message)
            for number, entry in entries.items()
            if entry.id is None
        }
        self._known = {
            number: _Said(delivery.clock, kept.entry.author, " ".join(kept.text.split()))
            for number, (kept, delivery) in known.items()
        }
        self._redacted = {number for number, (kept, _) in known.items() if kept.redaction is not None}
        self._editable = {
            number
            for number, (kept, delivery) in known.items()
            if kept.entry.via is Via.WIKI and number not in self._redacted and may_be_edited(delivery)
        }
        self._pairs = pairs

    def paired(self) -> dict[int, int]:
        """Which entries are which that are known, by their numbers."""
        self._pair(self._known.keys() - self._redacted, "clock", "author", "words")
        self._pair(self._known.keys() - self._redacted, "clock", "words", anonymous=True)
        self._pair(self._redacted, "clock", "author")
        self._pair(self._redacted, "clock", anonymous=True)
        self._withhold()
        self._pair(self._editable, "clock", "author")
        self._pair(self._editable, "author", "words")
        self._pair(self._editable, "clock", "words")
        self._pair_neighbours()
        return self._pairs

    def _pair(self, among: Collection[int], *alike: str, anonymous: bool = False) -> None:
        """Pair those that are alike in this, one with one, in their order.

        `anonymous`: lines that do not say who it was, with whoever is known by other means.
        """
        key: Callable[[_Said], object] = attrgetter(*alike)
        waiting: dict[object, list[int]] = defaultdict(list)
        for number in reversed(self._left(self._known, self._pairs.values())):
            if number in among:
                waiting[key(self._known[number])].append(number)
        for number in self._left(self._lines, self._pairs):
            said = self._lines[number]
            if waiting[key(said)] and (said.author == "" or not anonymous):
                self._pairs[number] = waiting[key(said)].pop()

    def _withhold(self) -> None:
        """Take whatever else is of the minute and the author of what was redacted for that: its text is not known any
        more, and somebody may have put it back below what the line says now."""
        of_author = {(self._known[each].clock, self._known[each].author): each for each in self._redacted}
        of_minute = {clock: each for (clock, _), each in of_author.items()}
        for number in self._left(self._lines, self._pairs):
            clock, author = self._lines[number].clock, self._lines[number].author
            other = of_author.get((clock, author)) if author else of_minute.get(clock)
            if other is not None:
                self._pairs[number] = other

    def _pair_neighbours(self) -> None:
        """Pair those that stand between the same two, and have the same time, or, alone there, the same author."""
        found = {other: other for other in self._pairs.values()}
        gaps: dict[int | None, list[int]] = defaultdict(list)
        for number, above in _above(self._known, found).items():
            if number in self._editable:
                gaps[above].append(number)
        lines: dict[int | None, list[int]] = defaultdict(list)
        for number, above in _above(self._entries, self._pairs).items():
            if number in self._lines:
                lines[above].append(number)
        for above, numbers in lines.items():
            alone = len(numbers) == len(gaps[above]) == 1
            for number in numbers:
                said = self._lines[number]
                same = (each for each in gaps[above] if _is_edited(said, self._known[each], alone))
                if (other := next(same, None)) is not None:
                    self._pairs[number] = other
                    gaps[above].remove(other)

    @staticmethod
    def _left(numbers: Iterable[int], found: Collection[int]) -> list[int]:
        there = set(found)
        return [each for each in numbers if each not in there]


def _is_edited(said: _Said, known: _Said, alone: bool) -> bool:
    return said.clock == known.clock or (alone and said.author == known.author)


def _above(numbers: Iterable[int], paired: Mapping[int, int]) -> dict[int, int | None]:
    """For each that is not paired, what the last one above it is paired with; None: none is."""
    places: dict[int, int | None] = {}
    last = None
    for number in numbers:
        if number in paired:
            last = paired[number]
        else:
            places[number] = last
    return places
