"""A seed comes in; somebody comes out who edits the pages to hurt the bot, beside all who edit them well.

Lines on which an impatient expression takes hours, ids of entries where no entry stands, days of other millennia,
redirects to pages that are none of the bot's business. What they put there is kept as evidence like anybody's, except
for the redirects: those they undo after a while, as people would.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.torture.editor import Change, Editor

NAME = "Bob"
RUN = 9_000
"""Signs in a row, in a line that hurts."""
LONGEST = 3.0
"""Seconds for which a redirect stands, at most."""
ELSEWHERE = ("Main Page", "Template:Notice", "Project:Log")
_RUNS = (" ", "\t ", "=", "[", "{", "'", "* ", "!", "- ", "00:00 ")
_DAYS = ("9999-12-31", "0001-01-01", "2999-02-30")
_REDIRECT = re.compile(r"#REDIRECT \[\[[^]]*\]\]\n\n")
_HAND = re.compile(r"hand-\d+")


def no_ids() -> list[str]:
    return []


@dataclass
class Vandal(Editor):
    """`ids` gives those of entries that a channel may have heard of: on the wiki, waiting or parked."""

    name: str = NAME
    first: int = 1_000_000
    ids: Callable[[], list[str]] = no_ids
    done: Counter[str] = field(default_factory=Counter)
    """How often they did what."""

    def once(self) -> None:
        title = self._chance.choice(self.titles)
        ids = self.ids() or ["sal-20261122143001-1967f3a"]
        match self._chance.choices(("hurt", "mention", "misdate", "divert"), (4, 4, 1, 2))[0]:
            case "hurt":
                self._put("lines that hurt", title, hurting)
            case "mention":
                self._put("ids in comments", title, mentioning(self._chance.choice(ids)))
            case "misdate":
                self._put("days out of reason", title, misdated)
            case _:
                others = [other for other in (*ELSEWHERE, *self.titles) if other != title]
                self._divert(title, self._chance.choice(others))

    def clean(self, ids: set[str]) -> None:
        """Take away what mentions these ids and is no entry, as an operator who reads why they are parked."""
        for title in self.titles:
            self.clean_page(title, ids)

    def clean_page(self, title: str, ids: set[str]) -> bool:
        """The same of one page and its archives; whether there was anything."""
        gone: set[str] = set()
        for place in (title, *self.archives(title)):
            self.saved(place, lambda text, words, chance: without(text, ids, gone), "these are no entries")
        for words in gone:
            self.words.pop(words, None)
        return bool(gone)

    def _put(self, what: str, title: str, way: Callable[[str, str, Random], Change | None]) -> None:
        before = len(self.words)
        self.change(title, way, self._chance.random())
        self.done[what] += len(self.words) - before

    def _divert(self, title: str, target: str) -> None:
        """Make the page a redirect, for a while; its content stays below, where a reader does not see it."""
        if not self.saved(title, lambda text, words, chance: diverted(text, target), "moved"):
            return
        self.done["redirects for a while"] += 1
        time.sleep(self._chance.uniform(0.2, LONGEST))
        while not self.saved(title, lambda text, words, chance: restored(text), "moved back"):
            time.sleep(0.1)


def hurting(text: str, words: str, chance: Random) -> Change | None:
    """A line of thousands of the same signs, anywhere below the first heading's line."""
    return _inserted(text, f"{words} {chance.choice(_RUNS) * RUN}x", chance)


def mentioning(entry: str) -> Callable[[str, str, Random], Change | None]:
    """An entry's id as its anchor has it, where it is no entry: in a comment."""

    def way(text: str, words: str, chance: Random) -> Change | None:
        return _inserted(text, f'<!-- * <span id="{entry}">[[#{entry}|14:30]]</span> {words} -->', chance)

    return way


def misdated(text: str, words: str, chance: Random) -> Change | None:
    """A day that is none of this log's, above the first heading of a day there is."""
    heading = re.search(r"^(=+) 20\d\d-\d\d-\d\d =+$", text, re.MULTILINE)
    if heading is None:
        return None
    day = f"{heading[1]} {chance.choice(_DAYS)} {heading[1]}"
    return Change(f"{text[: heading.start()]}{day} <!-- {words} -->\n\n{text[heading.start() :]}")


def without(text: str, ids: set[str], gone: set[str]) -> Change | None:
    """The text without the lines of `mentioning` that hold one of these ids; their words are added to `gone`."""
    lines = text.split("\n")
    bad = [line for line in lines if line.startswith("<!-- * <span") and any(f'"{each}"' in line for each in ids)]
    gone.update(words for line in bad for words in _HAND.findall(line))
    return Change("\n".join(line for line in lines if line not in bad)) if bad else None


def diverted(text: str, target: str) -> Change | None:
    return None if _REDIRECT.match(text) else Change(f"#REDIRECT [[{target}]]\n\n{text}")


def restored(text: str) -> Change:
    return Change(_REDIRECT.sub("", text, count=1))


def _inserted(text: str, line: str, chance: Random) -> Change | None:
    """With a line below any line of a day's list, its heading included."""
    lines = text.split("\n")
    places = [number + 1 for number, each in enumerate(lines) if re.match(r"=+ 20\d\d-\d\d-\d\d =+$|\*", each)]
    if not places:
        return None
    place = chance.choice(places)
    return Change("\n".join([*lines[:place], line, *lines[place:]]))
