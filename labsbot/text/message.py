"""Read a message once: what in it is an address, a link to a page, or found by an operator's pattern.

What somebody typed comes in; spans go out that are, one behind the other, the cleaned message. Every output renders the
same spans. See the decision "A message is read once".
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from labsbot.settings import LinkPattern
from labsbot.text import formatting
from labsbot.text.languages import MEDIA, TALK, folded
from labsbot.text.patterns import Match, Searched

_NO_CHARACTER = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Possessive and bounded, so that no line, however odd, takes more than linear time. No possessive group: before 3.11.5
# Python's re forgets what such a group should have taken (https://github.com/python/cpython/issues/106052).
# The schemes without "//" are those of MediaWiki (Manual:$wgUrlProtocols).
_HOST = r"\[[0-9A-Fa-f:.]++\]"
SCHEME = (
    rf"(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+.-]{{0,31}}+://(?:{_HOST})?"
    r"|(?i:bitcoin|geo|magnet|mailto|matrix|news|sips?|sms|tel|urn|xmpp):(?!//))"
)
_PLAIN = r"[^\s<>\"\[\]\ufffd]*+"
_URL = rf"(?P<host>{SCHEME})(?P<path>{_PLAIN}(?:\[{_PLAIN}\]{_PLAIN})*)"
_LINK = r"\[\[[\s:\u180e]*+(?P<target>[^\[\]{}<>|\ufffd]++)(?:\|(?P<label>[^\[\]]++))?\]\]"
_URLS = re.compile(_URL)
_URLS_AND_LINKS = re.compile(f"{_URL}|{_LINK}")

WEB = re.compile(rf"(?P<host>https?://(?:{_HOST}|(?=.)))(?P<path>.*)", re.IGNORECASE)
"""An address to which every output can make a link."""

# Targets that MediaWiki decodes into other ones, or refuses: https://www.mediawiki.org/wiki/Manual:Page_title
_NO_TARGET = re.compile(
    r"[\[\]{}<>|\ufffd]|%[0-9A-Fa-f]{2}|&(?:#\w+|[0-9A-Za-z\x80-\U0010ffff]+);|~~~|://"
    r"|(?:^|:)[\s_\u180e]*(?::|\#|$)"
    r"|(?:^|[/:])[\s_\u180e]*\.{1,2}[\s_\u180e]*(?:[/#]|$)",
    re.IGNORECASE,
)
_MOST_TARGET = 240
"""Bytes of a link's target; MediaWiki allows 255 for a title."""
_PLACE = re.compile(r"\{([0-9]+)\}")


class SpanReading(enum.Enum):
    """As what a part of a message was read."""

    TEXT = "text"
    ADDRESS = "address"
    """A bare URL."""
    PAGE = "page"
    """``[[Page]]`` or ``[[Page|words]]``."""
    FOUND = "found"
    """By a pattern: the number of a task, for one."""


@dataclass(frozen=True, slots=True)
class MessageSpan:
    """A part of a message."""

    reading: SpanReading
    typed: str
    """As it stands in the cleaned message."""
    address: str | None = None
    """Where it leads on the web."""
    page: str | None = None
    """The page of the wiki to which it leads."""
    label: str | None = None
    """What is shown in place of the address or page; None: nothing is."""


