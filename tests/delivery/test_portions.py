"""How many entries go into one edit after one was refused for its text; no wiki is asked."""

from __future__ import annotations

import pytest

from labsbot.delivery.portions import Portions


def sent(culprits: set[int], entries: int) -> tuple[list[int], set[int], int]:
    """Send so many entries to a wiki that refuses these: what was accepted, what was parked, in how many edits."""
    portions, due, accepted, parked, edits = Portions(), list(range(entries)), list[int](), set[int](), 0
    while due:
        batch = due[: portions.most("a")]
        edits += 1
        if not culprits & set(batch):
            portions.accepted("a")
            accepted += batch
        elif portions.refused("a", len(batch)):
            parked |= set(batch)
        else:
            continue
        due = due[len(batch) :]
    return accepted, parked, edits


def test_without_a_refusal_all_goes_at_once() -> None:
    assert sent(set(), 5000) == (list(range(5000)), set(), 1)


@pytest.mark.parametrize("culprits", [{0}, {999}, {500}, {0, 1}, {3, 400, 900, 999}])
def test_only_the_culprits_are_parked_and_the_order_is_kept(culprits: set[int]) -> None:
    accepted, parked, edits = sent(culprits, 1000)
    assert parked == culprits
    assert accepted == [number for number in range(1000) if number not in culprits]
    assert edits < 25 * len(culprits)


def test_where_each_of_several_is_refused_it_is_not_they() -> None:
    accepted, parked, edits = sent(set(range(1000)), 1000)
    assert (accepted, len(parked)) == ([], 1000)
    assert edits < 20


def test_pages_do_not_share_their_portions() -> None:
    portions = Portions()
    assert not portions.refused("a", 10)
    assert (portions.most("a"), portions.most("b")) == (5, None)
