"""JSON comes in, the same value goes out in a form that a terminal can be shown. Pure."""

from __future__ import annotations

import json


def visible(text: str) -> str:
    """Escape all that is not just seen, which in JSON stands within strings alone; line breaks stay. Half a surrogate
    pair is no character to anybody."""
    lines = text.split("\n")
    return "\n".join(line if line.isprintable() else "".join(map(_escaped, line)) for line in lines)


def _escaped(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\N{REPLACEMENT CHARACTER}"
    return character if character.isprintable() else json.dumps(character)[1:-1]
