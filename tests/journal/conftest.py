"""A journal that is open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path)
    yield opened
    opened.close()
