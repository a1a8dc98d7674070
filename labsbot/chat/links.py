"""Where people are told that an entry is read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from labsbot.model import Delivery, DeliveryState, Kept
from labsbot.settings import WebSettings, folded
from labsbot.text.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class EntryLinks:
    """On its page of the wiki; where a reader has one of its own for each entry, there: that leads on to the wiki, and
    still does when days have gone to archives."""

    reader: str | None = None
    """Its address, with a slash at its end."""
    private: frozenset[str] = frozenset()
    """Projects (`folded`) that it does not show to everybody."""

    @classmethod
    def by(cls, web: WebSettings | None) -> EntryLinks:
        if web is None or is_loopback(urlsplit(web.url).hostname or ""):
            return cls()  # there is none, or none for people elsewhere
        return cls(web.url, frozenset(map(folded, web.private)))

    def of(self, delivery: Delivery) -> Delivery:
        """The delivery with the address that people are told."""
        stands = delivery.state is DeliveryState.DELIVERED and delivery.url is not None
        if self.reader is None or not stands or folded(delivery.log.project) in self.private:
            return delivery
        return replace(delivery, url=f"{self.reader}entry/{delivery.entry.id}")

    def of_all(self, kept: Kept) -> Kept:
        return replace(kept, deliveries=tuple(map(self.of, kept.deliveries)))
