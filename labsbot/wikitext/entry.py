"""A delivery comes in; the line that stands for it on the page, or the summary of the edit, goes out.

The line stands as it is to stand: amended and struck, where people have changed their minds. See the decision "A line
says what was changed about it". It does not decide where the line goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from labsbot.model import ANY_CHANGE, REDACTED, Change, ChangeKind, Delivery, Entry
from labsbot.settings import PageSettings
from labsbot.wikitext.days import heading_for
from labsbot.wikitext.inert import inert, inert_link, inert_name, inert_summary

SUMMARY_LIMIT = 500
"""Code points that MediaWiki keeps of a summary; it would cut without a word."""
ITEM = "* "
"""What stands before each entry: it is an item of a list."""
_IS_ID = r"\bid[ \t]*=[ \t]*[\"']?"
ANCHOR = rf"(?:{_IS_ID}|\{{\{{[^{{}}\[\]\n]*\|[ \t]*)(?P<id>sal-(?P<said>[0-9]{{14}})-[0-9a-f]+)\b"
"""An entry's id where it is an anchor, not a mention. No message can forge one: its "=", "{" and "|" are escaped."""
CHANGE_ANCHOR = rf"{_IS_ID}(?P<change>{ANY_CHANGE}-[0-9]{{14}}-[0-9a-f]+)\b"
"""The same of what was changed about an entry; we always write it as an attribute, whatever form entries have."""

_FIELD = re.compile(r"\{(id|time|author|message|project)\}")
_REWRITTEN = re.compile(r"subst:|~~~|\|\]\]", re.IGNORECASE)


def render(settings: PageSettings, delivery: Delivery) -> str:
    """Return the entry's one line, bullet included, with all that was changed about it.

    Only known fields are replaced, and none inside a value. The last change always has an anchor in the line.
    """
    entry = delivery.entry
    message = inert(_message(delivery), settings.links, settings.patterns)
    values = {
        "id": entry.id,
        "time": delivery.clock,
        "author": _author(entry),
        "message": message if _strike(delivery) is None else f"<s>{message}</s>",
        "project": inert_name(delivery.log.project),
    }
    return ITEM + _FIELD.sub(lambda field: values[field[1]], settings.entry).strip() + _marks(settings, delivery)


def _message(delivery: Delivery) -> str:
    """What is to be read there by now."""
    if delivery.redaction is not None:
        return REDACTED
    texts = [change.text for change in delivery.changes if change.kind is ChangeKind.AMEND]
    return texts[-1] if texts else delivery.entry.message


def _strike(delivery: Delivery) -> Change | None:
    """By which it is taken back; of what is removed nothing is left to be struck."""
    if delivery.redaction is not None:
        return None
    return next((change for change in reversed(delivery.changes) if change.kind is ChangeKind.STRIKE), None)


def _marks(settings: PageSettings, delivery: Delivery) -> str:
    """What stands behind an entry that was changed: who took it back, when and why, and the last change's anchor.

    It is behind the entry because an equals sign within a template would name a parameter.
    """
    strike, last = _strike(delivery), delivery.changes[-1] if delivery.changes else None
    marks = "" if strike is None else f' <small id="{strike.id}">{_taken_back(settings, delivery, strike)}</small>'
    return marks if last is strike or last is None else f'{marks}<span id="{last.id}"></span>'


def _taken_back(settings: PageSettings, delivery: Delivery, strike: Change) -> str:
    """Nothing stands behind the reason: where that ends in an address, it would go on in a bracket."""
    local = strike.said.astimezone(settings.time_zone)
    clock = f"{local:%H:%M}"
    if local.date() != delivery.log_day:
        clock = f"{heading_for(local.date(), settings)} {clock}"
    reason = inert(strike.text, settings.links, settings.patterns)
    return f"taken back {clock} by {inert_name(strike.author)}" + (f": {reason}" if reason else "")


def _author(entry: Entry) -> str:
    """The author, linked to the wiki user's page where there is one, and the relay by which the line came."""
    author = inert_link(f"User:{entry.user}", entry.author) if entry.user else None
    author = author or inert_name(entry.author)
    return author if entry.relay is None else f"{author} (via {inert_name(entry.relay)})"


def rewritten(settings: PageSettings) -> bool:
    """Say whether the wiki may store an entry otherwise than we send it (substitution, signature, pipe trick)."""
    return _REWRITTEN.search(settings.entry) is not None


def summary(batch: str, deliveries: Sequence[Delivery]) -> str:
    """Return the edit summary: who logged or changed what, and last the batch, by which the edit is found again."""
    acts = [(inert_summary(author), inert_summary(said)) for author, said in map(_act, _one_of_each(deliveries))]
    authors = list(dict.fromkeys(author for author, _ in acts))
    several = len(authors) > 1
    said = "; ".join(said + (f" ({author})" if several else "") for author, said in acts)
    mark = f" [b:{batch}]"
    # As the wiki will count it: what was normal for itself may not be so beside the other.
    text = unicodedata.normalize("NFC", f"{', '.join(authors)}: {said}")
    room = SUMMARY_LIMIT - len(mark)
    return (text if len(text) <= room else text[: room - 1] + "…") + mark


def _one_of_each(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Of each entry its own delivery, which arrives as it is to stand, or else its last change."""
    told: dict[str, Delivery] = {}
    for delivery in deliveries:
        known = told.get(delivery.entry.id)
        if known is None or (known.change is not None and len(delivery.changes) >= len(known.changes)):
            told[delivery.entry.id] = delivery
    return list(told.values())


def _act(delivery: Delivery) -> tuple[str, str]:
    """Who did it, and what it was. What an amendment took away before it was ever written stays unwritten."""
    change = delivery.change
    kind = change.kind if change else ChangeKind.STRIKE if _strike(delivery) else None
    words = "" if kind is None or delivery.redaction else _DONE[kind]
    return change.author if change else delivery.entry.author, words + _message(delivery)


_DONE = {ChangeKind.STRIKE: "taken back: ", ChangeKind.AMEND: "amended: ", ChangeKind.REDACT: ""}
