"""A file of messages becomes lines that are typed, each at a moment of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.replay import MADE_UP, PassingDays, read


def _file(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_lines_of_one_minute_keep_their_order(tmp_path: Path) -> None:
    rows = [{"day": "2020-01-01", "time": "09:00", "nick": "a b", "message": f"it  is {each}"} for each in (2, 1)]
    lines = read(_file(tmp_path, {**rows[0], "time": "10:00"}, *rows))
    assert [line.message for line in lines] == ["it is 2", "it is 1", "it is 2"]
    assert lines[0].said < lines[1].said < lines[2].said == datetime(2020, 1, 1, 10, tzinfo=UTC)
    assert lines[0].nick == "a_b"


def test_lines_without_a_day_are_typed_six_a_day(tmp_path: Path) -> None:
    lines = read(_file(tmp_path, *({"message": str(number)} for number in range(7))))
    assert [line.said for line in lines[::6]] == [MADE_UP, MADE_UP + timedelta(days=1)]


def test_the_clock_of_a_replay_never_goes_back() -> None:
    days = PassingDays(MADE_UP)
    days.go_to(MADE_UP + timedelta(days=1))
    days.go_to(MADE_UP)
    assert days.now() >= MADE_UP + timedelta(days=1)
