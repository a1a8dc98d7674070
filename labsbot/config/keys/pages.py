"""The keys of a page: its title, how days and entries are written, and what in a message becomes a link."""

from __future__ import annotations

import re
import zoneinfo
from difflib import get_close_matches
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from labsbot.config.keys.values import (
    Keys,
    Line,
    Pattern,
    Size,
    found,
    meant,
    nothing_set,
    one_line,
    several,
    url,
    wrong,
)
from labsbot.text.names import title_flaw


def _title(text: str) -> str:
    if field := re.search(r"\{(\w+)\}", text.replace("{project}", "")):
        raise wrong(f"unknown field {field[0]}, {{project}} is the only one that can stand in a title")
    if flaw := title_flaw(text.replace("{project}", "x")):
        raise wrong(f"{flaw}, write for example “Nova Resource:{{project}}/SAL”")
    return text


def _heading(text: str) -> str:
    if text != text.strip(" =") or not one_line(text):
        raise wrong("expected the words of the heading alone, such as “Server Admin Log”, without =")
    return text


def _level(value: object) -> object:
    if isinstance(value, str) and value not in ("1", "2", "3", "4", "5", "6"):
        raise wrong("expected a number from 1 to 6: how many = stand on either side of a day's heading")
    return value


_YEAR, _MONTH, _DAY = ("%Y", "%y"), ("%m", "%-m", "%B", "%b"), ("%d", "%-d", "%e")
_WEEKDAY = ("%A", "%a")
_OF_NO_FIXED_WIDTH = ("%-m", "%-d", "%e")
_IN_DIGITS = ("%Y", "%y", "%m", "%d", *_OF_NO_FIXED_WIDTH)


def _date(text: str) -> str:
    """A heading that is read as the same day again, whoever wrote it."""
    if one_line(text) != text.strip(" =") or re.search(r"[#<>\[\]|{}]|''", text):
        raise wrong("expected the words of the heading alone, without markup, such as %Y-%m-%d")
    directives = re.findall(r"%-?.?", text)
    known = (*_YEAR, *_MONTH, *_DAY, *_WEEKDAY)
    if unknown := [directive for directive in directives if directive not in known]:
        raise wrong(f"{unknown[0]} cannot be used here, expected year, month and day from {' '.join(known)}")
    for kind, needed in (("year", _YEAR), ("month", _MONTH), ("day", _DAY)):
        if sum(directive in needed for directive in directives) != 1:
            raise wrong(f"the {kind} must be in it once ({' '.join(needed)}), write for example %Y-%m-%d")
    for one, next_one in re.findall(r"(?=(%-?.)(%-?.))", text):
        if one in _IN_DIGITS and next_one in _IN_DIGITS and {one, next_one} & set(_OF_NO_FIXED_WIDTH):
            raise wrong(f"{one}{next_one} cannot be read back, expected something between them, such as %Y-%m-%d")
    return text


def _zone(value: object) -> zoneinfo.ZoneInfo:
    if not isinstance(value, str):
        raise wrong(f"expected a time zone such as UTC or Europe/Berlin, found {found(value)}")
    try:
        return zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(value, zoneinfo.available_timezones(), 1)
        raise wrong(f"unknown time zone, {meant(near) or 'write for example UTC or Europe/Berlin'}") from None


def _category(text: str) -> str:
    if text.lower().startswith("category:"):
        raise wrong("expected the category's name without “Category:”")
    if flaw := title_flaw(text):
        raise wrong(f"{flaw}, expected the name of a category")
    return text


ENTRY_FIELDS = ("id", "time", "author", "message", "project")


