"""Find what looks like the name of a host in a text, so that readers can ask what else was done to it. Pure.

Nobody knows all hosts of an installation: what is taken for one by mistake is a search for a word, and does no harm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

_WORD = re.compile(
    # not of letters alone, as most words are
    r"(?<![^\s(\[{<,;:'\"])(?=[A-Za-z]++[-.0-9])"
    r"[A-Za-z][A-Za-z0-9-]*+(?:\.[A-Za-z0-9-]++)*(?=[\s)\]}>,;:!?'\"]|\.?(?:\s|$))",
    re.ASCII,
)
_OURS = re.compile("(?:sal|undo|amend|redact)-[0-9]{14}-.*", re.IGNORECASE)
"""Ids of entries and of corrections."""
_DIGIT = re.compile("[0-9]")
LONGEST = 253
"""Characters of a name (RFC 1035, section 2.3.4)."""
REMEMBERED = 2000
"""Words of which we know whether they are one: the same are said again and again."""


def find_hosts(text: str) -> Iterator[tuple[int, str]]:
    """Where names stand that are of hosts, by all that one can see, and the names."""
    for found in _WORD.finditer(text):
        if len(found[0]) <= LONGEST and _is_host(found[0]):
            yield found.start(), found[0]


@functools.lru_cache(REMEMBERED)
def _is_host(name: str) -> bool:
    if name.isalpha():
        return False  # as most words are
    first, *others = name.split(".")
    if _OURS.fullmatch(name) or any(each.strip("-") != each for each in (first, *others)):
        return False
    if others and not (others[-1].isalpha() and len(others[-1]) > 1):
        return False
    # db1, i-0000a and tools-web, with a number; not T1, v2 and x-ray
    return len(others) > 1 or (_DIGIT.search(first) is not None and (first[:2].isalpha() or "-" in first))
