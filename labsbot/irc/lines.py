"""Read IRC lines from bytes, and make text fit to be sent. Pure: no session, no socket.

Lines are read by RFC 1459, section 2.3, and IRCv3 *Message Tags*. Whatever else a server sends gives None, never an
exception.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LONGEST_IN = 8191 + 512
"""Bytes of a line: what IRCv3 *Message Tags* allows for tags, and RFC 1459 for the rest."""

LONGEST_OUT = 512
"""Bytes of a line that we send or that a server sends because of it, CR and LF counted (RFC 1459, 2.3)."""

LONGEST_MSGID = 200
"""Characters. Servers use twenty to sixty; each id is kept for as long as its line may be repeated."""


class LineBuffer:
    """Splits a stream of bytes into lines; a line that is too long is dropped as a whole, and counted."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._overflown = False
        self.dropped = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield each line that `chunk` completes, without its end, decoded as UTF-8 with replacement.

        Time is linear in the bytes and memory is bounded, however slowly a line arrives. A CR inside a line does not
        end it: otherwise somebody's text could pass for a line of the server.
        """
        first, *others = chunk.split(b"\n")
        self._take(first)
        for piece in others:
            line = self._finish()
            self._take(piece)
            if line is not None:
                yield line

    def _take(self, piece: bytes) -> None:
        if self._overflown or len(self._begun) + len(piece) > LONGEST_IN:
            self._overflown = True
            self._begun.clear()
        else:
            self._begun += piece

    def _finish(self) -> str | None:
        line = None if self._overflown else self._begun.rstrip(b"\r").decode("utf-8", "replace")
        self.dropped += self._overflown
        self._overflown = False
        self._begun.clear()
        return line


@dataclass(frozen=True, slots=True)
class Hostmask:
    """Who sent a line; unknown parts are empty."""

    nick: str
    user: str
    host: str


def hostmask(source: str) -> Hostmask:
    """Read ``nick!user@host``, or a part of it (RFC 2812, 2.3.1)."""
    nick, _, userhost = source.partition("!")
    user, _, host = userhost.partition("@")
    if not userhost:
        nick, _, host = nick.partition("@")
    return Hostmask(nick, user, host)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a server."""

    command: str
    """In upper case; numerics as three digits."""
    params: tuple[str, ...] = ()
    source: str = ""
    """``nick!user@host``, or a server's name; empty where the line names none."""
    tags: dict[str, str] = field(default_factory=dict)
    """Unescaped; a tag without a value has the empty one."""
    size: int = field(default=0, compare=False)
    """Bytes as it arrived, without tags, CR and LF counted. A byte that is not UTF-8 counts as one; where several bytes
    are a character that was cut off, too few are counted."""

    def param(self, number: int) -> str:
        """The parameter counted from 0; empty where the line has none."""
        return self.params[number] if number < len(self.params) else ""

    @property
    def nick(self) -> str:
        """The sender's nick, or the server's name."""
        return self.source.partition("!")[0].partition("@")[0]

    @property
    def msgid(self) -> str:
        """The server's id of the line; empty: it has none, or an absurdly long one."""
        msgid = self.tags.get("msgid", "")
        return msgid if len(msgid) <= LONGEST_MSGID else ""

    @property
    def last(self) -> str:
        """The last parameter: in an answer of the server, the text for people."""
        return self.params[-1] if self.params else ""


COMMAND = re.compile(r"[A-Za-z]+|[0-9]{3}")


def parse(text: str) -> Line | None:
    """Read one line; None: it is malformed (blank, only tags or a source, an impossible command)."""
    tags: dict[str, str] = {}
    source = ""
    rest = text.lstrip(" ")
    if rest.startswith("@"):
        raw, _, rest = rest[1:].partition(" ")
        tags = _tags(raw)
        rest = rest.lstrip(" ")
    said = rest
    if rest.startswith(":"):
        source, _, rest = rest[1:].partition(" ")
    # only blanks separate: other white space is part of a word
    head, colon, trailing = f" {rest}".partition(" :")
    command, *params = [word for word in head.split(" ") if word] or [""]
    if not COMMAND.fullmatch(command):
        return None
    return Line(command.upper(), (*params, trailing) if colon else tuple(params), source, tags, _size(said))


def _size(text: str) -> int:
    # the replacement character takes three bytes for one wrong byte
    wrong = 0 if text.isascii() else 2 * text.count("\N{REPLACEMENT CHARACTER}")
    return len(text.encode("utf-8", "surrogatepass")) - wrong + 2


ESCAPED = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


def _tags(raw: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in raw.split(";") if pair)
    # the last of two equal tags counts; a backslash that escapes nothing is dropped
    return {key: _unescaped(value) if "\\" in value else value for key, _, value in pairs if key}


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.?)", lambda m: ESCAPED.get(m[1], m[1]), value)


TURNING = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""The controls of the bidirectional algorithm (UAX 9): somebody's name must not reverse what we say about it."""


def sayable(text: str) -> str:
    """Make text one line without control characters, changes of direction, and halves of surrogate pairs."""
    clean = text.encode("utf-8", "replace").decode("utf-8").translate(TURNING)
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in clean)


def wire(line: str) -> bytes:
    """The bytes to send for one line, without any CR, LF and NUL, and cut to the longest line.

    Our tags are short, and do not count towards the length (IRCv3 *Message Tags*).
    """
    tags, blank, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
    raw = re.sub(r"[\r\n\0]", "", rest).encode("utf-8", "replace")[: LONGEST_OUT - 2]
    return f"{tags}{blank}".encode() + raw.decode("utf-8", "ignore").encode("utf-8") + b"\r\n"


LONGEST_LIST = 400
"""Bytes of names in one line: that leaves room for the command and for keys."""


def in_lines(names: Sequence[str], most: int | None, longest: int = LONGEST_LIST) -> Iterator[list[str]]:
    """Group names so that each group fits into one line, with commas in between; at most `most` in a group."""
    together: list[str] = []
    size = 0
    for name in names:
        more = len(name.encode("utf-8", "replace")) + 1
        if together and (size + more > longest or len(together) == most):
            yield together
            together, size = [], 0
        together.append(name)
        size += more
    if together:
        yield together


def shown_error(line: Line) -> str:
    """The text of an error, for people, with its number."""
    return f"{shown(line.last)} ({line.command})"


def shown(text: str) -> str:
    """Text from outside made safe for a log or a terminal: printable, and not long."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
