"""A seed comes in; somebody comes out who edits the pages by hand, beside the bot, each time with words of their own.

Notes in the introduction, lines in a day, sections above the log, days moved to an archive; and the bot's own lines: a
remark behind one, one that is struck, one that is taken out. In archives that the bot has made, too. What must stand
there at the end is kept as evidence. They edit as a browser does: the whole page, on condition of the revision that
they read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from tests.servers.mediawiki import MediaWiki, Person
from tests.torture.checker import read_titles

NAME = "Alice"
TRIES = 10
IN_ARCHIVES = 0.3
"""Of what can be done there too, so much is done in an archive, once there is one."""
_HEADING = re.compile(r"^(?P<level>=+) (?P<words>.+) (?P=level)$", re.MULTILINE)
_OWN = re.compile(r'^(?P<head>\* <span id="(?P<id>sal-[0-9a-f-]+)">.*?</span> )(?P<words>.*)$', re.MULTILINE)
"""A line of the bot's."""
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_FOOTER = re.compile(r"^\[\[Category:", re.MULTILINE)
_HAND = re.compile(r"\bhand-\d+\b")


@dataclass(frozen=True, slots=True)
class Change:
    """A page's text after an edit, and what was taken out of it to go into the archive, or which entry for good."""

    text: str
    taken: str = ""
    removed: str = ""


Way = Callable[[str, str, Random], Change | None]
"""How a page is edited: its text and words of one's own in; None: that cannot be done to this page."""


def archive_of(title: str) -> str:
    """Where people move days of a page."""
    return f"{title}/Archive"


def archives_of(title: str, titles: Sequence[str], below: Sequence[str]) -> list[str]:
    """Which of the pages below a page are its archives: not those that are, or belong to, another of these `titles`."""
    others = [other for other in titles if other.startswith(f"{title}/")]
    return [page for page in below if not any(page == other or page.startswith(f"{other}/") for other in others)]


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
    in_archives: int = 0
    """Edits of archives."""
    merged: int = 0
    """Days of which two versions were put together."""
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
        # What is old by now goes to an archive of the bot's.
        ways = (note, line, section, archive_since(f"{datetime.now(UTC):%Y-%m-01}"), remark, strike, remove)
        way = self._chance.choices(ways, (3, 6, 1, 2, 2, 2, 1))[0]
        place = title
        if way in (note, line, remark, strike, remove) and self._chance.random() < IN_ARCHIVES:
            place = self._chance.choice([title, *self.archives(title)][-8:])
        change = self.change(title, way, self._chance.random(), place)
        self.remarks += change is not None and way in (remark, strike)
        self.in_archives += change is not None and place != title

    def archives(self, title: str) -> list[str]:
        """Of a page, as far as there are any by now."""
        return archives_of(title, self.titles, read_titles(self.wiki.api, title))

    def change(self, title: str, way: Way, seed: float = 0.0, place: str | None = None) -> Change | None:
        """Edit a page, or an archive of it (`place`), and remember what was put there, or taken out."""
        words = f"hand-{self.first + len(self.words) + self.archived + len(self.removed)}"
        change = self.saved(place or title, way, words, seed)
        if change and change.taken:
            self.archived += 1
            self._person.post("edit", title=archive_of(title), appendtext=f"\n\n{change.taken}", summary=words)
        elif change and change.removed:
            self.removed.add((title, change.removed))
        elif change:
            self.words[words] = title
        return change

    def merge(self, title: str, archive: str, day: str) -> bool:
        """Put a day's two versions together, in the archive, as somebody whom the bot has told that there are two.
        False: there are not, any more."""
        taken: list[str] = []

        def take(text: str, words: str, chance: Random) -> Change | None:
            found = [each for each in _days(text) if _named(text, each[0]) == day]
            taken[:] = [text[start:end].rstrip("\n") for start, end in found]
            return _taken(text, *found[0]) if found else None

        def put(text: str, words: str, chance: Random) -> Change | None:
            found = [each for each in _days(text) if _named(text, each[0]) == day]
            if not found:
                return None
            start, end = found[0]
            both = merged(taken[0], text[start:end].rstrip("\n"), {each for on, each in self.removed if on == title})
            rest = text[end:]
            return Change(text[:start] + both + ("\n\n" if rest else "") + rest)

        there = self._text(archive)
        if not any(_named(there, start) == day for start, _ in _days(there)):
            return False
        if self.saved(title, take, "both versions are put together") is None:
            return False
        self.merged += self.saved(archive, put, "both versions are put together") is not None
        return True

    def _text(self, title: str) -> str:
        return self.wiki.text(title) or ""

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


def archive_since(first: str) -> Way:
    """A day from this one on taken out as a whole, to go into the archive."""

    def archive(text: str, words: str, chance: Random) -> Change | None:
        # The newest stays, it is still being written.
        days = sorted(_days(text), key=lambda day: text[day[0] : day[1]], reverse=True)[1:]
        days = [day for day in days if _named(text, day[0]) >= first]
        return _taken(text, *chance.choice(days)) if days else None

    return archive


def archive_newest(text: str, words: str, chance: Random) -> Change | None:
    """The youngest day taken out, to go into the archive."""
    return _taken(text, *max(_days(text), key=lambda day: text[day[0] : day[1]]))


def merged(on_page: str, archived: str, removed: Set[str]) -> str:
    """One day of two: as it is on the page, with what people have said in the archive alone; without lines of these
    entries, which people have taken out of one."""
    theirs = {own["id"]: own[0] for own in _OWN.finditer(archived)}
    lines = []
    for each in on_page.split("\n"):
        own = _OWN.match(each)
        missing = [words for words in _HAND.findall(theirs.get(own["id"], "")) if words not in each] if own else []
        if own is None or own["id"] not in removed:
            lines.append(f"{each} (also {', '.join(missing)})" if missing else each)
    more = [each for each in archived.split("\n")[1:] if each.strip() and not _OWN.match(each) and each not in lines]
    kept = "\n".join([*lines, *more])
    lost = [words for each in theirs.values() for words in _HAND.findall(each) if words not in kept]
    return f"{kept}\n* {', '.join(lost)}: of lines that are gone" if lost else kept


def _named(text: str, start: int) -> str:
    """The words of the heading that begins there."""
    heading = _HEADING.match(text, start)
    return heading["words"] if heading else ""


def _taken(text: str, start: int, end: int) -> Change:
    return Change(text[:start] + text[end:], text[start:end].rstrip("\n"))


def _headings(text: str) -> list[re.Match[str]]:
    return list(_HEADING.finditer(text))


def _days(text: str) -> list[tuple[int, int]]:
    """Where each day begins, and where it ends: at the next heading, whatever that is, or at the page's categories."""
    headings = _headings(text)
    footer = _FOOTER.search(text, headings[-1].end() if headings else 0)
    ends = [*(heading.start() for heading in headings[1:]), footer.start() if footer else len(text)]
    return [
        (heading.start(), end) for heading, end in zip(headings, ends, strict=False) if _DAY.fullmatch(heading["words"])
    ]
