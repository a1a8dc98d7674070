"""Run a command as if it stood there alone: how it ended and how long that took comes out.

It is started at once, in our own group of processes and at our terminal, with our standard input and outputs, which
nobody here reads or writes. A terminal stops, continues and interrupts it as it does us. What is sent to us alone is
passed on; whether a signal was sent to us alone is told by a witness, another process of the group: what it gets as
well, the command has got, too. See signal(7), and "Job Control" in the manual of the C library.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn, TypeVar

T = TypeVar("T")
_Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

PASSED_ON = frozenset(
    {
        *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2),
        *(signal.SIGALRM, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT),
    }
)
WITNESSED = 0.2
"""Seconds within which a signal to the whole group has reached all of it."""
STOPS = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
"""By which a terminal, or the command itself, stops it. By SIGSTOP either it alone is stopped, or we are, too."""
_OF_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""Which Python ignores, and a command would go on ignoring."""


class NotStarted(Exception):
    """The command could not be started; in words for people."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status
        """As of a shell."""


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended."""

    code: int
    """Its exit status; negative: the number of the signal that ended it."""
    seconds: float

    @property
    def in_words(self) -> str:
        """``exit 2``, ``SIGTERM``; empty: all is well."""
        if self.code < 0:
            with contextlib.suppress(ValueError):
                return signal.Signals(-self.code).name
            return f"signal {-self.code}"
        return f"exit {self.code}" if self.code else ""


def become(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Be the command from now on. Raises NotStarted."""
    for each in _OF_PYTHON:
        signal.signal(each, signal.SIG_DFL)
    _started(command, lambda argv: os.execvpe(argv[0], argv, environ))
    raise AssertionError("it is another program now")


def end_like(ended: CommandEnd) -> NoReturn:
    """End as the command has: whoever waits for us sees the same, and a shell gives 128+N for a signal."""
    if ended.code < 0:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
            _by_default(-ended.code)
        os._exit(128 - ended.code)
    os._exit(ended.code)


@contextlib.contextmanager
def signals_held() -> Iterator[frozenset[signal.Signals]]:
    """What is sent meanwhile comes afterwards; gives what was held before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    try:
        yield frozenset(signal.Signals(each) for each in before)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def be_witness(descriptor: int) -> None:
    """Outlive whatever is sent to the group, and tell it there, a byte for each signal."""
    os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    for each in PASSED_ON | {signal.SIGTTOU, signal.SIGTTIN}:
        signal.signal(each, _nothing)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)


@dataclass(eq=False)
class Wrapped:
    """A command that runs. Made by `start`, while signals are held."""

    pid: int
    begun: float
    witness: int
    """Where the witness tells what it gets."""
    woken: int
    """Where we are told what we get."""
    _seen: dict[int, float] = field(default_factory=dict)
    """When the witness told of which signal."""

    @classmethod
    def start(
        cls, command: Sequence[str], environ: Mapping[str, str], held: frozenset[signal.Signals], witness: int
    ) -> Wrapped:
        """Raises NotStarted."""
        ours = [each for each in PASSED_ON if not _is_ignored(each)]
        of_terminal = [each for each in (signal.SIGTTIN, signal.SIGTTOU) if not _is_ignored(each)]
        woken, wake = os.pipe()
        for end in (woken, wake, witness):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for each in (*ours, signal.SIGCHLD):
            signal.signal(each, _nothing)
        for each in of_terminal:
            signal.signal(each, signal.SIG_IGN)
        begun, default = time.monotonic(), [*_OF_PYTHON, *ours, *of_terminal, signal.SIGCHLD]
        pid = _started(
            command, lambda argv: os.posix_spawnp(argv[0], argv, environ, setsigdef=default, setsigmask=held)
        )
        return cls(pid, begun, witness, woken)

    def wait(self, readable: int, read: Callable[[], bool]) -> CommandEnd:
        """Wait until it ends. `read` is called whenever something can be read there; False: no more will come."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        watched = [self.woken, self.witness, readable]
        while (ended := self._look()) is None:
            ready, _, _ = select.select(watched, [], [])
            if readable in ready and not read():
                watched.remove(readable)
            if self.witness in ready and not self._heard():
                watched.remove(self.witness)
            for number in self._read(self.woken) if self.woken in ready else ():
                if number in PASSED_ON:
                    self._pass_on(number)
        return ended

    def _look(self) -> CommandEnd | None:
        """How it ended, if it has; where it is stopped, so are we until somebody continues us."""
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if not pid:
                return None
            if not os.WIFSTOPPED(status):
                return CommandEnd(os.waitstatus_to_exitcode(status), time.monotonic() - self.begun)
            if os.WSTOPSIG(status) in STOPS:
                handler = _by_default(os.WSTOPSIG(status))
                signal.signal(os.WSTOPSIG(status), handler)

    def _pass_on(self, number: int) -> None:
        """What we got, to the command, unless the witness has got it as well."""
        end = time.monotonic() + WITNESSED
        while self._seen.pop(number, 0.0) < end - 2 * WITNESSED:
            left = end - time.monotonic()
            if left <= 0:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(self.pid, number)
                return
            if select.select([self.witness], [], [], left)[0] and not self._heard():
                time.sleep(left)  # there is no witness any more

    def _heard(self) -> bool:
        """Note what the witness tells; False: there is none any more."""
        told = self._read(self.witness)
        self._seen |= dict.fromkeys(told, time.monotonic())
        return bool(told)

    def _read(self, descriptor: int) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(descriptor, 4096)
        return b""


def _started(command: Sequence[str], start: Callable[[list[str]], T]) -> T:
    """Start it, a script without `#!` by the shell as execvp(3) does. Raises NotStarted."""
    try:
        try:
            return start(list(command))
        except OSError as error:
            found = shutil.which(command[0]) if error.errno == errno.ENOEXEC else None
            if found is None:
                raise
            return start(["/bin/sh", found, *command[1:]])
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise NotStarted("no such command", 127) from error
        raise NotStarted((error.strerror or str(error)).lower(), 126) from error
    except ValueError as error:
        raise NotStarted(str(error), 126) from error


def _is_ignored(number: signal.Signals) -> bool:
    """What is ignored, the command goes on ignoring (nohup)."""
    return signal.getsignal(number) is signal.SIG_IGN


def _by_default(number: int) -> _Handler:
    """Do to ourselves what such a signal does by default; returns what handled it, if we are still there."""
    handler = None if number == signal.SIGKILL else signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)
    return handler


def _nothing(number: int, frame: object) -> None:
    """What came is told by the descriptor that was set for it."""
