"""A log that has grown, the real delivery and journal, and the folder wiki: what the tests of archiving share."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from labsbot.settings import ArchiveSettings, PageSettings
from tests.delivery.world import TITLE, World
from tests.nouns import NOON

SETTINGS = PageSettings(archive=ArchiveSettings(over=600), category=("SAL",))
OLD = f"{TITLE}/2025"
PATIENCE = 30.0


def log_page(last: int = 2025, days: int = 6, lines: int = 2, level: str = "==") -> str:
    """The days before the end of a year, newest first, with lines that are all different."""
    newest = NOON.replace(year=last, month=12, day=31)
    found = []
    for number in range(days):
        day = f"{newest - timedelta(days=number):%Y-%m-%d}"
        found.append(f"{level} {day} {level}")
        found += [f"* 0{9 - line}:00 bob: {day}-{line}" for line in range(lines)]
        found.append("")
    return "\n".join(found).rstrip()


PAGE = f"The log.\n\n== 2026-11-21 ==\n* 09:00 bob: this_year\n\n{log_page(days=12)}\n\n[[Category:Old]]"


class ArchiveWorld(World):
    """A world with such a page."""

    def __init__(self, folder: Path, settings: PageSettings = SETTINGS, page: str = PAGE, title: str = TITLE) -> None:
        super().__init__(folder, settings)
        self.title = title
        if page:
            self.write(page, title)
        self.before = self.entries()

    def jitter(self, limit: float) -> float:
        return limit

    async def grows(self, message: str = "hello") -> None:
        """Something is logged, and then it is quiet."""
        await self.log(message)
        await self.pass_time()

    def entries(self) -> Counter[str]:
        """All entries on all pages, by what they say."""
        return Counter(
            line.rpartition(" ")[2]
            for _, text in self.wiki._pages()
            for line in text.splitlines()
            if line.startswith("*")
        )

    def is_whole(self, *more: str) -> bool:
        """Whether every entry that was there is there once, and so are these."""
        return self.entries() == self.before + Counter(more)


def by(settings: PageSettings = SETTINGS, **archive: object) -> PageSettings:
    return replace(settings, archive=replace(settings.archive, **archive))  # type: ignore[arg-type]
