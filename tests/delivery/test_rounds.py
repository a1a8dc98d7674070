"""Whose turn it is while what is due is not asked for again."""

from __future__ import annotations

import pytest

from labsbot.delivery.lanes import Due, Lane
from labsbot.delivery.rounds import LASTS, Round
from labsbot.delivery.schedule import Schedule

A, B, C = map(Lane, "ABC")
DUE = {lane: Due() for lane in (A, B, C)}


@pytest.fixture
def schedule() -> Schedule[Lane]:
    return Schedule(lambda limit: limit)


def test_each_has_one_turn_in_their_order(schedule: Schedule[Lane]) -> None:
    turns = Round(schedule)
    assert turns.next(0.0) is None
    turns.begin([B, A, C], DUE, 0.0)
    assert turns.titles == ["B", "A", "C"]
    assert [turns.next(0.1), turns.next(0.2)] == [(B, DUE[B]), (A, DUE[A])]
    assert turns.titles == ["C"]
    assert [turns.next(0.3), turns.next(0.4)] == [(C, DUE[C]), None]


def test_it_lasts_a_short_time_and_ends_where_something_else_was_learned(schedule: Schedule[Lane]) -> None:
    turns = Round(schedule)
    turns.begin([A, B, C], DUE, 10.0)
    assert turns.next(10.0 + 0.9 * LASTS) == (A, DUE[A])
    assert turns.next(10.0 + LASTS) is None
    assert turns.next(10.0) is None
    turns.begin([A, B], DUE, 20.0)
    turns.end()
    assert turns.titles == []
    assert turns.next(20.0) is None


def test_who_has_to_wait_by_now_has_no_turn(schedule: Schedule[Lane]) -> None:
    turns = Round(schedule)
    turns.begin([A, B], DUE, 0.0)
    schedule.rest(A, 0.0, 60.0)
    assert turns.next(0.1) == (B, DUE[B])
    assert turns.next(0.2) is None
