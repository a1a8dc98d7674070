"""Entries come in, text goes out: for people, as wikitext, Markdown, JSON or CSV. Pure.

Whoever reads, by command or by web, gets the same. Messages come from strangers: nothing that they hold ends a line, a
cell or a value, is a link or an element, or moves a terminal's cursor.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator

from labsbot.formats.csv_rows import csv_rows
from labsbot.formats.history import history_as_json, history_as_text
from labsbot.formats.json_objects import json_list
from labsbot.formats.markdown import markdown
from labsbot.formats.plain_lines import plain_lines
from labsbot.formats.view import EntryView, PageOf, view
from labsbot.formats.wiki_lines import wiki_lines

__all__ = ["EntryFormat", "EntryView", "PageOf", "history_as_json", "history_as_text", "plain_lines", "view", "written"]


class EntryFormat(enum.Enum):
    """As what entries are shown; called so by command and by HTTP."""

    TEXT = "text"
    WIKITEXT = "wikitext"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


def written(how: EntryFormat, entries: Iterable[EntryView]) -> Iterator[str]:
    """The entries in their order, piece by piece as they come in. Nothing comes of none; of JSON, an empty list."""
    return _FORMATS[how](entries)


_FORMATS: dict[EntryFormat, Callable[[Iterable[EntryView]], Iterator[str]]] = {
    EntryFormat.TEXT: plain_lines,
    EntryFormat.WIKITEXT: wiki_lines,
    EntryFormat.MARKDOWN: markdown,
    EntryFormat.JSON: json_list,
    EntryFormat.CSV: csv_rows,
}
