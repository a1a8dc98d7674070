"""A configuration that is right, as text; the tests change one thing in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labsbot.config import ConfigurationError, Loaded, load

RIGHT = """\
journal: journal.sqlite3
irc:
  libera:
    server: irc.libera.chat
    nick: labsbot
    channels:
      "#labs": {}
wiki:
  folder: pages
projects:
  list: {tools: {}, bots: {}}
"""

Write = Callable[[str], Path]
Read = Callable[..., Loaded]
Refused = Callable[..., list[str]]


def with_line(after: str, line: str) -> str:
    """The right configuration with a line (or more) put after the one that holds `after`."""
    assert after in RIGHT
    return "".join(f"{kept}\n{line}\n" if after in kept else f"{kept}\n" for kept in RIGHT.splitlines())


def instead(old: str, new: str) -> str:
    assert old in RIGHT
    return RIGHT.replace(old, new)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "labsbot.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def read(write: Write) -> Read:
    """Load a text, with the environment given by name."""

    def read(text: str, credentials: Path | None = None, **environ: str) -> Loaded:
        return load(write(text), environ, credentials)

    return read


@pytest.fixture
def refused(write: Write) -> Refused:
    """Load a text that is wrong; its problems as they are printed, without the folder."""

    def refused(text: str, credentials: Path | None = None, **environ: str) -> list[str]:
        path = write(text)
        with pytest.raises(ConfigurationError) as failure:
            load(path, environ, credentials)
        assert str(failure.value) == "\n".join(map(str, failure.value.problems))
        assert failure.value.problems
        return [str(problem).removeprefix(f"{path}:") for problem in failure.value.problems]

    return refused
