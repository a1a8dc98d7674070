"""Which pages are to be looked at for old days, and when: they have grown, are full, or somebody asked for it.

What was seen of them comes in, whose turn it is goes out. It reads and sends nothing: `archiver` does, and says what
came of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from labsbot.model import Log

log = logging.getLogger("labsbot.delivery")

QUIET = 60.0
"""Seconds without any delivery before a page is looked at."""
CHECKED = 3600.0
"""Seconds between two looks at the size of a page that grows."""
REFUSED = 86400.0
"""Seconds after which a page is tried again of which nothing could be moved: somebody may have changed something."""
WHATEVER = date.min
"""Up to this day days move where nothing has moved yet, and somebody wants it whatever the page's size."""


@dataclass(frozen=True, slots=True)
class Wish:
    """That a page is looked at."""

    log: Log
    due: float
    urgent: bool = False
    """An entry waits for it."""
    until: date | None = None
    """What is earlier moves; None: nothing has moved yet."""


class ArchiveWishes:
    """Of the pages of one wiki, by title."""

    def __init__(self, may: Callable[[Log], bool], clock: Callable[[], float]) -> None:
        """`may` says whether anything ever moves from a log's page, by the settings."""
        self._may = may
        self._clock = clock
        self._wishes: dict[str, Wish] = {}
        self._checked: dict[str, float] = {}
        """When the size of a page was last asked for."""
        self._refused: dict[str, float] = {}
        """Until when a page is left alone of which nothing can be moved."""
        self._told: dict[str, str | None] = {}
        """Of pages that somebody has asked for, why nothing more moves; None: it is not over yet."""
        self._asked_as: dict[str, str] = {}
        """Those pages, by the title by which they were asked for."""
        self._full: set[str] = set()
        """Pages that the wiki does not take any larger."""
        self._delivered = -QUIET

    # --- what is wished for

    def grown(self, title: str, log_of: Log) -> None:
        """Something was delivered to a page: it is looked at when it is quiet, and not too often."""
        self._delivered = self._clock()
        if self._may(log_of) and title not in self._wishes:
            self._wishes[title] = Wish(log_of, self._checked.get(title, -CHECKED) + CHECKED)

    def makes_room(self, title: str, log_of: Log) -> bool:
        """A page is as large as the wiki allows, and something waits for it. False: nothing can be moved from it."""
        if not self._may(log_of) or self.is_refused(title):
            return False
        self._full.add(title)
        now = self._clock()
        self._wishes[title] = replace(self._wishes.get(title, Wish(log_of, now)), due=now, urgent=True)
        return True

    def asked(self, title: str, log_of: Log) -> bool:
        """Somebody wants its old days moved, whatever its size. False: by the settings, nothing ever is."""
        if not self._may(log_of):
            return False
        self._asked_as[title] = title
        self._wanted(title, log_of)
        return True

    def redirected(self, title: str, leads_to: str) -> None:
        """What was asked for leads to another page: that is meant."""
        wish = self._wishes.pop(title)
        del self._told[title]
        self._asked_as |= {asked: leads_to for asked, there in self._asked_as.items() if there == title}
        self._wanted(leads_to, wish.log)

    def _wanted(self, title: str, log_of: Log) -> None:
        self._refused.pop(title, None)
        self._told[title] = None
        wish = self._wishes.get(title, Wish(log_of, 0.0))
        self._wishes[title] = replace(wish, due=self._clock(), urgent=True, until=wish.until or WHATEVER)

    @property
    def told(self) -> Mapping[str, str | None]:
        """Of pages that somebody has asked for: why nothing more moves, empty where all did; None: it is not over."""
        return {asked: self._told[title] for asked, title in self._asked_as.items()}

    @property
    def full(self) -> Collection[str]:
        """Pages that are making room: until then nothing can be delivered there."""
        return self._full

    # --- whose turn it is

    def in_turn(self) -> list[tuple[str, Wish, float]]:
        """The urgent ones first; each with the seconds until it may be looked at."""
        now = self._clock()
        waits = []
        for title, wish in sorted(self._wishes.items(), key=lambda each: not each[1].urgent):
            wait = wish.due - now
            waits.append((title, wish, wait if wish.urgent else max(wait, self._delivered + QUIET - now)))
        return waits

    def is_refused(self, title: str) -> bool:
        return self._refused.get(title, 0.0) > self._clock()

    # --- what came of it

    def checked(self, title: str) -> None:
        """Its size was asked for."""
        self._checked[title] = self._clock()

    def forget(self, title: str) -> None:
        """There is nothing to move from it."""
        del self._wishes[title]

    def moves(self, title: str, wish: Wish, until: date) -> None:
        """What is earlier moves from now on, portion by portion."""
        self._wishes[title] = replace(wish, until=until)

    def goes_on(self, title: str, log_of: Log, until: date | None = None) -> None:
        """There may be more; `until`: what an earlier life has begun."""
        wish = self._wishes.get(title, Wish(log_of, 0.0))
        self._wishes[title] = replace(wish, due=self._clock(), until=until or wish.until)

    def has_room(self, title: str) -> None:
        self._full.discard(title)

    def refuse(self, title: str) -> None:
        """It is left alone for a day."""
        self._refused[title] = self._clock() + REFUSED

    def tell(self, title: str, why: str) -> None:
        """It is over; whoever asked hears why."""
        if title in self._told:
            self._told[title] = why

    def leave(self, title: str, why: str) -> None:
        """Nothing of it moves for a day; then somebody may have mended what kept the rest of it there."""
        again = self._clock() + REFUSED
        wish = self._wishes.pop(title, None)
        if wish is not None and wish.until not in (None, WHATEVER):
            # some of what belongs together is gone, and the page is not too large any more
            self._wishes[title] = replace(wish, due=again, urgent=False)
        self._full.discard(title)
        self._refused[title] = again
        self.tell(title, why)
        log.error("nothing is archived from %r: %s", title, why)
