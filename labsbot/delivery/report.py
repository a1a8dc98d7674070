"""What delivery meets with goes in; the operator's lines about outages come out, in the log. It decides nothing.

Each single try is told at the level DEBUG: an outage is told when it begins, now and then, and when it is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from labsbot.delivery.outage import Outage
from labsbot.model import Delivery, JournalFailure, WikiFailure

log = logging.getLogger("labsbot.delivery")

NAMED = 5
"""So many ids stand in a log line; of more, their number does."""
_JOURNAL = "journal"


def ids(deliveries: Sequence[Delivery]) -> str:
    """The ids of some of them: a log line has its bounds."""
    named = " ".join(delivery.id for delivery in deliveries[:NAMED])
    return named if len(deliveries) <= NAMED else f"{named} … and {len(deliveries) - NAMED} more"


class Report:
    """The outages of one wiki, page by page, and of the journal."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` counts seconds and never goes back."""
        self._clock = clock
        self._wiki = Outage()
        self._journal = Outage()

    def journal_failed(self, failure: JournalFailure) -> None:
        say = self._journal.failed(_JOURNAL, failure.cause, self._clock())
        log.log(logging.ERROR if say else logging.DEBUG, "nothing can be delivered: %s", failure)

    def journal_works(self) -> None:
        self._journal.recovered(_JOURNAL, 0)
        if self._journal.ended() is not None:
            log.warning("the journal works again, after %s", self._journal.lasted(self._clock()))

    def failed(self, title: str, failure: WikiFailure, words: str) -> None:
        """Something did not go through to a page: a warning at the beginning, and every ten minutes."""
        if not self._wiki.failed(title, failure.cause, self._clock()):
            log.debug("%r: %s: %s", title, words, failure)
            return
        pages = len(self._wiki.parts)
        where = f"{title!r}" if pages == 1 else f"{title!r} and {pages - 1} other pages"
        lasted = self._wiki.lasted(self._clock())
        log.warning("nothing goes through to %s: %s (for %s now; %s)", where, failure, lasted, words)

    def recovered(self, title: str, entries: int) -> None:
        """So many entries went through to a page; 0: nothing waits for it any more."""
        self._wiki.recovered(title, entries)

    def over(self, titles: Collection[str]) -> int | None:
        """How many entries had to wait, where nothing fails any more of what is due at these pages; None: no news."""
        self._wiki.only(titles)
        return self._wiki.ended()

    def tell_over(self, waited: int) -> None:
        entries = "1 entry has" if waited == 1 else f"{waited} entries have"
        log.warning("everything goes through again, after %s: %s waited", self._wiki.lasted(self._clock()), entries)
