"""A message comes in; wikitext that shows it, and does nothing else, goes out. It knows no page.

Alive is what `labsbot.text.message` finds in it. The rules follow
https://www.mediawiki.org/wiki/Help:Formatting, Help:Magic_words and Help:Links; that they are enough is checked on a
real MediaWiki by the tests.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

from labsbot.settings import LinkPattern
from labsbot.text.formatting import UNSEEN
from labsbot.text.languages import SWITCHES
from labsbot.text.message import SCHEME, WEB, MessageSpan, clean, leads_to_a_page, parse

# Of a bare URL MediaWiki encodes brackets and bars, drops what cannot be seen in a host (Sanitizer::cleanUrl), and may
# show a picture in its place (Manual:$wgAllowExternalImages, and a whitelist that is on by default).
_SHOWN_OTHERWISE = re.compile(rf"[\[\]|{UNSEEN}]|\.(?:gif|png|jpe?g|webp|svg)\Z", re.IGNORECASE)
_SCHEME = re.compile(SCHEME)
_GOES_ON = re.compile(r"[,;.:?)]*+[!\[]")
"""What may stand behind an address and would be taken for a part of it."""
# With what follows: normalisation would melt "%7C" and a combining mark into another letter.
_NOT_IN_ADDRESS = re.compile(r"[\s<>\"\[\]|\ufffd][^\x00-\x7f]*")
_AFTER_ADDRESS = re.compile(r"(?::[0-9]+)?(?:/|\Z)")
"""What may stand behind an IPv6 host for its brackets to be left alone."""
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


def inert(text: str, links: bool = True, patterns: Sequence[LinkPattern] = ()) -> str:
    """Return wikitext that shows the cleaned text wherever it is put: in a line, a list, a template's argument.

    Bare URLs stay clickable and keep their address. ``[[T|l]]`` becomes a plain link to the page T: never a category,
    a file, a language or a transclusion; with `links` off it is shown as it was typed. What a pattern finds outside of
    both becomes its link.
    """
    return inert_message(parse(text, links, patterns))


def inert_message(spans: Sequence[MessageSpan]) -> str:
    """Return the wikitext of a message that was read."""
    text = "".join(span.typed for span in spans)
    parts = []
    end = 0
    for span in spans:
        end += len(span.typed)
        parts.append(_of_span(span, text, end))
    return _borders("".join(parts))


def inert_name(text: str) -> str:
    """Return wikitext that shows the cleaned text, in which nothing is alive: for names."""
    return _borders(_escape(clean(text)).replace(":", "&#58;"))


def inert_link(target: str, label: str) -> str | None:
    """Return a plain link to a page that shows the cleaned label; None: nothing can link there, or it shows nothing."""
    target, label = clean(target), clean(label)
    return _link(target, label) if label and leads_to_a_page(target) else None


def inert_summary(text: str) -> str:
    """Return the cleaned text for an edit summary: no link, section or entity in it is alive, nothing a batch."""
    return _LIVE_IN_SUMMARY.sub(_WORD_JOINER, clean(text))


# --- what is alive ------------------------------------------------------------------------------------------------


def _of_span(span: MessageSpan, text: str, end: int) -> str:
    """The wikitext of a span that ends there in a text."""
    if span.page is not None:
        return _link(span.page, span.label)
    if span.address is None:
        return _escape(span.typed)
    if span.label is None:
        # What follows and may be escaped would be a part of the URL then: an entity does not end it.
        return _url(span.address, _GOES_ON.match(text, end) is not None)
    return _external(span.address, _label(span.label)) or _escape(span.label)


def _url(address: str, goes_on: bool) -> str:
    """A URL as it is; where it would be shown otherwise, a link labelled with it; failing that, plain text."""
    host = _SCHEME.match(address)
    assert host is not None
    path = address[host.end() :]
    if not goes_on and not _SHOWN_OTHERWISE.search(path) and (host[0][-1] != "]" or _AFTER_ADDRESS.match(path)):
        return host[0] + _escape(path)
    # Without its colons it is no URL to MediaWiki, and a label no picture.
    dead = _label(address).replace(":", "&#58;")
    return _external(address, dead) or dead


def _link(page: str, label: str | None) -> str:
    return f"[[:{_escape(page)}]]" if label is None else f"[[:{_escape(page)}|{_label(label)}]]"


def _external(address: str, label: str) -> str | None:
    """A link to an address on the web, with a label that is wikitext already; None: it is no such address."""
    web = WEB.fullmatch(address)
    if web is None:
        return None
    path = _NOT_IN_ADDRESS.sub(lambda sign: quote(sign[0]), web["path"])
    return f"[{web['host']}{_escape(path)} {label}]"


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
