"""One line of a channel comes in; what it asks of the bot, if anything, goes out. Pure.

People type on phones, paste, and put punctuation where a sentence would have it; what can be meant in one way only is
taken so, and what looks like a command and cannot be read is answered with what to type. A time is never taken for a
project, nor a project for a time. Who said it, and whether they may, is not looked at here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from labsbot.model import ANY_CHANGE
from labsbot.settings import USUAL_WORDS, Words, folded
from labsbot.text.formatting import seen
from labsbot.text.typed_time import TimeRead, TimeUnread, Typed, read
from labsbot.text.typed_words import (
    AROUND,
    BLANKS,
    COMMAS,
    after_word,
    bare,
    first_word,
    has_word,
    is_substitution,
    said_behind,
    visible,
    without_stops,
)

MOST_LOGS = 10
"""Projects to whose logs one message goes."""
MOST_READ = 3
"""Entries that are read back at once."""


@dataclass(frozen=True, slots=True)
class Add:
    """An entry for one log or for several."""

    projects: tuple[str, ...]
    """As they were typed, without adornment, each once; empty: the channel's own project."""
    message: str
    """As it was typed, without the blanks around it; something of it can be seen."""
    late: Typed | None = None
    """When it was done, as it was typed; None: now."""


@dataclass(frozen=True, slots=True)
class Undo:
    """To take an entry back."""

    reference: str | None
    """The id of the entry, or a link that ends with it; None: what the sender logged last."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Amend:
    """To put another message in the place of an entry's."""

    reference: str | None
    """As of Undo."""
    message: str
    """As of Add."""


@dataclass(frozen=True, slots=True)
class Last:
    """What was logged last."""

    project: str | None
    """As it was typed; None: whatever is logged in the channel."""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Where:
    """Where the log is, or an entry."""

    project: str | None
    """As of Last."""
    entry: str | None = None
    """Its id, or a link to it."""


class Ask(enum.Enum):
    """A message that is nothing but a question or a request, which nobody means as an entry."""

    HELP = "what can be typed"
    PROJECTS = "which projects there are"
    CHANGE = "how to take an entry back, or to change it"
    HELP_CHANGE = "the same, by somebody who did not try to"
    HELP_LATE = "how to log afterwards"
    HELP_SEVERAL = "how to log to several projects"


class Form(enum.Enum):
    """A way to type something."""

    LOG = enum.auto()
    LATE = enum.auto()
    SEVERAL = enum.auto()
    HELP = enum.auto()
    UNDO = enum.auto()
    AMEND = enum.auto()
    LAST = enum.auto()
    SAL = enum.auto()


@dataclass(frozen=True, slots=True)
class Malformed:
    """A command that cannot be understood."""

    form: Form
    """How to type it."""
    explanation: str
    """What is wrong with it, to stand before *Type …*. Of what was typed it holds names of projects alone."""


Command = Add | Undo | Amend | Last | Where | Ask | Malformed

IsProject = Callable[[str], bool]


def _unknown(name: str) -> bool:
    return False


class _Here(NamedTuple):
    """What a channel is like."""

    bound: bool
    words: Words
    is_project: IsProject


def parse(text: str, bound: bool, words: Words = USUAL_WORDS, is_project: IsProject = _unknown) -> Command | None:
    """Read one line of a channel; `bound`: the channel has one project of its own, which is then not named.

    `words` are what is typed there for what. `is_project` tells whether a project is known by a name: not whether one
    may be called so, for then every word would be one where any name will do.

    None: the line was not said to the bot.
    """
    for word, reads in (
        (words.log, _add),
        (words.undo, _undo),
        (words.amend, _amend),
        (words.last, _last),
        (words.sal, _where),
    ):
        if word is not None and (rest := said_behind(word, text)) is not None:
            return reads(rest, _Here(bound, words, is_project))
    return None


