"""The title of a page comes in; the name of its file in a folder goes out, and the other way round. Pure.

The names are readable, and no two titles share one: a long name is cut and told apart by a digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from urllib.parse import quote

from labsbot.model import Refused
from labsbot.wiki import titles

LONGEST = 200
"""As it stands in an address; file systems take 255 bytes, an IRC line 512."""


def file_name(title: str) -> str:
    """The name for a title, which is spelt as a wiki spells it."""
    name = title.replace("%", "%25").replace("/", "%2F").replace(" ", "_")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(quote(name)) <= LONGEST:
        return name
    while len(quote(name)) > LONGEST:
        name = name[:-1]
    return f"{name}%{hashlib.sha256(title.encode()).hexdigest()[:16]}"


def cut(name: str) -> bool:
    """Whether the title is not to be had from its file's name. (A title cannot hold ``%`` and two digits itself.)"""
    return re.search(r"%[0-9a-f]{16}$", name) is not None


def title(name: str) -> str | None:
    """The title whose file is called so, where it was not cut; None: none of ours."""
    found = name.replace("_", " ").replace("%2F", "/").replace("%2E", ".").replace("%25", "%")
    with contextlib.suppress(Refused):
        return found if titles.spelt(found) == found and file_name(found) == name else None
    return None
