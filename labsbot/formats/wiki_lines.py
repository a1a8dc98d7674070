"""Entries as they stand on the page: each line as it is written there, under the headings of their days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from labsbot.formats.view import EntryView
from labsbot.model import DeliveryState
from labsbot.wikitext import heading_for, render


def wiki_lines(entries: Iterable[EntryView]) -> Iterator[str]:
    """What an operator has given up stands on no page, and is left out."""
    written = (each for each in entries if each.delivery.state is not DeliveryState.DROPPED)
    between = ""
    for heading, of_day in groupby(written, _heading):
        yield f"{between}{heading}\n"
        between = "\n"
        for each in of_day:
            yield f"{render(each.page, replace(each.delivery, clock=each.time))}\n"


def _heading(each: EntryView) -> str:
    marks = "=" * each.page.level
    return f"{marks} {heading_for(each.delivery.log_day, each.page)} {marks}"
