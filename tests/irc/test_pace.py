import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.irc.pace import Bucket, wait
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
