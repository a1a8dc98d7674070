"""Lines for the operator go out on standard error, and nobody ever waits for whoever reads them.

Records come in from every room; a thread of its own writes them. A reader that stops reading costs lines, never the
bot: what finds no room is dropped, counted, and said when lines flow again. What is typed on IRC cannot move a
terminal's cursor or begin a line of its own.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import select
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROOM = 2000
"""Lines that may wait for the reader."""
GOODBYE = 2.0
"""Seconds that the last lines have at the end of the process."""

BETWEEN = 60.0
"""Seconds between two warnings of a kind that strangers cause."""

_PRIORITY = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""What syslog(3) calls the levels; whatever is lower is 7."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the operator wants to read."""

    level: int = logging.INFO
    """From which level up."""
    levels: tuple[tuple[str, int], ...] = ()
    """The same for single rooms, by their names."""
    as_json: bool = False


def printable(text: str) -> str:
    """The text with everything replaced that a terminal would not just show."""
    return "".join(character if character.isprintable() else "�" for character in text)


class Seldom(logging.Filter):
    """Lets through one warning of each kind a minute, which says how many of it were left out: strangers cause them as
    often as they like, and must not fill the disk, nor hide what else is said."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds and never goes back."""
        super().__init__()
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}
        """Of each kind, when it was let through last, and how many were left out since."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno != logging.WARNING:
            return True
        kind, now = str(record.msg), self._clock()
        last, left_out = self._said.get(kind, (now - BETWEEN, 0))
        if now - last < BETWEEN:
            self._said[kind] = last, left_out + 1
            return False
        self._said[kind] = now, 0
        if left_out:
            record.msg = f"{kind} (and {left_out} more like it before)"
        return True


class Formatter(logging.Formatter):
    """One record: times in UTC, or a priority for each line where the journal of systemd reads them."""

    converter = staticmethod(time.gmtime)

    def __init__(self, for_journald: bool = False) -> None:
        form = "%(levelname)s %(name)s: %(message)s"
        super().__init__(form if for_journald else f"%(asctime)sZ {form}", "%Y-%m-%dT%H:%M:%S")
        self._for_journald = for_journald

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        lines = [printable(line) for line in super().format(record).split("\n")]  # of a traceback, too
        if not self._for_journald:
            return "\n".join(lines)
        return "\n".join(f"{_priority(record)}{line}" for line in lines)


class JsonFormatter(logging.Formatter):
    """One record as one line of JSON, all ASCII, for programs that gather logs."""

    converter = staticmethod(time.gmtime)

    def __init__(self, for_journald: bool = False) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")
        self._for_journald = for_journald

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        line = json.dumps(told).replace("\x7f", "\\u007f")
        return f"{_priority(record)}{line}" if self._for_journald else line


def _priority(record: logging.LogRecord) -> str:
    return f"<{next((number for level, number in _PRIORITY if record.levelno >= level), 7)}>"


class Lines(logging.Handler):
    """Takes records and plain lines at once, and writes them to a descriptor as fast as somebody reads there."""

    def __init__(self, descriptor: int, room: int = ROOM) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._room = room
        # Of all queues this is the one that a signal handler may use while it is in use. It has no limit of its own.
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._without_room = 0
        self._unwritten = 0
        self._told = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as fault:  # noqa: BLE001 - as in logging itself: a line that is wrong ends nothing
            line = f"a log line of {record.name} cannot be shown: {fault!r}"
        self.say(line)

    def say(self, line: str) -> None:
        """Write a line as it is."""
        if self._waiting.qsize() >= self._room:
            self._without_room += 1
        else:
            self._waiting.put(line)

    def finish(self, seconds: float = GOODBYE) -> None:
        """Write what waits, for so long at most; what comes afterwards is not written."""
        self._waiting.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (line := self._waiting.get()) is not None:
            if not self._write(line):
                self._unwritten += 1
            elif self._waiting.qsize() < self._room // 2:
                self._tell_dropped()
        self._tell_dropped()

    def _tell_dropped(self) -> None:
        dropped = self._without_room + self._unwritten
        if dropped > self._told:
            words = f"{dropped - self._told} log lines were dropped: nobody read them in time"
            if self._write(
                self.format(logging.LogRecord("labsbot.edge.logs", logging.WARNING, "", 0, words, None, None))
            ):
                self._told = dropped

    def _write(self, line: str) -> bool:
        rest = f"{line}\n".encode(errors="backslashreplace")
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])  # a terminal that another program made non-blocking
            except OSError:
                return False  # whoever read has gone; the bot goes on
        return True


def fill_standard_descriptors() -> None:
    """Let what is read from or written to one of 0 to 2 that was closed go nowhere.

    Else the next file or connection that is opened gets that number, and our lines with it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # always the lowest that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def start(descriptor: int, environ: Mapping[str, str], settings: LogSettings) -> Lines:
    """Let everything that is wanted be logged there from now on."""
    lines = Lines(descriptor)
    lines.setFormatter((JsonFormatter if settings.as_json else Formatter)(is_journald(descriptor, environ)))
    logging.basicConfig(level=max(settings.level, logging.INFO), handlers=[lines], force=True)
    # Other libraries say nothing of use below INFO, and one of them says passwords.
    logging.getLogger("labsbot").setLevel(settings.level)
    for room, level in settings.levels:
        logging.getLogger(f"labsbot.{room}").setLevel(level)
    logging.captureWarnings(True)
    return lines


def is_journald(descriptor: int, environ: Mapping[str, str]) -> bool:
    """Whether what is written there goes to systemd's journal (systemd.exec(5), ``$JOURNAL_STREAM``)."""
    found = os.fstat(descriptor)
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
