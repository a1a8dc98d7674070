"""Take the text of redacted entries out of an edit that was sent, so that it can still be found.

An edit comes in; one that stands for the same attempt and holds the same ids, but no word of anybody, goes out.
"""

from __future__ import annotations

from dataclasses import replace

from labsbot.model import Edit
from labsbot.settings import PageSettings
from labsbot.wikitext.entry import ITEM
from labsbot.wikitext.standing import ids_standing


def scrubbed(edit: Edit, settings: PageSettings) -> Edit:
    """The same edit with nothing but the anchors of what stands in it; it was given up, and is never sent again."""
    anchors = sorted(ids_standing(edit.text, settings))
    text = "\n".join(f'{ITEM}<span id="{each}">x</span>' for each in anchors)
    return replace(edit, text=text, summary="")