def clean(text: str) -> str:
    """Return the text in NFC, without what cannot be seen: IRC formatting, control characters, bidi controls.

    Lone surrogates and non-characters become U+FFFD; a control character or line separator becomes a blank.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _NO_CHARACTER.sub("\ufffd", text)
    text = formatting.plain(text)
    text = _CONTROL.sub(" ", text)
    text = _DIRECTION.sub("", text)
    return unicodedata.normalize("NFC", text).strip()


def parse(text: str, links: bool = True, patterns: Sequence[LinkPattern] = ()) -> tuple[MessageSpan, ...]:
    """Read a message; `links`: ``[[Page]]`` is a link. What a pattern finds outside of links and addresses is its link.

    Text that nothing is found in is one span; an empty message has none.
    """
    text = clean(text)
    spans = []
    done = 0
    for start, span in _alive(text, links, patterns):
        if done < start:
            spans.append(MessageSpan(SpanReading.TEXT, text[done:start]))
        spans.append(span)
        done = start + len(span.typed)
    if done < len(text):
        spans.append(MessageSpan(SpanReading.TEXT, text[done:]))
    return tuple(spans)


def leads_to_a_page(target: str) -> bool:
    """Say whether a link with this target would lead to a page in every wiki, whatever its language."""
    if _NO_TARGET.search(target) or len(target.encode()) > _MOST_TARGET:
        return False
    namespaces = [folded(part) for part in target.split(":")[:-1]]
    return MEDIA.isdisjoint(namespaces) and TALK.isdisjoint(namespaces[:-1])


# --- what is alive ------------------------------------------------------------------------------------------------

_Placed = tuple[int, MessageSpan]
"""Where a span begins, and the span."""


def _alive(text: str, links: bool, patterns: Sequence[LinkPattern]) -> Iterator[_Placed]:
    """All that is something else than plain text, in order."""
    finders = [_Finder(pattern, text) for pattern in patterns]
    done = 0
    for start, span in _urls_and_links(text, links):
        yield from _patterns(done, start, finders)
        yield start, span
        done = start + len(span.typed)
    yield from _patterns(done, len(text), finders)


def _urls_and_links(text: str, links: bool) -> Iterator[_Placed]:
    expression = _URLS_AND_LINKS if links else _URLS
    position = 0
    while found := expression.search(text, position):
        position = found.end()
        if found["host"]:
            address = found["host"] + found["path"].rstrip(",;.:!?" if "(" in found["path"] else ",;.:!?)")
            yield found.start(), MessageSpan(SpanReading.ADDRESS, address, address=address)
        elif span := _link(SpanReading.PAGE, found[0], found["target"], found["label"]):
            yield found.start(), span
        else:
            position = found.start() + len("[[")


def _link(reading: SpanReading, typed: str, target: str, label: str | None) -> MessageSpan | None:
    page = target.strip()
    label = label and label.strip()
    return MessageSpan(reading, typed, page=page, label=label) if label != "" and leads_to_a_page(page) else None


class _Finder:
    """What one pattern finds in a text, asked for from left to right: nothing is looked through twice in vain."""

    def __init__(self, link: LinkPattern, text: str) -> None:
        self.link = link
        self._searched = Searched(link.pattern, text)
        self._end = -1
        self._found: Match | None = None

    def first(self, start: int, end: int) -> Match | None:
        """The first that lies between two places and is not empty. It sees the whole text."""
        if end != self._end or (self._found and self._found.start() < start):
            self._end = end
            self._found = next(self._searched.finds(start, end), None)
        return self._found


def _patterns(start: int, end: int, finders: Sequence[_Finder]) -> Iterator[_Placed]:
    """What the patterns find between two places. The earliest wins, then the first."""
    while start < end:
        finds = [(found, finder.link) for finder in finders if (found := finder.first(start, end))]
        if not finds:
            return
        found, link = min(finds, key=lambda each: each[0].start())
        start = found.end()
        label = found[0].strip()
        if span := _pattern_link(found, link, label):
            yield found.start() + found[0].index(label), span


def _pattern_link(found: Match, link: LinkPattern, label: str) -> MessageSpan | None:
    """The link for what a pattern found, None: there can be none. What is put into an address is percent-encoded
    (RFC 3986): nothing but the operator's own template says where its parts begin and end.
    """
    if not label or "\ufffd" in label:
        return None

    def filled(template: str, encoded: bool) -> str:
        values = [found[0], *found.groups("")]
        if encoded:
            values = [quote(value, safe="/") for value in values]
        return _PLACE.sub(lambda place: values[int(place[1])] if int(place[1]) < len(values) else place[0], template)

    if link.url is None:
        return _link(SpanReading.FOUND, label, filled(link.page or "", False), label)
    address = filled(link.url, True)
    return MessageSpan(SpanReading.FOUND, label, address=address, label=label) if WEB.fullmatch(address) else None
