"""Ask the bot that runs on a journal: a Unix socket beside the file, one line of JSON there, one back.

Whoever asks finds here where the socket is and what goes over it; the bot's side is in `service`. Imports next to
nothing, for scripts ask often and want their answer at once.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labsbot.edge import answers, files

LARGEST = 256 * 1024
"""Bytes of a line, in either direction, with its end."""
PATIENCE = 5.0
"""Seconds that the bot waits for each line, and for whoever is to read one."""
LONGEST_WAIT = 20.0
"""Seconds for which one question may wait for something to become of what was accepted."""
TRIES, PAUSE = 20, 0.5
"""How often we ask where too many do, and the seconds between two times."""
ANSWER = 3 * PATIENCE
"""Seconds that we wait for the whole of it: the bot has as long for the question, for the deed and for the answer."""


class NobodyAnswers(Exception):
    """No bot listens there."""


class DoorClosed(Exception):
    """There is a bot, or may be one, and it has not done what it was asked; in words for people."""


class AnswerLost(DoorClosed):
    """It was asked, and what came of it is not known."""


class DoorBusy(DoorClosed):
    """Too many ask just now."""


class MayNotAsk(DoorClosed):
    """This user may not open the socket."""


def address(journal: Path) -> Path:
    """The socket of a journal: the same for all who call the journal by another name."""
    return Path(f"{os.path.realpath(journal)}.sock")


def ask(journal: Path, verb: str, **given: object) -> dict[str, Any]:
    """Ask the bot that runs on this journal, and return its answer. Raises NobodyAnswers and DoorClosed.

    With “seconds” in `given` the answer itself may take so long.
    """
    place = address(journal)
    try:
        with contextlib.closing(_connected(place)) as connection:
            connection.settimeout(PATIENCE)
            with contextlib.suppress(BrokenPipeError):  # whoever is sent away at once is told why, and not listened to
                connection.sendall(line({"verb": verb, **given}))
            answer = answers.mapping(
                answers.parsed(_received(connection, ANSWER + float(str(given.get("seconds", 0)))).decode())
            )
    except (OSError, ValueError) as error:
        raise AnswerLost(f"{place}: no answer ({getattr(error, 'strerror', None) or error})") from error
    if answer.get("ok") is not True:
        raise (DoorBusy if answer.get("busy") is True else DoorClosed)(
            f"{place}: {answer.get('error', 'it refuses, and does not say why')}"
        )
    return answer


def ask_in_turn(journal: Path, verb: str, **given: object) -> dict[str, Any]:
    """The same, and again for a while where too many ask just then."""
    for _ in range(TRIES):
        with contextlib.suppress(DoorBusy):
            return ask(journal, verb, **given)
        time.sleep(PAUSE)
    return ask(journal, verb, **given)


def became(journal: Path, asked: str, seconds: float) -> dict[str, Any]:
    """What became of something that was accepted, by its id, as soon as something did; at most so many seconds later.

    Nobody has to answer meanwhile: it is kept, and a bot that starts again knows what became of it.
    """
    end = time.monotonic() + seconds
    told: dict[str, Any] = {"state": "pending", "urls": [], "causes": []}
    while told["state"] == "pending" and (left := end - time.monotonic()) > 0:
        begun = time.monotonic()
        with contextlib.suppress(NobodyAnswers, DoorClosed):
            told = ask(journal, "wait", id=asked, seconds=math.ceil(min(left, LONGEST_WAIT)))
        if told["state"] == "pending" and time.monotonic() - begun < PAUSE:
            time.sleep(PAUSE)
    return told


def line(content: Mapping[str, object]) -> bytes:
    """What goes over the socket."""
    return f"{json.dumps(content, ensure_ascii=False, separators=(',', ':'))}\n".encode("utf-8", "replace")


def _connected(place: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(PATIENCE)
        with short(place) as path:
            connection.connect(path)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
        connection.close()
        raise NobodyAnswers(str(place)) from error
    except PermissionError as error:
        connection.close()
        raise MayNotAsk(f"{files.user()} may not speak to the bot: {place}: {error.strerror}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _received(connection: socket.socket, seconds: float) -> bytes:
    end, content = time.monotonic() + seconds, b""
    while not content.endswith(b"\n") and len(content) <= LARGEST:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        if not (piece := connection.recv(LARGEST)):
            break
        content += piece
    return content


@contextlib.contextmanager
def short(place: Path) -> Iterator[str]:
    """The address by way of its open folder: a socket's path may have 107 bytes only (unix(7)). Raises OSError."""
    folder = os.open(place.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{place.name}"
    finally:
        os.close(folder)
