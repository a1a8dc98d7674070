"""How IRC compares names: nicks, channels, accounts and masks come in, what can be compared comes out. Pure."""

from __future__ import annotations

import fnmatch
import functools
import re
import string

_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_RFC_1459 = str.maketrans(string.ascii_uppercase + "[]\\^", string.ascii_lowercase + "{}|~")
_FOLDED = {
    "ascii": _ASCII,
    "rfc1459": _RFC_1459,
    "rfc1459-strict": str.maketrans(string.ascii_uppercase + "[]\\", string.ascii_lowercase + "{}|"),
}
"""What each CASEMAPPING of a network makes of a name (https://modern.ircdocs.horse/#casemapping-parameter)."""


@functools.lru_cache(maxsize=1024)
def fold(name: str, casemapping: str = "rfc1459") -> str:
    """Fold a nick or a channel for comparing; a mapping that nobody knows folds as Unicode does."""
    table = _FOLDED.get(casemapping)
    return name.casefold() if table is None else name.translate(table)


def fold_account(name: str) -> str:
    """Fold an account's or a member's name for comparing."""
    return name.translate(_ASCII)


def matches(glob: str, hostmask: str) -> bool:
    """Say whether ``nick!user@host`` fits a mask in which ``*`` is any run of characters, ``?`` any one, and nothing
    else is special (https://modern.ircdocs.horse/#wildcard-expressions, without its backslash). Takes no more steps
    than the product of their lengths.
    """
    return _pattern(glob).match(hostmask.translate(_RFC_1459)) is not None


@functools.lru_cache(maxsize=10_000)
def _pattern(glob: str) -> re.Pattern[str]:
    # The folding leaves no "[", so fnmatch sees no set of characters; what it makes takes each part between two stars
    # where it first fits, and never tries again.
    return re.compile(fnmatch.translate(glob.translate(_RFC_1459)))
