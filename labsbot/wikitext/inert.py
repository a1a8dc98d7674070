"""Text as somebody typed it comes in; wikitext that shows it, and does nothing else, goes out. It knows no page.

Alive stay bare URLs, ``[[links]]`` to pages and what an operator's patterns find. The rules follow
https://www.mediawiki.org/wiki/Help:Formatting, Help:Magic_words and Help:Links; that they are enough is checked on a
real MediaWiki by the tests.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from labsbot.settings import LinkPattern
from labsbot.text.formatting import UNSEEN, plain
from labsbot.text.patterns import Match, Searched
from labsbot.wikitext.languages import MEDIA, SWITCHES, TALK, folded

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
_SCHEME = (
    rf"(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+.-]{{0,31}}+://(?:{_HOST})?"
    r"|(?i:bitcoin|geo|magnet|mailto|matrix|news|sips?|sms|tel|urn|xmpp):(?!//))"
)
_PLAIN = r"[^\s<>\"\[\]\ufffd]*+"
_URL = rf"(?P<host>{_SCHEME})(?P<path>{_PLAIN}(?:\[{_PLAIN}\]{_PLAIN})*)"
_LINK = r"\[\[[\s:\u180e]*+(?P<target>[^\[\]{}<>|\ufffd]++)(?:\|(?P<label>[^\[\]]++))?\]\]"
_URLS = re.compile(_URL)
_URLS_AND_LINKS = re.compile(f"{_URL}|{_LINK}")

# Of a bare URL MediaWiki encodes brackets and bars, drops what cannot be seen in a host (Sanitizer::cleanUrl), and may
# show a picture in its place (Manual:$wgAllowExternalImages, and a whitelist that is on by default).
_SHOWN_OTHERWISE = re.compile(rf"[\[\]|{UNSEEN}]|\.(?:gif|png|jpe?g|webp|svg)\Z", re.IGNORECASE)
# With what follows: normalisation would melt "%7C" and a combining mark into another letter.
_NOT_IN_ADDRESS = re.compile(r"[\s<>\"\[\]|\ufffd][^\x00-\x7f]*")
_AFTER_ADDRESS = re.compile(r"(?::[0-9]+)?(?:/|\Z)")
"""What may stand behind an IPv6 host for its brackets to be left alone."""
_WEB = re.compile(rf"(?P<host>https?://(?:{_HOST}|(?=.)))(?P<path>.*)", re.IGNORECASE)

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

# Signs that act by themselves; runs that act together, of which the first sign may stay; words. What can begin any of
# them is looked at first, which is several times faster.
_LIVE = re.compile(
    rf"(?=(?i:[&<>{{}}\[|='~_＿\]!RPI{''.join({word[0] for word in SWITCHES})}]))(?:"
    r"[&<>{}\[|=]"
    r"|(?<=')'|(?<=~)~|(?<=[_＿])[_＿]|(?<=\])\]|(?<=!)!"
    r"|[RPI](?=(?:FC|MID|SBN)(?:\s++[0-9]|\s*+$))"
    r"|(?i:" + "|".join(f"{word[0]}(?={word[1:]})" for word in sorted(SWITCHES)) + "))"
)
# What could act together with whatever stands before or behind: a list, a quotation, a signature, a magic word, a row
# of a table; or what could pass for an entry's anchor.
_FIRST = re.compile(r"\A(?:['~_＿*#:;!+-]|s(?=al-[0-9]{14}-))")
_LAST = re.compile(r"['~_＿!]\Z")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

# A summary knows [[links]], /* sections */ and entities: https://www.mediawiki.org/wiki/Help:Edit_summary
# A batch of ours stands in brackets: nobody is to make an edit pass for another.
_LIVE_IN_SUMMARY = re.compile(r"(?<=\[)(?=\[|b:)|(?<=/)(?=\*)|(?<=&)(?=#|\w++;)")
_WORD_JOINER = "\u2060"


def clean(text: str) -> str:
    """Return the text in NFC, without what cannot be seen: IRC formatting, control characters, bidi controls.

    Lone surrogates and non-characters become U+FFFD; a control character or line separator becomes a blank.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _NO_CHARACTER.sub("\ufffd", text)
    text = plain(text)
    text = _CONTROL.sub(" ", text)
    text = _DIRECTION.sub("", text)
    return unicodedata.normalize("NFC", text).strip()


def inert(text: str, links: bool = True, patterns: Sequence[LinkPattern] = ()) -> str:
    """Return wikitext that shows the cleaned text wherever it is put: in a line, a list, a template's argument.

    Bare URLs stay clickable and keep their address. ``[[T|l]]`` becomes a plain link to the page T: never a category,
    a file, a language or a transclusion; with `links` off it is shown as it was typed. What a pattern finds outside of
    both becomes its link.
    """
    text = clean(text)
    parts = []
    done = 0
    for start, end, wikitext in _alive(text, links, patterns):
        parts += [_escape(text[done:start]), wikitext]
        done = end
    parts.append(_escape(text[done:]))
    return _borders("".join(parts))


