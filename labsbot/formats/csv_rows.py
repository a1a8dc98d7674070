"""Entries for spreadsheets, as in RFC 4180: a row for each, below one with the names of the columns.

Spreadsheets take what begins with certain signs for a formula, and run it: before such a sign an apostrophe is put,
which they do not show. https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from labsbot.edge.logs import printable
from labsbot.formats.json_objects import moment
from labsbot.formats.view import EntryView

COLUMNS = ("id", "day", "time", "said", "logged", "projects", "author", "message", "state", "remarks", "url")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_rows(entries: Iterable[EntryView]) -> Iterator[str]:
    first = True
    for each in entries:
        yield (_row(COLUMNS) if first else "") + _row(_cells(each))
        first = False


def _cells(each: EntryView) -> list[str]:
    return [
        each.entry.id,
        str(each.delivery.log_day),
        each.time,
        moment(each.entry.said) or "",
        moment(each.kept.accepted) or "",
        ",".join(each.projects),
        each.author,
        each.message,
        each.state.value,
        "; ".join(each.remarks),
        each.delivery.url or "",
    ]


def _row(cells: Iterable[str]) -> str:
    row = io.StringIO(newline="")
    csv.writer(row).writerow([harmless(cell) for cell in cells])
    return row.getvalue()


def harmless(cell: str) -> str:
    """The cell as no spreadsheet runs it, and no terminal obeys it."""
    return printable(f"'{cell}" if cell.startswith(_FORMULA) else cell)
