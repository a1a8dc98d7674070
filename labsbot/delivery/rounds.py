"""What was found due for some pages, while they have their turns.

To ask what is due, page by page, takes the longer the more of them wait. Who has waited longest comes first anyway, so
it is asked once for some of those, and for a short time. What a turn then sends, it asks the journal itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labsbot.delivery.lanes import Due, Lane
from labsbot.delivery.schedule import Schedule

PAGES = 16
"""So many at most; of those, what is unknown is looked up before anything is written, for it may turn out to be one of
the others. Were it all that is due, the first of a thousand would wait for the last."""
LASTS = 1.0
"""Seconds, for meanwhile more may have come due."""


class Round:
    """The turns of some pages."""

    def __init__(self, schedule: Schedule[Lane]) -> None:
        self._schedule = schedule
        self._due: dict[Lane, Due] = {}
        self._until = 0.0

    def begin(self, lanes: Sequence[Lane], due: Mapping[Lane, Due], now: float) -> None:
        """These have their turns, one after the other."""
        self._due = {lane: due[lane] for lane in lanes}
        self._until = now + LASTS

    def end(self) -> None:
        """Something was learned by which others may come first."""
        self._due = {}

    def next(self, now: float) -> tuple[Lane, Due] | None:
        """Whose turn it is, and what was due there; None: it is over."""
        if not self._due:
            return None
        lane, _ = self._schedule.turn([*self._due], now) if now < self._until else (None, None)
        if lane is None:
            self.end()
            return None
        return lane, self._due.pop(lane)

    @property
    def titles(self) -> list[str]:
        """The pages whose turn is still to come."""
        return [lane.title for lane in self._due]
