"""Take apart what people type: the word of a command, and the words behind it, with what is put around them.

A text comes in, a word and what stands behind it go out. People type on phones, paste, and put punctuation where a
sentence would have it. Pure: it knows no command, and does not look at what a word means.
"""

from __future__ import annotations

import re
import unicodedata

from labsbot.text.formatting import FORMATTING, UNSEEN, seen

# Written out, because Python's \s also holds 0x1C to 0x1F, which on IRC are formatting.
BLANKS = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
COMMAS = (",", "，", "、")
AROUND = ":,<>：，、＜＞"
"""What no project's name begins or ends with."""


def said_behind(word: str, text: str) -> str | None:
    """What is said to the bot by a command; None: it is another word, or a smiley."""
    after = after_word(word, text)
    behind = _BEHIND.fullmatch(after) if after is not None else None
    if behind is None:
        return None
    stops, rest = behind["stops"], behind["rest"]
    if "?" in stops and not visible(rest):
        return "?"
    if not rest or rest[0] in BLANKS:
        return rest
    glued = stops.endswith(_GLUE) and not _SMILEY.match(rest)
    return rest if glued else None


def after_word(word: str, text: str) -> str | None:
    """What stands behind a word with which a text begins, whatever marks are put before and inside of it."""
    lead = _LEADING.match(text)
    at = lead.end() if lead else 0
    for place, letter in enumerate(_narrow(word)):
        # behind its sign a command may begin anew: "! log"
        next_one = (_NEXT_APART if place == 1 and not word[0].isalnum() else _NEXT).match(text, at)
        if next_one is None or _narrow(next_one["letter"]) != letter:
            return None
        at = next_one.end()
    return text[at:]


def _narrow(text: str) -> str:
    """As it is compared: without case, and without the width that keyboards of East Asia give to letters."""
    return text.translate(_NARROW).lower()


def has_word(text: str, word: str) -> bool:
    """Whether a word stands in a text, wherever."""
    text, word = _narrow(seen(text)), _narrow(word)
    at = text.find(word)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]
        if not any(character.isalnum() or character == "_" for character in around):
            return True
        at = text.find(word, at + 1)
    return False


def without_stops(text: str) -> str:
    """Without a first word that is nothing but punctuation."""
    word, behind = first_word(text)
    return text if bare(word).strip(_STOPS) else behind


def first_word(text: str) -> tuple[str, str]:
    """The first word, and what stands behind it and its punctuation."""
    first = _FIRST_WORD.fullmatch(text)
    assert first is not None  # it matches every text
    return first["word"], first["message"]


def bare(word: str) -> str:
    """The project that a word names, without what people put around it; what is left open, the directory decides."""
    return seen(word).strip(BLANKS + AROUND)


def is_substitution(text: str) -> bool:
    """Whether somebody says only what is to be replaced, as people do in talk: ``s/web-1/web-2/``, ``*web-2``."""
    if sed := _SED.match(text):
        old, *new = text[sed.end() :].split(sed["by"])
        return bool(old) and (len(new) == 1 or (len(new) == 2 and _SED_FLAGS.fullmatch(new[1]) is not None))
    return _STARRED.fullmatch(text) is not None


def visible(text: str) -> bool:
    """Whether a reader would see anything of it."""
    return any(
        unicodedata.category(character) not in _NOT_SHOWN and character != "\N{BRAILLE PATTERN BLANK}"
        for character in seen(text)
    )


_GLUE = (*COMMAS, ":", ";", "：", "；")
"""What may stand between the command, or a project, and the next word without a blank."""
_STOPS = ":,;.!?…=>|-–—：，；、。！？"
_NOT_SHOWN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}

_CODES = rf"{FORMATTING}|[{UNSEEN}]"


def blank(group: str, of: str = rf"[{BLANKS}]|{_CODES}") -> str:
    """Blanks, formatting and what nobody sees, none of it given back: a colour's digits are not the beginning of what
    follows.

    A possessive group would say so more shortly, but before 3.11.5 Python's re gets that wrong
    (https://github.com/python/cpython/issues/106052).
    """
    return rf"(?=(?P<{group}>(?:{of})*))(?P={group})"


LEAD = blank("lead")
_LEADING = re.compile(LEAD)
_NEXT = re.compile(rf"{blank('marks', _CODES)}(?P<letter>.)", re.DOTALL)
_NEXT_APART = re.compile(rf"{blank('apart')}(?P<letter>.)", re.DOTALL)
_BEHIND = re.compile(rf"\A(?:{_CODES})*(?P<stops>[{re.escape(_STOPS)}]*)(?:{_CODES})*(?P<rest>.*)", re.DOTALL)
_SMILEY = re.compile(rf"\A(?:[()|/\\*\[\]]+(?:[{BLANKS}]|\Z)|[DPOSXdposx3]\Z)")
_FIRST_WORD = re.compile(
    rf"\A(?P<word>{LEAD}[^{BLANKS}]*)(?:{blank('gap')}[{''.join(_GLUE)}]+(?=[{BLANKS}]))?(?P<message>.*)", re.DOTALL
)
_SED = re.compile("%?s(?P<by>[/|#,:!@~])")
_SED_FLAGS = re.compile("[gimGIM0-9]{0,4}")
_STARRED = re.compile(r"\*{1,2}\w[^*]*|[^\s*]+\*")
