"""A page as a browser's parser reads it, strictly: what is alive in it, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import html5lib

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
_LEADS = re.compile("https?://|/|#", re.IGNORECASE)
OURS = {
    *("html", "head", "meta", "title", "link", "script", "body", "header", "nav", "main", "section", "h1", "h2", "p"),
    *("a", "ul", "ol", "li", "time", "span", "s", "small", "details", "summary", "form", "label", "input", "button"),
    *("table", "thead", "tbody", "tr", "th", "td", "abbr", "code", "kbd"),
}
"""What stands on our pages; whatever else is there came alive out of a message."""


def parsed(content: bytes | str) -> Any:
    """Raises html5lib's ParseError."""
    text = content.decode() if isinstance(content, bytes) else content
    return html5lib.HTMLParser(strict=True).parse(text)


def elements(tree: Any, name: str) -> list[Any]:
    return list(tree.iter(f"{HTML}{name}"))


def text_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def alive(tree: Any) -> Iterator[str]:
    """What is there that we have not put there."""
    for each in tree.iter():
        if not isinstance(each.tag, str):
            yield "a comment"
            continue
        name = each.tag.removeprefix(HTML)
        if name not in OURS and not each.tag.startswith(SVG):
            yield name
        for attribute, value in each.attrib.items():
            if attribute == "style" or attribute.startswith("on"):
                yield f"{name} {attribute}"
            if attribute in ("href", "src", "action") and not _LEADS.match(value):
                yield f"{name} {attribute}={value}"
        if name == "script" and (each.text or not each.attrib["src"].endswith("/static/script.js")):
            yield "a script"
