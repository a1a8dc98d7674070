"""Log lines go out as fast as somebody reads; who does not read costs lines and never the bot."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import select
import threading
from collections.abc import Iterator

import pytest

from labsbot.edge.logs import Formatter, JsonFormatter, Lines, Seldom, is_journald


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def record(message: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("labsbot.irc", level, "", 0, message, None, None)


def read(descriptor: int, until: str) -> list[str]:
    text = ""
    while until not in text:
        text += os.read(descriptor, 4096).decode()
    return text.splitlines()


def test_what_is_logged_is_written_in_order(pipe: tuple[int, int]) -> None:
    lines = Lines(pipe[1])
    for number in range(100):
        lines.emit(record(f"line {number}"))
    assert read(pipe[0], "line 99") == [f"line {number}" for number in range(100)]
    lines.finish()


def test_who_does_not_read_costs_lines_which_are_counted_and_said_when_they_flow_again(pipe: tuple[int, int]) -> None:
    lines = Lines(pipe[1], room=50)
    for number in range(1000):
        lines.emit(record(f"{number:04} {'x' * 95}"))  # a hundred bytes: the pipe takes forty
    lines.finish(seconds=0.01)  # nobody has read: it goes on writing
    text = b""
    while lines._thread.is_alive() or select.select([pipe[0]], [], [], 0)[0]:
        if select.select([pipe[0]], [], [], 0.01)[0]:
            text += os.read(pipe[0], 4096)
    found = text.decode().splitlines()
    told = [int(line.split()[0]) for line in found if line.endswith("log lines were dropped: nobody read them in time")]
    shown = [line for line in found if line.endswith("x" * 95)]
    assert sum(told) == 1000 - len(shown) > 500
    assert shown == sorted(shown)


def test_the_end_waits_for_a_reader_for_a_while_and_no_longer(pipe: tuple[int, int]) -> None:
    lines = Lines(pipe[1])
    for _ in range(100):
        lines.emit(record("x" * 100))
    lines.emit(record("the last one"))
    lines.finish(seconds=0.01)
    assert lines._thread.is_alive()  # nobody has read, and we are here
    reader = threading.Thread(target=read, args=(pipe[0], "the last one"))
    reader.start()
    lines.finish(seconds=30)
    reader.join(30)
    assert not reader.is_alive()
    assert not lines._thread.is_alive()  # else it writes to whatever gets the number of this pipe next


def test_a_reader_that_has_gone_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    lines = Lines(writing)
    lines.emit(record("nobody hears this"))
    lines.finish(seconds=30)
    assert not lines._thread.is_alive()
    os.close(writing)


def test_a_record_that_cannot_be_shown_is_said_and_ends_nothing(pipe: tuple[int, int]) -> None:
    lines = Lines(pipe[1])
    lines.emit(logging.LogRecord("labsbot.irc", logging.INFO, "", 0, "%d lines", ("many",), None))
    assert read(pipe[0], "\n")[0].startswith("a log line of labsbot.irc cannot be shown: TypeError")
    lines.finish()


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7)],
)
def test_for_the_journal_of_systemd_each_line_has_its_priority(level: int, priority: int) -> None:
    try:
        raise ValueError("one\n\x1b[31mtwo")
    except ValueError as fault:
        shown = logging.LogRecord("labsbot.irc", level, "", 0, "failed", None, (ValueError, fault, None))
    assert Formatter(for_journald=True).format(shown).splitlines() == [
        f"<{priority}>{logging.getLevelName(level)} labsbot.irc: failed",
        f"<{priority}>ValueError: one",
        f"<{priority}>�[31mtwo",
    ]


def test_elsewhere_each_line_has_its_time_in_utc() -> None:
    shown = record("failed")
    shown.created = 0.0
    assert Formatter().format(shown) == "1970-01-01T00:00:00Z INFO labsbot.irc: failed"


def test_for_programs_each_record_is_one_line_of_ascii_json() -> None:
    try:
        raise ValueError("one\n\x1b[31mtwo\x7f")
    except ValueError as fault:
        shown = logging.LogRecord("labsbot.irc", logging.ERROR, "", 0, "“%s”\x9b", ("x\ny",), (ValueError, fault, None))
    shown.created, shown.msecs = 0.0, 7.9
    line = JsonFormatter().format(shown)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.007Z",
        "level": "error",
        "logger": "labsbot.irc",
        "message": "“x\ny”\x9b",
        "exception": "ValueError: one\n\x1b[31mtwo\x7f",
    }
    assert JsonFormatter(for_journald=True).format(shown) == f"<3>{line}"


def test_the_journal_of_systemd_is_known_by_its_own_word_for_the_stream(pipe: tuple[int, int]) -> None:
    found = os.fstat(pipe[1])
    assert is_journald(pipe[1], {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
    assert not is_journald(pipe[1], {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino + 1}"})
    assert not is_journald(pipe[1], {})


def test_what_strangers_cause_is_said_once_a_minute_and_with_how_often_it_was() -> None:
    now = 1000.0
    seldom = Seldom(lambda: now)

    def said(level: int, text: str, *given: object) -> str | None:
        record = logging.LogRecord("labsbot", level, "", 1, text, given, None)
        return record.getMessage() if seldom.filter(record) else None

    assert said(logging.WARNING, "%s is sent away", "one") == "one is sent away"
    assert said(logging.WARNING, "%s is sent away", "two") is None
    assert said(logging.WARNING, "too long") == "too long", "each kind by itself"
    assert said(logging.ERROR, "%s is sent away", "x") == "x is sent away"
    now += 59.0
    assert said(logging.WARNING, "%s is sent away", "three") is None
    now += 1.0
    assert said(logging.WARNING, "%s is sent away", "four") == "four is sent away (and 2 more like it before)"
    now += 60.0
    assert said(logging.WARNING, "%s is sent away", "five") == "five is sent away"
