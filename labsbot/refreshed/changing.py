"""A file comes in; what it says goes out each time it is asked, read anew only when the file has changed.

What stands in it is for `load` to understand.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from labsbot.refreshed.failure import SourceFailure
from labsbot.refreshed.thread import OwnThread

T = TypeVar("T")

LOOKED_AT = 1.0
"""Seconds after which a file may be looked at again: that costs nothing."""
PATIENCE = 10.0
"""Seconds; a file may lie on a server that hangs."""


class ChangingFile(Generic[T]):
    """A file that people change while we run. Call it for what it says."""

    def __init__(self, path: Path, load: Callable[[Path], T]) -> None:
        """No I/O. `load` runs on a thread, and raises SourceFailure for what is wrong with the file."""
        self._path = path
        self._load = load
        self._thread_of_own = OwnThread(f"file {path}", PATIENCE)
        self._stamp: tuple[int, int, int] | None = None
        self._said: T | SourceFailure = SourceFailure("it has not been read yet")

    async def __call__(self) -> T:
        """What the file says; the same object as long as it does not change. Raises SourceFailure."""
        return await self._thread_of_own.call(self._read)

    def _read(self) -> T:
        try:
            stamp = _stamp(self._path.stat())
            if stamp != self._stamp:
                self._said = self._load_or_why_not()
                # Of before the reading: what changed meanwhile is read again.
                self._stamp = stamp
        except OSError as error:
            raise SourceFailure(f"it cannot be read: {(error.strerror or str(error)).lower()}") from error
        if isinstance(self._said, SourceFailure):
            raise SourceFailure(self._said.cause)
        return self._said

    def _load_or_why_not(self) -> T | SourceFailure:
        try:
            return self._load(self._path)
        except SourceFailure as failure:
            return failure
        except RecursionError:
            return SourceFailure("it is nested too deeply")


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino
