"""Entries for feed readers: what a page would show comes in, Atom (RFC 4287) or a JSON Feed (1.1) goes out. Pure.

An entry's id is a ``tag:`` URI (RFC 4151) of its own id, so that it is the same one in every feed, wherever we move to
below the same name. Older entries are on the next page (RFC 5005, section 3).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from markupsafe import Markup, escape

from labsbot.formats import EntryView
from labsbot.text.message import clean
from labsbot.text.visible_json import visible
from labsbot.web.pages.lines import LineWriter

ATOM, JSON_FEED = "application/atom+xml", "application/feed+json"
NAMESPACE = "http://www.w3.org/2005/Atom"
LONGEST_TITLE = 80
NEVER = "1970-01-01T00:00:00Z"
"""When a feed was changed in which nothing is."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An entry."""

    id: str
    url: str
    title: str
    author: str
    html: str
    text: str
    published: str
    updated: str
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    title: str
    id: str
    here: str
    """Its own address."""
    page: str
    """Of the page that shows the same."""
    older: str | None
    """Of the feed of what is older."""
    items: tuple[FeedItem, ...]


def tag(url: str, day: object, what: str) -> str:
    return f"tag:{urlsplit(url).hostname},{day}:{what}"


def items(views: Iterable[EntryView], writer: LineWriter, url: str) -> tuple[FeedItem, ...]:
    """`url` is where people reach us; the writer's addresses are whole ones."""
    return tuple(_item(each, writer, url) for each in views)


def atom(feed: Feed) -> str:
    root = ElementTree.Element("feed", {"xmlns": NAMESPACE})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", max((each.updated for each in feed.items), default=NEVER))
    _add(root, "link", rel="self", type=ATOM, href=feed.here)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    if feed.older:
        _add(root, "link", rel="next", type=ATOM, href=feed.older)
    for item in feed.items:
        entry = ElementTree.SubElement(root, "entry")
        _add(entry, "id", item.id)
        _add(entry, "title", item.title)
        _add(entry, "published", item.published)
        _add(entry, "updated", item.updated)
        _add(ElementTree.SubElement(entry, "author"), "name", item.author)
        _add(entry, "link", rel="alternate", type="text/html", href=item.url)
        for project in item.projects:
            _add(entry, "category", term=project)
        _add(entry, "content", item.html, type="html")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def json_feed(feed: Feed) -> str:
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.here,
        **({"next_url": feed.older} if feed.older else {}),
        "items": [
            {
                "id": each.id,
                "url": each.url,
                "title": each.title,
                "content_html": each.html,
                "content_text": each.text,
                "date_published": each.published,
                "date_modified": each.updated,
                "authors": [{"name": each.author}],
                "tags": list(each.projects),
            }
            for each in feed.items
        ],
    }
    return visible(json.dumps(told, ensure_ascii=False))


def _item(view: EntryView, writer: LineWriter, url: str) -> FeedItem:
    line, entry = writer.line(view), view.entry
    html, text = escape(line.message), view.message
    if line.strike is not None:
        why = Markup(": {}").format(line.strike.message) if line.strike.message else ""
        html = Markup("<s>{}</s> taken back by {}{}").format(line.message, line.strike.author, why)
        text = f"{text} ({'; '.join(view.remarks)})"
    projects = tuple(map(clean, view.projects))
    title = f"{', '.join(projects)}: {view.author}: {view.message}"
    changed = max([view.kept.accepted, *(each.said for each in view.kept.in_force)])
    return FeedItem(
        tag(url, f"{entry.said:%Y-%m-%d}", entry.id),
        line.page,
        title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
        line.author.name,
        str(html),
        text,
        _moment(entry.said),
        _moment(max(changed, entry.said)),
        projects,
    )


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = text
