"""Which deliveries may be on the wiki without our knowing. See the decision "No id stands on a page twice"."""

from __future__ import annotations

from collections.abc import Iterable

from labsbot.model import Delivery


class Doubts:
    """What is in doubt is looked for in the history and on the whole page before it is sent again."""

    def __init__(self) -> None:
        self._earlier: int | None = None
        """The newest delivery of an earlier life; the journal may be from a backup."""
        self._doubted: set[int] = set()
        """Deliveries of this life."""

    @property
    def begun(self) -> bool:
        return self._earlier is not None

    def begin(self, newest: int) -> None:
        """A life begins: all deliveries up to this one are of an earlier life, and in doubt."""
        self._earlier = newest

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """These met a conflict, a lost answer or a refusal: what was sent of them may stand there all the same."""
        self._doubted.update(delivery.number for delivery in deliveries)

    def settle(self, deliveries: Iterable[Delivery]) -> None:
        """It is known where these stand."""
        self._doubted.difference_update(delivery.number for delivery in deliveries)

    def hold(self, delivery: Delivery) -> bool:
        return delivery.number in self._doubted or self._earlier is None or delivery.number <= self._earlier
