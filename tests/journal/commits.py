"""Transactions of a journal are counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from labsbot.journal import Journal


@contextmanager
def commits(journal: Journal) -> Iterator[list[str]]:
    """What was committed within the block."""
    seen: list[str] = []

    def see(_: object) -> None:
        seen.append("commit")

    event.listen(journal._transactions._engine, "commit", see)
    yield seen
    event.remove(journal._transactions._engine, "commit", see)
