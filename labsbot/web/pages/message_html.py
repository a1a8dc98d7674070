"""A message comes in as somebody typed it, HTML goes out: its links lead somewhere, and nothing else in it is alive.

It is made of the same spans as the line on the wiki, each escaped by itself. Beside what is a link there, the names of
hosts are links to what else was logged about them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from html import escape

from markupsafe import Markup

from labsbot.settings import PageSettings
from labsbot.text.hosts import find_hosts
from labsbot.text.message import WEB, MessageSpan, SpanReading, parse

PageAddress = Callable[[str], str | None]
"""Where a page of the wiki is read; None: nobody knows."""
HostAddress = Callable[[str], str]
"""Where is read what was logged about a host."""

REMEMBERED = 1000
"""Hosts of which we know how they stand on a page: it has the same again and again."""
ELSEWHERE = ' rel="nofollow noreferrer"'


def message_html(text: str, page: PageSettings, wiki_page: PageAddress, of_host: HostAddress) -> Markup:
    pieces = [_html(span, wiki_page, of_host) for span in parse(text, page.links, page.patterns)]
    return Markup("".join(pieces))  # each was escaped where it was made


def _html(span: MessageSpan, wiki_page: PageAddress, of_host: HostAddress) -> str:
    if span.reading is SpanReading.TEXT:
        return _with_hosts(span.typed, of_host)
    address = span.address or (wiki_page(span.page) if span.page else None)
    shown = span.label or span.page or span.typed
    # another scheme may run something, or call somebody
    if address is None or not WEB.fullmatch(address):
        return escape(shown if span.page else span.typed)
    return _link(address, shown, ELSEWHERE)


def _with_hosts(text: str, of_host: HostAddress) -> str:
    pieces, done = [], 0
    for start, host in find_hosts(text):
        pieces += [escape(text[done:start]), _host(host, of_host)]
        done = start + len(host)
    return "".join([*pieces, escape(text[done:])])


@functools.lru_cache(REMEMBERED)
def _host(name: str, of_host: HostAddress) -> str:
    return _link(of_host(name), name)


def _link(address: str, shown: str, relation: str = "") -> str:
    return f'<a href="{escape(address)}"{relation}>{escape(shown)}</a>'
