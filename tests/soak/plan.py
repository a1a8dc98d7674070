"""A seed comes in; the troubles come out, round after round. No I/O.

Each round has every kind of trouble once, the first one in the order in which they stand here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from random import Random


class Trouble(enum.Enum):
    """What goes wrong; the value is how it is called in the report."""

    CUT = "the line is cut"
    INTERRUPTED = "the line is interrupted, then cut"
    SLOWED = "the line is slow"
    FROZEN = "the server stands still"
    KICKED = "the bot is kicked"
    RESTARTED = "the server is restarted"
    FORGOTTEN = "the line is down while the server is restarted"
    STOPPED = "the bot is stopped and started"
    KILLED = "the bot is killed and started"


DEATHS = frozenset({Trouble.STOPPED, Trouble.KILLED})
"""After these the bot is another process."""


def rounds(seed: int) -> Iterator[list[Trouble]]:
    """Every kind of trouble, again and again, each round in an order of its own."""
    chance = Random(seed)
    order = list(Trouble)
    while True:
        yield order
        order = chance.sample(order, len(order))
