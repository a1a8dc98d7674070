"""Ask the bot that runs on a journal: a Unix socket beside the file, one line of JSON there, one back.

Whoever asks finds here where the socket is and what goes over it; the bot's side is in `service`. Imports next to
nothing, for scripts ask often and want their answer at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labsbot.edge import answers, files

LARGEST = 64 * 1024
"""Bytes of a line, in either direction, with its end."""
PATIENCE = 5.0
"""Seconds that the bot waits for each line, and for whoever is to read one."""
ANSWER = 3 * PATIENCE
"""Seconds that we wait for the whole of it: the bot has as long for the question, for the deed and for the answer."""


class NobodyAnswers(Exception):
    """No bot listens there."""


class DoorClosed(Exception):
    """There is a bot, or may be one, and it has not done what it was asked; in words for people."""


class MayNotAsk(DoorClosed):
    """This user may not open the socket."""


def address(journal: Path) -> Path:
    """The socket of a journal: the same for all who call the journal by another name."""
    return Path(f"{os.path.realpath(journal)}.sock")


def ask(journal: Path, verb: str, **given: object) -> dict[str, Any]:
    """Ask the bot that runs on this journal, and return its answer. Raises NobodyAnswers and DoorClosed."""
    place = address(journal)
    try:
        with contextlib.closing(_connected(place)) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(line({"verb": verb, **given}))
            answer = answers.mapping(answers.parsed(_received(connection).decode()))
    except (OSError, ValueError) as error:
        raise DoorClosed(f"{place}: no answer ({getattr(error, 'strerror', None) or error})") from error
    if answer.get("ok") is not True:
        raise DoorClosed(f"{place}: {answer.get('error', 'it refuses, and does not say why')}")
    return answer


def line(content: Mapping[str, object]) -> bytes:
    """What goes over the socket."""
    return f"{json.dumps(content, separators=(',', ':'))}\n".encode()


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


def _received(connection: socket.socket) -> bytes:
    end, content = time.monotonic() + ANSWER, b""
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
