"""A seed comes in; somebody comes out who edits the pages by hand, beside the bot, each time with words of their own.

Notes in the introduction, lines in a day, sections above the log, days moved to an archive; and the bot's own lines: a
remark behind one, one that is struck, one that is taken out. What must stand there at the end is kept as evidence.
They edit as a browser does: the whole page, on condition of the revision that they read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.servers.mediawiki import MediaWiki, Person

NAME = "Alice"
TRIES = 10
_HEADING = re.compile(r"^(?P<level>=+) (?P<words>.+) (?P=level)$", re.MULTILINE)
_OWN = re.compile(r'^(?P<head>\* <span id="(?P<id>sal-[0-9a-f-]+)">.*?</span> )(?P<words>.*)$', re.MULTILINE)
"""A line of the bot's."""
_DAY = re.compile(r"20\d\d-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Change:
    """A page's text after an edit, and what was taken out of it to go into the archive, or which entry for good."""

    text: str
    taken: str = ""
    removed: str = ""


Way = Callable[[str, str, Random], Change | None]
"""How a page is edited: its text and words of one's own in; None: that cannot be done to this page."""


def archive_of(title: str) -> str:
    return f"{title}/Archive"


@dataclass
class Editor:
    wiki: MediaWiki
    titles: Sequence[str]
    seed: int
    name: str = NAME
    first: int = 0
    """Where the numbers of their words begin: no two editors have the same."""
    words: dict[str, str] = field(default_factory=dict)
    """What was put where, by words that stand nowhere else."""
    removed: set[tuple[str, str]] = field(default_factory=set)
    """Titles, and the ids of entries whose lines were taken out there."""
    remarks: int = 0
    """Lines of the bot's that were changed."""
    archived: int = 0
    conflicts: int = 0

    def __post_init__(self) -> None:
        self._chance = Random(f"{self.seed} {self.name}")

    async def edit(self, pause: float, wiki_lives: asyncio.Lock) -> None:
        """Until cancelled; at most `pause` seconds between two edits, and none while somebody else has the lock."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, pause))
            async with wiki_lives:
                # An edit under way ends before we do: whether it was saved must be known.
                once = asyncio.create_task(asyncio.to_thread(self.once))
                try:
                    await asyncio.shield(once)
                except asyncio.CancelledError:
                    await once
                    raise

    def once(self) -> None:
        """Edit one page in any way; nothing, where there is no such page yet or others are always faster."""
        title = self._chance.choice(self.titles)
        ways = (note, line, section, archive, remark, strike, remove)
        way = self._chance.choices(ways, (3, 6, 1, 2, 2, 2, 1))[0]
        change = self.change(title, way, self._chance.random())
        self.remarks += change is not None and way in (remark, strike)

    def change(self, title: str, way: Way, seed: float = 0.0) -> Change | None:
        """Edit a page, and remember what was put there, or taken out."""
        words = f"hand-{self.first + len(self.words) + self.archived + len(self.removed)}"
        change = self.saved(title, way, words, seed)
        if change and change.taken:
            self.archived += 1
            self._person.post("edit", title=archive_of(title), appendtext=f"\n\n{change.taken}", summary=words)
        elif change and change.removed:
            self.removed.add((title, change.removed))
        elif change:
            self.words[words] = title
        return change

    def saved(self, title: str, way: Way, words: str, seed: float = 0.0) -> Change | None:
        """Edit a page, again and again while others are faster; what was done to it, if anything."""
        for _ in range(TRIES):
            asked = {"titles": title, "prop": "revisions", "rvprop": "ids|content", "rvslots": "main"}
            page = self._person.raw("query", **asked)["query"]["pages"][0]
            for revision in page.get("revisions", []):
                # The same draw again, on the page as it stands by now.
                change = way(revision["slots"]["main"]["content"], words, Random(seed))
                if change is None or self._save(title, change, words, revision["revid"]):
                    return change
                self.conflicts += 1
        return None

    @property
    def _person(self) -> Person:
        return self.wiki.person(self.name)

    def _save(self, title: str, change: Change, words: str, revision: int) -> bool:
        try:
            self._person.edit(title, change.text, baserevid=revision, nocreate=1, summary=words)
        except RuntimeError as refusal:
            if "editconflict" in str(refusal):
                return False
            raise
        return True


def note(text: str, words: str, chance: Random) -> Change | None:
    """A sentence above the first heading."""
    end = _headings(text)[0].start() if _headings(text) else len(text)
    above = text[:end].rstrip("\n")
    return Change(f"{above}\n\nNote {words} to all.\n\n{text[end:]}".lstrip("\n"))


def section(text: str, words: str, chance: Random) -> Change | None:
    """A section above the first one."""
    end = _headings(text)[0].start() if _headings(text) else len(text)
    above = text[:end].rstrip("\n")
    return Change(f"{above}\n\n== Notice {words} ==\nMind {words}.\n\n{text[end:]}".lstrip("\n"))


def line(text: str, words: str, chance: Random) -> Change | None:
    """A line somewhere in a day, with a time or without."""
    days = _days(text)
    if not days:
        return None
    start, end = chance.choice(days)
    lines = text[start:end].rstrip("\n").split("\n")
    time = f"{chance.randrange(24):02}:{chance.randrange(60):02} " if chance.random() < 0.5 else ""
    lines.insert(chance.randint(1, len(lines)), f"* {time}{NAME}: {words} by hand")
    rest = text[end:]
    return Change(text[:start] + "\n".join(lines) + ("\n\n" if rest else "") + rest)


def remark(text: str, words: str, chance: Random) -> Change | None:
    """Something said behind a line of the bot's."""
    return _changed(text, chance, lambda own: f"{own[0]} ({words} did that)")


def strike(text: str, words: str, chance: Random) -> Change | None:
    """A line of the bot's that is struck by hand, whether it is already or not."""
    return _changed(text, chance, lambda own: f"{own['head']}<s>{own['words']}</s> no, {words}")


def remove(text: str, words: str, chance: Random) -> Change | None:
    """A line of the bot's taken out for good; nobody's remark with it."""
    own = [each for each in _OWN.finditer(text) if "hand-" not in each[0]]
    if not own:
        return None
    gone = chance.choice(own)
    return Change(text[: gone.start()].removesuffix("\n") + text[gone.end() :], removed=gone["id"])


def _changed(text: str, chance: Random, new: Callable[[re.Match[str]], str]) -> Change | None:
    own = list(_OWN.finditer(text))
    if not own:
        return None
    line = chance.choice(own)
    return Change(text[: line.start()] + new(line) + text[line.end() :])


def archive(text: str, words: str, chance: Random) -> Change | None:
    """A day taken out as a whole, to go into the archive; the newest stays, it is still being written."""
    days = sorted(_days(text), key=lambda day: text[day[0] : day[1]], reverse=True)[1:]
    return _taken(text, *chance.choice(days)) if days else None


def archive_newest(text: str, words: str, chance: Random) -> Change | None:
    """The youngest day taken out, to go into the archive."""
    return _taken(text, *max(_days(text), key=lambda day: text[day[0] : day[1]]))


def _taken(text: str, start: int, end: int) -> Change:
    return Change(text[:start] + text[end:], text[start:end].rstrip("\n"))


def _headings(text: str) -> list[re.Match[str]]:
    return list(_HEADING.finditer(text))


def _days(text: str) -> list[tuple[int, int]]:
    """Where each day begins, and where it ends: at the next heading, whatever that is."""
    headings = _headings(text)
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    return [
        (heading.start(), end) for heading, end in zip(headings, ends, strict=False) if _DAY.fullmatch(heading["words"])
    ]
