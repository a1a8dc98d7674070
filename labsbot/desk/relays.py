"""For whom a relay speaks: a line of a bridge or script comes in; who said what, there, goes out. Pure.

That the line is a relay's was proven by its account. Whatever it says with ``!log`` in it is read, or said to be
unreadable, so that nobody behind it speaks into the void.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from labsbot.desk.command import Add, mentions, parse
from labsbot.settings import USUAL_WORDS, RelayForm, Words
from labsbot.text.formatting import FORMATTING, seen
from labsbot.text.names import as_speaker
from labsbot.text.patterns import Pattern
from labsbot.text.typed_words import LEAD, blank


@dataclass(frozen=True, slots=True)
class Relayed:
    """What a relay passes on."""

    name: str
    """Who said it there: a word or a few, which can stand before what they said."""
    text: str
    """The line as they typed it, or would have typed it here."""
    raw: str = field(default="", compare=False)
    """The name as the relay gave it, by which one person is told from another whose name looks the same."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Somebody behind the relay says something to the bot, and it cannot be read who."""


def read_relayed(text: str, form: RelayForm | Pattern, words: Words = USUAL_WORDS) -> Relayed | Unread | None:
    """Read a relay's line; None: it passes on nothing that concerns the bot, or is its own."""
    if form is RelayForm.DEPLOY:
        return _deployed(text, words)
    # of a message in several lines, only the first names anybody
    first, line_break, others = text.partition("\n")
    line = _BRIDGED.fullmatch(first) if form is RelayForm.BRIDGE else form.named(seen(first))
    name = _name(line["name"]) if line else ""
    said = line["text"] if line else ""
    unsure = (
        _is_cut(said, words) or _is_chained(said, words) or (form is RelayForm.BRIDGE and _may_be_a_name(said, words))
    )
    if line and name and not unsure:
        return Relayed(name, said + line_break + others, _identity(line["name"]))
    return Unread() if mentions(text, words) else None


def _is_cut(said: str, words: Words) -> bool:
    """What seems to be said begins with the rest of the name: of ``<a> b> !log …`` nobody can tell where that ends."""
    before, sign, behind = seen(said).partition(">")
    return bool(sign) and "<" not in before and not _asks(before, words) and _asks(behind, words)


def _is_chained(said: str, words: Words) -> bool:
    """Passed on by two bridges: that a line of ``<relay> <dora> !log …`` is dora's, only the one behind says."""
    line = _BRIDGED.fullmatch(said)
    return line is not None and _asks(seen(line["text"]), words)


def _may_be_a_name(said: str, words: Words) -> bool:
    """What seems to be logged may be the rest of a name, and what is said stand behind a later ``>``: of
    ``<a> !log x> y`` nobody can tell.

    Not all that could be is taken for it: a prompt (``MariaDB [x]> …``), an arrow, ``a > b`` and a line that was pasted
    from a chat are in one entry of twenty. Only a bridge that lets no ``<`` and ``>`` into names leaves no doubt.
    """
    plain = seen(said)
    if not _asks(plain, words):
        return False
    # behind the command and a project a pasted line has no more than its time before the name
    rest = "".join(plain.split(maxsplit=2)[2:])
    letter = next((place for place, character in enumerate(rest) if character.isalpha()), len(rest))
    begun = len(plain) - len(rest) + letter
    return any(
        end["tag"] is None or (end.start() >= begun and not re.search("[@/]", end["tag"]))
        for end in _NAME_ENDS.finditer(plain)
    )


def _asks(text: str, words: Words) -> bool:
    """Whether a text is said to the bot."""
    return parse(text, bound=True, words=words) is not None


def _deployed(text: str, words: Words) -> Relayed | None:
    said = parse(text, bound=True, words=words)
    begun = _STARTED.fullmatch(said.message) if isinstance(said, Add) and said.late is None else None
    name = _name(begun["name"]) if begun else ""
    if begun is None or not name:
        return None
    return Relayed(name, f"{words.log} {begun['rest'] or ''}", _identity(begun["name"]))


def _identity(raw: str) -> str:
    """A name without the colours that a bridge may give it, and otherwise as it is: what nobody sees of it counts."""
    return re.sub(FORMATTING, "", raw)


def _name(raw: str) -> str:
    """A name that can stand at the beginning of a line: no other robot may take it for a command.

    Bridges put characters without width into names, so that nobody is woken by them. Another name stays another one:
    what one person has logged, nobody else takes back.
    """
    name = as_speaker(seen(raw)).strip()
    if _MATRIX_ID.fullmatch(name):
        name = name[1:]  # there everybody's begins so
    if _COMMAND_SIGNS.match(name):
        name = f"_{name}" if _COMMAND_SIGNS.sub("", name) else ""
    if len(name) <= _LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{name[: _LONGEST_NAME - len(mark) - 1].strip()}…{mark}"


_MATRIX_ID = re.compile(r"@[^\s:@]+:[^\s:@]\S*")
"""``@alice:example.org`` (Matrix specification, *User Identifiers*)."""
_LONGEST_NAME = 64
"""Characters; a longer one is cut."""
_COMMAND_SIGNS = re.compile(r"\A[\s!-/:-@~‐-⁞。、！-／：-＠～]+")
_LABEL = r"(?:\[[^\[\]<>]{1,64}\]|\([^()<>]{1,64}\))"
"""Of the network from which it comes: matterbridge's sample is ``[{PROTOCOL}] <{NICK}> ``."""
_BRIDGED = re.compile(
    rf"\A{LEAD}(?:{_LABEL}{blank('behind')}){{0,3}}<(?P<name>[^<>]{{1,200}})>:?{blank('gap')}(?P<text>.*)"
)
_NAME_ENDS = re.compile(r"(?:(?P<tag><[^<>]*)|[^\s\-=\]<>](?<!\s\d))>:?\s(?=\s*\S)")
"""Where a reader sees a name end, if one does."""
_STARTED = re.compile(r"\A\[?(?P<name>[^\s@\[\]]{1,64}@[^\s@\[\]:]{1,128})\]?:?(?:\s(?P<rest>.*))?", re.DOTALL)
