"""Patterns come in; the groups of this machine's name service (NSS) that fit go out as projects, with their members.

They are read by getent(1) in a process of its own: ``grp.getgrall`` keeps all of Python waiting while a name service
is slow. Only members that a group lists count, not those whose primary group it is. A name service that does not list
its groups (sssd without ``enumerate``) has none for us.
"""

from __future__ import annotations

import subprocess
from fnmatch import fnmatchcase

from labsbot.refreshed import OwnThread, SourceFailure
from labsbot.settings import Groups, Project

PATIENCE = 30.0
"""Seconds for all groups together."""


class AskedGroups:
    """The groups that fit a pattern. Call it for what they are now."""

    def __init__(self, origin: Groups) -> None:
        self._pattern = origin.pattern
        self._thread_of_own = OwnThread("groups", 2 * PATIENCE)

    async def __call__(self) -> tuple[Project, ...]:
        """Raises SourceFailure."""
        return groups(await self._thread_of_own.call(_getent), self._pattern)


def _getent() -> str:
    try:
        done = subprocess.run(["getent", "group"], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise SourceFailure(f"the name service has not answered within {PATIENCE:.0f} s") from None
    except OSError as error:
        raise SourceFailure(f"getent(1) cannot be run: {(error.strerror or str(error)).lower()}") from error
    if done.returncode:
        raise SourceFailure(f"getent(1) failed with status {done.returncode}")
    return done.stdout.decode("utf-8", "replace")


def groups(listed: str, pattern: str) -> tuple[Project, ...]:
    """Read lines as of group(5), ``name:password:number:members``."""
    rows = (line.split(":") for line in listed.splitlines())
    return tuple(
        Project(row[0], members=frozenset(member for member in row[3].split(",") if member))
        for row in rows
        if len(row) == 4 and fnmatchcase(row[0], pattern)
    )
