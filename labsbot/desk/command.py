"""One line of a channel comes in; what it asks of the bot, if anything, goes out. Pure.

People type on phones, paste, and put punctuation where a sentence would have it; what can be meant in one way only is
taken so, and what looks like the command and cannot be read is answered. It knows no project and no sender.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass

from labsbot.text.formatting import FORMATTING, UNSEEN, seen


@dataclass(frozen=True, slots=True)
class Log:
    """An entry for a project's log."""

    project: str | None
    """As it was typed, without adornment; None: the channel's own project."""
    message: str
    """As it was typed, without the blanks around it; something of it can be seen."""


class Ask(enum.Enum):
    """A message that is nothing but a question or a request, which nobody means as an entry."""

    HELP = "what can be typed"
    PROJECTS = "which projects there are"
    LAST = "what was logged last"
    CHANGE = "to take an entry back, or to change it"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A ``!log`` from which something is missing."""

    explanation: str
    """What is missing, for *Not logged: <explanation>. Type <form>*; holds nothing that was typed."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A form that will mean something one day, so that today it must not mean something else."""

    explanation: str
    """What it is, as of Malformed."""


Command = Log | Ask | Malformed | Reserved


def parse(text: str, bound: bool) -> Command | None:
    """Read one line of a channel; `bound`: the channel has one project of its own, which is then not named.

    None: the line was not said to the bot.
    """
    line = _COMMAND.match(text)
    rest = _rest(line["after"]) if line else None
    if rest is None:
        return None
    if ask := _REQUESTS.get(_words(rest)):
        return ask
    if not visible(rest):
        return Malformed("what you did is missing" if bound else "the project and what you did are missing")
    late = _LATE.match(rest)
    if late is not None and visible(rest[late.end() :]):
        return Reserved("a time before the entry is for late entries, which I cannot take yet")
    return _log(None, rest) if bound else _with_project(rest)


def form(bound: bool, example: str | None = None) -> str:
    """How to type an entry, with an example; `example`: a project that exists, None: nobody knows one."""
    if bound:
        return "!log <message>, for example: !log restarted the web service"
    typed = "!log <project> <message>"
    return typed if example is None else f"{typed}, for example: !log {example} restarted the web service"


def asks_for_help(text: str, nick: str, word: str | None) -> bool:
    """Whether a line is ``<nick>: help``, or the `word` of the operator's choice, and nothing else."""
    said = seen(text).strip(_BLANKS).casefold()
    if word is not None and said == word.casefold():
        return True
    addressed = said.removeprefix("@").removeprefix(nick.casefold())
    return bool(nick) and addressed != said and re.fullmatch(r"[:,]?\s+(?:!?help|\?)[.!?]*", addressed) is not None


def mentions(text: str) -> bool:
    """Whether ``!log`` stands in a text, wherever, as a word."""
    return _MENTION.search(seen(text)) is not None


def visible(text: str) -> bool:
    """Whether a reader would see anything of it."""
    return any(
        unicodedata.category(character) not in _NOT_SHOWN and character != "\N{BRAILLE PATTERN BLANK}"
        for character in seen(text)
    )


def _rest(after: str) -> str | None:
    """What is said to the bot behind the letters of the command; None: they begin another word, or a smiley."""
    behind = _BEHIND.fullmatch(after)
    assert behind is not None  # it matches every text
    stops, rest = behind["stops"], behind["rest"]
    if "?" in stops and not visible(rest):
        return "?"
    if not rest or rest[0] in _BLANKS:
        return rest
    glued = stops.endswith(_GLUE) and not _SMILEY.match(rest)
    return rest if glued else None


def _with_project(rest: str) -> Command:
    word, message = _first_word(rest)
    if not _named(word).strip(_STOPS):
        word, message = _first_word(message)  # what stood there was punctuation
    project = _named(word)
    if "," in project:
        return Reserved("one message to several projects is not possible yet, please log it once for each")
    if not visible(project):
        return Malformed("the project is missing")
    if not visible(message):
        return Malformed("one word alone is not enough, project and message are needed")
    return _log(project, message)


