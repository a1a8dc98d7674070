"""Where a log's page redirects to comes in; whether entries may follow it there, or why not, goes out. Pure.

Whoever can edit a log's page could otherwise make the bot write, with its own rights, wherever they like: to the main
page, into a template, into another project's log, to a page that they may not edit themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labsbot.model import Refused
from labsbot.settings import Redirects
from labsbot.wiki import titles

MOST = 3
"""So many redirects in a row are followed."""
TOO_MANY = "the page redirects too often"
OtherLog = Callable[[str, str], str | None]
"""For a log's title and another: of which other project the latter is the log; None: of none."""

_ARCHIVE = re.compile(
    r"(archiv|old|past|histor|backup|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*+([ ./-]\d+)?"
    r"|(19|20)\d\d([-./ ]?q?\d\d?)?",
    re.IGNORECASE,
)
"""The last part of a title that archives have, whoever made them: ``Archive 1``, ``2025``, ``2025-10``, ``January``."""


_ALONE = re.compile(r"\s*+#[^\s:\[]++\s*+(?::\s*+)?\[\[[^\[\]\n]++\]\]\s*+(?:\{\{[^{}]*+\}\}\s*+)?")
"""A redirect as a move leaves it, in whatever language (``#REDIRECT``), perhaps with a template that says so."""


def no_other_log(asked: str, title: str) -> str | None:
    """For wikis of which nobody says whose logs they hold."""
    return None


@dataclass(frozen=True, slots=True)
class RedirectEnd:
    """One end of a redirect."""

    title: str
    url: str
    namespace: str
    protection: frozenset[str] = frozenset()
    """Which rights an edit there needs beyond the usual ones."""


def leads_on(
    asked: RedirectEnd, between: Sequence[str], target: RedirectEnd, rules: Redirects, other_log: OtherLog
) -> bool:
    """Whether the target is the page to write to. False: the asked page is, as a fresh one; its log was archived.

    `between` are the titles of further redirects on the way. Raises Refused where neither is safe.
    """
    if target.title in map(titles.spelt, rules.allow):
        return True
    if not between and _is_archive_of(asked.title, target.title):
        return False
    # A fresh page knows nothing of what people meant by the other redirects on the way: they decide.
    if why := _objection(asked, between, target, rules, other_log):
        raise Refused(f"the page redirects to {why}", "redirect")
    return True


def may_be_replaced(text: str, url: str) -> None:
    """Raises Refused where a page that redirects to the archive at `url` holds anything beside that."""
    if not _ALONE.fullmatch(text):
        raise Refused(f"the page redirects to {url}, an archive, and holds more than the redirect", "redirect")


def _objection(
    asked: RedirectEnd, between: Sequence[str], target: RedirectEnd, rules: Redirects, other_log: OtherLog
) -> str | None:
    if target.namespace != asked.namespace:
        return f"{target.url}, in another namespace"
    if rules.below is not None and not target.title.startswith(titles.spelt(f"{rules.below}x")[:-1]):
        return f"{target.url}, which is not below {rules.below}"
    last = target.title.rpartition("/")[2] if "/" in target.title else ""
    if _ARCHIVE.fullmatch(last) or any(_is_archive_of(title, target.title) for title in between):
        return f"{target.url}, which is an archive"
    if other_log(asked.title, target.title):
        return "the log of another project"  # which may be none of the readers' business
    if target.protection - (frozenset() if between else asked.protection):
        return f"{target.url}, which is protected"
    return None


def _is_archive_of(log: str, title: str) -> bool:
    """Any page below the log with a number in its name counts: what people call their archives nobody knows."""
    return title.startswith(f"{log}/") and bool(re.match(r"archiv|.*\d", title[len(log) + 1 :], re.IGNORECASE))
