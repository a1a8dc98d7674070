"""The two ways beside which labsbot is measured: a bare edit of a section, and the whole page read and saved.

Both on the same wiki, in the same run, over the same wire.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import mwclient

from tests.servers import mediawiki


class BareEdits:
    """What nobody can do without: one POST of the day's section, with the base that the last answer gave."""

    def __init__(self, wiki: mediawiki.MediaWiki, port: int, title: str, heading: str | None) -> None:
        # As one with an account, through the same meter, with the token in hand.
        address = SimpleNamespace(api=f"http://127.0.0.1:{port}/api.php")
        self._person = mediawiki.Person(address, "Alice")  # type: ignore[arg-type]
        self._title = title
        self._section = 1 if heading is None else 2
        level = "==" if heading is None else "==="
        first = wiki.text(title) or ""
        self._day = f"{level} {datetime.now(UTC):%Y-%m-%d} {level}"
        older = first.index(level + " 2")
        wiki.edit_as_person(title, f"{first[:older]}{self._day}\n\n{first[older:]}")
        self._base = wiki.history(title)[0]["revid"]

    def add(self, message: str) -> float:
        """Save one more line; seconds."""
        now = datetime.now(UTC)
        name = f"sal-{now:%Y%m%d%H%M%S}-0000"
        entry = f'* <span id="{name}">[[#{name}|{now:%H:%M}]]</span> bencher: {message}'
        heading, _, rest = self._day.partition("\n")
        self._day = f"{heading}\n{entry}\n{rest}".rstrip()
        started = time.perf_counter()
        done = self._person.edit(
            self._title, self._day, section=self._section, baserevid=self._base, summary=f"bencher: {message}"[:400]
        )
        seconds = time.perf_counter() - started
        self._base = done["newrevid"]
        return seconds


class NaiveEdits:
    """The way of the field: the whole page read, a line added, the whole page saved; logged in once."""

    def __init__(self, wiki: mediawiki.MediaWiki, port: int) -> None:
        self._site = mwclient.Site(f"127.0.0.1:{port}", scheme="http", path="/")
        self._site.login(wiki.bot_user, wiki.bot_password)

    def add(self, title: str, message: str) -> float:
        """Save one more line; seconds."""
        started = time.perf_counter()
        page = self._site.pages[title]
        text = page.text()
        day = f"== {datetime.now(UTC):%Y-%m-%d} =="
        if day not in text:
            text = f"{day}\n{text}"
        page.save(text.replace(day, f"{day}\n* {datetime.now(UTC):%H:%M} bencher: {message}", 1), message[:200])
        return time.perf_counter() - started
