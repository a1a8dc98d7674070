"""What people might type: the fragments of ``corpus/``, and those made of a wiki's own lists, always the same.

No wiki is asked here: its answer to ``meta=siteinfo`` comes in.
"""

from __future__ import annotations

import html.entities
import random
import string
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SITE_LISTS = "magicwords|extensiontags|functionhooks|variables|namespaces|namespacealiases|interwikimap|protocols"
"""What a wiki is asked for: https://www.mediawiki.org/wiki/API:Siteinfo."""

TOPICS = {
    path.stem: path.read_text(encoding="utf-8").splitlines()
    for path in sorted(Path(__file__).parent.glob("corpus/*.txt"))
}
FRAGMENTS = [fragment for fragments in TOPICS.values() for fragment in fragments]
"""Written by hand, by what they are about."""

_SIGNS = string.punctuation
_UNSEEN = [
    "\ud800",
    "\udfff",
    "\ufdd0",
    "\U0001fffe",
    "\u034f",
    "\u115f",
    "\u3164",
    "\ufe0f",
    "\U000e0100",
    "\u0301",
    "\u0338",
]


def pairs_of_signs() -> Iterator[str]:
    for one in _SIGNS:
        for other in _SIGNS:
            yield f"{one}{other}"
            yield f"a{one}{other}b{other}{one}"


def _controls_and_spaces() -> Iterator[str]:
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp") or code in range(0xFFF0, 0x10000):
            yield chr(code)


def odd_characters() -> Iterator[str]:
    for odd in (*_controls_and_spaces(), *_UNSEEN):
        yield f"{odd}a{odd}b{odd}"
        yield f"[[a{odd}b]] [[{odd}Category:X{odd}]] [[Med{odd}ia{odd}:x|y]]"
        yield f"http://a{odd}b.example/c{odd}d T{odd}123 RFC{odd}1 _{odd}_NOTOC__"
    for odd in ("\u0338", "\u0301", "\u20d2"):
        yield from (f"{sign}{odd}" for sign in _SIGNS)
    yield from (
        "\x0304red\x03 \x02bold\x02",
        "a\nb",
        "a\r* b",
        "a\r\n== x ==",
        "\u2028* b",
        "\x85# c",
        "\x7fUNIQ--a-1-QINU\x7f",
    )


def entities() -> Iterator[str]:
    for name, code in html.entities.name2codepoint.items():
        yield f"&{name};"
        if chr(code) in _SIGNS or code < 0x100:
            yield f"&#{code};a&#x{code:X};b&#{code}"


def of_site(site: dict[str, Any]) -> Iterator[str]:
    """Every word, tag, function, namespace, prefix and protocol that a wiki has, in the places where it would act."""
    for word in site["magicwords"]:
        for alias in word["aliases"]:
            yield from (alias, f"{{{{{alias}}}}}", f"{{{{{alias}x|y}}}}", f"[[File:x.png|{alias}]]")
    for tag in site["extensiontags"]:
        name = tag.strip("<>")
        yield from (tag, f"</{name}>", f"<{name}>x</{name}>", f'<{name} name="x" style="y"/>', f"{{{{#tag:{name}|x}}}}")
    for function in (*site["functionhooks"], *site["variables"]):
        yield from (f"{{{{{function}:x|y}}}}", f"{{{{#{function}:x|y}}}}", f"{{{{{function.upper()}}}}}")
    names = {name for space in site["namespaces"].values() for name in (space["name"], space.get("canonical", ""))}
    for name in sorted(names | {space["alias"] for space in site["namespacealiases"]}):
        yield from (f"[[{name}:X y]]", f"[[:{name}:X|l]]", f"[[{name.upper()} : X|thumb|l]]", f"{{{{{name}:X}}}}")
        yield from (f"[[Talk:{name}:X]]", f"[[local:{name}:X]]", f"[[{name}:]]", f"[[{name}:#X]]")
    for prefix in (wiki["prefix"] for wiki in site["interwikimap"]):
        yield from (f"[[{prefix}:X]]", f"[[:{prefix}:X|l]]", f"[[{prefix}:]]", f"{{{{{prefix}:X}}}}")
    for protocol in site["protocols"]:
        yield from (f"{protocol}example.org/x", f"{protocol}a[1]|b", f"[{protocol}a b]", f"[[{protocol}a]]", protocol)


def corpus(site: dict[str, Any]) -> list[str]:
    made = (pairs_of_signs(), odd_characters(), entities(), of_site(site))
    return list(dict.fromkeys([*FRAGMENTS, *(fragment for several in made for fragment in several)]))


def mixtures(fragments: Sequence[str], count: int, seed: int) -> list[str]:
    """Random lines of several fragments, and pieces of them, with and without blanks between."""
    chance = random.Random(seed)

    def piece() -> str:
        fragment = chance.choice(fragments)
        if chance.random() < 0.3:
            start = chance.randrange(len(fragment) + 1)
            return fragment[start : chance.randint(start, len(fragment))]
        return fragment

    return [chance.choice(("", " ", "  ")).join(piece() for _ in range(chance.randint(1, 8))) for _ in range(count)]
