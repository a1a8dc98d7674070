from __future__ import annotations

from itertools import islice

from tests.soak.plan import Trouble, rounds


def test_every_round_has_every_trouble_once() -> None:
    for troubles in islice(rounds(1), 20):
        assert sorted(troubles, key=list(Trouble).index) == list(Trouble)


def test_the_first_round_is_the_same_for_every_seed_and_the_others_are_not() -> None:
    first, second, third = (list(islice(rounds(seed), 2)) for seed in (1, 1, 2))
    assert first == second
    assert first[0] == third[0]
    assert first[1] != third[1]
