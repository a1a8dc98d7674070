"""What is tried together: deliveries to one page, written alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labsbot.delivery.lanes import AGAIN, Lane
from labsbot.delivery.portions import Portion
from labsbot.model import Delivery
from labsbot.settings import PageSettings


@dataclass(frozen=True, slots=True)
class EditBatch:
    id: str
    """By which its edit is found in the wiki's history."""
    lane: Lane
    title: str
    settings: PageSettings
    due: Sequence[Delivery]
    portion: Portion
    next_unknown: Sequence[str] = ()
    """Pages whose turn comes next, and of which nothing is known."""

    @property
    def is_parked(self) -> bool:
        """It is parked already, and tried again: about that people hear nothing."""
        return self.lane == AGAIN
