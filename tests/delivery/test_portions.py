"""How many entries, and whose, go into one edit after one was refused; no wiki is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import pytest

from labsbot.delivery.lanes import Due, Lane, LaneKind
from labsbot.delivery.portions import MOST_APART, PLENTY, SLOW, Portions
from labsbot.model import ChangeKind, Delivery
from tests.nouns import a_change, a_delivery

ALL, APART = Lane("a"), Lane("a", LaneKind.APART)


class Queue:
    """What waits for one page of a wiki that refuses some edits: who is sent when, and what becomes of it."""

    def __init__(self, due: Sequence[Delivery], refuses: Callable[[Sequence[Delivery]], bool], size: int = 0) -> None:
        self.portions = Portions()
        self.due = list(due)
        self.refuses = refuses
        self.size = size
        """So many entries are too large for one edit."""
        self.accepted: list[Delivery] = []
        self.parked: list[Delivery] = []
        self.edits: list[list[str]] = []
        """The senders of each."""

    def run(self) -> Queue:
        while self.due:
            apart = self.portions.apart("a")
            held = [each for each in self.due if each.entry.sender not in apart]
            lane = ALL if held else APART
            due = Due(senders=list(dict.fromkeys(each.entry.sender for each in held or self.due)))
            portion = self.portions.next(lane, due)
            chosen = [each for each in held or self.due if portion.sender in (None, each.entry.sender)]
            batch = portion.of(chosen[: portion.entries])
            self.edits.append([each.entry.nick for each in batch])
            if self.size and len(batch) > self.size:
                over, into = self.portions.too_large(lane, batch), self.parked
            elif self.refuses(batch):
                over, into = self.portions.refused(lane, batch), self.parked
            else:
                self.portions.accepted(lane, portion, batch)
                over, into = True, self.accepted
            if over:
                into += batch
                self.due = [each for each in self.due if each not in batch]
        return self


def entries(*nicks: str) -> list[Delivery]:
    return [replace(a_delivery(f"m{number}", nick=nick), number=number) for number, nick in enumerate(nicks)]


def refuses(culprits: Collection[int]) -> Callable[[Sequence[Delivery]], bool]:
    return lambda batch: any(each.number in culprits for each in batch)


def test_what_was_changed_about_an_entry_is_no_entry_more() -> None:
    entry = a_delivery("one")
    change = replace(entry, number=2, change=a_change(ChangeKind.AMEND, "two"), added=False)
    assert Portions().refused(ALL, [entry, change])
    assert Portions().too_large(ALL, [entry, change])
    portions = Portions()
    assert not portions.too_large(ALL, [entry, change, a_delivery("other", nick="alice")])
    assert portions.next(ALL, Due()).entries == 1


@pytest.mark.slow
def test_without_a_refusal_all_goes_at_once() -> None:
    assert len(Queue(entries(*["alice"] * 1500), refuses(())).run().edits) == 1


@pytest.mark.slow
def test_what_waits_is_never_taken_up_all_at_once() -> None:
    assert max(map(len, Queue(entries(*["alice"] * 5000), refuses(())).run().edits)) == PLENTY


@pytest.mark.slow
@pytest.mark.parametrize("culprits", [{0}, {999}, {500}, {0, 1}, {3, 400, 900, 999}])
@pytest.mark.parametrize("people", [1, 7, 1000])
def test_only_the_culprits_are_parked(culprits: set[int], people: int) -> None:
    queue = Queue(entries(*(f"n{number % people}" for number in range(1000))), refuses(culprits)).run()
    assert {each.number for each in queue.parked} == culprits
    assert len(queue.accepted) == 1000 - len(culprits)
    assert len(queue.edits) < 25 * len(culprits)


def test_a_speaker_of_many_refused_lines_is_told_from_the_others_in_halves_and_holds_them_up_no_longer() -> None:
    nicks = [f"n{number % 10}" for number in range(100)]
    nicks[::10] = ["mallory"] * 10
    queue = Queue(entries(*nicks), lambda batch: any(each.entry.nick == "mallory" for each in batch)).run()
    first = next(number for number, edit in enumerate(queue.edits) if set(edit) == {"mallory"})
    others = max(number for number, edit in enumerate(queue.edits) if "mallory" not in edit)
    assert first < 5
    assert others < 10
    assert {each.entry.nick for each in queue.parked} == {"mallory"}
    assert len(queue.parked) == 10


def test_where_everything_is_refused_each_is_given_up_alone_and_waited_for_ever_longer() -> None:
    portions, rests = Portions(), []
    for each in entries(*["alice"] * 12):
        assert portions.refused(APART, [each])
        rests.append(portions.rest(APART))
    assert rests == [None, None, None, 2.0, 4.0, 8.0, 16.0, SLOW, SLOW, SLOW, SLOW, SLOW]


def test_one_that_is_accepted_ends_the_waits() -> None:
    portions, batch = Portions(), entries("alice")
    for _ in range(9):
        portions.refused(APART, batch)
    portions.accepted(APART, portions.next(APART, Due(senders=[batch[0].entry.sender])), batch)
    assert portions.rest(APART) is None


def test_too_large_is_halved_whoever_said_it_until_it_fits() -> None:
    queue = Queue(entries(*["alice", "bob"] * 31), refuses(()), size=10).run()
    assert (len(queue.accepted), queue.parked) == (62, [])
    assert len(queue.edits) < 20


def test_who_goes_apart_is_bounded() -> None:
    portions = Portions()
    for number in range(MOST_APART + 50):
        portions.refused(ALL, entries(f"n{number}"))
    assert len(portions.apart("a")) == MOST_APART


def test_pages_do_not_share_their_portions() -> None:
    portions = Portions()
    assert not portions.refused(ALL, entries("alice", "bob"))
    assert portions.next(ALL, Due()).people == 1
    assert portions.next(Lane("b"), Due()).people is None
