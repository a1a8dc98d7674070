"""Bytes from a server in, IRC lines as values out, and text made fit to be sent; no state of a session, no socket.

A line is read as RFC 1459 section 2.3 and the IRCv3 page *Message Tags* say, and anything else that a server may send
is a value too: None, never an exception.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LONGEST_IN = 8191 + 512
"""Bytes of a line: as much as IRCv3 *Message Tags* allows for tags, and RFC 1459 for the rest."""

LONGEST_OUT = 512
"""Bytes of a line that we send or cause to be sent, CR and LF counted (RFC 1459, 2.3)."""

LONGEST_MSGID = 200
"""Characters. Those of servers have some twenty to sixty; each is kept for as long as a line may be repeated."""


class LineBuffer:
    """Cuts a stream of bytes into lines; a line that is too long is dropped as a whole and counted."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._overflown = False
        self.dropped = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Give each line that `chunk` completes, without its end, decoded as UTF-8 with replacement.

        The time is linear in the bytes, the memory bounded, however slowly a line drips in. A CR inside a line does
        not end it: somebody else's text could otherwise pass for a line of the server's.
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
    """Who sent a line; what is not said is empty."""

    nick: str
    user: str
    host: str


def hostmask(source: str) -> Hostmask:
    """Read ``nick!user@host``, or less of it (RFC 2812, 2.3.1)."""
    nick, _, userhost = source.partition("!")
    user, _, host = userhost.partition("@")
    if not userhost:
        nick, _, host = nick.partition("@")
    return Hostmask(nick, user, host)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it came from a server."""

    command: str
    """In upper case; numerics as three digits."""
    params: tuple[str, ...] = ()
    source: str = ""
    """``nick!user@host``, or a server's name; empty where the line names none."""
    tags: dict[str, str] = field(default_factory=dict)
    """Unescaped; a tag without a value has the empty one."""
    size: int = field(default=0, compare=False)
    """Bytes as it came, the tags left out, CR and LF counted. A byte that is no UTF-8 counts as one, as it came; where
    some were one character that is cut off, too few are counted."""

    def param(self, number: int) -> str:
        """The parameter counted from 0; empty where the line has none."""
        return self.params[number] if number < len(self.params) else ""

    @property
    def nick(self) -> str:
        """The nick of who sent it, or the server's name."""
        return self.source.partition("!")[0].partition("@")[0]

    @property
    def msgid(self) -> str:
        """What the server calls it; empty: nothing, or more than anybody calls a line."""
        msgid = self.tags.get("msgid", "")
        return msgid if len(msgid) <= LONGEST_MSGID else ""

    @property
    def last(self) -> str:
        """The last parameter: in a server's answer the words for people."""
        return self.params[-1] if self.params else ""


COMMAND = re.compile(r"[A-Za-z]+|[0-9]{3}")


def parse(text: str) -> Line | None:
    """Read one line; None: it is none (blank, tags or a source alone, no such command)."""
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
    # only the blank separates: other white space is part of a word
    head, colon, trailing = f" {rest}".partition(" :")
    command, *params = [word for word in head.split(" ") if word] or [""]
    if not COMMAND.fullmatch(command):
        return None
    return Line(command.upper(), (*params, trailing) if colon else tuple(params), source, tags, _size(said))


def _size(text: str) -> int:
    # what stands for a wrong byte takes three
    wrong = 0 if text.isascii() else 2 * text.count("\N{REPLACEMENT CHARACTER}")
    return len(text.encode("utf-8", "surrogatepass")) - wrong + 2


ESCAPED = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


def _tags(raw: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in raw.split(";") if pair)
    # of a tag that is there twice, the last counts; a backslash that escapes nothing falls away
    return {key: _unescaped(value) if "\\" in value else value for key, _, value in pairs if key}


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.?)", lambda m: ESCAPED.get(m[1], m[1]), value)


TURNING = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""The controls of the bidirectional algorithm (UAX 9): somebody's name must not turn around what we say of it."""


def sayable(text: str) -> str:
    """Make text one line that holds no control character, nothing that turns its direction, and no half of a pair."""
    clean = text.encode("utf-8", "replace").decode("utf-8").translate(TURNING)
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in clean)


def cut(text: str, size: int) -> str:
    """Cut text to at most `size` bytes of UTF-8, between two characters; what is cut ends in ``…``."""
    raw = text.encode("utf-8")
    if len(raw) <= size:
        return text
    return raw[: max(size - len("…".encode()), 0)].decode("utf-8", "ignore") + "…"


def wire(line: str) -> bytes:
    """The bytes to send for one line. CR, LF and NUL fall away here, whoever put them in; so does what is too long.

    The tags, which are our own and short, take no room from it (IRCv3 *Message Tags*).
    """
    tags, blank, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
    raw = re.sub(r"[\r\n\0]", "", rest).encode("utf-8", "replace")[: LONGEST_OUT - 2]
    return f"{tags}{blank}".encode() + raw.decode("utf-8", "ignore").encode("utf-8") + b"\r\n"


LONGEST_LIST = 400
"""Bytes of names in one line: that leaves room for the command, and for keys."""


def in_lines(names: Sequence[str], most: int | None, longest: int = LONGEST_LIST) -> Iterator[list[str]]:
    """Put names together as they fit into one line each, with commas in between; `most`: so many at once."""
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
    """The words of a numeric for people, with its number."""
    return f"{shown(line.last)} ({line.command})"


def shown(text: str) -> str:
    """Text from outside as it may stand in a log or on a terminal: printable, and not long."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