def _first_word(text: str) -> tuple[str, str]:
    """The first word, and what stands behind it and its punctuation."""
    first = _FIRST_WORD.fullmatch(text)
    assert first is not None  # it matches every text
    return first["word"], first["message"]


def _named(word: str) -> str:
    """The project that a word names, without what people put around it; what is left open, the directory decides."""
    return seen(word).strip(_BLANKS + _AROUND)


def _log(project: str | None, message: str) -> Log:
    return Log(project, message.strip(_BLANKS))


def _words(rest: str) -> str:
    """A short message as it is compared with the requests; a longer one is none of them."""
    return " ".join(seen(rest).casefold().strip(_BLANKS + ".!").split()) if len(rest) <= _LONGEST_REQUEST else ""


_LONGEST_REQUEST = 80
# Written out: who logs something real writes more than these words, or others.
_REQUESTS: dict[str, Ask] = {
    **dict.fromkeys(("help", "help?", "?", "commands", "usage", "--help", "-h"), Ask.HELP),
    **dict.fromkeys(
        ("list", "projects", "list projects", "projects list", "list all projects", "show projects", "projects?"),
        Ask.PROJECTS,
    ),
    **dict.fromkeys(("last", "last?", "show last", "last entry", "last entries", "show", "show log"), Ask.LAST),
    **dict.fromkeys(
        ("undo", "undo last", "undo that", "undo last entry", "amend", "amend last", "delete last", "remove last"),
        Ask.CHANGE,
    ),
}

# Written out, because Python's \s also holds 0x1C to 0x1F, which on IRC are formatting.
_BLANKS = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_GLUE = (":", ",", ";", "：", "，", "；", "、")
"""What may stand between the command, or a project, and the next word without a blank."""
_STOPS = ":,;.!?…=>|-–—：，；、。！？"
_AROUND = ":,<>：，、＜＞"
"""What no project's name begins or ends with."""
_NOT_SHOWN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})

_CODES = rf"{FORMATTING}|[{UNSEEN}]"


def blank(group: str) -> str:
    """Blanks, formatting and what nobody sees, none of it given back: a colour's digits are not the beginning of what
    follows.

    A possessive group would say so more shortly, but before 3.11.5 Python's re gets that wrong
    (https://github.com/python/cpython/issues/106052).
    """
    return rf"(?=(?P<{group}>(?:[{_BLANKS}]|{_CODES})*))(?P={group})"


LEAD = blank("lead")
_COMMAND = re.compile(
    rf"\A{LEAD}[!！]{blank('apart')}[lｌ](?:{_CODES})*[oｏ](?:{_CODES})*[gｇ](?P<after>.*)", re.IGNORECASE | re.DOTALL
)
_BEHIND = re.compile(rf"\A(?:{_CODES})*(?P<stops>[{re.escape(_STOPS)}]*)(?:{_CODES})*(?P<rest>.*)", re.DOTALL)
_SMILEY = re.compile(rf"\A(?:[()|/\\*\[\]]+(?:[{_BLANKS}]|\Z)|[DPOSXdposx3]\Z)")
_FIRST_WORD = re.compile(
    rf"\A(?P<word>{LEAD}[^{_BLANKS}]*)(?:{blank('gap')}[{''.join(_GLUE)}]+(?=[{_BLANKS}]))?(?P<message>.*)", re.DOTALL
)
_LATE = re.compile(rf"\A{LEAD}(?:\d{{1,2}}:\d{{2}}|-\d+[smhd])(?:{_CODES})*[{_BLANKS}]", re.IGNORECASE | re.ASCII)
_MENTION = re.compile(r"(?<!\w)[!！][lｌ][oｏ][gｇ](?!\w)", re.IGNORECASE)
