"""Entries as marks on Grafana's graphs: an entry comes in; when it was, and what is read at the mark, goes out. Pure.

Grafana asks for them itself, with any data source for JSON; they are called as it calls them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from pydantic import Field

from labsbot.formats import EntryView
from labsbot.model import AN_END, ChangeKind
from labsbot.web.shown import Answered

MOST_MARKS = 500
"""Marks of an answer at most, the newest."""


class Annotation(Answered):
    time: int = Field(description="When it was done, in milliseconds since 1970 (UTC).")
    timeEnd: int | None = Field(description="When it ended, of what tells that; null: it was a moment.")
    title: str
    text: str = Field(description="As HTML, in which nothing of the message is alive.")
    tags: str = Field(description="The projects, and “robot” where no person typed it.")


def annotation(view: EntryView, url: str) -> Annotation | None:
    """The mark of an entry; None: it was taken back or removed. `url` is where its page is."""
    if view.strike is not None or view.kept.redaction is not None or view.kept.taken_out is not None:
        return None
    ended = _ended(view)
    return Annotation(
        time=_milliseconds(view.entry.said),
        timeEnd=None if ended is None else _milliseconds(ended),
        title=f"{', '.join(view.projects)}: {view.author}",
        text=f'{escape(view.message)} <a href="{escape(url)}">{escape(view.entry.id)}</a>',
        tags=",".join([*view.projects, *(["robot"] if view.entry.robot else [])]),
    )


def _ended(view: EntryView) -> datetime | None:
    """When it was said how something ended that the entry had told the beginning of."""
    before, ended = view.entry.message, None
    for change in view.kept.in_force:
        if change.kind is ChangeKind.AMEND:
            ended = change.said if change.text.startswith(before + AN_END) else None
            before = change.text
    return ended


def _milliseconds(when: datetime) -> int:
    return round(when.astimezone(UTC).timestamp() * 1000)
