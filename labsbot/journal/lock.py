"""A journal comes in; out comes the lock that makes this process its one deliverer, or who is it already."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from labsbot.edge import files
from labsbot.model import JournalFailure


def take(journal: Path) -> int:
    """The descriptor that holds the lock until it is closed. Raises JournalFailure: somebody has it, or we may not."""
    name = Path(f"{os.path.realpath(journal)}.lock")  # the same for all who call the journal by another name
    try:
        lock = files.open_private(name)
    except OSError as error:
        raise JournalFailure(f"{files.user()} cannot lock the journal: {name}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _owner(lock)
        os.close(lock)
        if owner is None:
            words = f"{journal} is in use: somebody holds its lock, {name} (`fuser {name}` says who)"
            raise JournalFailure(words) from None
        words = f"another labsbot (process {owner}) is running on {journal}: end it first, or name another journal"
        raise JournalFailure(words) from None
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _owner(lock: int) -> int | None:
    """The process that is named in a lock; None: it does not have it open, or that is not ours to see."""
    named = os.pread(lock, 20, 0).strip()
    if named.isdigit():
        with contextlib.suppress(OSError), os.scandir(f"/proc/{int(named)}/fd") as opened:
            if any(_is_same(each.path, lock) for each in opened):
                return int(named)
    return None


def _is_same(path: str, descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    return False