def form(bound: bool, example: str | None = None, which: Form = Form.LOG, words: Words = USUAL_WORDS) -> str:
    """How to type something, to stand behind *Type*; `example`: a project that exists, None: nobody knows one."""
    entry = "<message>" if bound else "<project> <message>"
    log, undo, amend = words.log, words.undo, words.amend
    match which:
        case Form.LOG if log is None:
            return "nothing: no entries are taken here"
        case Form.LOG if bound:
            return f"{log} {entry}, for example: {log} restarted the web service"
        case Form.LOG:
            return f"{log} {entry}" + (f", for example: {log} {example} restarted the web service" if example else "")
        case Form.LATE:
            return f"{log} 14:05 {entry} (or -15m, 14:05Z, 2026-11-21 14:05)"
        case Form.SEVERAL:
            return f"{log} <project>: <message> for one log, {log} <project>,<project> <message> for several"
        case Form.HELP:
            return f"{log} help, or {log} help undo, {log} help late, {log} help several, {log} help projects"
        case Form.UNDO:
            ids = f" ({words.last} {MOST_READ} shows ids)" if words.last else ""
            return f"{undo} alone for your last entry here, {undo} <id or link> <reason> for another{ids}"
        case Form.AMEND:
            return f"{amend} <new text> for your last entry here, {amend} <id or link> <new text> for another"
        case Form.LAST:
            return f"{words.last}, or {words.last} <project> <number up to {MOST_READ}>"
        case Form.SAL:
            return f"{words.sal}, or {words.sal} <project>, or {words.sal} <id> for an entry"


def explain(malformed: Malformed, bound: bool, example: str | None = None, words: Words = USUAL_WORDS) -> str:
    """The whole answer to what cannot be understood."""
    return f"{_OUTCOMES[malformed.form]}: {malformed.explanation}. Type {form(bound, example, malformed.form, words)}"


_OUTCOMES = {
    Form.LOG: "Not logged",
    Form.LATE: "Not logged",
    Form.SEVERAL: "Not logged",
    Form.HELP: "Not logged",
    Form.UNDO: "Not taken back",
    Form.AMEND: "Not amended",
    Form.LAST: "I cannot read that",
    Form.SAL: "I cannot read that",
}


def asks_for_help(text: str, nick: str, words: Words = USUAL_WORDS) -> Ask | None:
    """With what a line asks to be helped that is the word of the operator's choice, perhaps with a topic, or tells the
    bot by its nick to help, or what a command is for: ``<nick>: help``, ``<nick>: help undo``, ``<nick>: undo``,
    ``<nick>: !undo …``. With ``!log`` it is talk."""
    said = seen(text).strip(BLANKS).casefold()
    if words.help is not None and said == words.help.casefold():
        return Ask.HELP
    if words.help is not None and (topic := said_behind(words.help, said)):
        return _help_about(f"help {topic}")
    line = said.removeprefix("@")
    if not nick or not line.startswith(nick.casefold()):
        return None
    behind = line[len(nick.casefold()) :]
    behind = behind[1:] if behind.startswith((":", ",")) else behind
    asked = behind.lstrip(BLANKS)
    if asked == behind:
        return None  # it is another nick
    bare_words = ("help", "!help", *(re.sub(r"\A\W+", "", word.casefold()) for word in words.beside_log))
    alone = asked.rstrip(".!?")
    if alone in bare_words or (not alone and asked.startswith("?")):
        return Ask.HELP
    if any(said_behind(word, asked) is not None for word in words.beside_log):
        return Ask.HELP
    return _help_about(asked.removeprefix("!")) if asked.removeprefix("!").startswith("help") else None


def _help_about(typed: str) -> Ask | None:
    """What ``help undo`` and the like ask for; None: words behind it that are no topic are talk."""
    asked = _REQUESTS.get(_request(typed))
    return asked if isinstance(asked, Ask) else None


def mentions(text: str, words: Words = USUAL_WORDS) -> bool:
    """Whether a command stands in a text, wherever, as a word."""
    return any(has_word(text, word) for word in (words.log, *words.beside_log) if word is not None)


def id_in(reference: str) -> str:
    """The entry that a reference names."""
    return re.split("[#/]", reference)[-1]


# --- entries ------------------------------------------------------------------------------------------------------


