"""A journal comes in; a process of its own comes out that is in the middle of reading it, for as long as one likes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

PROGRAM = """
import sqlite3, sys
journal = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
journal.execute("BEGIN")
for _ in range(2):
    print(journal.execute("SELECT count(*) FROM entry").fetchone()[0], flush=True)
    sys.stdin.readline()
"""


class MovedOn(AssertionError):
    """What it read changed under its hands: it was not one transaction."""


@contextlib.asynccontextmanager
async def reader(journal: Path) -> AsyncIterator[None]:
    """Somebody's read transaction, open from before the block until it is left."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(journal)), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    before = await process.stdout.readline()
    try:
        yield
    finally:
        after, _ = await process.communicate(b"\n\n")
    if after != before:
        raise MovedOn(f"{before!r} entries, then {after!r}")
