"""A text comes in; what of it lies within comments, tags, templates and tables goes out. It knows no entry and no page.

Whatever people have written, it takes time in proportion to the text's length: the text is gone through once, and
nothing is looked for twice.
"""

from __future__ import annotations

import enum
import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from labsbot.model import ANY_CHANGE

_SIGN = re.compile(
    r"<!--|\{\{|\}\}|\{\||\|\}(?!\})|<(?P<tag>[A-Za-z][A-Za-z0-9]*+)\b[^<>]*+>|</(?P<closed>[A-Za-z][A-Za-z0-9]*+)\s*+>"
)
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9]*+)\s*+>")
# A text without any of it, such as a day that only we have written, needs no closer look.
_ANY = re.compile(rf"<(?!/?s>|/span>|/small>|(?:span|small) id=\"(?:sal|{ANY_CHANGE})-[0-9a-f-]++\">)|\{{\{{|\{{\|")
# MediaWiki's own HTML (mediawiki.org, Help:HTML in wikitext) but for tables; other tags are extensions'.
HTML = re.compile(
    r"(?:a|abbr|b|bdi|bdo|big|blockquote|br|caption|center|cite|code|data|dd|del|dfn|div|dl|dt|em|font|h[1-6]|hr|i|ins|kbd"
    r"|li|link|mark|meta|ol|p|q|rb|rp|rt|rtc|ruby|s|samp|small|span|strike|strong|sub|sup|td|th|time|tr|tt|u|ul|var|wbr)"
)
# Without their end they swallow what follows, or may; of other tags the opening is then only text.
_SWALLOWS = frozenset({"nowiki", "pre", "table", "includeonly", "noinclude", "onlyinclude"})
# Of other elements that are never closed, the end of the line is the end.
_BLOCKS = frozenset({"blockquote", "center", "dd", "div", "dl", "dt", "li", "ol", "p", "ul"})
_HIDING = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)|(?:opacity|font-size)\s*+:\s*+0(?![.0-9]*[1-9])"
    r"|\shidden(?=[\s=/>])",
    re.IGNORECASE,
)
_CSS_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)")
_CSS_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{1,6})\s?|\\(?=[^0-9A-Fa-f])")
SHOWN_HERE = frozenset({"noinclude", "onlyinclude"})
"""Tags that only say where what is within is shown: on the page itself it is, and is wikitext."""
_CLOSES = {"}}": "{{", "|}": "{|"}


class SpanKind(enum.Enum):
    """What a span is."""

    COMMENT = "comment"
    TAG = "tag"
    """Of an extension, or an HTML table."""
    HIDDEN = "hidden"
    """An HTML element that readers do not see."""
    TEMPLATE = "template"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Span:
    """Something with a beginning and an end; an end beyond the text: it is never closed."""

    start: int
    end: int
    kind: SpanKind
    name: str = ""
    """Of a tag, in small letters."""


def spans(text: str) -> list[Span]:
    """Find all spans, in the order in which they begin. Braces that are never closed are only braces."""
    if not _ANY.search(text):
        return []
    return sorted(_SpanReading(text).spans(), key=lambda span: (span.start, -span.end))


class _SpanReading:
    """One text, gone through once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._beyond = len(text) + 1
        self._closings: dict[str, list[int]] | None = None
        """By a tag's name, where its closings begin and end, one after the other."""
        self._braces: list[tuple[str, int]] = []
        self._open = {"{{": 0, "{|": 0}
        """How many of each are among the braces."""
        self._hidden: dict[str, tuple[int, int]] = {}
        """By an element's name, where a hidden one begins and how many of its name are open within."""

    def spans(self) -> Iterator[Span]:
        position = 0
        while found := _SIGN.search(self._text, position):
            position = found.end()
            sign = found[0]
            if sign == "<!--":
                end = self._text.find("-->", position)
                position = end + len("-->") if end >= 0 else self._beyond
                yield Span(found.start(), position, SpanKind.COMMENT)
            elif found["tag"]:
                if span := self._tag(found):
                    yield span
                    position = position if span.name in SHOWN_HERE else span.end
            elif found["closed"]:
                yield from self._hidden_closed(found["closed"].lower(), position)
            else:
                yield from self._brace(sign, found.start(), position)
            position = min(position, len(self._text))
        table = next((start for sign, start in self._braces if sign == "{|"), None)
        if table is not None:
            yield Span(table, self._beyond, SpanKind.TABLE)
        for name, (start, _) in self._hidden.items():
            line_end = -1 if name in _BLOCKS else self._text.find("\n", start)
            yield Span(start, line_end if line_end >= 0 else self._beyond, SpanKind.HIDDEN, name)

    def _brace(self, sign: str, start: int, end: int) -> Iterator[Span]:
        if sign in ("{|", "|}") and not self._begins_line(start):
            return  # tables begin and end at the beginning of a line
        if sign not in _CLOSES:
            self._braces.append((sign, start))
            self._open[sign] += 1
        elif self._open[_CLOSES[sign]]:
            opener = ""
            while opener != _CLOSES[sign]:
                opener, begin = self._braces.pop()
                self._open[opener] -= 1
            yield Span(begin, end, SpanKind.TEMPLATE if sign == "}}" else SpanKind.TABLE)

    def _begins_line(self, start: int) -> bool:
        while start and self._text[start - 1] in " \t:":
            start -= 1
        return start == 0 or self._text[start - 1] == "\n"

    def _tag(self, opening: re.Match[str]) -> Span | None:
        """The tag that begins here; None: there is nothing of which it would be the beginning, or it is HTML."""
        name = opening["tag"].lower()
        if opening[0].endswith("/>"):
            return None
        if HTML.fullmatch(name):
            self._hidden_opened(name, opening)
            return None
        closings = self._closings_of(name)
        after = bisect_left(closings, opening.end())
        if after < len(closings):
            return Span(opening.start(), closings[after + 1], SpanKind.TAG, name)
        return Span(opening.start(), self._beyond, SpanKind.TAG, name) if name in _SWALLOWS else None

    def _closings_of(self, name: str) -> list[int]:
        if self._closings is None:
            self._closings = {}
            for closing in _CLOSING.finditer(self._text):
                self._closings.setdefault(closing[1].lower(), []).extend(closing.span())
        return self._closings.get(name, [])

    def _hidden_opened(self, name: str, opening: re.Match[str]) -> None:
        if name in self._hidden:
            start, within = self._hidden[name]
            self._hidden[name] = (start, within + 1)
        elif _hides(opening[0]):
            self._hidden[name] = (opening.start(), 1)

    def _hidden_closed(self, name: str, end: int) -> Iterator[Span]:
        if name in self._hidden:
            start, within = self._hidden.pop(name)
            if within > 1:
                self._hidden[name] = (start, within - 1)
            else:
                yield Span(start, end, SpanKind.HIDDEN, name)


def _hides(tag: str) -> bool:
    """Whether readers do not see an element that begins so; its style is read as the wiki and browsers read it.

    https://www.w3.org/TR/css-syntax-3/#consume-escaped-code-point
    """
    style = _CSS_ESCAPE.sub(_unescaped, _CSS_COMMENT.sub("", html.unescape(tag)))
    return _HIDING.search(style) is not None


def _unescaped(escape: re.Match[str]) -> str:
    number = int(escape[1] or "0", 16)
    return chr(number) if 0 < number < 0x110000 else ""
