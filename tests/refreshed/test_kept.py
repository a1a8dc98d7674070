"""An answer lies in a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labsbot.refreshed import Keep
from tests.nouns import NOON


@pytest.fixture
def keep(tmp_path: Path) -> Keep[tuple[str, ...]]:
    return Keep(tmp_path / "state" / "names.json", list, tuple)


def test_what_is_written_is_read(keep: Keep[tuple[str, ...]]) -> None:
    assert keep.read() is None
    keep.write(("a", "Café 🎉"), NOON)
    assert keep.read() == (("a", "Café 🎉"), NOON)
    assert os.listdir(keep.path.parent) == ["names.json"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 1, "at": "2026-11-22T12:00:00+00:00"}',
        b'{"version": 1, "at": "noon", "answer": []}',
        b'{"version": 1, "at": 7, "answer": []}',
        b'{"version": 1, "at": "2026-11-22T12:00:00", "answer": []}',
        b'{"version": 2, "at": "2026-11-22T12:00:00+00:00", "answer": []}',
        b'{"version": 1, "at": "2026-11-22T12:00:00+00:00", "answer": 7}',
    ],
)
def test_a_broken_file_is_a_warning_and_no_answer(
    keep: Keep[tuple[str, ...]], broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    keep.path.parent.mkdir()
    keep.path.write_bytes(broken)
    assert keep.read() is None
    assert len(caplog.messages) == 1
    assert str(keep.path) in caplog.messages[0]
    keep.write(("a",), NOON)
    assert keep.read() == (("a",), NOON)


def test_a_folder_that_cannot_be_written_is_a_warning(
    keep: Keep[tuple[str, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    keep.path.parent.write_text("a file in the way")
    keep.write(("a",), NOON)
    assert "is not kept" in caplog.messages[0]


def test_a_write_that_was_cut_off_leaves_the_answer_before(
    keep: Keep[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep.write(("a",), NOON)

    def cut_off(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Path, "replace", cut_off)
    keep.write(("b",), NOON)
    monkeypatch.undo()
    assert keep.read() == (("a",), NOON)
    assert list(keep.path.parent.iterdir()) == [keep.path]
