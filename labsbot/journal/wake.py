"""How another process tells the running bot that it wrote into the journal: one empty datagram beside the file.

Nothing is lost where it does not arrive: what was written is found at the next news, or at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from labsbot.edge import files
from labsbot.model import JournalFailure


def listen(journal: Path, ring: Callable[[], None]) -> Callable[[], None]:
    """Call `ring` on the running loop whenever somebody wakes this journal; returns what ends that.

    Only the one deliverer of the journal may listen. Raises JournalFailure where the socket cannot be made.
    """
    address = _address(journal)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        address.unlink(missing_ok=True)
        os.fchmod(listener.fileno(), files.PRIVATE)
        with _short(address) as path:
            listener.bind(path)
            os.chmod(path, journal.stat().st_mode & 0o660)  # whoever may write into the journal may wake us
    except OSError as error:
        listener.close()
        raise JournalFailure(f"{files.user()} cannot make the socket {address}: {error.strerror}") from error
    loop = asyncio.get_running_loop()

    def heard() -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                listener.recv(1)
                ring()

    loop.add_reader(listener, heard)

    def close() -> None:
        loop.remove_reader(listener)
        listener.close()
        address.unlink(missing_ok=True)

    return close


def wake(journal: Path) -> bool:
    """Wake the bot that runs on this journal; False: there is none. Raises JournalFailure: we may not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        try:
            with _short(_address(journal)) as path:
                sender.sendto(b"\n", path)
        except PermissionError as error:
            words = f"{files.user()} cannot wake the bot: {_address(journal)}: {error.strerror}"
            raise JournalFailure(words) from error
        except OSError:
            return False
    return True


def _address(journal: Path) -> Path:
    return Path(f"{os.path.realpath(journal)}.wake")  # the same for all who call the journal by another name


@contextlib.contextmanager
def _short(address: Path) -> Iterator[str]:
    """The address by way of its open folder: a socket's path may have 107 bytes only (unix(7))."""
    folder = os.open(address.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{address.name}"
    finally:
        os.close(folder)
