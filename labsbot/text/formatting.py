"""What of a text nobody reads, or is to read: the signs by which IRC colours it, marks that are shown as nothing, and
what is too long for a line.

A text comes in, the same without that goes out.
"""

from __future__ import annotations

import re

FORMATTING = (
    r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
"""A regular expression: bold, colours with their numbers, reset, monospace, reverse, italic, struck out, underlined
(https://modern.ircdocs.horse/formatting)."""
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""For within ``[…]`` of a regular expression: what is shown as nothing (Default_Ignorable_Code_Point of Unicode 15,
https://www.unicode.org/reports/tr44/). It comes along when text is pasted; keyboards and bridges put it in, too."""

_FORMATTING = re.compile(FORMATTING)
_INVISIBLE = re.compile(f"[{UNSEEN}]")
_MARKS = re.compile(f"{FORMATTING}|[{UNSEEN}]")


def plain(text: str) -> str:
    """The text without formatting."""
    return _FORMATTING.sub("", text)


def seen(text: str) -> str:
    """The text without formatting, and without what is shown as nothing."""
    if text.isascii() and text.isprintable():  # as most is, and each line is looked at two dozen times
        return text
    return _MARKS.sub("", text)


def without_unseen(name: str) -> str:
    """A name without what is shown as nothing: two that look the same must not be two."""
    return _INVISIBLE.sub("", name)


def cut(text: str, size: int) -> str:
    """Cut text to at most `size` bytes of UTF-8, between two characters, and end it in ``…`` if it was cut."""
    raw = text.encode("utf-8")
    if len(raw) <= size:
        return text
    return raw[: max(size - len("…".encode()), 0)].decode("utf-8", "ignore") + "…"
