"""Another user of the machine: what they do is done for real, by a process of theirs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534
GROUP = 54321
"""A group in which nobody is, until a test says otherwise."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")


def done_by_neighbour(deed: Callable[[], object], group: int = NOBODY) -> str:
    """What came of it: what the deed returned, or how it failed, in words."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(NOBODY)
            outcome = str(deed())
        except BaseException as failure:  # noqa: BLE001 - it is told to the parent
            outcome = f"{type(failure).__name__}: {failure}"
        os.write(writing, outcome.encode(errors="replace")[:60000])
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return told


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder to which everybody finds the way; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="labsbot-public-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o7777
