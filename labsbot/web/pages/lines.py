"""An entry as it stands in a list: all that formats show of it comes in, what a template writes goes out. Pure.

Times are those of the page on the wiki; what is late says when it was logged, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from itertools import groupby

from markupsafe import Markup

from labsbot.formats import EntryView
from labsbot.model import Change, ChangeKind, Entry
from labsbot.text.message import clean
from labsbot.web.pages.addresses import Addresses
from labsbot.web.pages.message_html import PageAddress, message_html


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for people, and for their machine, which shows it as their own."""

    shown: str
    exact: str


@dataclass(frozen=True, slots=True)
class Place:
    """Something that has a page."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Version:
    """What an entry said, or why it was taken back."""

    words: str
    author: str
    at: Moment
    message: Markup
    counts: bool
    """False: it came to nothing."""
    id: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry in a list."""

    id: str
    address: str
    """Of the day on which it stands, with itself in view."""
    page: str
    """Its own."""
    at: Moment
    logged: Moment | None
    """When it was, where it is late."""
    author: Place
    projects: tuple[Place, ...]
    message: Markup
    strike: Version | None
    amends: tuple[Version, ...]
    """What it said before, the first first; empty: it was never amended."""
    remark: str
    """What of it is not on the wiki; mostly nothing."""
    robot: bool
    wiki: str | None
    """Where it stands there."""


@dataclass(frozen=True, slots=True)
class LinesOfDay:
    """The entries of a day, newest first."""

    day: date
    lines: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True)
class LineWriter:
    """Makes lines for the pages of one log."""

    addresses: Addresses
    wiki_page: PageAddress
    project: str | None
    """As it is called in addresses; None: of all."""

    def days(self, views: Iterable[EntryView]) -> list[LinesOfDay]:
        return [
            LinesOfDay(day, tuple(map(self.line, of_day)))
            for day, of_day in groupby(views, lambda each: each.delivery.log_day)
        ]

    def line(self, view: EntryView) -> EntryLine:
        entry, day = view.entry, view.delivery.log_day
        strike = view.strike
        return EntryLine(
            entry.id,
            f"{self.addresses.log(self.project, day)}#{entry.id}",
            self.addresses.entry(entry.id),
            Moment(view.time, _exact_of(entry)),
            moment(view.kept.accepted, view.page.time_zone, day) if entry.late else None,
            Place(view.author, self.addresses.log(self.project, author=entry.author)),
            tuple(Place(clean(each), self.addresses.log(each)) for each in view.projects),
            self._html(view.kept.message, view),
            None if strike is None else self.version(view, strike),
            self._earlier(view),
            _not_there(view),
            entry.robot,
            view.delivery.url,
        )

    def versions(self, view: EntryView) -> list[Version]:
        """All that was ever said and changed, the first first."""
        entry = view.entry
        at = replace(moment(entry.said, view.page.time_zone, view.delivery.log_day), exact=_exact_of(entry))
        text = self._html(entry.message, view)
        words = SAID_LATER if entry.late else SAID
        first = Version(words, clean(entry.author), at, text, True, entry.id)
        return [first, *(self.version(view, each) for each in view.kept.changes)]

    def version(self, view: EntryView, change: Change) -> Version:
        return Version(
            _WORDS[change.kind],
            clean(change.author),
            moment(change.said, view.page.time_zone, view.delivery.log_day),
            self._html(change.text, view),
            change in view.kept.in_force,
            change.id,
        )

    def _html(self, text: str, view: EntryView) -> Markup:
        return message_html(text, view.page, self.wiki_page, self.addresses.about_host)

    def _earlier(self, view: EntryView) -> tuple[Version, ...]:
        is_gone = view.kept.redaction is not None or view.kept.taken_out is not None
        if is_gone or view.amended is None:
            return ()
        return tuple(each for each in self.versions(view) if each.counts and each.words in (SAID, SAID_LATER, AMENDED))


SAID, SAID_LATER, AMENDED = "said", "said afterwards, of", "amended"
_WORDS = {
    ChangeKind.STRIKE: "taken back",
    ChangeKind.AMEND: AMENDED,
    ChangeKind.REDACT: "removed",
    ChangeKind.REMOVE: "taken out of the page",
    ChangeKind.RESTORE: "put back",
}


def zone_of(views: Iterable[EntryView]) -> str | None:
    """In which time zone the times of these are shown; None: in several."""
    zones = {str(each.page.time_zone) for each in views}
    return zones.pop() if len(zones) == 1 else None


def moment(when: datetime, zone: tzinfo, day: date) -> Moment:
    """The day stands there where it is another one."""
    local = when.astimezone(zone)
    return Moment(f"{local:%H:%M}" if local.date() == day else f"{local:%Y-%m-%d %H:%M}", _exact(when))


def _exact(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _exact_of(entry: Entry) -> str:
    return f"{entry.said.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if entry.time_written else _exact(entry.said)


def _not_there(view: EntryView) -> str:
    words = [each for each in view.remarks if not each.startswith(("amended by", "taken back by"))]
    return "; ".join(words)
