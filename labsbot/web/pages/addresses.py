"""Where everything is found: a project, a day, an entry come in, the path of its page goes out. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, quote_plus, urlencode, urlsplit

_WHEN = re.compile("[0-9]{4}(?P<month>-[0-9]{2}(?P<day>-[0-9]{2})?)?")
REMEMBERED, LONGEST = 1000, 200
"""Addresses of logs that are known, for a page leads to the same days and people again and again; and the characters of
what they are made of, for anybody can ask for any."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Those of an installation; `base` stands before each, where people reach us below a path."""

    base: str

    @classmethod
    def below(cls, url: str) -> Addresses:
        """`url` is where people reach us."""
        return cls(urlsplit(url).path.rstrip("/"))

    @property
    def home(self) -> str:
        return f"{self.base}/"

    @property
    def about(self) -> str:
        return f"{self.base}/about"

    def static(self, name: str) -> str:
        return f"{self.base}/static/{name}"

    def log(self, project: str | None, when: date | str = "", feed: str = "", **query: str) -> str:
        """Of a project, or of all; `when`: a day, a month or a year."""
        is_short = len(project or "") + sum(map(len, query.values())) <= LONGEST
        return (self._known_log if is_short else self._log)(project, when, feed, **query)

    @functools.lru_cache(REMEMBERED)  # noqa: B019 - there is one of us for an installation
    def _known_log(self, project: str | None, when: date | str, feed: str, **query: str) -> str:
        return self._log(project, when, feed, **query)

    def _log(self, project: str | None, when: date | str, feed: str, **query: str) -> str:
        path = f"{self.base}/all" if project is None else f"{self.base}/log/{_quoted(project)}"
        path += "".join(f"/{each}" for each in (when, feed) if each)
        return f"{path}?{urlencode(query, errors='replace')}" if query else path

    def typed_log(self, path: str) -> str:
        """Of what stands behind ``/log/``."""
        return f"{self.base}/log/{quote(path, errors='replace')}"

    def entries(
        self,
        project: str | None,
        authors: Sequence[str] = (),
        robots: bool = True,
        words: str = "",
        more: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Where programs ask for such entries; `words`: what is searched for, `more`: what else is asked."""
        asked = [*([("project", project)] if project else []), *(("author", each) for each in authors)]
        asked += [*([("q", words)] if words else []), *([] if robots else [("robots", "0")]), *more]
        query = urlencode(asked, errors="replace")
        return f"{self.base}/api/v1/entries{'?' if query else ''}{query}"

    def search(self, feed: str = "", **query: str) -> str:
        """`feed`: one of FEEDS, of what is found."""
        path = f"{self.base}/search{'/' if feed else ''}{feed}"
        return f"{path}?{urlencode(query, safe=':', errors='replace')}" if query else path

    def live(self, project: str | None, after: str) -> str:
        """Where new entries come, those after an entry first."""
        asked = [*([("project", project)] if project else []), *([("after", after)] if after else [])]
        return f"{self.base}/live{'?' if asked else ''}{urlencode(asked, errors='replace')}"

    def about_host(self, name: str) -> str:
        """What was logged about a host."""
        # as `search` says it, but a page has hundreds of them
        return f"{self.base}/search?q=host:{quote_plus(name, errors='replace')}"

    def entry(self, its_id: str) -> str:
        return f"{self.base}/entry/{_quoted(its_id)}"


@dataclass(frozen=True, slots=True)
class LogAddress:
    """What an address of a log means."""

    project: str
    day: date | None = None
    month: date | None = None
    """Its first day."""
    year: date | None = None
    """Its first day."""
    is_date: bool = True
    """False: it looks like a day, a month or a year, and there is none."""
    feed: str = ""
    """As which feed: one of FEEDS; empty: as a page."""


FEEDS = ("atom", "feed.json")


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="replace")


def log_at(path: str) -> LogAddress:
    """Read what stands behind ``/log/``. A project may be called anything: only what stands last can be a time."""
    front, slash, last = path.rpartition("/")
    if slash and last in FEEDS:
        return replace(log_at(front), feed=last)
    project, slash, when = path.rpartition("/")
    found = _WHEN.fullmatch(when) if slash and project else None
    if found is None:
        return LogAddress(path)
    return when_at(project, when)


def all_at(path: str) -> LogAddress:
    """The same of what stands behind ``/all/``."""
    when, _, last = path.rpartition("/")
    if last in FEEDS:
        return replace(when_at("", when) if when else LogAddress(""), feed=last)
    return when_at("", path)


def when_at(project: str, when: str) -> LogAddress:
    found = _WHEN.fullmatch(when)
    if found is None:
        return LogAddress(project, is_date=False)
    try:
        if found["day"]:
            return LogAddress(project, day=date.fromisoformat(when))
        if found["month"]:
            return LogAddress(project, month=date.fromisoformat(f"{when}-01"))
        return LogAddress(project, year=date.fromisoformat(f"{when}-01-01"))
    except ValueError:
        return LogAddress(project, is_date=False)
