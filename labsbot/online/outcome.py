"""How one trial went, as a value."""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 30.0
"""Seconds that the wiki and each network have for their answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    failed: bool
    words: str
