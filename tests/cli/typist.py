"""Somebody at a terminal: reads what a program shows, and types."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

PATIENCE = 120.0


class Typist:
    """A program in a pseudo-terminal of its own. Use it as a context manager; what it leaves running is ended."""

    patience = PATIENCE
    """Seconds until what is waited for has to be there."""

    def __init__(self, command: Sequence[str], folder: str) -> None:
        self.shown = ""
        """All that was on the screen so far."""
        self._seen = 0
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execv(command[0], list(command))
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._terminal)  # whoever still runs there is hung up
        if self._status is None:
            os.waitpid(self._pid, 0)

    def sees(self, words: str) -> None:
        """Read on until these words are shown, behind what was seen before. AssertionError: they never are."""
        deadline = time.monotonic() + self.patience
        while words not in self.shown[self._seen :]:
            assert time.monotonic() < deadline, f"never shown: {words!r}; instead:\n{self.shown}"
            assert self._read(deadline), f"it ended without {words!r}:\n{self.shown}"
        self._seen = self.shown.index(words, self._seen) + len(words)

    def answers(self, question: str, text: str) -> None:
        self.sees(question)
        self.types(f"{text}\n")

    def types(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def ends(self) -> int:
        """Read all that is still shown; the exit status."""
        deadline = time.monotonic() + self.patience
        while self._read(deadline):
            pass
        _, status = os.waitpid(self._pid, 0)
        self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
        try:
            block = os.read(self._terminal, 65536) if ready else b""
        except OSError:  # EIO: nobody has the other end open any more
            block = b""
        self.shown += block.decode(errors="replace")
        return bool(block)
