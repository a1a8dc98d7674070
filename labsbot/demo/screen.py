"""The channel and the page side by side, as text for a terminal: lines in, one picture out."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from itertools import zip_longest

MARGIN = "  │  "
NARROWEST = 30


def side_by_side(channel: Sequence[str], page: str, titles: tuple[str, str], width: int) -> str:
    """The last lines of a channel beside a page as its readers see it, at most `width` characters wide."""
    each = max(NARROWEST, (width - len(MARGIN)) // 2)
    left = [titles[0], "─" * each, *_wrapped(channel, each)]
    right = [titles[1], "─" * each, *_wrapped(as_read(page).splitlines(), each)]
    rows = zip_longest(left, right, fillvalue="")
    return "\n".join(f"{one:{each}}{MARGIN}{other}".rstrip() for one, other in rows)


def as_read(wikitext: str) -> str:
    """A page of our own roughly as a browser would show it: enough to look at, not a parser."""
    text = re.sub(r"<(?:span|small) [^>]*>(.*?)</(?:span|small)>", r"\1", wikitext)
    text = re.sub(r"<s>(.*?)</s>", r"~~\1~~", text)
    text = re.sub(r"\[\[:?(?:[^]|]*\|)?([^]|]*)\]\]", r"\1", text)
    return re.sub(r"(?m)^\*+ ?", "• ", html.unescape(text))


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]]