def _entry(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise wrong("expected one line, without a line break")
    for field in ("id", "message"):
        if f"{{{field}}}" not in text:
            raise wrong(f"{{{field}}} is missing, expected an entry that holds {{id}} and {{message}}")
    left = re.sub(rf"\{{(?:{'|'.join(ENTRY_FIELDS)})\}}", "", text)
    if unknown := re.search(r"(?<!\{)\{(\w+)\}(?!\})", left):
        near = meant(get_close_matches(unknown[1], ENTRY_FIELDS, 1))
        raise wrong(f"unknown field {unknown[0]}, {near or 'expected {id} {time} {author} {message} {project}'}")
    if re.match(r"\s*[*#:;]", text):
        raise wrong("expected an entry without its bullet, which is put there anyway")
    if inside := re.search(r"<[^<>]*(\{(?:author|message|project)\})[^<>]*>", text):
        raise wrong(f"{inside[1]} stands inside <…>, where it could do harm, expected it outside")
    if inside := re.search(r"\[[^\[\]]*(\{(?:author|message)\})[^\[\]]*\]", text):
        words = f"{inside[1]} stands inside […], where many a name breaks the link, expected it outside"
        raise wrong(f"{words} (“author: wiki” links names)")
    if "<!--" in text:
        raise wrong("<!-- would hide what follows, expected no comment")
    if not re.search(r"\bid[ \t]*=[ \t]*[\"\']?\{id\}|\{\{[^{}\[\]\n]*\|[ \t]*\{id\}", text):
        raise wrong('the entry could not be found again, expected id="{id}", or {id} as the first value of a template')
    return text


def _pattern_url(text: str) -> str:
    url(re.sub(r"\{\d+\}", "1", text))
    if "{" in urlsplit(re.sub(r"\{\d+\}", "{}", text)).netloc:
        raise wrong("what was typed would say to which server the link goes, expected a fixed host")
    return text


def _pattern_page(text: str) -> str:
    if flaw := title_flaw(re.sub(r"\{\d+\}", "1", text)):
        raise wrong(f"{flaw}, write for example “phab:{{0}}”")
    return text


class LinkPatternKeys(Keys):
    match: Pattern
    """The pattern. It fits at least one character."""
    url: Annotated[str, AfterValidator(_pattern_url)] | None = None
    """The address of the link; ``{0}`` is what was found, ``{1}`` the first group of the pattern, and so on. Not
    within the host's name."""
    page: Annotated[str, AfterValidator(_pattern_page)] | None = None
    """Or the page, with the same places to fill; an interwiki prefix may stand before it. Exactly one of the two."""


ARCHIVE_FIELDS = ("page", "year", "quarter", "month", "n")


def _archive_title(text: str) -> str:
    left = re.sub(rf"\{{(?:{'|'.join(ARCHIVE_FIELDS)})\}}", "x", text)
    if field := re.search(r"\{\w*\}", left):
        near = meant(get_close_matches(field[0].strip("{}"), ARCHIVE_FIELDS, 1))
        raise wrong(f"unknown field {field[0]}, {near or 'expected {page} {year} {quarter} {month} {n}'}")
    if "{page}" not in text:
        raise wrong("{page} is missing, the archives of all logs would be one page, write for example {page}/{year}")
    if "{year}" not in text and "{n}" not in text:
        raise wrong("neither {year} nor {n} is in it, all archives would be one page, write for example {page}/{year}")
    if flaw := title_flaw(left):
        raise wrong(f"{flaw}, write for example {{page}}/{{year}}")
    return text


def _archive_size(size: int) -> int:
    if not SMALLEST_PAGE <= size <= LARGEST_PAGE:
        raise wrong("expected a size from 10 KB to 1.9 MB, for no page of a wiki is larger than 2 MB")
    return size


SMALLEST_PAGE, LARGEST_PAGE = 10_000, 1_900_000


class ArchiveKeys(Keys):
    by: Literal["year", "quarter", "month", "never"] | None = None
    """``year``, ``quarter`` or ``month``: those that are over move. If the page is too large without them, months
    of the one that is not over do, the oldest first. Default ``year``; ``never``: nothing moves."""
    over: Annotated[Size, AfterValidator(_archive_size)] | None = None
    """The size of a page that is large enough, such as ``500 KB``. Default ``1 MB``."""
    title: Annotated[Line, AfterValidator(_archive_title)] | None = None
    """Of an archive. ``{page}`` must be in it, and ``{year}`` or ``{n}``, which is counted up when an archive is
    full; ``{quarter}`` and ``{month}`` may be. Default ``{page}/{year}``, and when that is full ``{page}/{year}
    (2)``."""


Title = Annotated[Line, AfterValidator(_title)]
Category = Annotated[str, AfterValidator(_category)]


class PageKeys(Keys):
    title: Title | None = None
    """The page's title; ``{project}`` is the project's name as the configuration spells it. Default ``Nova
    Resource:{project}/SAL``. Without ``{project}`` all projects are on one page, which is warned of where projects
    are named in the command."""
    heading: Annotated[str, AfterValidator(_heading)] | None = None  # nothing is an answer here: no heading
    """The log stands below this heading of the page, and the rest of the page is left alone. Default, or ``null``:
    the page is the log's own."""
    order: Literal["newest", "oldest"] | None = None
    """``newest`` (default): the newest day and the newest entry first. ``oldest``: last."""
    level: Annotated[int, BeforeValidator(_level)] | None = None
    """How many ``=`` stand on either side of a day's heading, where the page has none yet. Default 2; with a
    ``heading`` 3."""
    date: Annotated[str, AfterValidator(_date)] | None = None
    """How a day is written, as for strftime: each of year (``%Y %y``), month (``%m %-m %B %b``) and day (``%d %-d
    %e``) once; the weekday (``%A %a``) if you like. Month names are English. Default ``%Y-%m-%d``. Days in older
    styles are recognised whatever is set here."""
    time_zone: Annotated[zoneinfo.ZoneInfo, PlainValidator(_zone)] | None = None
    """Whose days and times these are, such as ``Europe/Berlin``. Default ``UTC``."""
    category: Annotated[list[Category], BeforeValidator(several)] | None = None
    """Put on a page that the bot makes: one or a list, without “Category:”."""
    new_page: str | None = None
    """What stands first on a page that the bot makes; may hold ``{project}``. With ``__NOTOC__`` in it the newest
    entry is not below a long table of contents; ``{{TOC limit|2}}`` or another template of your wiki does as well."""
    entry: Annotated[str, AfterValidator(_entry)] | None = None
    """One entry, without its bullet. ``{id}`` must be in it where it can be found again (``id="{id}"``, or the
    first value of a template), and ``{message}``; ``{time}``, ``{author}`` and ``{project}`` may be. Default
    ``<span id="{id}">[[#{id}|{time}]]</span> {author}: {message}``. Of an entry that was taken back the message is
    struck, and who did it, when and why stands behind the entry."""
    author: Literal["nick", "account", "wiki"] | None = None
    """Who stands there as the one who logged. ``nick`` (default): the nick. ``account``: the services account, or
    the nick where there is none. ``wiki``: the nick, as a link to the wiki user whom `people`_ name; the plain nick
    where they name none."""
    links: bool = True
    """``[[Page]]`` and ``[[Page|words]]`` in a message are links; ``false``: they are shown as
    typed."""
    patterns: list[LinkPatternKeys] | None = None
    """What else in a message becomes a link: a list (`Link pattern`_). The first that fits wins."""
    archive: Annotated[ArchiveKeys, BeforeValidator(nothing_set)] | None = None
    """When days move from the page to an archive, and where to (Archive_)."""
