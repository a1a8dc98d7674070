"""Count what happened on a network since the start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """The figures of all connections together."""

    lines: int = 0
    """Lines that arrived."""
    overlong: int = 0
    """Lines dropped because they were too long."""
    broken: int = 0
    """Lines dropped because they were malformed (blank, without a command)."""
    failed: int = 0
    """Lines at which our code failed."""
    replayed: int = 0
    """Lines that the network repeated from its history."""
    said: int = 0
    """Messages of ours that arrived: the network echoed them or, where it echoes nothing, they were sent."""
    unsaid: int = 0
    """Messages of ours that the server refused (where it echoes nothing, they count as said, too), that were too many,
    or that could not be said in time."""
    carried: int = 0
    """Messages of ours that were said on a later connection, since the first one broke."""
    connections: int = 0
    duplicates: int = 0
    """Others who were logged in to our account for longer than a dead connection of ours can be."""
