"""An operator's regular expression comes in as text; what finds its like in other texts goes out. No settings here.

It is compiled by RE2 (https://github.com/google/re2/wiki/WhyRE2), for which time grows only with the length of the text
and the size of the pattern: with Python's ``re`` one line of letters and ``(a+)+b`` would stop the bot for good. What
RE2 leaves open is bounded here: how large a pattern is, and how often one text is looked through for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import re2

MOST_SIZE = 3000
"""Instructions of a compiled pattern; one of the classes of all letters, ``\\pL``, takes 1200."""
MOST_GROUPS = 9
"""Where its automaton grows too large, RE2 goes through the text with a copy of all groups for each instruction."""
MOST_STEPS = 100_000_000
"""Instructions times characters to look through, for all that one pattern finds in one text: two seconds at the worst.
``T[0-9]+`` in a text of 40,000 characters gets there after some 300 finds, in one IRC line never."""
_MEMORY = 2 << 20
"""Bytes that RE2 may take for one pattern; it uses them only where the texts make it."""


class Expression(Protocol):
    """What an operator's pattern and one of ours, compiled by ``re``, both do."""

    @property
    def pattern(self) -> str: ...

    def search(self, text: str, /) -> object | None: ...

    def fullmatch(self, text: str, /) -> object | None: ...

    def sub(self, replacement: str, text: str, /) -> str: ...


class Unusable(ValueError):
    """A text that cannot be a pattern, and what to do about it."""


class Match(Protocol):
    """Something that a pattern has found: what RE2 gives is asked as a match of ``re`` is."""

    def __getitem__(self, group: int, /) -> str: ...

    def groups(self, default: str = ..., /) -> tuple[str, ...]: ...

    def start(self) -> int: ...

    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. Two of the same text are equal."""

    pattern: str
    """As the operator wrote it. Raises Unusable where RE2 does not take it, or takes it for something else."""
    compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", _compiled(self.pattern))

    def search(self, text: str, /) -> Match | None:
        found: Match | None = self.compiled.search(_of_characters(text))
        return found

    def fullmatch(self, text: str, /) -> Match | None:
        found: Match | None = self.compiled.fullmatch(_of_characters(text))
        return found

    @property
    def names(self) -> dict[str, int]:
        """Its named groups, each with its number."""
        return {name.decode(): number for name, number in self.compiled.groupindex.items()}

    def named(self, text: str) -> dict[str, str] | None:
        """What its named groups found (empty: nothing), where it fits the text as a whole."""
        found = self.fullmatch(text)
        groups = found.groups("") if found else ()
        return {name: groups[number - 1] for name, number in self.names.items()} if found else None

    def fits_nothing_in(self, text: str) -> bool:
        """Whether it fits somewhere in `text` between two characters, or at an end, without taking any."""
        finds = (self.compiled.search(text, place) for place in range(len(text) + 1))
        return any(found.start() == found.end() for found in finds if found)

    def sub(self, replacement: str, text: str, /) -> str:
        """`text` with `replacement`, as it is, for each find; where there are too many, once for all the rest."""
        searched, pieces, done = Searched(self, text), [], 0
        for found in searched.finds(0, len(text)):
            pieces += [text[done : found.start()], replacement]
            done = found.end()
        return "".join([*pieces, replacement if searched.given_up else text[done:]])


class Searched:
    """A text that is looked through for a pattern, at a cost that has an end."""

    def __init__(self, pattern: Pattern, text: str) -> None:
        self._compiled = pattern.compiled
        self._text = _of_characters(text)
        self._left = MOST_STEPS
        self.given_up = False
        """There may be more, but finding it could take too long."""

    def finds(self, start: int, end: int) -> Iterator[Match]:
        """All between two places that are not empty, one behind the other, while they can be had in MOST_STEPS.

        It sees the whole text: no line and no word ends where the search does.
        """
        finds = self._compiled.finditer(self._text, start, end)
        while start < end:
            self._left -= self._compiled.programsize * (end - start)
            if self._left < 0:
                self.given_up = True
                return
            found = next(finds, None)
            if found is None:
                return
            if found.start() < found.end():
                yield found
            start = max(found.end(), found.start() + 1)


def _of_characters(text: str) -> str:
    """RE2 knows UTF-8, in which there are no surrogates."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


_SURROGATE = re.compile("[\ud800-\udfff]")


# --- compiling --------------------------------------------------------------------------------------------------------

_UNESCAPED = r"(?<!\\)(?:\\\\)*"
_TRAPS = (
    # half a character
    (re.compile(rf"{_UNESCAPED}\\C"), r"\C is not offered, expected . for any character"),
    # RE2 takes both for what they say, and no repetition
    (re.compile(rf"{_UNESCAPED}\{{,[0-9]+\}}"), "the least number is missing, write for example {0,5}"),
    (re.compile(rf"{_UNESCAPED}\{{(?=[0-9,]*+\}})[0-9,]*?[0-9]{{7}}"), "expected at most 1000 repetitions in all"),
    # between two letters of another script there is a border for RE2, and beside a blank there is none
    (
        re.compile(rf"{_UNESCAPED}\\b[(?:]*[^\x00-\x7f]|[^\x00-\x7f][)+*?]*\\b"),
        r"\b knows the letters a to z only, expected (?:^|\PL) before and (?:\PL|$) behind a word with others",
    ),
)
_ADVICE = (
    (r"\(\?<?[=!]", r"look-around is not offered, expected \b, or what may stand there as a part of the pattern"),
    (r"\\[1-9]|\(\?P$", "back-references are not offered, expected no more than a named group, (?P<name>…)"),
    (r"\\Z", r"expected \z for the end of the text"),
    (r"[+*?}]\+|\(\?>", "nothing is possessive or atomic, and need not be: expected it without"),
    (r"\(\?", "expected (?:…), (?P<name>…) or flags such as (?i)"),
    (r"\\u", r"expected the character itself, or \x{…}"),
    (r"repetition size", "expected at most 1000 repetitions in all"),
)
"""What to do about what RE2 complains of."""
_TOO_LARGE = r"it is too large, expected fewer repetitions, and [a-z] rather than \pL"
_MOST_SHOWN = 40


def _compiled(text: str) -> Any:
    for trap, words in _TRAPS:
        if trap.search(text):
            raise Unusable(words)
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False  # it would write to standard error by itself
    try:
        compiled = re2.compile(text.encode(), options)
    except re2.error as error:
        raise Unusable(_explained(error.args[0].decode("utf-8", "replace"))) from None
    if compiled.programsize > MOST_SIZE:
        raise Unusable(_TOO_LARGE)
    if compiled.groups > MOST_GROUPS:
        raise Unusable(f"it has {compiled.groups} groups, expected at most {MOST_GROUPS}; (?:…) is none")
    return compiled


def _explained(said: str) -> str:
    if "too large" in said:
        return _TOO_LARGE
    advice = next(
        (advice for sign, advice in _ADVICE if re.search(sign, said)), "see https://github.com/google/re2/wiki/Syntax"
    )
    return f"{said[:_MOST_SHOWN]}{'…' if len(said) > _MOST_SHOWN else ''}; {advice}"
