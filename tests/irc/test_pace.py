import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.irc.pace import QUICK, Bucket, wait
from labsbot.settings import Backoff


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [
        (1, 1, 1),
        (2, 1, 2),
        (3, 1, 4),
        (9, 1, 256),
        (10, 1, 300),
        (10**6, 1, 300),
        (1, 0, 0),
        (4, 0.5, 4),
        (99, 0.1, 30),
    ],
)
def test_waits_double_up_to_five_minutes_and_are_shared_out_by_chance(failures, chance, seconds):
    assert wait(Backoff(), failures, chance) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("failures", "absent", "seconds"),
    [
        (1, 0, 1),
        (1, 1, 2),
        (0, 1, 2),
        (1, 20, 2),
        (1, 21, 4),
        (1, 22, 8),
        (1, 25, 64),
        (1, 10**6, 300),
        (2, 0, 2),
        (2, 1, 2),
        (4, 0, 8),
        (4, 20, 2),
        (4, 22, 8),
    ],
)
def test_a_server_that_is_not_there_is_looked_for_every_two_seconds_before_the_waits_double(failures, absent, seconds):
    assert wait(Backoff(), failures, 1, absent) == seconds


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=40, max_size=40))
def test_after_a_break_of_ten_seconds_we_are_back_within_two(chances):
    """Unless chance has it that twenty tries were over before, which at two seconds each it seldom has."""
    away, failures = wait(Backoff(), 1, chances[0]), 1
    while away < 10 and failures <= QUICK:
        failures += 1
        away += (last := wait(Backoff(), 1, chances[failures - 1], failures - 1))
        assert last <= 2


def test_a_first_wait_longer_than_the_longest_is_cut_too():
    assert wait(Backoff(first=10, most=2), 1, 1) == 2


def test_four_lines_go_at_once_and_then_one_a_second():
    bucket = Bucket(now=100)
    assert [bucket.take(100) for _ in range(5)] == [True, True, True, True, False]
    assert bucket.due(100) == 101
    assert not bucket.take(100.9)
    assert bucket.take(101)
    assert not bucket.take(101)


def test_a_long_silence_saves_up_no_more_than_four_lines():
    bucket = Bucket(now=0)
    assert sum(bucket.take(1e6) for _ in range(10)) == 4


@given(st.lists(st.floats(min_value=0, max_value=3), max_size=60))
def test_never_more_than_the_burst_and_one_a_second_and_what_is_due_can_be_taken(pauses):
    now, bucket, taken = 0.0, Bucket(now=0), 0
    for pause in pauses:
        now += pause
        due = bucket.due(now)
        taken += bucket.take(now)
        assert taken <= 4 + now + 1e-3
        if due > now:
            now = due
            assert bucket.take(now)
            taken += 1
