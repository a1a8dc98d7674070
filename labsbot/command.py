"""What a line in a channel means: its text comes in, a Log, Help, Malformed or Reserved goes out, or None.

Pure. It knows neither who spoke nor which projects exist, and it leaves the message as it was typed: making it fit
for a page is the business of `wikitext`.

What it reads generously, because people type it: ``!log`` in any case, blanks of every kind around the words, IRC
formatting around them, a colon after ``!log`` or after the project, the project in angle brackets. What it does not
touch, because it was not said to the bot: ``!logs``, ``!login``, ``/me``, ``labsbot: !log …``, ``<alice> !log …``.
That last one it understands from a relay, and whether somebody is one is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from labsbot.formatting import FORMATTING
from labsbot.settings import RelayForm


@dataclass(frozen=True, slots=True)
class Log:
    """An entry for a project's log."""

    project: str | None
    """As it was typed, without adornment; None: the channel's own project."""
    message: str
    """As it was typed, without the blanks around it; something of it can be seen."""


@dataclass(frozen=True, slots=True)
class Help:
    """Somebody asks what can be typed."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A ``!log`` from which something is missing."""

    explanation: str
    """What is missing and what to type instead, for *Not logged: <explanation>*; holds nothing that was typed."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A form that will mean something one day, so that today it must not mean something else."""

    explanation: str
    """What it is and what to type instead, for *Not logged: <explanation>*; holds nothing that was typed."""


def parse(text: str, bound: bool) -> Log | Help | Malformed | Reserved | None:
    """Read one line of a channel; `bound`: the channel has one project of its own, which is then not named.

    None: the line was not said to the bot.
    """
    line = _COMMAND.fullmatch(text)
    if line is None:
        return None
    rest = line["rest"] or ""
    if _bare(rest).casefold() == "help":
        return Help()
    if not _visible(rest):
        missing = "what you did is missing" if bound else "the project and what you did are missing"
        return Malformed(f"{missing}. Type {form(bound)}")
    late = _LATE.match(rest)
    if late is not None and _visible(rest[late.end() :]):
        return Reserved(f"{_LATE_WORDS} Type {form(bound)}")
    return _log(None, rest) if bound else _with_project(rest)


def form(bound: bool) -> str:
    """How to type an entry, with an example."""
    if bound:
        return "!log <message>, for example: !log restarted the web service"
    return "!log <project> <message>, for example: !log tools restarted the web service"


@dataclass(frozen=True, slots=True)
class Relayed:
    """What a relay passes on."""

    name: str
    """Who said it there: a word or a few, which begin with a letter or a digit."""
    text: str
    """The line as they would have typed it here."""


def relayed(text: str, form: RelayForm) -> Relayed | None:
    """Read a relay's line; None: it passes on nothing, and is its own."""
    line = (_BRIDGED if form is RelayForm.BRIDGE else _DEPLOYED).fullmatch(text)
    name = _name(line["name"]) if line else ""
    return Relayed(name, f"!log {line['rest'] or ''}") if line and name else None


def _name(raw: str) -> str:
    """A name that can stand at the beginning of a line: no other robot may take it for a command.

    Bridges put characters without width into names, so that nobody is woken by them.
    """
    visible = "".join(c for c in _FORMATTING.sub("", raw) if unicodedata.category(c) not in _UNSEEN or c == " ")
    return re.sub(r"^[^\w\[\]{}|^`\\]+", "", visible)[:_LONGEST_NAME].strip()


def _with_project(rest: str) -> Log | Malformed | Reserved:
    first = _FIRST_WORD.fullmatch(rest)
    assert first is not None  # it matches every text
    word, message = first[1], first["message"]
    project = _bare(word).removesuffix(":").removeprefix("<").removesuffix(">").removesuffix(":")
    if "," in project:
        return Reserved(f"{_SEVERAL_WORDS} Type {form(bound=False)}")
    if not _visible(project):
        return Malformed(f"the project is missing. Type {form(bound=False)}")
    if not _visible(message):
        return Malformed(f"one word alone is not enough, project and message are needed. Type {form(bound=False)}")
    return _log(project, message)


def _log(project: str | None, message: str) -> Log:
    return Log(project, message.strip(_BLANKS))


def _bare(text: str) -> str:
    """Without the formatting, and without the blanks around it."""
    return _FORMATTING.sub("", text).strip(_BLANKS)


def _visible(text: str) -> bool:
    """Whether a reader would see anything of it."""
    return any(
        unicodedata.category(character) not in _UNSEEN and character not in _UNSEEN_LETTERS
        for character in _FORMATTING.sub("", text)
    )


_LATE_WORDS = "a time before the entry is for late entries, which I cannot take yet."
_SEVERAL_WORDS = "one message to several projects is not possible yet, please log it once for each."

# Written out, because Python's \s also holds 0x1C to 0x1F, which on IRC are formatting.
_BLANKS = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

# With the characters without width that come along when text is pasted.
_CODES = rf"{FORMATTING}|[\u200b\u200c\u200d\u2060\ufeff]"
_FORMATTING = re.compile(_CODES)

_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers: letters and symbols to Unicode, blank to the eye."""


def _blank(group: str) -> str:
    """Blanks and formatting, none of it given back: a colour's digits are not the beginning of what follows.

    A possessive group would say so more shortly, but before 3.11.5 Python's re gets that wrong
    (https://github.com/python/cpython/issues/106052).
    """
    return rf"(?=(?P<{group}>(?:[{_BLANKS}]|{_CODES})*))(?P={group})"


_LEAD = _blank("lead")
_LOG = rf"!log(?:{_CODES})*(?::(?:{_CODES})*)?(?:[{_BLANKS}](?P<rest>.*))?"
_COMMAND = re.compile(rf"{_LEAD}{_LOG}", re.IGNORECASE | re.DOTALL)
_FIRST_WORD = re.compile(rf"({_LEAD}[^{_BLANKS}]*)(?P<message>.*)", re.DOTALL)
_LATE = re.compile(rf"{_LEAD}(?:\d{{1,2}}:\d{{2}}|-\d+[smhd])(?:{_CODES})*[{_BLANKS}]", re.IGNORECASE | re.ASCII)
_LONGEST_NAME = 64
"""Characters; a longer one is cut."""
_BRIDGED = re.compile(rf"{_LEAD}<(?P<name>[^<>]{{1,200}})>{_blank('gap')}{_LOG}", re.IGNORECASE | re.DOTALL)
_DEPLOYED = re.compile(
    rf"{_LEAD}!log[{_BLANKS}]+\[?(?P<name>[^\s@\[\]]{{1,64}}@[^\s@\[\]:]{{1,128}})\]?:?(?:[{_BLANKS}](?P<rest>.*))?",
    re.IGNORECASE | re.DOTALL,
)
