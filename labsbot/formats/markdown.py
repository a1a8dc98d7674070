"""Entries as a list in Markdown, under the headings of their days: for CommonMark, and GitHub's and others' dialects.

The time leads to where the entry stands; nothing else is a link, an element or markup, whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from urllib.parse import quote

from labsbot.edge.logs import printable
from labsbot.formats.view import EntryView

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|&~$^@]|(?<=\w)\.(?=\w)|:(?=\S)|/(?=/)|=(?==)")
# Dialects find addresses and names in what is left when the backslashes have been read: https://github.github.com/gfm/,
# "Autolinks (extension)".
_FOUND_ANYWAY = re.compile(r"@|:(?=\\/)|(?<=www)(?=\\?\.)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
_IN_ADDRESS = ":/?#@!$&'*+,;=%~-._"
"""Whatever else is in an address is percent-encoded: a bracket would end it."""


def markdown(entries: Iterable[EntryView]) -> Iterator[str]:
    between = ""
    for day, of_day in groupby(entries, lambda each: each.delivery.log_day):
        yield f"{between}## {day}\n\n"
        between = "\n"
        for each in of_day:
            yield _line(each)


def _line(each: EntryView) -> str:
    delivery = each.delivery
    clock = each.time.replace("~", "\\~")
    time = f"[{clock}]({_address(delivery.url)})" if delivery.url else clock
    message = _inert(each.message)
    said = f"~~{message}~~" if each.strike and message else message
    remarks = "".join(f" ({_inert(remark)})" for remark in each.remarks)
    return f"- {time} {_inert(', '.join(each.projects))} · {_inert(each.author)}: {said}{remarks}\n"


def _address(url: str) -> str:
    return quote(url, safe=_IN_ADDRESS, errors="replace").replace("&", "&amp;")


def _inert(text: str) -> str:
    """Markdown that shows the text and does nothing else, within a line that others begin."""
    return _FOUND_ANYWAY.sub(rf"\g<0>{_WORD_JOINER}", _MARKUP.sub(r"\\\g<0>", printable(text)))
