"""The log that somebody asks for: a project's, or all logs together, of which some may be hidden from them. Pure.

The journal is asked for it in these words, and places near it are named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from labsbot.journal import CountedLogs, EntryQuery, Neighbours, Reading
from labsbot.web.audience import Audience
from labsbot.web.pages.addresses import Addresses
from labsbot.web.pages.lines import Place


@dataclass(frozen=True, slots=True)
class LogAsked:
    """The log of a project, or all logs, for somebody."""

    name: str | None
    """As its project is called; None: all."""
    projects: tuple[str, ...] | None
    """As it is spelt in the journal; None: any."""
    audience: Audience

    @property
    def title(self) -> str:
        return "All entries" if self.name is None else self.name

    @property
    def query(self) -> EntryQuery:
        return EntryQuery(self.projects, hidden=self.audience.hidden)

    @property
    def counted(self) -> CountedLogs:
        return CountedLogs(self.projects, self.audience.hidden)

    def neighbours(self, day: date) -> Callable[[Reading], Neighbours]:
        """The question between which days with entries a day is."""
        return lambda reading: reading.neighbours(self._in(reading), day)

    def _in(self, reading: Reading) -> tuple[str, ...] | None:
        """The projects that are meant, by name where some are hidden."""
        if self.projects is None and self.audience.hidden:
            return tuple(reading.newest(self.audience.hidden))
        return self.projects


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """What of a log has a page."""

    to: Addresses

    def newest(self, log: LogAsked) -> Place:
        return Place(f"{log.title}: the newest entries", self.to.log(log.name))

    def whole(self, log: LogAsked) -> Place:
        """Of which a day, a month or a year is a part."""
        return Place(log.title, self.to.log(log.name))

    def day(self, log: LogAsked, day: date) -> Place:
        return self._at(log, day.isoformat())

    def month(self, log: LogAsked, day: date) -> Place:
        """That of a day."""
        return self._at(log, day.isoformat()[:7])

    def year(self, log: LogAsked, day: date) -> Place:
        """That of a day."""
        return self._at(log, day.isoformat()[:4])

    def _at(self, log: LogAsked, when: str) -> Place:
        return Place(when, self.to.log(log.name, when))
