"""The titles of a wiki's pages come in; the projects whose pages they are go out. Pure.

Blanks become ``_``, as they may in any title, so that a name can be typed as one word. Subpages are no projects: the
log of one often is a page below it. Nor are pages of another namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from labsbot.settings import Project

PLACE = "{project}"


def beginning(pattern: str) -> str:
    """What all titles that may fit begin with."""
    return pattern.partition(PLACE)[0]


def projects(pattern: str, titles: Iterable[str], *, prefixed: bool) -> tuple[Project, ...]:
    """Those whose page is called as `pattern` says, ``{project}`` being the name.

    `prefixed`: all titles are known to begin as the pattern does. Then the name of the namespace is not compared, of
    which a wiki knows several (``Project:`` and its own name), and writes one.
    """
    if prefixed and ":" in beginning(pattern):
        pattern = pattern.partition(":")[2]
        titles = [title.partition(":")[2] for title in titles]
    regex = _regex(pattern)
    found = (regex.fullmatch(title) for title in titles)
    return tuple(Project(each["project"].replace(" ", "_")) for each in found if each)


def _regex(pattern: str) -> re.Pattern[str]:
    before, *others = (re.escape(part.replace("_", " ")) for part in pattern.split(PLACE))
    again = "(?P=project)".join(others)
    # The wiki writes the first letter of a title, and of a namespace, as it likes.
    # A name that stands twice takes the square of a title's length, which has 255 bytes at most (Manual:Page_title).
    return re.compile(f"(?i:{before})(?P<project>[^/:]+){again}")
