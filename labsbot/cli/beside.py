"""Log what a command does beside it: a process of its own, which outlives the command and whoever has started it.

What is to be logged comes in when it begins, how the command ended when that is known; lines for people go out. It
speaks to the bot, or writes into the journal where none runs, and nobody waits for it: what it needs for that is loaded
when the command runs already. Where whoever started it is
killed, it says that no end is known; where it is killed itself, another does the same once more, by the same key.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from labsbot.edge import processes, wrapped

PATIENCE = 60.0
"""Seconds for which an end is tried to be logged: longer than a bot takes to start again."""
PAUSE = 2.0
UNKNOWN: Mapping[str, object] = {"how": "unknown"}


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is logged."""

    configuration: Path
    given: Mapping[str, object]
    """As for the verb “begin”, with a key."""


@dataclass(eq=False)
class Beside:
    """The process that logs. It is made by `start`, while signals are held."""

    pid: int
    end: int
    """Where it is told how the command ended."""
    words: int
    """Where it tells people something."""
    witness: int
    """As of `Wrapped`."""
    status: int | None = field(default=None, init=False)
    """How it ended, once it has."""

    @classmethod
    def start(cls, beginning: Beginning) -> Beside:
        """Raises OSError."""
        end, tell_end = os.pipe()
        words, tell_words = os.pipe()
        witness, tell_witness = os.pipe()
        starter = processes.name(os.getpid())
        pid = os.fork()
        if pid == 0:
            _be(beginning, starter, end, tell_words, tell_witness, words)
        for each in (end, tell_words, tell_witness):
            os.close(each)
        return cls(pid, tell_end, words, witness)

    def relay(self) -> bool:
        """Let people read what it says; False: it has ended."""
        said = os.read(self.words, 4096)
        with contextlib.suppress(OSError):
            os.write(2, said)
        return bool(said)

    def tell(self, end: Mapping[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self.end, json.dumps(end).encode())
        os.close(self.end)

    def is_done(self, seconds: float) -> bool:
        """Wait for so long at most until it has logged all, or will not; False: it is still at it, or was killed."""
        until = time.monotonic() + seconds
        while select.select([self.words], [], [], max(until - time.monotonic(), 0))[0]:
            if not self.relay():
                self.status = os.waitpid(self.pid, 0)[1]
                return os.WIFEXITED(self.status)
        return False


def _be(beginning: Beginning, starter: str | None, *descriptors: int) -> NoReturn:
    """Go on as that process: with nothing open that anybody could wait for, and in no folder of theirs."""
    try:
        end, words, witness, read_words = descriptors
        nowhere = os.open(os.devnull, os.O_WRONLY)
        # To be its own reader as well keeps it from failing at words that nobody else reads any more.
        for number, descriptor in enumerate((end, nowhere, words, witness, read_words)):
            os.dup2(descriptor, number)
        os.closerange(5, os.sysconf("SC_OPEN_MAX"))
        os.chdir("/")
        wrapped.be_witness(3)
        ours = processes.name(os.getpid())
        if starter and ours:  # one of both will tell the end
            beginning = replace(beginning, given={**beginning.given, "process": f"{starter}; {ours}"})
        _log(beginning, lambda: json.loads(_all_of(0) or b"null") or UNKNOWN)
    except BaseException:  # noqa: BLE001 - the process of the command begins where we were made, and must not go on here
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def _all_of(descriptor: int) -> bytes:
    return b"".join(iter(lambda: os.read(descriptor, 4096), b""))


def _log(beginning: Beginning, ended: Callable[[], Mapping[str, object]]) -> None:
    """Log the beginning now and the end when it is known. `ended` waits for it."""
    told = _ask(beginning, "begin", beginning.given, "not logged so far")
    if told is not None and "id" in told:
        _tell_of_those_gone(beginning, str(told["id"]))
    end = {**ended(), "key": f"{beginning.given['key']} end"}
    until, words = time.monotonic() + PATIENCE, "how it ended is not logged so far"
    while True:
        if told is None:
            told = _ask(beginning, "begin", beginning.given, "")
        if told is not None and ("id" not in told or _ask(beginning, "end", {**end, "id": told["id"]}, words)):
            return
        if time.monotonic() > until:
            return
        words = ""
        time.sleep(PAUSE)


def _tell_of_those_gone(beginning: Beginning, ours: str) -> None:
    """Of those others that were killed together with the process that logged for them, it is told now."""
    told = _ask(beginning, "unended", {}, "") or {}
    for each in told.get("runs", ()):
        if each["id"] != ours and all(map(processes.is_gone, str(each["process"]).split("; "))):
            _ask(beginning, "end", {**UNKNOWN, "id": each["id"]}, "")


def _ask(beginning: Beginning, verb: str, given: Mapping[str, object], words: str) -> Mapping[str, Any] | None:
    """What was answered, a refusal too; None: for now nothing could be kept, which is told in these words."""
    from labsbot.cli.journal_path import NoJournalNamed, journal_path
    from labsbot.cli.submitting import NoJournal, NotSubmitted, accepted

    try:
        told, _ = accepted(beginning.configuration, journal_path(beginning.configuration), verb, given)
    except (NoJournalNamed, NoJournal) as failure:
        _say(f"not logged: {failure}")
        return {"refused": ""}
    except SystemExit:  # what is wrong with the configuration is said already
        return {"refused": ""}
    except NotSubmitted as failure:
        if words:
            _say(f"{words}: {failure}")
        return None
    if "refused" in told and verb == "begin":
        _say(str(told["refused"]))
    return told


def _say(words: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"labsbot: {words}\n".encode(errors="replace"))
