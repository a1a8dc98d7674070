"""When somebody logs too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from labsbot.desk.flood import MOST_TOLD, FirstOver, Flood, Key, Over, Pass, key_of
from labsbot.model import Sender
from labsbot.settings import Limit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = ("net", "#ops", "account alice")
THREE = Limit(lines=3, seconds=10)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def take(flood: Flood, key: Key, now: datetime) -> Pass | FirstOver | Over:
    return flood.take(key, THREE.lines, THREE.seconds, now)


def said(flood: Flood, *seconds: float) -> list[type]:
    return [type(take(flood, ALICE, after(second))) for second in seconds]


def test_as_many_lines_as_are_allowed_pass_and_the_next_is_told_once() -> None:
    flood = Flood()
    assert said(flood, 0, 1, 2) == [Pass] * 3
    assert take(flood, ALICE, after(3)) == FirstOver(until=after(10), most=3, shared=False, for_all=False)
    assert said(flood, 4, 5, 9.9) == [Over] * 3


def test_from_the_moment_that_was_told_a_line_is_taken_again() -> None:
    flood = Flood()
    said(flood, 0, 5, 6)
    told = take(flood, ALICE, after(7))
    assert isinstance(told, FirstOver)
    assert isinstance(take(flood, ALICE, told.until), Pass)
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
        assert take(flood, other, after(4)) == Pass()


def test_a_new_nick_does_not_help() -> None:
    keys = {key_of("net", "#ops", Sender(nick, "u", "h")) for nick in ("alice", "alice_", "guest")}
    assert len(keys) == 1
    assert key_of("net", "#ops", Sender("alice", "other", "H")) in keys, "a user (ident) is anybody's choice"
    logged_in = {key_of("net", "#ops", Sender("alice", "u", host, "alice")) for host in ("home", "work")}
    assert len(logged_in) == 1


def test_one_household_is_one_host_however_many_addresses_of_ipv6_it_has() -> None:
    homes = {key_of("net", "#ops", Sender("a", "u", f"2001:db8:1:2::{host:x}")) for host in range(1, 9)}
    assert len(homes) == 1
    assert key_of("net", "#ops", Sender("a", "u", "2001:db8:1:3::1")) not in homes
    assert key_of("net", "#ops", Sender("a", "u", "192.0.2.1")) != key_of("net", "#ops", Sender("a", "u", "192.0.2.2"))


def told(until: datetime) -> FirstOver:
    return FirstOver(until, most=100, shared=False, for_all=False)


def test_what_is_weighed_passes_as_long_as_it_fits_and_is_told_when_it_fits_again() -> None:
    flood = Flood()
    assert flood.take(ALICE, 100, 3600, after(0), much=60) == Pass()
    assert flood.take(ALICE, 100, 3600, after(10), much=30) == Pass()
    assert flood.take(ALICE, 100, 3600, after(20), much=11) == told(after(3600))
    assert flood.take(ALICE, 100, 3600, after(30), much=10) == Pass()
    assert flood.take(ALICE, 100, 3600, after(40), much=71) == Over()
    assert flood.take(ALICE, 100, 3600, after(3600), much=60) == Pass()
    assert flood.take(ALICE, 100, 3600, after(3640), much=100) == told(after(7200))


def test_where_no_host_is_told_the_nick_counts() -> None:
    assert key_of("net", "#ops", Sender("alice")) != key_of("net", "#ops", Sender("bob"))


def test_an_account_is_not_taken_for_a_host() -> None:
    assert key_of("net", "#ops", Sender("a", "u", "h")) != key_of("net", "#ops", Sender("a", "x", "y", "u@h"))


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    flood = Flood()
    said(flood, 3600, 3600, 3600, 3600)
    assert said(flood, 0, 1, 2, 3) == [Pass, Pass, Pass, FirstOver]


def test_nobody_is_remembered_for_longer_than_the_limit_counts() -> None:
    flood = Flood()
    for number in range(5000):
        take(flood, ALICE, after(number))
        take(flood, ("net", "#ops", f"u@host{number}"), after(number))
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
        answer = flood.take(ALICE, limit.lines, limit.seconds, now)
        recent = [then for then in taken if now - then < timedelta(seconds=window)]
        assert isinstance(answer, Pass) is (len(recent) < lines)
        if isinstance(answer, Pass):
            taken.append(now)
        if isinstance(answer, FirstOver):
            assert answer.until > now


def test_of_those_who_share_a_limit_each_is_told_once_and_then_one_for_all() -> None:
    flood = Flood()

    def each(*names: str, second: float) -> list[Pass | FirstOver | Over]:
        return [flood.take(ALICE, 3, 10, after(second), who=name) for name in names]

    each(*["loud"] * 3, second=0)
    answers = each(*(f"name{number % 100}" for number in range(1000)), second=1)
    told = [answer for answer in answers if isinstance(answer, FirstOver)]
    assert [answer.for_all for answer in told] == [False] * MOST_TOLD + [True]
    assert all(answer.shared for answer in told)
    assert [type(answer) for answer in each("loud", "bob", second=2)] == [Over, Over]
    each(*["loud"] * 3, *(f"name{number}" for number in range(MOST_TOLD)), second=10)
    assert [type(answer) for answer in each("bob", "carol", second=11.5)] == [FirstOver, Over], "told for all again"


def test_a_part_of_a_limit_is_kept_for_those_who_have_said_nothing_yet() -> None:
    flood = Flood()
    answers = [flood.take(ALICE, 4, 10, after(0), who=who, kept=1) for who in ("a", "a", "a", "a", "b", "b", "c")]
    assert [type(answer) for answer in answers] == [Pass, Pass, Pass, FirstOver, Pass, FirstOver, FirstOver]
    assert [answer.most for answer in answers if isinstance(answer, FirstOver)] == [3, 3, 4]


class CountedTime(datetime):
    """A time that counts how often one is compared with another."""

    compared = 0

    def __sub__(self, other):
        CountedTime.compared += 1
        return super().__sub__(other)


def test_a_line_costs_the_same_however_many_were_said_before() -> None:
    def cost(lines: int) -> int:
        flood, CountedTime.compared = Flood(), 0
        for number in range(lines):
            now = CountedTime(2026, 11, 22, 12, 0, number * 50 // lines, tzinfo=UTC)
            assert isinstance(flood.take(ALICE, lines, 60, now), Pass)
        return CountedTime.compared

    assert cost(1000) < 12 * cost(100)


def test_what_was_said_before_the_clock_was_set_back_holds_nobody_up() -> None:
    flood = Flood()
    assert said(flood, 100, 101, 0, 1, 2, 3) == [Pass] * 5 + [FirstOver]
