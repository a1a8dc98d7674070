"""Whether a process that somebody wrote down is gone for certain: a text that names it goes out, and comes back in.

A number alone names nothing for long. With the moment at which the process began, in which start of the machine and
among which processes it is counted, it names one process for ever (proc(5), pid_namespaces(7)).
"""

from __future__ import annotations

import os
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_GONE = ("Z", "X")
"""States of a process that runs no more, though nobody has asked yet how it ended."""


def name(pid: int) -> str | None:
    """What names this process of ours from now on; None: this system does not tell."""
    try:
        return f"{_BOOT.read_text().strip()} {_counted()} {pid} {_stat(pid)[1]}"
    except (OSError, IndexError):
        return None


def is_gone(named: str) -> bool:
    """Whether that process, of this user, runs no more for certain.

    Of one that is counted among others (in another container) nothing can be said. Among ours, none outlives the
    machine's start; and of those that have begun since, we see all of this user (of others only where hidepid is off).
    """
    try:
        boot, counted, pid, began = named.split()
        here = _BOOT.read_text().strip()
        if counted != _counted():
            return False
        _stat(os.getpid())  # else nothing is seen there at all
    except (OSError, ValueError, IndexError):
        return False
    if boot != here:
        return True
    try:
        state, since = _stat(int(pid))
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (OSError, ValueError, IndexError):
        return False
    return since != began or state in _GONE


def _counted() -> str:
    """Among which processes ours are counted: the number of the namespace."""
    return os.readlink("/proc/self/ns/pid").strip("pid:[]")


def _stat(pid: int) -> tuple[str, str]:
    """The state of a process, and when it began, in ticks since the machine did."""
    # its name may hold anything, brackets too
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], fields[19]
