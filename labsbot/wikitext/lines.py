"""The wikitext of one section comes in; where in it lines may be added, and between which entries, goes out.

It renders nothing and knows no page. Offsets are in characters of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC

from labsbot.model import Delivery
from labsbot.settings import Order
from labsbot.wikitext.entry import ANCHOR

# A line that begins an entry: at most one bullet, then the time, as people and bots have written it since 2006.
# A heading stands above, so there is a newline before it; to search by that is several times faster than by "^".
_ENTRY = re.compile(
    r"\n(?:(?:[*#][ \t]*)?(?:\{\{[^{}|\n]*\|[ \t]*(?:1[ \t]*=)?[ \t]*)?"
    r"(?:<span[^<>\n]*>)?(?:\[\[#[^\[\]|\n]*\|)?(?:~[ \t]*)?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?![0-9])"
    r"|[*#](?![*#:;])(?=[^\n]*sal-))"
)
_OWN = re.compile(rf"[^\n]*?{ANCHOR}")

# What may span lines; a text without any of it, such as a day that only we have written, needs no closer look.
_TAG = re.compile(r"<(?!/|span\b)")
_SHELTER = re.compile(r"<!--|\{\{|\}\}|\{\||\|\}(?!\})|<(?P<tag>[A-Za-z][A-Za-z0-9]*)\b[^<>]*>")
# MediaWiki's own HTML (mediawiki.org, Help:HTML in wikitext) but for tables; other tags are extensions'.
_HTML = re.compile(
    r"(?:a|abbr|b|bdi|bdo|big|blockquote|br|caption|center|cite|code|data|dd|del|dfn|div|dl|dt|em|font|h[1-6]|hr|i|ins|kbd"
    r"|li|link|mark|meta|ol|p|q|rb|rp|rt|rtc|ruby|s|samp|small|span|strike|strong|sub|sup|td|th|time|tr|tt|u|ul|var|wbr)"
)

# What belongs at the bottom of a page: categories and interwiki links, each alone on its line, and their like.
_BOTTOM_LINE = re.compile(
    r"[ \t]*(?:<noinclude>)?[ \t]*"
    r"(?:\[\[[^\[\]|:#\n][^\[\]|:\n]*:[^\[\]\n]+\]\][ \t]*|\{\{DEFAULTSORT:[^{}\n]*\}\}[ \t]*|__[A-Z]+__[ \t]*)*"
    r"(?:</noinclude>)?[ \t]*"
)
# Without their end they swallow what follows, or may; of other tags the opening is then only text.
_SWALLOWS = frozenset({"nowiki", "pre", "table", "includeonly", "noinclude", "onlyinclude"})
_CLOSES = {"}}": "{{", "|}": "{|"}


_Moment = tuple[str, str]
"""``YYYYMMDDhhmmss`` in UTC, and the part of the second in three hexadecimal digits, where the id says so."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """An entry that stands in the section."""

    start: int
    said: _Moment | None
    """From our own id; None: somebody else's entry."""
    clock: str
    """What a reader sees of somebody else's, ``HH:MM`` in the page's time zone."""


def add_entries(text: str, entries: Iterable[tuple[Delivery, str]], order: Order) -> str:
    """Return the text of a day's own section with the rendered entries, oldest first, each put in its place.

    Every other character stays. Nothing is put inside a comment, a template, a table or a tag of an extension; a line
    without a time belongs to the entry above it.
    """
    shelters = _shelters(text)
    end = _end(text, shelters)
    standing = list(_standing(text, shelters, end))
    added: dict[int, list[str]] = {}
    for delivery, line in entries:
        added.setdefault(_place(standing, delivery, order, end), []).append(line)
    parts = []
    done = 0
    for offset, lines in sorted(added.items()):
        if order is Order.NEWEST:
            lines.reverse()
        parts += [text[done:offset], _as_lines(text, offset, lines)]
        done = offset
    return "".join(parts) + text[done:]


def add_at_end(text: str, block: str, *, keep_bottom: bool = True) -> tuple[str, int]:
    """Return the text with a block below its content, a blank line between, and the offset at which the block begins.

    Categories and the like stay below the block (`keep_bottom` false: above it), and a comment that is never closed.
    """
    end = _end(text, _shelters(text), keep_bottom=keep_bottom)
    above = text[:end] + "\n\n" if text[:end].strip() else ""
    below = text[end:]
    if below and not below.startswith("\n"):
        below = "\n\n" + below
    return above + block + below, len(above)


def _place(standing: list[_Standing], delivery: Delivery, order: Order, end: int) -> int:
    """The offset of the entry above which the delivery goes, or the end.

    Our own entries decide, and between two of them the clocks of others: what others wrote may be out of order. What
    was said at the same moment, and stands already, was said before.
    """
    said = _moment(f"{delivery.entry.said.astimezone(UTC):%Y%m%d%H%M%S}", delivery.entry.id)
    own = [index for index, entry in enumerate(standing) if entry.said]
    older = [index for index in own if not _is_later(standing[index].said, said)]
    if order is Order.NEWEST:
        below = older[0] if older else len(standing)
        above = max((index for index in own if index < below), default=-1)
    else:
        above = older[-1] if older else -1
        below = min((index for index in own if index > above), default=len(standing))
    place = standing[below].start if below < len(standing) else end
    others = standing[above + 1 : below]
    if order is Order.NEWEST:
        return next((other.start for other in others if other.clock <= delivery.clock), place)
    for other in reversed(others):
        if other.clock <= delivery.clock:
            break
        place = other.start
    return place


