"""A message comes in as somebody typed it, HTML goes out: its links lead somewhere, and nothing else in it is alive.

It is made of the same spans as the line on the wiki, each escaped by itself.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from labsbot.settings import PageSettings
from labsbot.text.message import WEB, MessageSpan, parse

PageAddress = Callable[[str], str | None]
"""Where a page of the wiki is read; None: nobody knows."""

_LINK = Markup('<a href="{}" rel="nofollow noreferrer">{}</a>')


def message_html(text: str, page: PageSettings, wiki_page: PageAddress) -> Markup:
    return Markup("").join(_html(span, wiki_page) for span in parse(text, page.links, page.patterns))


def _html(span: MessageSpan, wiki_page: PageAddress) -> Markup:
    address = span.address or (wiki_page(span.page) if span.page else None)
    shown = span.label or span.page or span.typed
    # another scheme may run something, or call somebody
    if address is None or not WEB.fullmatch(address):
        return escape(shown if span.page else span.typed)
    return _LINK.format(address, shown)
