"""A name comes in; what is wrong with it as a page's title, or as a project's name, goes out. Pure.

Nothing is mended here: a name is right, or somebody is told why it is not. What people are called elsewhere is no
choice of ours, and is only made harmless where it stands before what they say.
"""

from __future__ import annotations

import functools
import re
import unicodedata


def title_flaw(title: str) -> str | None:
    """What makes `title` no title on a MediaWiki, or None (https://www.mediawiki.org/wiki/Manual:Page_title)."""
    if bad := re.search(r"[#<>\[\]|{}]", title):
        return f"{bad[0]} cannot stand in a page's title"
    if re.search(r"[\x00-\x1f\x7f\ufffd]", title):
        return "control characters cannot stand in a page's title"
    if not title.strip(" _") or title != title.strip(" _") or title.startswith(":"):
        return "a page's title neither is empty nor begins or ends with a blank, _ or begins with a colon"
    if re.search(r"(^|/)\.{1,2}(/|$)|~~~|%[0-9A-Fa-f]{2}|&(#\d+|#x[0-9A-Fa-f]+|\w+);", title):
        return "“./”, “../”, “~~~”, “%41” and “&amp;” cannot stand in a page's title"
    if len(title.encode()) > 255:
        return f"a page's title has at most 255 bytes, this would be {len(title.encode())}"
    return None


def user_flaw(name: str) -> str | None:
    """What makes `name` no user of a MediaWiki, or None: it is spelt as the wiki spells it, without the namespace
    (https://www.mediawiki.org/wiki/Manual:$wgInvalidUsernameCharacters,
    https://www.mediawiki.org/wiki/Manual:$wgMaxNameChars).
    """
    if bad := re.search(r"[@:>=/]", name):
        return f"{bad[0]} cannot stand in a user's name"
    if any(unicodedata.category(character)[0] == "C" or character in "\u2028\u2029" for character in name):
        return "characters that cannot be seen cannot stand in a user's name"
    if len(name.encode()) > 235:
        return f"a user's name has at most 235 bytes, this would be {len(name.encode())}"
    return title_flaw(name)


def typing_flaw(name: str) -> str | None:
    """What keeps `name` from being typed after ``!log`` as a project, or None: it is one word.

    What it means elsewhere, such as a time, is not looked at: somebody may want it all the same.
    """
    if not name.strip() or re.search(r"[\s,\x00-\x1f\x7f]", name):
        return "expected one word, without blanks and commas"
    if name.startswith("<") or name.endswith((":", ">")):
        return "cannot be typed after !log: expected no <…> and no colon at its end"
    return None


def web_token_flaw(name: str) -> str | None:
    """What makes `name` no name of a token, or None."""
    if re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,62}", name):
        return None
    return "expected a name of letters, digits and . _ -, such as deploy"


def unwaking(name: str) -> str:
    """A name as it can be mentioned without that a client tells whoever has it that they were spoken to."""
    return f"{name[:1]}\N{ZERO WIDTH SPACE}{name[1:]}"


@functools.lru_cache(maxsize=1000)  # it looks at each letter, and the same people speak again and again
def as_speaker(name: str) -> str:
    """A name as it can stand before what somebody said: nothing in it looks as if the name ended there.

    Without this, somebody who calls themselves ``bob: I dropped the database`` behind a bridge would have bob say so. A
    colon within a word stays (``@dora:example.org`` is a name in Matrix), and what is left may be empty.
    """
    ended = "".join(
        " "
        if _ENDS.match(character) or _like_colon(character, name[place - 1 : place], name[place + 1 : place + 2])
        else character
        for place, character in enumerate(name)
    )
    words = _without_via(ended).split()
    alone = len(words) == 1
    return " ".join(filter(None, (_colons(word, alone) for word in words)))


def _colons(word: str, alone: bool) -> str:
    return re.sub(r"(?<!\w):|:(?!\w)", "", word) if alone else word.replace(":", "")


def _like_colon(character: str, before: str, behind: str) -> bool:
    """A reader may take it for a colon, by what Unicode calls it or by its looks; ASCII's own is none of these.

    In scripts that write a letter so, it stays within a word, and at the name's end.
    """
    if character.isascii():
        return False
    if character in _COLONS:
        return True
    words = unicodedata.name(character, "").split()
    if "VISARGA" in words or character in _VISARGAS:
        return _script(before) != words[0] or _script(behind) not in ("", words[0])
    return not _COLON_WORDS.isdisjoint(words) and "SIGN" not in words


def _script(character: str) -> str:
    return unicodedata.name(character, "?").split()[0] if character else ""


def _without_via(name: str) -> str:
    """Without the bracket before a ``via`` in any letters that look so: the page puts that behind the name of somebody
    who came by a relay."""
    seen = [place for place, character in enumerate(name) if unicodedata.category(character) not in ("Mn", "Me")]
    plain = "".join(_looks_like(name[place]) for place in seen)
    brackets = {seen[found.start()] for found in _VIA.finditer(plain)}
    return "".join(" " if place in brackets else character for place, character in enumerate(name))


def _looks_like(character: str) -> str:
    """One character that it looks like, of those that matter here."""
    plain = unicodedata.normalize("NFKD", character)[0].casefold()[0]
    return _LOOKS.get(plain, plain)


_ENDS = re.compile(
    "[\x00-\x1f\x7f-\x9f<>\u2039\u203a\u2329\u232a\u276e-\u2771\u27e8\u27e9\u3008\u3009\ufe3f\ufe40\ufe64\ufe65\uff1c\uff1e]"
)
"""Angle brackets and control characters: the ends that a reader sees, beside colons."""
_COLON_WORDS = frozenset({"COLON", "RATIO", "PROPORTION"})
_COLONS = frozenset(
    "\u02f8\u0589\u05c3\u0703\u0704\u1361\u16ec\u1803\u1804\u1809\u17d6\u205a\u205d\u205e\ua4fd\ufe30\U00010af5"
)
"""Signs like two dots, one above the other, whose name does not say so (Unicode's confusables.txt, and the like)."""
_VISARGAS = frozenset("\u0f7f\u17c7\u17c8")
"""The same sign of Tibetan and Khmer, under other names."""
_LOOKS = {
    **dict.fromkeys("\u2768\u276a\u2985\u27ee\u2e28\u2772\ufd3e", "("),
    **dict.fromkeys("\u0475\u03bd\u03c5\u028b\u1d20\u1d8c\u2228\u22c1\u13d9\uab74\uaba9\ua4e6", "v"),
    **dict.fromkeys("1l|\u0131\u0269\u026a\u03b9\u0456\u04cf\u2373\ua647\u13a5\uab75\ua4f2\u2223", "i"),
    **dict.fromkeys("\u0251\u03b1\u0430\u1d00\u237a\u13aa\uab7a\ua4ee\u2c6d", "a"),
}
"""Letters of other scripts, folded, that look like those of ``(via``."""
_VIA = re.compile(r"\((?=\s?via\b)")
