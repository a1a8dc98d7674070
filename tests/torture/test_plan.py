"""The plan of a run is all in its seed."""

from __future__ import annotations

from itertools import pairwise

from tests.torture.plan import DAYS, LONGEST, Fault, Moment, Plan


def test_the_same_seed_gives_the_same_plan_in_whatever_order_edits_and_reads_come() -> None:
    one, other = Plan(7, 20), Plan(7, 20)
    edits = [one.step(save=True) for _ in range(50)]
    reads = [one.step(save=False) for _ in range(50)]
    assert [other.step(save=False) for _ in range(50)] == reads
    assert [other.step(save=True) for _ in range(50)] == edits
    assert one.lives == other.lives
    assert Plan(8, 20).lives != one.lives


def test_everything_goes_wrong_sooner_or_later_and_nothing_is_held_too_long() -> None:
    plan = Plan(7, 300)
    steps = [plan.step(save=True) for _ in range(2000)]
    assert {step.fault for step in steps} == set(Fault)
    assert max(step.seconds for step in steps) <= LONGEST
    assert {life.end for life in plan.lives} == set(Moment)
    assert {life.end for life in plan.lives if not life.is_quiet} == set(Moment) - {Moment.DAYS_COPIED}


def test_days_go_on_and_now_and_then_the_clock_steps_back() -> None:
    days = [life.days for life in Plan(7, 300).lives]
    assert set(days) == set(range(DAYS))
    assert days[-1] == 0
    assert any(later > earlier for earlier, later in pairwise(days))
    assert any(life.before_midnight is not None for life in Plan(7, 300).lives)