def _add(rest: str, here: _Here) -> Command:
    if request := _REQUESTS.get(_request(rest)):
        return request
    if _asks_to_change(rest) and not here.is_project(bare(first_word(rest)[0])):
        return Ask.CHANGE
    if not visible(rest):
        missing = "what you did is missing" if here.bound else "the project and what you did are missing"
        return Malformed(Form.LOG, missing)
    if not here.bound:
        rest = without_stops(rest)
    if _pasted(rest, here):
        return Malformed(Form.LATE, "this looks like a line copied from a chat, and I cannot tell who did it")
    time = _time(rest, here, for_project=not here.bound)
    if isinstance(time, TimeUnread):
        return Malformed(Form.LATE, time.explanation)
    for _ in range(time.words if time else 0):
        rest = first_word(rest)[1]
    if time and not visible(rest):
        missing = "what you did" if here.bound else "the project and what you did"
        return Malformed(Form.LATE, f"behind the time, {missing} must follow")
    said = Add((), rest.strip(BLANKS)) if here.bound else _with_projects(rest, here, Form.LATE if time else Form.LOG)
    if isinstance(said, Malformed):
        return said
    if not here.bound and _asks_to_change(said.message):
        return Ask.CHANGE
    if not here.bound and time is None and _begins_with_time(said.message, here):
        return Malformed(
            Form.LATE, "a time goes before the project; if it is part of the message, put a word before it"
        )
    return Add(said.projects, said.message, time.typed if time else None)


def _begins_with_time(message: str, here: _Here) -> bool:
    """Whether a message begins as a late entry does, or as what a client shows."""
    copied = _COPIED.match(seen(message))
    return _time(message, here, for_project=False) is not None or (copied is not None and copied["time"] is not None)


def _time(rest: str, here: _Here, for_project: bool) -> TimeRead | TimeUnread | None:
    """The time before an entry; what is known as a project's name is none. `for_project`: one could stand there."""
    words: list[str] = []
    behind = rest
    while len(words) < 3 and visible(behind):
        word, behind = first_word(behind)
        plain = seen(word).strip(BLANKS + _AROUND_TIME)
        words.append("" if not here.bound and here.is_project(plain) else plain)
    return read(words, for_project)


def _with_projects(rest: str, here: _Here, form: Form) -> Add | Malformed:
    rest = without_stops(rest)
    word, message = first_word(rest)
    name = bare(word)
    if not visible(name):
        return Malformed(form, "the project is missing")
    joined = [bare(part) for part in _JOINTS.split(name)]
    if not here.is_project(name) and len(joined) > len(_COMMA.split(name)) and all(map(here.is_project, joined)):
        return Malformed(Form.SEVERAL, f"put a comma between projects: {','.join(joined)}")
    begun = seen(word).strip(BLANKS + "<＜").startswith(COMMAS)
    projects = tuple(part.strip(BLANKS + AROUND) for part in _COMMA.split(name))
    if begun or not all(map(visible, projects)):
        return Malformed(Form.SEVERAL, "a project is missing before or after a comma")
    first_typed: dict[str, str] = {}
    for project in projects:
        first_typed.setdefault(folded(project), project)
    projects = tuple(first_typed.values())
    if len(projects) > MOST_LOGS:
        return Malformed(Form.SEVERAL, f"one message goes to {MOST_LOGS} logs at most")
    if not visible(message):
        return Malformed(form, "one word alone is not enough, project and message are needed")
    if any(_is_time(each) and not here.is_project(each) for each in projects):
        return Malformed(
            Form.LATE, "there is a time where the project should be: one time is enough, and it comes first"
        )
    other = _also_named(rest, here)
    if other is not None:
        first = ",".join(each if here.is_project(each) else _JOINTS.sub("", each) for each in projects)
        return Malformed(Form.SEVERAL, f"is it for {first} alone, or for {first},{other}? I cannot tell")
    return Add(projects, message.strip(BLANKS))


def _is_time(name: str) -> bool:
    return read([name.strip(_AROUND_TIME + "…?!")], for_project=True) is not None


def _also_named(rest: str, here: _Here) -> str | None:
    """A project that stands behind the first one and a comma, or an "and": it may be a second log, or what is done
    there."""
    word, _ = first_word(rest)
    behind, last = seen(rest[len(word) :]).lstrip(BLANKS), seen(word)[-1:]
    if last in COMMAS or not here.is_project(bare(word)):  # there is a project c++
        behind = (last if _JOINTS.fullmatch(last) else "") + behind
    joint = _JOINT.match(behind)
    second = bare(first_word(joint["behind"])[0]) if joint else ""
    return second if visible(second) and here.is_project(second) else None


