"""A title as somebody typed it comes in; the same title as MediaWiki spells it comes out, or the reason against it.

The rules are those of https://www.mediawiki.org/wiki/Manual:Page_title. Redirects are not followed here.
"""

from __future__ import annotations

import re
import unicodedata

from labsbot.model import Refused

MOST_BYTES = 255
NOT_ALLOWED = "the page's title is not allowed"

_ILLEGAL = re.compile(r"[\x00-\x1f\x7f#<>\[\]{|}\ufffd\ud800-\udfff]|%[0-9A-Fa-f]{2}|&[0-9A-Za-z\x80-\U0010ffff]+;|~~~")
_DOTS = re.compile(r"^\.{1,2}(/|$)|/\.{1,2}/|/\.{1,2}$")
_BLANKS = re.compile(r"[ _\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e]")


def spelt(title: str) -> str:
    """Blanks, Unicode (NFC) and first letters as MediaWiki writes them. Raises Refused where it would not take it.

    A title with ``#`` is refused for a reason of its own: MediaWiki would write to the page before the ``#``, and say
    that all is well.
    """
    title = _BLANKS.sub(" ", _DIRECTION.sub("", unicodedata.normalize("NFC", title))).strip().removeprefix(":").strip()
    if not title or title.startswith(":") or _ILLEGAL.search(title) or _DOTS.search(title):
        raise Refused(NOT_ALLOWED, "invalidtitle")
    namespace, colon, name = title.partition(":")
    namespace, name = namespace.strip(), name.strip()
    if colon and not name:
        raise Refused(NOT_ALLOWED, "invalidtitle")
    if len((name if colon else namespace).encode()) > MOST_BYTES:
        raise Refused("the page's title is too long", "title-invalid-too-long")
    return f"{_capital(namespace)}{colon}{_capital(name)}"


def _capital(words: str) -> str:
    first = words[:1].upper()
    # One letter stays one letter: MediaWiki leaves the German sharp s as it is.
    return (first if len(first) == 1 else words[:1]) + words[1:]
