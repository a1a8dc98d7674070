"""A file that people edit while we run."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from labsbot.refreshed import ChangingFile, SourceFailure


def said(file: ChangingFile[tuple[str, ...]]) -> tuple[str, ...]:
    return asyncio.run(file())


class Reader:
    """Reads words, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, path: Path) -> tuple[str, ...]:
        self.read += 1
        words = tuple(path.read_text().split())
        if "broken" in words:
            raise SourceFailure("names.yaml:1:1: nobody understands this")
        return words


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "names.yaml"


def test_it_is_read_anew_only_when_it_has_changed(path: Path) -> None:
    read = Reader()
    file = ChangingFile(path, read)
    path.write_text("a")
    assert said(file) is said(file)
    path.write_text("a b")
    assert said(file) == ("a", "b")
    assert read.read == 2


def test_a_file_put_in_its_place_is_noticed_whatever_its_time_and_size(path: Path) -> None:
    file = ChangingFile(path, Reader())
    path.write_text("a")
    assert said(file) == ("a",)
    new = path.with_name("new")
    new.write_text("b")
    status = path.stat()
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    new.replace(path)
    assert said(file) == ("b",)


def test_a_file_that_is_wrong_says_so_each_time_and_is_not_read_each_time(path: Path) -> None:
    read = Reader()
    file = ChangingFile(path, read)
    path.write_text("broken")
    for _ in range(2):
        with pytest.raises(SourceFailure, match="nobody understands"):
            said(file)
    assert read.read == 1
    path.write_text("a")
    assert said(file) == ("a",)


def test_a_file_that_is_gone_says_so_and_may_come_back(path: Path) -> None:
    file = ChangingFile(path, Reader())
    with pytest.raises(SourceFailure, match="cannot be read: no such file"):
        said(file)
    path.write_text("a")
    assert said(file) == ("a",)
    path.unlink()
    with pytest.raises(SourceFailure, match="cannot be read"):
        said(file)
