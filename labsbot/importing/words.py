"""The wikitext of a message comes in; what somebody would have typed for it goes out.

It undoes what `labsbot.wikitext.inert` does to a message, and leaves alone what others have written: their bots put on
the page what was typed, and people type wikitext.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from labsbot.settings import LinkPattern
from labsbot.text.message import SpanReading, clean, parse

_NOWIKI = re.compile(r"</?nowiki\s*+/?>", re.IGNORECASE)
_OUR_LINK = re.compile(r"\[\[:(?=[^\[\]|]+(?:\|[^\[\]]*)?\]\])")
_EXTERNAL = re.compile(
    r"\[[a-z][a-z0-9+.-]{0,31}+://(?:\[[0-9a-f:.]++\])?[^\s\[\]]*+ (?P<label>[^\[\]]++)\]", re.IGNORECASE
)


def typed(wikitext: str, patterns: Sequence[LinkPattern] = ()) -> str:
    """Return the message, in one line."""
    text = _EXTERNAL.sub(lambda link: _typed_link(link, patterns), _NOWIKI.sub("", wikitext))
    return _in_one_line(_OUR_LINK.sub("[[", text))


def name(wikitext: str) -> str:
    """Return somebody's name."""
    return _in_one_line(_NOWIKI.sub("", wikitext))


def _in_one_line(wikitext: str) -> str:
    return " ".join(clean(html.unescape(wikitext)).split())


def _typed_link(link: re.Match[str], patterns: Sequence[LinkPattern]) -> str:
    """Of a link that we have made: the address itself, or what a pattern has found."""
    spans = parse(html.unescape(link["label"]), links=False, patterns=patterns)
    return link["label"] if len(spans) == 1 and spans[0].reading is not SpanReading.TEXT else link[0]