def _pasted(rest: str, here: _Here) -> bool:
    """Whether it is what a client shows: a time and who said something, or who said something to a bot.

    A project may stand in ``<>``, too.
    """
    line = _COPIED.match(seen(rest))
    if line is None or (name := line["speaker"]) is None:
        return False
    if not here.bound and here.is_project(name.strip(BLANKS + AROUND)):
        return False
    if line["time"] is not None and line["bracket"]:
        return True
    return here.words.log is not None and after_word(here.words.log, line["said"]) is not None


def _asks_to_change(message: str) -> bool:
    """Whether somebody says "undo" in an entry, where they mean to take one back."""
    if _REQUESTS.get(_request(message)) is Ask.CHANGE:
        return True
    word, behind = first_word(message)
    verb = seen(word).strip(BLANKS).casefold()
    return verb in ("undo", "amend") and _reference(first_word(behind)[0]) is not None


def _request(rest: str) -> str:
    """A short message as it is compared with the requests; a longer one is none of them."""
    if len(rest) > _LONGEST_REQUEST:
        return ""
    return " ".join(seen(rest).casefold().replace(",", " ").strip(BLANKS + ".!").split())


# --- corrections and questions ------------------------------------------------------------------------------------


def _undo(rest: str, here: _Here) -> Command:
    if _request(rest) in _REQUESTS:
        return Ask.CHANGE
    if not visible(rest):
        return Undo(None)
    word, reason = first_word(rest)
    reference = _reference(word)
    if reference is None:
        return Malformed(Form.UNDO, _no_id(word))
    if visible(reason) and _reference(first_word(reason)[0]) is not None:
        return Malformed(Form.UNDO, "one entry at a time")
    return Undo(reference, reason.strip(BLANKS) if visible(reason) else "")


def _amend(rest: str, here: _Here) -> Command:
    if _request(rest) in _REQUESTS:
        return Ask.CHANGE
    word, text = first_word(rest)
    reference = _reference(word)
    if reference is None:
        if _LIKE_AN_ID.search(seen(word).strip(BLANKS + _AROUND_ID)):
            return Malformed(Form.AMEND, _no_id(word))
        text = rest
    if not visible(text):
        return Malformed(Form.AMEND, "the new text is missing")
    if is_substitution(seen(text).strip(BLANKS)):
        return Malformed(Form.AMEND, "I need the whole new text, not only the part that changes")
    if _begins_with_time(text, here):
        return Malformed(Form.AMEND, "an entry keeps its time: for another one, take it back and log it anew")
    return Amend(reference, text.strip(BLANKS))


def _reference(word: str) -> str | None:
    """The id of an entry, or a link to it, as somebody typed it with what a sentence puts around it."""
    plain = seen(word).strip(BLANKS + _AROUND_ID)
    if _ENTRY_ID.fullmatch(plain.lower()):
        return plain.lower()
    return plain if _ENTRY_LINK.fullmatch(plain) else None


def _no_id(word: str) -> str:
    if re.search(f"{ANY_CHANGE}-[0-9]", seen(word)):
        return "this is the id of a correction, and only entries can be corrected"
    if not re.search("sal-|#|://", seen(word), re.IGNORECASE):
        return "that is not an entry's id, and a reason comes after the id"
    return "this is no id of an entry, such as sal-20261121140500-7f3a, nor a link that ends with one"


def _last(rest: str, here: _Here) -> Command:
    if _REQUESTS.get(_request(rest)) is Ask.HELP:
        return Ask.HELP
    match _names(rest):
        case []:
            return Last(None)
        case [one] if not _NUMBER.fullmatch(one) or here.is_project(one):
            return Last(one)
        case [number]:
            project = None
        case [project, number] if _NUMBER.fullmatch(number):
            pass
        case [number, project] if _NUMBER.fullmatch(number):
            pass
        case _:
            return Malformed(Form.LAST, _ONE_PROJECT)
    if not 1 <= int(number) <= MOST_READ:
        return Malformed(Form.LAST, f"I read back 1 to {MOST_READ} entries")
    return Last(project, int(number))


