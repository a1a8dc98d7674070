"""Which words are a time. What stands behind them in a command is tested with the commands."""

from __future__ import annotations

import pytest

from labsbot.text.typed_time import Ago, TimeRead, TimeUnread, WallClock, is_time, read


def test_a_time_takes_as_many_words_as_belong_to_it() -> None:
    assert read(["14:05", "tools", "x"], for_project=True) == TimeRead(WallClock(14, 5), 1)
    assert read(["14:05", "UTC", "x"], for_project=True) == TimeRead(WallClock(14, 5, utc=True), 2)
    day = (2026, 11, 21)
    assert read(["2026-11-21", "14:05", "x"], for_project=True) == TimeRead(WallClock(14, 5, 0, day), 2)
    assert read(["2026-11-21", "14:05", "Z"], for_project=True) == TimeRead(WallClock(14, 5, 0, day, True), 3)
    assert read(["-1d2h3m4s"], for_project=True) == TimeRead(Ago(93784), 1)


@pytest.mark.parametrize("words", [[], [""], ["tools"], ["utc", "14:05"], ["-m"], ["-"], ["--5m"], ["5m"], ["a14:05"]])
@pytest.mark.parametrize("for_project", [True, False])
def test_other_words_are_none(words: list[str], for_project: bool) -> None:
    assert read(words, for_project) is None


def test_a_zone_that_may_mean_several_is_none_that_is_known() -> None:
    assert isinstance(read(["14:05", "IST"], for_project=False), TimeUnread)
    assert read(["14:05", "Ist"], for_project=False) == TimeRead(WallClock(14, 5), 1)


@pytest.mark.parametrize(
    ("name", "does"),
    [("14:05", True), ("25:99", True), ("-5m", True), ("2026-11-21", True), ("2012", False), ("14.05", False)],
)
def test_a_name_is_read_as_a_time_or_not(name: str, does: bool) -> None:
    assert is_time(name) is does