def inert_name(text: str) -> str:
    """Return wikitext that shows the cleaned text, in which nothing is alive: for names."""
    return _borders(_escape(clean(text)).replace(":", "&#58;"))


def inert_link(target: str, label: str) -> str | None:
    """Return a plain link to a page that shows the cleaned label; None: nothing can link there, or it shows nothing."""
    return _link(clean(target), clean(label))


def inert_summary(text: str) -> str:
    """Return the cleaned text for an edit summary: no link, section or entity in it is alive, nothing a batch."""
    return _LIVE_IN_SUMMARY.sub(_WORD_JOINER, clean(text))


# --- what is alive ------------------------------------------------------------------------------------------------


class _Alive(NamedTuple):
    start: int
    end: int
    wikitext: str


def _alive(text: str, links: bool, patterns: Sequence[LinkPattern]) -> Iterator[_Alive]:
    """All that becomes something else than plain text, in order."""
    finders = [_Finder(pattern, text) for pattern in patterns]
    done = 0
    for found in _urls_and_links(text, links):
        yield from _patterns(done, found.start, finders)
        yield found
        done = found.end
    yield from _patterns(done, len(text), finders)


def _urls_and_links(text: str, links: bool) -> Iterator[_Alive]:
    expression = _URLS_AND_LINKS if links else _URLS
    position = 0
    while found := expression.search(text, position):
        position = found.end()
        if found["host"]:
            yield _url(found)
        elif (wikitext := _link(found["target"], found["label"])) is not None:
            yield _Alive(found.start(), position, wikitext)
        else:
            position = found.start() + len("[[")


def _url(found: re.Match[str]) -> _Alive:
    """A URL as it is; where it would be shown otherwise, a link labelled with it; failing that, plain text."""
    path = found["path"].rstrip(",;.:!?" if "(" in found["path"] else ",;.:!?)")
    start, end = found.start(), found.start("path") + len(path)
    as_it_is = not _SHOWN_OTHERWISE.search(path) and (found["host"][-1] != "]" or _AFTER_ADDRESS.match(path))
    # What follows and may be escaped would be a part of the URL then: an entity does not end it.
    if as_it_is and "!" not in found["path"][len(path) :] and not found.string.startswith("[", found.end()):
        return _Alive(start, end, found["host"] + _escape(path))
    # Without its colons it is no URL to MediaWiki, and a label no picture.
    dead = _label(found["host"] + path).replace(":", "&#58;")
    return _Alive(start, end, _external(found["host"] + path, dead) or dead)


def _link(target: str, label: str | None) -> str | None:
    target = target.strip()
    if _NO_TARGET.search(target) or len(target.encode()) > _MOST_TARGET:
        return None
    namespaces = [folded(part) for part in target.split(":")[:-1]]
    if not MEDIA.isdisjoint(namespaces) or not TALK.isdisjoint(namespaces[:-1]):
        return None
    if label is None:
        return f"[[:{_escape(target)}]]"
    label = label.strip()
    return f"[[:{_escape(target)}|{_label(label)}]]" if label else None


def _external(address: str, label: str) -> str | None:
    """A link to an address on the web, with a label that is wikitext already; None: it is no such address."""
    web = _WEB.fullmatch(address)
    if web is None:
        return None
    path = _NOT_IN_ADDRESS.sub(lambda sign: quote(sign[0]), web["path"])
    return f"[{web['host']}{_escape(path)} {label}]"


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


def _patterns(start: int, end: int, finders: Sequence[_Finder]) -> Iterator[_Alive]:
    """What the patterns find between two places. The earliest wins, then the first."""
    while start < end:
        finds = [(found, finder.link) for finder in finders if (found := finder.first(start, end))]
        if not finds:
            return
        found, link = min(finds, key=lambda each: each[0].start())
        start = found.end()
        label = found[0].strip()
        wikitext = _pattern_link(found, link, label)
        if wikitext is not None:
            begin = found.start() + found[0].index(label)
            yield _Alive(begin, begin + len(label), wikitext)


def _pattern_link(found: Match, link: LinkPattern, label: str) -> str | None:
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

    if link.url is not None:
        return _external(filled(link.url, True), _label(label))
    return _link(filled(link.page or "", False), label)


# --- what is not --------------------------------------------------------------------------------------------------


def _label(text: str) -> str:
    return _escape(text).replace("]", "&#93;")


def _escape(text: str) -> str:
    return _LIVE.sub(_entity, text)


def _entity(sign: re.Match[str]) -> str:
    return _NAMED.get(sign[0]) or f"&#{ord(sign[0])};"


def _borders(wikitext: str) -> str:
    wikitext = _LAST.sub(_entity, _FIRST.sub(_entity, wikitext))
    if wikitext and unicodedata.category(wikitext[0]).startswith("M"):
        # Normalisation would melt a combining mark into the sign before it, and "<b>" with U+0338 is no tag any more.
        return f"&#{ord(wikitext[0])};{wikitext[1:]}"
    return wikitext
