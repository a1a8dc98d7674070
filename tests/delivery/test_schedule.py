"""When a page is tried again, as a table of moments; no clock runs."""

from __future__ import annotations

import pytest

from labsbot.delivery.schedule import MOST, OTHERS, PROBE, Schedule, limit


@pytest.fixture
def schedule() -> Schedule[str]:
    return Schedule(jitter=lambda limit: limit)  # the longest wait there can be


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, MOST), (1000, MOST)]
)
def test_each_failure_doubles_the_longest_wait_up_to_five_minutes(failures: int, seconds: float) -> None:
    assert limit(failures) == seconds


def test_pages_come_in_the_order_in_which_they_have_waited(schedule: Schedule[str]) -> None:
    assert schedule.turn(["a", "b"], now=0) == ("a", None)
    assert schedule.turn([], now=0) == (None, None)


def test_a_page_that_failed_lets_others_go_first_and_waits(schedule: Schedule[str]) -> None:
    schedule.failed("a", now=10)
    assert schedule.turn(["a", "b"], now=10) == ("b", None)
    assert schedule.turn(["a"], now=10.25) == (None, 0.75)
    assert schedule.turn(["a"], now=11) == ("a", None)


def test_while_the_wiki_is_silent_one_page_asks_every_two_seconds(schedule: Schedule[str]) -> None:
    for _ in range(12):
        schedule.failed("a", now=0)
        schedule.failed("b", now=0.5)
    assert schedule.turn(["a", "b"], now=1) == (None, 1.5)
    assert schedule.turn(["a", "b"], now=0.5 + PROBE) == ("a", None)
    schedule.failed("a", now=3)
    assert schedule.turn(["a", "b"], now=4.9) == pytest.approx((None, 0.1))
    assert schedule.turn(["a", "b"], now=5) == ("b", None)


def test_an_answer_ends_the_waits_of_all_that_failed_while_the_wiki_was_silent(schedule: Schedule[str]) -> None:
    for _ in range(12):
        schedule.failed("a", now=0)
        schedule.failed("b", now=0)
    schedule.answered("a", now=3)
    assert schedule.turn(["a", "b"], now=3) == ("a", None)
    assert schedule.turn(["b"], now=3) == ("b", None)


def test_a_page_with_a_trouble_of_its_own_goes_on_waiting_while_others_are_answered(schedule: Schedule[str]) -> None:
    schedule.failed("stuck", now=0)
    schedule.answered("fine", now=0.1)  # the wiki is there: "stuck" is asked once more
    assert schedule.turn(["stuck"], now=0.1) == ("stuck", None)
    schedule.failed("stuck", now=0.2)
    for moment in (0.3, 0.4, 0.5):
        schedule.answered("fine", now=moment)
    assert schedule.turn(["stuck"], now=0.6) == pytest.approx((None, 1.6))
    assert schedule.turn(["stuck", "fine"], now=0.6) == ("fine", None)


def test_a_wiki_that_asks_for_peace_gets_it_for_all_pages_and_for_five_minutes_at_most(schedule: Schedule[str]) -> None:
    schedule.failed("a", now=0, retry_after=30)
    assert schedule.turn(["b"], now=1) == (None, 29)
    assert schedule.turn(["b"], now=30) == ("b", None)
    schedule.failed("a", now=40, retry_after=86400)
    assert schedule.turn(["b"], now=40) == (None, MOST)


def test_a_question_answered_ends_the_silence_but_not_the_trouble_of_a_page(schedule: Schedule[str]) -> None:
    for _ in range(3):
        schedule.failed("a", now=0)
    schedule.heard(now=1)
    assert schedule.turn(["a"], now=1) == ("a", None)
    schedule.failed("a", now=1)
    schedule.heard(now=2)
    assert schedule.turn(["a"], now=2) == (None, 7)


def test_how_long_a_page_still_waits_for_itself_is_told(schedule: Schedule[str]) -> None:
    assert schedule.due_in("a", now=0) == 0
    schedule.failed("a", now=0)
    assert schedule.due_in("a", now=0) == schedule._jitter(limit(1))
    assert schedule.due_in("a", now=500) == 0
    schedule.failed("a", now=500, retry_after=100)
    assert schedule.due_in("a", now=510) == 90


def test_what_a_page_took_without_result_it_owes_to_the_others_that_are_due(schedule: Schedule[str]) -> None:
    schedule.looked(["fine"], now=0)
    assert schedule.turn(["slow", "new", "fine"], now=0) == ("slow", None)
    schedule.failed("slow", now=20)
    over = 20 + OTHERS * 20
    assert schedule.turn(["slow", "new", "fine"], now=21) == ("fine", None)
    assert schedule.turn(["slow", "new"], now=over - 1) == ("new", None)
    assert schedule.turn(["slow"], now=over - 1) == ("slow", None)
    assert schedule.turn(["slow", "fine"], now=over) == ("slow", None)


def test_an_answer_to_others_does_not_end_the_wait_of_a_page_that_times_out_by_itself(
    schedule: Schedule[str],
) -> None:
    schedule.failed("slow", now=0)
    schedule.answered("fine", now=1)
    schedule.turn(["slow"], now=1)
    schedule.failed("slow", now=21)
    schedule.answered("fine", now=22)
    assert schedule.due_in("slow", now=22) == OTHERS * 20 - 1
