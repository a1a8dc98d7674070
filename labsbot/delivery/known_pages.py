"""What was seen and saved on the wiki's pages goes in; what the next edit can build upon comes out.

It holds values and asks nobody; whatever it says is checked by the wiki, as the base of the edit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from labsbot import wikitext
from labsbot.model import Page, Saved
from labsbot.settings import PageSettings

REDIRECT = 600.0
"""Seconds for which another page's redirect is believed: that it leads elsewhere now makes no conflict."""
MOST_STEPS = 4
"""From another spelling to the page that stood there, and from that to where it was moved since, and so on."""
MOST_COPIED = 8_000_000
"""Characters of newest days that are kept, some thousand pages; of more, that of the page saved longest ago is read
again when it is needed."""
AROUND = 2000
"""What a day counts beside its text: as much memory as its page takes."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The newest day's section as it stands on the wiki: the next edit there needs no read."""

    page: Page
    settings: PageSettings
    place: wikitext.InsertPoint
    text: str

    def serves(self, settings: PageSettings, days: Iterable[date]) -> bool:
        return settings == self.settings and all(wikitext.takes(self.place, day) for day in days)


@dataclass(frozen=True, slots=True)
class _Resolved:
    title: str
    seen: float
    redirected: bool


class Pages:
    """The pages of one wiki."""

    def __init__(self) -> None:
        self._resolved: dict[str, _Resolved] = {}
        """What each title that was asked for turned out to be."""
        self._looked: dict[str, Page] = {}
        """What was only looked at stays: it is due, and would have to be looked at again before anything else."""
        self._copies: dict[str, Copy] = {}
        """The page saved last stands last."""
        self._copied = 0

    def title(self, asked: str, now: float) -> str:
        """The title after redirects, as far as it is known."""
        title = asked
        for _ in range(MOST_STEPS):
            resolved = self._resolved.get(title)
            if resolved is None or resolved.title == title or (resolved.redirected and resolved.seen + REDIRECT < now):
                break
            title = resolved.title
        return title

    def known(self, title: str) -> Page | Copy | None:
        return self._copies.get(title) or self._looked.get(title)

    def looked(self, asked: str, page: Page, now: float) -> None:
        """A page was looked up."""
        # Another spelling of the same title never leads elsewhere.
        self._resolved[asked] = _Resolved(page.title, now, page.redirected)
        self.learned(page)

    def learned(self, page: Page) -> None:
        """More is known of a page that was looked up."""
        self._drop(page.title)
        self._looked[page.title] = page

    def saved(self, copy: Copy | None, title: str, base: int | None, saved: Saved) -> None:
        """After a save: go on from what was sent, if the wiki stored just that on top of just the base we knew."""
        if copy is None or saved.revision is None or saved.previous != base:
            self.forget(title)
            return
        self._drop(title)
        page = dataclasses.replace(copy.page, revision=saved.revision, seen=saved.time, sections=())
        self._copies[title] = copy = dataclasses.replace(copy, page=page)
        self._copied += _size(copy)
        while self._copied > MOST_COPIED:
            self._drop(next(iter(self._copies)))

    def forget(self, title: str) -> None:
        """Nothing that was known of this page is to be believed any more, nor that it is the page we want."""
        self._drop(title)
        self._resolved = {asked: found for asked, found in self._resolved.items() if found.title != title}

    def _drop(self, title: str) -> None:
        self._looked.pop(title, None)
        if copy := self._copies.pop(title, None):
            self._copied -= _size(copy)


def _size(copy: Copy) -> int:
    return len(copy.text) + AROUND
