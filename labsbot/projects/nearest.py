"""The names of projects come in; for a word that is none of them, those that may have been meant go out. Pure.

All names and words here are folded. Comparing a word with thousands of names one by one takes a tenth of a second and
more; so first those are picked that share a beginning or pairs of letters with it, and only they are compared.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

MOST_GUESSES = 3
LONGEST_GUESSED = 64
"""Characters; a longer word is no slip of the finger."""
NEAR = 0.74
"""Two letters exchanged in a word of four still count (0.75)."""
SHORTEST_BEGINNING = 3
MOST_COMPARED = 60


class Nearest:
    """Which names are near a word."""

    def __init__(self, names: Mapping[str, str], prefixes: Sequence[str] = ()) -> None:
        """`names`: what may be typed, and what it stands for; `prefixes` are what people forget to type, or type too
        much, as in ``tools.``.
        """
        self._names = names
        self._prefixes = sorted({prefix.casefold() for prefix in prefixes if prefix}, key=len, reverse=True)
        self._sorted = sorted(names)
        self._pairs: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}
        for name in self._sorted:
            pairs = _pairs(self._stem(name))
            self._sizes[name] = len(pairs)
            for pair in pairs:
                self._pairs.setdefault(pair, []).append(name)

    def to(self, word: str) -> tuple[str, ...]:
        """At most three that may have been meant by `word`, the likeliest first."""
        if not word or len(word) > LONGEST_GUESSED:
            return ()
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(self._stem(word))  # this side is prepared once, the other changes
        nearness: dict[str, float] = {}
        for name in {*self._same_beginning(word), *self._alike(word)}:
            if (near := self._nearness(matcher, word, name)) >= NEAR:
                stands_for = self._names[name]
                nearness[stands_for] = max(near, nearness.get(stands_for, 0))
        return tuple(sorted(nearness, key=lambda name: (-nearness[name], name)))[:MOST_GUESSES]

    def _nearness(self, matcher: SequenceMatcher[str], word: str, name: str) -> float:
        """How likely somebody who typed `word` meant `name`, 0 to 1."""
        stem, typed = self._stem(name), self._stem(word)
        if stem == typed:
            return 1.0
        begun = max(_begun(word, name), _begun(typed, stem))
        # A prefix that both have makes no names alike; one that was mistyped is no prefix yet.
        for whole in {stem, name if typed == word else stem}:
            matcher.set_seq1(whole)
            begun = max(begun, matcher.ratio())
        return begun

    def _stem(self, name: str) -> str:
        for prefix in self._prefixes:
            if name.startswith(prefix) and name != prefix:
                return name.removeprefix(prefix)
        return name

    def _same_beginning(self, word: str) -> Iterator[str]:
        for prefix in ("", *self._prefixes):
            typed = prefix + self._stem(word)
            begin = bisect_left(self._sorted, typed)
            end = begin + (MOST_COMPARED if len(self._stem(word)) >= SHORTEST_BEGINNING else 1)
            yield from (name for name in self._sorted[begin:end] if name.startswith(typed))
        yield from (word[:end] for end in range(SHORTEST_BEGINNING, len(word)) if word[:end] in self._names)

    def _alike(self, word: str) -> list[str]:
        pairs = _pairs(self._stem(word))
        shared: Counter[str] = Counter()
        for pair in pairs:
            shared.update(self._pairs.get(pair, ()))
        return heapq.nlargest(
            MOST_COMPARED, shared, key=lambda name: (shared[name] / (len(pairs) + self._sizes[name]), name)
        )


def _begun(one: str, other: str) -> float:
    """How likely one of two words is the other, of which only the beginning was typed, or was typed on."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < SHORTEST_BEGINNING or not longer.startswith(shorter):
        return 0.0
    return 0.8 + 0.15 * len(shorter) / len(longer)


def _pairs(word: str) -> set[str]:
    """Neighbouring letters, both ends counted as letters."""
    ended = f"\0{word}\0"
    return {ended[at : at + 2] for at in range(len(ended) - 1)}
