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
from labsbot.wikitext.spans import Span, SpanKind, spans

# A line that begins an entry: at most one bullet, then the time, as people and bots have written it since 2006.
# A heading stands above, so there is a newline before it; to search by that is several times faster than by "^".
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?![0-9])"
_ENTRY = re.compile(
    r"\n(?:(?:[*#][ \t]*+)?(?:\{\{[^{}|\n]*+\|[ \t]*+(?:1[ \t]*+=[ \t]*+)?)?"
    rf"(?:<span[^<>\n]*+>)?(?:\[\[#[^\[\]|\n]*+\|)?(?:~[ \t]*+)?{_TIME}"
    r"|[*#](?![*#:;])(?=[^\n]*sal-))"
)
_OWN = re.compile(rf"[^\n]*?{ANCHOR}")

# What belongs at the bottom of a page: categories and interwiki links, each alone on its line, and their like.
_BOTTOM_LINE = re.compile(
    r"[ \t]*+(?:<noinclude>[ \t]*+)?"
    r"(?:(?:\[\[[^\[\]|:#\n][^\[\]|:\n]*+:[^\[\]\n]++\]\]|\{\{DEFAULTSORT:[^{}\n]*+\}\}|__[A-Z]+__)[ \t]*+)*"
    r"(?:</noinclude>)?[ \t]*+"
)
# Of a box that spans entries the first and the last line: {{collapse top}} … {{collapse bottom}}, <div> … </div>.
_BOX = re.compile(
    r"^[ \t]*+(?:"
    r"(?P<opens>\{\{[^{}|\n]*?\b(?:top|begin|start|cot|hat)[ \t]*+(?:\|[^{}\n]*+)?\}\}"
    r"|<(?:div|center|blockquote|small)\b[^<>\n]*+(?<!/)>)"
    r"|(?P<closes>\{\{[^{}|\n]*?\b(?:bottom|end|cob|hab)[ \t]*+(?:\|[^{}\n]*+)?\}\}"
    r"|</(?:div|center|blockquote|small)[ \t]*+>)"
    r")[ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)


_Moment = tuple[str, str]
"""``YYYYMMDDhhmmss`` in UTC, and the part of the second in three hexadecimal digits, where the id says so."""
_BEYOND = "~"
"""Greater than any part of a moment, and any clock."""


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

    Every other character stays. Nothing is put inside a comment, a template, a table or a tag of an extension, nor
    above the first entry of a box; a line without a time belongs to the entry above it.
    """
    inside = spans(text)
    shelters = _shelters(text, inside)
    boxes = _boxes(text, shelters)
    end = _end(text, inside, shelters, boxes)
    standing = list(_standing(text, shelters, end))
    places = _Places(standing, order, end)
    above_boxes = _above_boxes(standing, boxes)
    added: dict[int, list[str]] = {}
    for delivery, line in entries:
        place = places.of(delivery)
        added.setdefault(above_boxes.get(place, place), []).append(line)
    parts = []
    done = 0
    for offset, lines in sorted(added.items()):
        if order is Order.NEWEST:
            lines.reverse()
        parts += [text[done:offset], _as_lines(text, offset, lines)]
        done = offset
    return "".join(parts) + text[done:]


def add_at_end(text: str, block: str, *, day: bool, keep_bottom: bool = True) -> tuple[str, int]:
    """Return the text with a block below its content, a blank line between, and the offset at which the block begins.

    Categories and the like stay below the block (`keep_bottom` false: above it), and a comment that is never closed.
    `day`: the text is a day's, and a template at its bottom is the page's footer.
    """
    inside = spans(text)
    shelters = _shelters(text, inside)
    end = _end(text, inside, shelters, _boxes(text, shelters), day=day, keep_bottom=keep_bottom)
    above = text[:end] + "\n\n" if text[:end].strip() else ""
    below = text[end:]
    if below and not below.startswith("\n"):
        below = "\n\n" + below
    return above + block + below, len(above)


def content_end(text: str, *, last: bool) -> int:
    """Return where the content of a day's section ends, and what belongs to the page begins: categories and the like.

    `last`: it is the page's last section, and templates at its bottom are the page's footer.
    """
    inside = spans(text)
    shelters = _shelters(text, inside)
    return _end(text, inside, shelters, _boxes(text, shelters), day=last)


def boxes(text: str) -> list[tuple[int, int]]:
    """Find what people put around several lines, to fold or to set them off: begin and end of each.

    An end beyond the text: it is never closed.
    """
    return _boxes(text, _shelters(text, spans(text)))


class _Places:
    """Where entries go among those that stand, which are gone through once, however many there are to be put in.

    Our own entries decide, and between two of them the clocks of others: what others wrote may be out of order. What
    was said at the same moment, and stands already, was said before.
    """

    def __init__(self, standing: list[_Standing], order: Order, end: int) -> None:
        self._newest_first = order is Order.NEWEST
        # From the newest to the oldest, if people had kept them in order.
        self._standing = standing if self._newest_first else standing[::-1]
        self._end = end
        self._oldest: list[_Moment] = []
        """Of our own down to here, the oldest."""
        self._earliest: list[str] = []
        """Of others' clocks since our last own, the earliest."""
        self._gap = [0]
        """Where what others wrote begins that ends before here: behind our last own."""
        oldest, earliest, gap = (_BEYOND, ""), _BEYOND, 0
        for index, entry in enumerate(self._standing):
            if entry.said:
                oldest, earliest, gap = min(oldest, entry.said), _BEYOND, index + 1
            else:
                earliest = min(earliest, entry.clock)
            self._oldest.append(oldest)
            self._earliest.append(earliest)
            self._gap.append(gap)

    def of(self, delivery: Delivery) -> int:
        """The offset of the entry above which the delivery goes, or the end."""
        second, part = _moment(f"{delivery.entry.said.astimezone(UTC):%Y%m%d%H%M%S}", delivery.entry.id)
        # Of two moments in one second, one of which says no more, neither is the later.
        said, clock = (second, part or _BEYOND), delivery.clock
        own = bisect_left(self._oldest, True, key=lambda oldest: oldest <= said)
        older = bisect_left(self._earliest, True, self._gap[own], own, key=lambda earliest: earliest <= clock)
        index = older if self._newest_first else older - 1
        return self._standing[index].start if 0 <= index < len(self._standing) else self._end


def _moment(second: str, entry_id: str) -> _Moment:
    token = entry_id.rpartition("-")[2]
    return second, token[:3] if len(token) == 7 else ""


def _as_lines(text: str, offset: int, lines: list[str]) -> str:
    joined = "\n".join(lines)
    at_line_start = offset == 0 or text[offset - 1] == "\n"
    if at_line_start and offset < len(text):
        return joined + "\n"
    rest_follows = offset < len(text) and text[offset] != "\n"
    return ("" if at_line_start else "\n") + joined + ("\n" if rest_follows else "")


def _standing(text: str, shelters: list[tuple[int, int]], end: int) -> Iterator[_Standing]:
    for entry in _ENTRY.finditer(text, 0, end):
        start = entry.start() + 1
        if _is_inside(shelters, start):
            continue
        if own := _OWN.match(text, start):
            yield _Standing(start, _moment(own["said"], own["id"]), "")
        elif entry["hour"] and int(entry["hour"]) < 24 and int(entry["minute"]) < 60:
            yield _Standing(start, None, f"{entry['hour']:0>2}:{entry['minute']}")


def _above_boxes(standing: list[_Standing], boxes: list[tuple[int, int]]) -> dict[int, int]:
    """For the first entry of each box, by where it begins, where the box begins; of nested boxes, the outermost."""
    starts = [entry.start for entry in standing]
    above: dict[int, int] = {}
    for start, end in boxes:
        first = bisect_left(starts, start)
        if first < len(starts) and starts[first] < end:
            above[starts[first]] = min(start, above.get(starts[first], start))
    return above


def _boxes(text: str, shelters: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Begin and end of what people put around several lines, to fold or to set them off.

    An end beyond the text: the box ends somewhere below it. One that begins somewhere above is none of this text's.
    """
    found = []
    open_boxes: dict[str, list[int]] = {"{": [], "<": []}
    for line in _BOX.finditer(text):
        sign = (line["opens"] or line["closes"])[0]
        if _is_inside(shelters, line.end()):
            continue
        if line["opens"]:
            open_boxes[sign].append(line.start())
        elif open_boxes[sign]:
            found.append((open_boxes[sign].pop(), line.end()))
    return found + [(start, len(text) + 1) for starts in open_boxes.values() for start in starts]


def _end(
    text: str,
    inside: list[Span],
    shelters: list[tuple[int, int]],
    boxes: list[tuple[int, int]],
    *,
    day: bool = True,
    keep_bottom: bool = True,
) -> int:
    """Where the content ends: before blank lines, the page's footer, and before what is never closed."""
    end = len(text)
    if shelters and shelters[-1][1] > end:
        start = shelters[-1][0]
        end = text.rfind("\n", 0, start)
        if end < 0:  # on the heading's own line: the heading stays above, the rest goes below
            return start
    if keep_bottom:
        bottom = _Bottom(text, inside, boxes).above(end, day)
        if not _is_inside(shelters, bottom):
            return bottom
    return len(text[:end].rstrip())


class _Bottom:
    """What stands at the bottom of a text and belongs to the page, not to the entries above it.

    Categories and the like do; in a day's text also templates and comments among and above them, templates alone
    on their lines, and comments below a blank line.
    """

    def __init__(self, text: str, inside: list[Span], boxes: list[tuple[int, int]]) -> None:
        self._text = text
        self._box_ends = {end for _, end in boxes}
        self._by_end: dict[int, Span] = {}
        for span in inside:
            if span.kind in (SpanKind.COMMENT, SpanKind.TEMPLATE):
                self._by_end.setdefault(span.end, span)  # the outermost comes first

    def above(self, end: int, day: bool) -> int:
        """Where the bottom begins, looked for from `end` upwards."""
        text = self._text
        place = sure = likely = end
        after_comment = False
        while place >= 0 and (day is False or text.rfind("\n", 0, place) >= 0):
            line = text.rfind("\n", 0, place)
            if not text[line + 1 : place].strip(" \t"):
                sure = line if sure == place else sure
                likely = line if likely == place or after_comment else likely
                after_comment = False
            elif _BOTTOM_LINE.fullmatch(text, line + 1, place):
                sure = likely = line
                after_comment = False
            elif (found := self._line_of(place)) is not None:
                line, is_comment = found
                after_comment = is_comment
                likely = likely if is_comment else line
            else:
                break
            place = line
        else:
            likely = sure  # there is nothing above: who knows whether it is the bottom or the top
        return max(likely if day else sure, 0)

    def _line_of(self, end: int) -> tuple[int, bool] | None:
        """Of a line that holds comments and templates alone, and those whole, where the newline before it is, and
        whether there are only comments; None: it holds something else, an entry or the end of a box.
        """
        text = self._text
        if end in self._box_ends:
            return None
        only_comments = True
        while True:
            while end and text[end - 1] in " \t":
                end -= 1
            span = self._by_end.get(end)
            if span is None:
                break
            only_comments = only_comments and span.kind is SpanKind.COMMENT
            end = span.start
        if end and text[end - 1] != "\n":
            return None
        return None if _ENTRY.match(text, end - 1) else (end - 1, only_comments)


def _is_inside(shelters: list[tuple[int, int]], offset: int) -> bool:
    """Whether something that must not be split is there. Shelters are in order, and none is within another."""
    before = bisect_left(shelters, (offset, 0)) - 1
    return before >= 0 and offset < shelters[before][1]


def _shelters(text: str, inside: list[Span]) -> list[tuple[int, int]]:
    """Begin and end of what spans lines and must not be split, in order; an end beyond the text: it is never closed."""
    outermost: list[tuple[int, int]] = []
    newline = -1
    for span in inside:
        if newline < span.start:
            newline = text.find("\n", span.start)
            newline = newline if newline >= 0 else len(text)
        if span.end <= newline:
            continue  # on one line
        if outermost and span.start < outermost[-1][1]:
            outermost[-1] = (outermost[-1][0], max(span.end, outermost[-1][1]))
        else:
            outermost.append((span.start, span.end))
    return outermost
