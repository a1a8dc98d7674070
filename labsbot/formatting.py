"""The signs by which people colour what they say on IRC: a text with them comes in, the same without them goes out."""

from __future__ import annotations

import re

FORMATTING = (
    r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
"""A regular expression: bold, colours with their numbers, reset, monospace, reverse, italic, struck out, underlined
(https://modern.ircdocs.horse/formatting)."""

_FORMATTING = re.compile(FORMATTING)


def plain(text: str) -> str:
    """The text without formatting."""
    return _FORMATTING.sub("", text)
