"""A server of the tests as a process of its own on loopback: started until it answers, stopped until it is gone."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

STARTING = 20.0


class ServerProcess:
    """Use as a context manager. `write` makes its files in `folder`, `command` says how it is run in the foreground."""

    host = "127.0.0.1"
    binary: str
    question = b"NICK x\r\nUSER x 0 * :x\r\n"
    """What is said to it to see whether it answers anything at all."""
    user: str | None = None
    """As whom root runs it."""

    def __init__(self, ports: int = 1) -> None:
        self.ports = free_ports(self.host, ports)
        self.port = self.ports[0]
        self.folder = Path(tempfile.mkdtemp(prefix="labsbot-server-"))
        self._process: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self.write()
            if self._user:
                for path in (self.folder, *self.folder.rglob("*")):
                    shutil.chown(path, self._user)
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and return when it answers. Raises RuntimeError with its own words if it does not."""
        if not Path(self.binary).exists():
            raise RuntimeError(f"{self.binary} is missing: install the servers with `python -m tests.servers.install`")
        output = self.folder / "output"
        with output.open("wb") as out:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "HOME": str(self.folder)},
                user=self._user,
                preexec_fn=_no_core,
            )
        deadline = time.monotonic() + STARTING
        while not self.answers():
            time.sleep(0.02)  # the only way to learn that a port is open is to ask again
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.binary} does not start:\n{output.read_text(errors='replace')[-3000:]}")

    @property
    def _user(self) -> str | None:
        return self.user if os.geteuid() == 0 else None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Stop it, and return when it is gone."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it from doing anything, while its connections stay up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        # The signal stops one thread, which stops the others: on a busy machine these may still answer for a while.
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def answers(self) -> bool:
        """It is ready."""
        try:
            with socket.create_connection((self.host, self.port), timeout=2) as connection:
                connection.sendall(self.question)
                return bool(connection.recv(1))
        except OSError:
            return False


def free_ports(host: str, number: int) -> list[int]:
    """Ports that the kernel says are free; all are held until all are known."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind((host, 0))
        return [each.getsockname()[1] for each in sockets]


def _no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
