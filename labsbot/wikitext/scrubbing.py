"""Take all words out of an edit that was sent and given up: it is never sent again, but may be looked for.

An edit comes in; one that stands for the same attempt and holds the same ids, and nothing that anybody said, goes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from labsbot.model import Edit
from labsbot.settings import PageSettings
from labsbot.wikitext.entry import ITEM
from labsbot.wikitext.standing import ids_standing


def scrubbed(edit: Edit, pages: Iterable[PageSettings]) -> Edit:
    """`pages`: how entries are written on the page to which it was sent, or may be."""
    ids = {each for page in set(pages) for each in ids_standing(edit.text, page)}
    return replace(edit, text="\n".join(f'{ITEM}<span id="{each}">x</span>' for each in sorted(ids)), summary="")