def _where(rest: str, here: _Here) -> Command:
    if _REQUESTS.get(_request(rest)) is Ask.HELP:
        return Ask.HELP
    if (entry := _reference(rest)) is not None:
        return Where(None, entry)
    names = _names(rest)
    if len(names) > 1:
        return Malformed(Form.SAL, _ONE_PROJECT)
    return Where(names[0] if names else None)


def _names(rest: str) -> list[str]:
    words = re.split(f"[{BLANKS},，、]+", seen(rest))
    return [name for word in words if visible(name := bare(word))]


_ONE_PROJECT = "one project at a time, and nothing else"

# --- tables -------------------------------------------------------------------------------------------------------

_LONGEST_REQUEST = 80
# Written out: who logs something real writes more than these words, or others.
_REQUESTS: dict[str, Ask | Last] = {
    **dict.fromkeys(("help", "help?", "?", "commands", "usage", "--help", "-h"), Ask.HELP),
    **dict.fromkeys(("help log", "help !log", "help last", "help !last", "help sal", "help !sal"), Ask.HELP),
    **dict.fromkeys(("help undo", "help !undo", "help amend", "help !amend", "help corrections"), Ask.HELP_CHANGE),
    **dict.fromkeys(("help late", "help time", "help times", "help date", "help earlier"), Ask.HELP_LATE),
    **dict.fromkeys(("help several", "help logs", "help several logs", "help several projects"), Ask.HELP_SEVERAL),
    "help projects": Ask.PROJECTS,
    **dict.fromkeys(
        ("list", "projects", "list projects", "projects list", "list all projects", "show projects", "projects?"),
        Ask.PROJECTS,
    ),
    **dict.fromkeys(("last", "last?", "show last", "last entry", "last entries", "show", "show log"), Last(None)),
    **dict.fromkeys(
        (
            *("undo", "undo?", "undo last", "undo that", "undo this", "undo it", "undo last entry", "undo please"),
            *("please undo", "undo that please", "undo last please", "amend", "amend?", "amend last", "amend that"),
            *("delete last", "remove last", "delete that", "remove that", "delete last entry", "remove last entry"),
        ),
        Ask.CHANGE,
    ),
}

_AROUND_TIME = ".,:;，：；、"
_AROUND_ID = "<>()[]{}\"'“”‘’«»`,.;:!?#，：；、。"
_COMMA = re.compile(f"[{''.join(COMMAS)}]")
_JOINTS = re.compile(f"[{''.join(COMMAS)};；/／+＋&＆|]")
_JOINT = re.compile(rf"(?:{_JOINTS.pattern}+|and(?=[{BLANKS}]))(?P<behind>.*)", re.IGNORECASE | re.DOTALL)
"""What stands between a project and another, or the message."""
_COPIED = re.compile(
    rf"[{BLANKS}]*(?P<time>[\[(]?(?:\d{{4}}-\d\d-\d\d[T{BLANKS}])?\d{{1,2}}:\d\d(?::\d\d)?[\])]?[{BLANKS}]*)?"
    rf"(?P<speaker>(?P<bracket><)[{BLANKS}]?[^{BLANKS}<>]{{1,64}}>:?|[^{BLANKS}<>]{{1,64}}(?::|[{BLANKS}]\|))"
    rf"[{BLANKS}]+(?P<said>.*)",
    re.DOTALL,
)
"""What clients show: ``15:03 <+nick> …``, ``[15:03:22] <nick> …``, ``15:03:22 nick | …``, ``nick: …``."""
_ENTRY_ID = re.compile("sal-[0-9]{14}-[0-9a-f]+")
_ENTRY_LINK = re.compile(rf"[Hh][Tt][Tt][Pp][Ss]?://[^#{BLANKS}]+[#/]sal-[0-9]{{14}}-[0-9a-f]+")
_LIKE_AN_ID = re.compile(
    f"(?:^|#|/entry/)(?:[Ss][Aa][Ll]|{ANY_CHANGE})-[0-9]|#sal-|^[Ss][Aa][Ll]-.{{0,2}}$|[0-9]{{14}}-[0-9a-f]{{3}}"
)
"""Also what a hand that copied lost something of."""
_NUMBER = re.compile("[0-9]{1,20}")
