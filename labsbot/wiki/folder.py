"""The verbs of a wiki come in; pages are read and written as files of a folder, each save a revision upon its base.

The meaning is MediaWiki's: a save names the revision it was made from, changes elsewhere on the page are merged, and a
change at the same place is a conflict. No wikitext is rendered, nothing is expanded.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from labsbot.model import REDACTED, Conflict, Edit, Found, Page, PageRevision, PageSize, Refused, Saved, TooLarge
from labsbot.settings import FolderSettings
from labsbot.wiki import marks, redirects, sections, titles
from labsbot.wiki.page_files import CHANGED, LARGEST_PAGE, PageFiles, PageNow, Revision, clock

LONGEST_SUMMARY = 500

_REDIRECT = re.compile(r"\s*+#REDIRECT\s*+:?\s*+\[\[:?([^]|#\n]*+)(?:#[^]|\n]*+)?(?:\|[^]\n]*+)?\]\]", re.IGNORECASE)


class FolderWiki:
    """Pages in a folder, which is made by the first verb. Several processes may use it at once."""

    def __init__(
        self, settings: FolderSettings, name: str = "wiki", other_log: redirects.OtherLog = redirects.no_other_log
    ) -> None:
        self.name = name
        self._redirects = settings.redirects
        self._other_log = other_log
        self._files = PageFiles(settings.folder)
        self._url = settings.url
        self._user = settings.user

    def allow(self, seconds: float) -> None:
        """Files do not let us wait."""

    def login(self) -> None:
        """There is nobody to log in to; a folder that cannot be written is noticed here."""
        with self._files.locked():
            pass

    def look(self, title: str, together: Sequence[str] = ()) -> Page:
        asked = titles.spelt(title)
        on_the_way: list[str] = []
        with self._files.locked():
            target = asked
            while redirect := _REDIRECT.match(self._files.now(target).text or ""):
                on_the_way.append(target)
                target = titles.spelt(redirect[1])
                if len(on_the_way) > redirects.MOST:
                    raise Refused(redirects.TOO_MANY)
            ends = self._end(asked), on_the_way[1:], self._end(target)
            if on_the_way and not redirects.leads_on(*ends, self._redirects, self._other_log):
                own = self._files.now(asked)
                redirects.may_be_replaced(own.text or "", self._page_url(target))
                return Page(asked, self._page_url(asked), own.revision, clock(), (), to_be_replaced=True)
            now = self._files.now(target)
            found = tuple(span.section for span in sections.spans(now.text)[1:]) if now.text is not None else ()
            return Page(target, self._page_url(target), now.revision, clock(), found, redirected=bool(on_the_way))

    def _end(self, title: str) -> redirects.RedirectEnd:
        namespace, colon, _ = title.partition(":")
        return redirects.RedirectEnd(title, self._page_url(title), namespace if colon else "")

    def text_at(self, page: Page) -> str:
        if page.revision is None:
            return ""
        with self._files.locked():
            return self._files.text_of(page.title, page.revision)

    def size(self, title: str) -> PageSize:
        with self._files.locked():
            now = self._files.now(titles.spelt(title))
            return PageSize(now.revision, len((now.text or "").encode()))

    def newest(self, titles: Sequence[str]) -> dict[str, int]:
        found = {}
        for title in titles:
            with contextlib.suppress(Refused):
                if (revision := self.size(title).revision) is not None:
                    found[title] = revision
        return found

    def section(self, page: Page, number: int) -> str:
        if page.revision is None:
            return ""
        found = sections.spans(text := self.text_at(page))
        if number >= len(found):
            raise Conflict(CHANGED, "nosuchsection")
        return text[found[number].start : found[number].end].rstrip(sections.PHP_BLANKS)

    def save(self, edit: Edit) -> Saved:
        if titles.spelt(edit.title) != edit.title:
            raise Refused(titles.NOT_ALLOWED, "invalidtitle")
        with self._files.locked():
            now = self._files.now(edit.title)
            text = self._result(edit, now)
            if len(text.encode()) > LARGEST_PAGE:
                raise TooLarge("the page would be too large", "contenttoobig")
            if text == now.text:
                return Saved(edit.title, None, None, clock())
            summary = edit.summary[:LONGEST_SUMMARY]
            made = self._files.save(edit.title, text, self._user, summary, now)
            return Saved(edit.title, made.revision, now.revision, made.time)

    def find(self, batch: str, edit: Edit) -> Found | None:
        # It stands in the log of the page it was written to, whatever became of the file.
        title = titles.spelt(edit.title)
        with self._files.locked():
            self._files.now(title)
            for made in self._files.revisions(title):
                if made.revision <= (edit.base or 0):
                    break
                if marks.carries(made.summary, batch):
                    return Found(made.title, self._page_url(made.title), made.revision)
        return None

    def title_of(self, revision: int) -> str | None:
        return None

    def text(self, title: str) -> str:
        title = titles.spelt(title)
        with self._files.locked():
            return self._files.now(title).text or ""

    def revisions(self, title: str, since: int = 1) -> tuple[PageRevision, ...]:
        title = titles.spelt(title)
        with self._files.locked():
            self._files.now(title)
            found = list(itertools.takewhile(lambda made: made.revision >= since, self._files.revisions(title)))
            return tuple(
                PageRevision(
                    made.revision,
                    made.summary,
                    self._files.has_text(title, made.revision),
                    datetime.fromisoformat(made.time),
                    made.user,
                )
                for made in reversed(found)
            )

    def forget(self, title: str, texts: Collection[int], summaries: Collection[int]) -> bool:
        title = titles.spelt(title)
        with self._files.locked():
            last = self._files.now(title).revision
            for revision in texts:
                if revision != last:
                    self._files.forget_text(title, revision)
            if summaries:
                log = reversed(list(self._files.revisions(title)))
                emptied = (
                    replace(each, summary=_emptied(each.summary)) if each.revision in summaries else each
                    for each in log
                )
                self._files.rewrite_log(title, list(emptied))
        return True

    def titles(self, prefix: str) -> tuple[str, ...]:
        # Without a namespace, one letter is enough to be a title; with one, MediaWiki wants a name behind it.
        begin = titles.spelt(f"{prefix}x")[:-1]
        return tuple(title for title, _ in self._pages() if title.startswith(begin))

    def category(self, name: str) -> tuple[str, ...]:
        wanted = titles.spelt(f"Category:{name.removeprefix('Category:')}")
        return tuple(title for title, text in self._pages() if sections.in_category(text, wanted))

    def obstacles(self, title: str, archive: str) -> tuple[str, ...]:
        """None: that the folder can be written is noticed at the login."""
        return ()

    def time(self) -> datetime | None:
        return None

    def _pages(self) -> list[tuple[str, str]]:
        """All pages that are no redirects, sorted by title, with their texts."""
        return sorted((title, text) for title, text in self._files.pages() if not _REDIRECT.match(text))

    def history(self, title: str) -> list[Revision]:
        """The page's revisions, newest first."""
        title = titles.spelt(title)
        with self._files.locked():
            self._files.now(title)
            return list(self._files.revisions(title))

    # --- what a save makes of a page ------------------------------------------------------------------------------

    def _result(self, edit: Edit, now: PageNow) -> str:
        new = sections.tidy(unicodedata.normalize("NFC", edit.text))
        if edit.base is None:
            if now.text is not None:
                raise Conflict(CHANGED, "articleexists")
            if now.last and now.last.time > edit.seen:
                raise Conflict(CHANGED, "pagedeleted")
            return new
        if now.text is None:
            raise Conflict(CHANGED, "missingtitle")
        if edit.section is None:
            if now.revision != edit.base:
                raise Conflict(CHANGED, "editconflict")
            return new
        base = self._files.text_of(edit.title, edit.base)
        number = edit.section
        found = sections.spans(base)
        if number >= len(found):
            raise Conflict(CHANGED, "nosuchsection")
        result = sections.replaced(base, found[number], new)
        if now.revision == edit.base or result == now.text:
            return result
        merged = sections.merged(base, now.text, found[number], new)
        if merged is None:
            raise Conflict(CHANGED, "editconflict")
        return merged

    def _page_url(self, title: str) -> str:
        path = self._files.file(title)
        if self._url is None:
            return path.absolute().as_uri()
        return f"{self._url.rstrip('/')}/{quote(path.name, safe=':')}"


def _emptied(summary: str) -> str:
    """A summary without what people have said: its batch is still found by it."""
    return f"{REDACTED} {summary[summary.rindex('[b:') :]}" if "[b:" in summary else REDACTED
