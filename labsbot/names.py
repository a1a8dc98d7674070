"""A name comes in; what is wrong with it as a page's title, or as a project's name, goes out. Pure.

Nothing is mended here: a name is right, or somebody is told why it is not. What people are called elsewhere is no
choice of ours, and is only made harmless where it stands before what they say.
"""

from __future__ import annotations

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
    """What keeps `name` from being typed after ``!log`` as a project, or None: it is a word that means nothing else."""
    if not name.strip() or re.search(r"[\s,\x00-\x1f\x7f]", name):
        return "expected one word, without blanks and commas"
    if name.startswith("<") or name.endswith((":", ">")) or re.fullmatch(r"\d{1,2}:\d{2}|-\d+[smhd]", name):
        return "cannot be typed after !log: expected no time, no <…> and no colon at its end"
    return None


def as_speaker(name: str) -> str:
    """A name as it can stand before what somebody said: nothing in it looks as if the name ended there.

    Without this, somebody who calls themselves ``bob: I dropped the database`` behind a bridge would have bob say so. A
    colon within a word stays (``@dora:example.org`` is a name in Matrix), and what is left may be empty.
    """
    words = _VIA.sub(" ", _ENDS.sub(" ", name)).split()
    alone = len(words) == 1
    return " ".join(filter(None, (_colons(word, alone) for word in words)))


def _colons(word: str, alone: bool) -> str:
    return re.sub(r"(?<!\w):|:(?!\w)", "", word) if alone else word.replace(":", "")


_ENDS = re.compile(
    "[\x00-\x1f\x7f-\x9f<>\u2039\u203a\u2329\u232a\u276e-\u2771\u27e8\u27e9\u3008\u3009\ufe3f\ufe40\ufe64\ufe65\uff1c\uff1e"
    "\u02d0\u02d1\u02f8\u0589\u05c3\u0703\u0704\u16ec\u1365\u1804\u205a\u205d\u2236\ua4fd\ua789\ufe13\ufe30\ufe55\uff1a]"
)
"""Angle brackets and colons of any script but ASCII's colon, and control characters: the ends that a reader sees."""
_VIA = re.compile(r"[(\u207d\u208d\u2768\u276a\ufe59\uff08](?=\s*[vｖ][iｉ][aａ]\b)", re.IGNORECASE)
"""What the page puts behind the name of somebody who came by a relay."""
