"""A delivery comes in; the line that stands for it on the page, or the summary of the edit, goes out.

It does not decide where the line goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from labsbot.model import Delivery, Entry
from labsbot.settings import PageSettings
from labsbot.wikitext.inert import inert, inert_link, inert_name, inert_summary

SUMMARY_LIMIT = 500
"""Code points that MediaWiki keeps of a summary; it would cut without a word."""
ITEM = "* "
"""What stands before each entry: it is an item of a list."""
ANCHOR = (
    r"(?:\bid[ \t]*=[ \t]*[\"']?|\{\{[^{}\[\]\n]*\|[ \t]*)"
    r"(?P<id>sal-(?P<said>[0-9]{14})-[0-9a-f]+)\b"
)
"""An entry's id where it is an anchor, not a mention. No message can forge one: its "=", "{" and "|" are escaped."""

_FIELD = re.compile(r"\{(id|time|author|message|project)\}")
_REWRITTEN = re.compile(r"subst:|~~~|\|\]\]", re.IGNORECASE)


def render(settings: PageSettings, delivery: Delivery) -> str:
    """Return the entry's one line, bullet included. Only known fields are replaced, and none inside a value."""
    entry = delivery.entry
    values = {
        "id": entry.id,
        "time": delivery.clock,
        "author": _author(entry),
        "message": inert(entry.message, settings.links, settings.patterns),
        "project": inert_name(delivery.log.project),
    }
    return ITEM + _FIELD.sub(lambda field: values[field[1]], settings.entry).strip()


def _author(entry: Entry) -> str:
    """The author, linked to the wiki user's page where there is one, and the relay by which the line came."""
    author = inert_link(f"User:{entry.user}", entry.author) if entry.user else None
    author = author or inert_name(entry.author)
    return author if entry.relay is None else f"{author} (via {inert_name(entry.relay)})"


def rewritten(settings: PageSettings) -> bool:
    """Say whether the wiki may store an entry otherwise than we send it (substitution, signature, pipe trick)."""
    return _REWRITTEN.search(settings.entry) is not None


def summary(batch: str, deliveries: Sequence[Delivery]) -> str:
    """Return the edit summary: who logged what, and last the batch, by which the edit is found again."""
    entries = [delivery.entry for delivery in deliveries]
    authors = list(dict.fromkeys(inert_summary(entry.author) for entry in entries))
    several = len(authors) > 1
    said = "; ".join(
        inert_summary(entry.message) + (f" ({inert_summary(entry.author)})" if several else "") for entry in entries
    )
    mark = f" [b:{batch}]"
    # As the wiki will count it: what was normal for itself may not be so beside the other.
    text = unicodedata.normalize("NFC", f"{', '.join(authors)}: {said}")
    room = SUMMARY_LIMIT - len(mark)
    return (text if len(text) <= room else text[: room - 1] + "…") + mark