def _moment(second: str, entry_id: str) -> _Moment:
    token = entry_id.rpartition("-")[2]
    return second, token[:3] if len(token) == 7 else ""


def _is_later(one: _Moment | None, other: _Moment) -> bool:
    """Of two moments in one second, one of which says no more, neither is the later."""
    return one is not None and (one > other if one[1] and other[1] else one[0] > other[0])


def _as_lines(text: str, offset: int, lines: list[str]) -> str:
    joined = "\n".join(lines)
    at_line_start = offset == 0 or text[offset - 1] == "\n"
    if at_line_start and offset < len(text):
        return joined + "\n"
    rest_follows = offset < len(text) and text[offset] != "\n"
    return ("" if at_line_start else "\n") + joined + ("\n" if rest_follows else "")


def _standing(text: str, shelters: list[tuple[int, int]], end: int) -> Iterator[_Standing]:
    starts = [start for start, _ in shelters]
    for entry in _ENTRY.finditer(text, 0, end):
        start = entry.start() + 1
        before = bisect_left(starts, start) - 1
        if before >= 0 and start < shelters[before][1]:
            continue
        if own := _OWN.match(text, start):
            yield _Standing(start, _moment(own["said"], own["id"]), "")
        elif entry["hour"] and int(entry["hour"]) < 24 and int(entry["minute"]) < 60:
            yield _Standing(start, None, f"{entry['hour']:0>2}:{entry['minute']}")


def _end(text: str, shelters: list[tuple[int, int]], *, keep_bottom: bool = True) -> int:
    """Where the content ends: before blank lines, categories and the like, and before what is never closed."""
    end = len(text)
    if shelters and shelters[-1][1] > end:
        start = shelters[-1][0]
        end = text.rfind("\n", 0, start)
        if end < 0:  # on the heading's own line: the heading stays above, the rest goes below
            return start
    if not keep_bottom:
        return len(text[:end].rstrip())
    bottom = end
    while (line := text.rfind("\n", 0, bottom)) >= 0 and _BOTTOM_LINE.fullmatch(text, line + 1, bottom):
        bottom = line
    if _BOTTOM_LINE.fullmatch(text, 0, bottom):
        bottom = 0
    if any(start < bottom < stop for start, stop in shelters):
        return len(text[:end].rstrip())
    return bottom


def _shelters(text: str) -> list[tuple[int, int]]:
    """Begin and end of what spans lines and must not be split, in order; an end beyond the text: it is never closed."""
    if "{{" not in text and "{|" not in text and not _TAG.search(text):
        return []
    found = sorted((start, end) for start, end in _spans(text) if end > len(text) or "\n" in text[start:end])
    outermost: list[tuple[int, int]] = []
    for start, end in found:
        if outermost and start < outermost[-1][1]:
            outermost[-1] = (outermost[-1][0], max(end, outermost[-1][1]))
        else:
            outermost.append((start, end))
    return outermost


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """All comments, tags of extensions, templates and tables. Braces that are never closed are only braces."""
    open_braces: list[tuple[str, int]] = []
    unclosed: set[str] = set()
    position = 0
    while found := _SHELTER.search(text, position):
        position = found.end()
        sign = found[0]
        if sign in ("{|", "|}") and text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip(" \t:"):
            continue  # tables begin and end at the beginning of a line
        if sign in _CLOSES.values():
            open_braces.append((sign, found.start()))
        elif sign in _CLOSES:
            opener = _CLOSES[sign]
            level = next((n for n in reversed(range(len(open_braces))) if open_braces[n][0] == opener), None)
            if level is not None:
                yield open_braces[level][1], position
                del open_braces[level:]
        elif (end := _closed(text, found, unclosed)) is not None:
            yield found.start(), end
            position = min(end, len(text))
    table = next((start for sign, start in open_braces if sign == "{|"), None)
    if table is not None:
        yield table, len(text) + 1


def _closed(text: str, opening: re.Match[str], unclosed: set[str]) -> int | None:
    """Where a comment or tag ends, beyond the text if nowhere; None: it is a tag that shelters nothing."""
    if opening["tag"] is None:
        end = text.find("-->", opening.end())
        return end + len("-->") if end >= 0 else len(text) + 1
    tag = opening["tag"].lower()
    if _HTML.fullmatch(tag) or tag in unclosed or opening[0].endswith("/>"):
        return None
    if closing := re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(text, opening.end()):
        return closing.end()
    unclosed.add(tag)
    return len(text) + 1 if tag in _SWALLOWS else None
