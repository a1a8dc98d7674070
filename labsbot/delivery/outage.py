"""What fails and what goes through comes in; whether an operator has to be told of it now comes out. Reads no clock.

An outage of five minutes is two warnings, not one for each try: one when it begins, one every ten minutes, one when it
is over.
"""

from __future__ import annotations

from collections.abc import Collection

REPEATED = 600.0
"""Seconds between two warnings of the same outage."""


class Outage:
    """Something does not answer: as a whole, or in parts that fail and recover each by itself.

    Seconds are those of any clock that never goes back.
    """

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        """What fails now, and why."""
        self._since = 0.0
        self._told = 0.0
        self._waited: int | None = None
        """Entries that had to wait and went through; None: there is no outage."""

    def failed(self, part: str, cause: str, now: float) -> bool:
        """A part failed. True: say so."""
        self.parts[part] = cause
        if self._waited is None:
            self._since, self._told, self._waited = now, now, 0
            return True
        if now - self._told < REPEATED:
            return False
        self._told = now
        return True

    def recovered(self, part: str, entries: int) -> None:
        """A part answers, and so many entries that had waited for it went through."""
        if self._waited is not None:
            self._waited += entries
            self.parts.pop(part, None)

    def only(self, parts: Collection[str]) -> None:
        """Nobody waits for any other part any more."""
        self.parts = {part: cause for part, cause in self.parts.items() if part in parts}

    def lasted(self, now: float) -> str:
        """How long it has lasted, in words."""
        seconds = now - self._since
        return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

    def ended(self) -> int | None:
        """How many entries had to wait and went through, where an outage is over, once; None: none is."""
        if self.parts or self._waited is None:
            return None
        waited, self._waited = self._waited, None
        return waited
