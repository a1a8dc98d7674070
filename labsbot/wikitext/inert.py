"""Text as somebody typed it comes in; wikitext that shows it, and does nothing else, goes out. It knows no page.

Alive stay bare URLs and ``[[links]]`` to pages. The rules follow https://www.mediawiki.org/wiki/Help:Formatting,
Help:Magic_words and Help:Links; that they are enough is checked on a real MediaWiki by the tests.
"""

from __future__ import annotations

import re
import unicodedata

# https://modern.ircdocs.horse/formatting
_FORMATTING = re.compile(
    r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    r"|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_NO_CHARACTER = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Possessive and bounded, so that no line, however odd, takes more than linear time. No possessive group: before 3.11.5
# Python's re forgets what such a group should have taken (https://github.com/python/cpython/issues/106052).
_SCHEME = r"\b[A-Za-z][A-Za-z0-9+.-]{0,31}+://"
_HOST = r"\[[0-9A-Fa-f:.]++\]"
_PLAIN = r"[^\s<>\"\[\]]*+"
_URL = rf"(?P<host>{_SCHEME}(?:{_HOST})?)(?P<path>{_PLAIN}(?:\[{_PLAIN}\]{_PLAIN})*)"
_LINK = r"\[\[[\s:\u180e]*+(?P<target>[^\[\]{}<>|\ufffd]++)(?:\|(?P<label>[^\[\]]++))?\]\]"
_ALIVE = re.compile(f"{_URL}|{_LINK}")

# Targets that MediaWiki decodes into other ones, takes for the file itself (Media:, even behind a colon), or refuses.
_NO_TARGET = re.compile(
    r"%[0-9A-Fa-f]{2}|&#?\w+;|~~~|://"
    r"|(?:^|:)[\s_\u180e]*(?:media[\s_\u180e]*:|:|\#|$)"
    r"|(?:^|/)\.{1,2}(?:/|$)",
    re.IGNORECASE,
)
_MOST_TARGET = 240
"""Bytes of a link's target; MediaWiki allows 255 for a title."""

# Signs that act by themselves; and runs that act together, of which the first sign may stay.
_LIVE = re.compile(
    r"[&<>{}\[|=]"
    r"|(?<=')'|(?<=~)~|(?<=[_＿])[_＿]|(?<=\])\]"
    r"|\b[RPI](?=(?:FC|MID|SBN)(?:\s++[0-9]|\s*+$))"
)
# What could act together with whatever stands before or behind: a list, a quotation, a signature, a magic word.
_FIRST = re.compile(r"\A['~_＿*#:;]")
_LAST = re.compile(r"['~_＿]\Z")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

# A summary knows [[links]], /* sections */ and entities: https://www.mediawiki.org/wiki/Help:Edit_summary
_LIVE_IN_SUMMARY = re.compile(r"(?<=\[)(?=\[)|(?<=/)(?=\*)|(?<=&)(?=#|\w++;)")
_WORD_JOINER = "\u2060"


def clean(text: str) -> str:
    """Return the text in NFC, without what cannot be seen: IRC formatting, control characters, bidi controls.

    Lone surrogates and non-characters become U+FFFD; a control character or line separator becomes a blank.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _NO_CHARACTER.sub("\ufffd", text)
    text = _FORMATTING.sub("", text)
    text = _CONTROL.sub(" ", text)
    text = _DIRECTION.sub("", text)
    return unicodedata.normalize("NFC", text).strip()


def inert(text: str) -> str:
    """Return wikitext that shows the cleaned text wherever it is put: in a line, a list, a template's argument.

    Bare URLs stay clickable and keep their address. ``[[T|l]]`` becomes a plain link to the page T: never a category,
    a file, a language or a transclusion.
    """
    text = clean(text)
    parts = []
    done = 0
    for alive in _ALIVE.finditer(text):
        wikitext = _link(alive["target"], alive["label"]) if alive["target"] else _url(alive["host"], alive["path"])
        parts += [_escape(text[done : alive.start()]), wikitext or _escape(alive[0])]
        done = alive.end()
    parts.append(_escape(text[done:]))
    return _borders("".join(parts))


def inert_summary(text: str) -> str:
    """Return the cleaned text for an edit summary: no link, no section and no entity in it is alive."""
    return _LIVE_IN_SUMMARY.sub(_WORD_JOINER, clean(text))


def _url(host: str, path: str) -> str:
    """A URL with its brackets inside: MediaWiki ends a bare URL at a bracket, and decodes entities in it."""
    return host + _escape(path).replace("]", "&#93;")


def _link(target: str, label: str | None) -> str | None:
    target = target.strip()
    if _NO_TARGET.search(target) or len(target.encode()) > _MOST_TARGET:
        return None
    if label is None:
        return f"[[:{_escape(target)}]]"
    label = label.strip()
    return f"[[:{_escape(target)}|{_escape(label)}]]" if label else None


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
