"""Entries for people to read in a terminal: one line for each, and nothing in it that a terminal obeys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labsbot.edge.logs import printable
from labsbot.formats.view import EntryView


def plain_lines(entries: Iterable[EntryView], ids: bool = False) -> Iterator[str]:
    """``2026-11-22 14:30  tools  alice: restarted the web service (taken back by bob: wrong host)``

    With `ids`, the id stands behind its entry.
    """
    for each in entries:
        when = f"{each.delivery.log_day} {each.time}"
        remarks = "".join(f" ({remark})" for remark in each.remarks)
        its_id = f"  {each.delivery.entry.id}" if ids else ""
        yield printable(f"{when}  {','.join(each.projects)}  {each.author}: {each.message}{remarks}{its_id}") + "\n"
