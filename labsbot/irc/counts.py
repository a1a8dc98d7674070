"""What happened on a network since the start, in figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Over all connections."""

    lines: int = 0
    """Lines that came in."""
    overlong: int = 0
    """Lines dropped because they were too long."""
    broken: int = 0
    """Lines dropped because they are none (blank, without a command)."""
    failed: int = 0
    """Lines at which our own code failed."""
    replayed: int = 0
    """Lines that the network said again from its history."""
    said: int = 0
    """Messages of ours that arrived: the network echoed them or, where it echoes nothing, they went out."""
    unsaid: int = 0
    """Messages of ours that the server refused (where it echoes nothing, those are among the said ones too), that were
    too many, or that could not be said in time."""
    carried: int = 0
    """Messages of ours that a connection's end cut short, and that were said on a later one."""
    connections: int = 0
    duplicates: int = 0
    """Others who were logged in to our account for longer than a lost connection of ours can be."""
