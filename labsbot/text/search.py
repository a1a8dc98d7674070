"""Read what somebody searches for: words as they were typed come in, a search that texts can be held against goes out.

Pure. An index finds the same faster; until there is one, texts are looked through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from labsbot.text.message import clean

_TERM = re.compile(r'(?P<without>-)?(?:["“„”](?P<phrase>[^"“„”]*)["“„”]?|(?P<word>[^\s"“„”]+))')
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Search:
    """Words and phrases, folded as `comparable` folds. A word may be a part of a longer one."""

    wanted: tuple[str, ...] = ()
    """Each of them occurs, wherever."""
    unwanted: tuple[str, ...] = ()
    """None of them does."""

    def finds(self, texts: Iterable[str]) -> bool:
        """Whether an entry with these texts is meant."""
        folded = [comparable(text) for text in texts]
        return self._has_wanted(folded) and not any(term in text for term in self.unwanted for text in folded)

    def may_find(self, texts: Iterable[str]) -> bool:
        """The same of an entry of which these are all texts that it has or had: whether it is worth a closer look."""
        return self._has_wanted([comparable(text) for text in texts])

    def _has_wanted(self, folded: list[str]) -> bool:
        return all(any(term in text for text in folded) for term in self.wanted)


def parse(typed: str) -> Search:
    """All words have to occur; ``"two words"`` are one phrase, and ``-word`` must not occur."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in _TERM.finditer(clean(typed)):
        text = comparable(term["word"] if term["phrase"] is None else term["phrase"]).strip()
        if text:
            (unwanted if term["without"] else wanted).append(text)
    return Search(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))


def comparable(text: str) -> str:
    """A text as it is compared: whatever its case, each run of blanks one blank."""
    return _BLANKS.sub(" ", clean(text).casefold())
