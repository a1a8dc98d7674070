"""Tell the service manager how we are: readiness, a line of status, that we live; datagrams go out (sd_notify(3)).

Nobody ever waits for it, and where no service manager has started us nothing is said.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping

from labsbot.edge.logs import printable

MORE_TIME = 60.0
"""Seconds for which we ask at once where something takes long."""


class Notifier:
    """Says it to whoever stands in `environ`, the environment of a process that was started by systemd."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog = _watchdog(environ)
        """Within how many seconds it wants to hear again and again that we live; None: it does not."""

    def ready(self) -> None:
        """We do what we are there for, from now on or again."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """We read our configuration again; `ready` ends that."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def status(self, words: str) -> None:
        """One line for people."""
        self._tell(f"STATUS={printable(words)}")

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    @contextlib.contextmanager
    def taking_long(self) -> Iterator[None]:
        """Ask for more time as long as the block lasts, whether the loop runs meanwhile or not."""
        over = threading.Event()
        asking = threading.Thread(target=self._ask_for_time, args=(over,), name="more time", daemon=True)
        asking.start()
        try:
            yield
        finally:
            over.set()
            asking.join()

    def _ask_for_time(self, over: threading.Event) -> None:
        self._tell(f"EXTEND_TIMEOUT_USEC={MORE_TIME * 1e6:.0f}")
        while not over.wait(MORE_TIME / 3):
            self._tell(f"EXTEND_TIMEOUT_USEC={MORE_TIME * 1e6:.0f}")

    def _tell(self, *assignments: str) -> None:
        if self._address is None:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, _NO_WAITING) as ours:
            ours.sendto("\n".join(assignments).encode(), self._address)


_NO_WAITING = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK


def _address(named: str) -> str | None:
    """A path, or the name of an abstract socket (unix(7)), which is written with an @ before it."""
    if named.startswith("@"):
        return f"\0{named[1:]}"
    return named if named.startswith("/") else None


def _watchdog(environ: Mapping[str, str]) -> float | None:
    microseconds = environ.get("WATCHDOG_USEC", "")
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()) or not microseconds.isdecimal():
        return None
    return int(microseconds) / 1e6 or None


NOBODY = Notifier({})
"""No service manager has started us."""
