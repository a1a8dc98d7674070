"""When somebody logs too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from labsbot.flood import FirstOver, Flood, Over, Pass, key_of
from labsbot.model import Sender
from labsbot.settings import Limit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = ("net", "#ops", "account alice")
THREE = Limit(lines=3, seconds=10)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def said(flood: Flood, *seconds: float) -> list[type]:
    return [type(flood.take(ALICE, THREE, after(second))) for second in seconds]


def test_as_many_lines_as_are_allowed_pass_and_the_next_is_told_once() -> None:
    flood = Flood()
    assert said(flood, 0, 1, 2) == [Pass] * 3
    assert flood.take(ALICE, THREE, after(3)) == FirstOver(until=after(10))
    assert said(flood, 4, 5, 9.9) == [Over] * 3


def test_from_the_moment_that_was_told_a_line_is_taken_again() -> None:
    flood = Flood()
    said(flood, 0, 5, 6)
    told = flood.take(ALICE, THREE, after(7))
    assert isinstance(told, FirstOver)
    assert isinstance(flood.take(ALICE, THREE, told.until), Pass)
    assert said(flood, 10.5) == [Over]


def test_who_goes_on_and_on_is_told_once() -> None:
    flood = Flood()
    answers = said(flood, *(second / 2 for second in range(400)))
    assert answers.count(FirstOver) == 1
    assert answers.count(Pass) == 3 * 200 / 10


def test_a_flood_has_ended_when_nothing_was_refused_for_as_long_as_the_limit_counts() -> None:
    flood = Flood()
    assert said(flood, 0, 0, 0, 0) == [Pass, Pass, Pass, FirstOver]
    assert said(flood, 9.5) == [Over]
    assert said(flood, 10, 10, 10, 10) == [Pass, Pass, Pass, Over]
    assert said(flood, 20, 20, 20, 20) == [Pass, Pass, Pass, FirstOver]


def test_everybody_is_counted_alone_and_in_each_channel_alone() -> None:
    flood = Flood()
    said(flood, 0, 1, 2, 3)
    for other in [("net", "#ops", "account bob"), ("net", "#dev", ALICE[2]), ("other", "#ops", ALICE[2])]:
        assert flood.take(other, THREE, after(4)) == Pass()


def test_a_new_nick_does_not_help() -> None:
    keys = {key_of("net", "#ops", Sender(nick, "u", "h")) for nick in ("alice", "alice_", "guest")}
    assert len(keys) == 1
    logged_in = {key_of("net", "#ops", Sender("alice", "u", host, "alice")) for host in ("home", "work")}
    assert len(logged_in) == 1


def test_an_account_is_not_taken_for_a_host() -> None:
    assert key_of("net", "#ops", Sender("a", "u", "h")) != key_of("net", "#ops", Sender("a", "x", "y", "u@h"))


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    flood = Flood()
    said(flood, 3600, 3600, 3600, 3600)
    assert said(flood, 0, 1, 2, 3) == [Pass, Pass, Pass, FirstOver]


def test_nobody_is_remembered_for_longer_than_the_limit_counts() -> None:
    flood = Flood()
    for number in range(5000):
        flood.take(ALICE, THREE, after(number))
        flood.take(("net", "#ops", f"u@host{number}"), THREE, after(number))
    assert len(flood) <= 11


def test_who_said_one_thing_often_takes_no_more_room() -> None:
    flood = Flood()
    said(flood, *(second / 1000 for second in range(5000)))
    assert len(flood) == 1
    assert len(flood._flows[ALICE].taken) == 3


@given(
    st.lists(st.floats(0, 30), max_size=60).map(sorted),
    st.integers(1, 5),
    st.floats(0.5, 20),
)
def test_no_window_ever_holds_more_than_the_limit_and_no_line_is_refused_in_vain(
    seconds: list[float], lines: int, window: float
) -> None:
    flood, limit, taken = Flood(), Limit(lines, window), list[datetime]()
    for now in map(after, seconds):
        answer = flood.take(ALICE, limit, now)
        recent = [then for then in taken if now - then < timedelta(seconds=window)]
        assert isinstance(answer, Pass) is (len(recent) < lines)
        if isinstance(answer, Pass):
            taken.append(now)
        if isinstance(answer, FirstOver):
            assert answer.until > now
