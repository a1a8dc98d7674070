"""Whatever is typed does no harm where it is said back and written down: in the channel, the log, the terminal.

What becomes of it on the page is shown in ``wikitext``, on a real MediaWiki.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from labsbot.desk.submission import ChannelRules
from labsbot.edge.logs import Formatter, printable
from labsbot.irc.lines import sayable, wire
from labsbot.model import Accepted, Changed, Entry, Kept, LastOf, Privmsg, Sender
from labsbot.settings import Channel, Limit, PageSettings, Relay, RelayForm
from labsbot.text.formatting import cut
from tests.nouns import a_directory, a_front_desk, a_line
from tests.wikitext.typed import FRAGMENTS, mixtures, odd_characters

T = TypeVar("T")
TYPED = [
    # half of a pair cannot come over the wire
    text.encode("utf-8", "replace").decode()
    for text in (*FRAGMENTS, *odd_characters(), *mixtures(FRAGMENTS, 300, seed=7))
]
TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CHANNEL = Channel("#cloud", None, PageSettings(), limit=Limit(seconds=0))
RELAYS = (Relay("matrixbot", RelayForm.BRIDGE),)
BRIDGE = Sender("matrix", "m", "h", "matrixbot")


def lines() -> Iterator[Privmsg]:
    """Each as the name of a project, as a message, and as the name that a bridge gives."""
    for text in TYPED:
        yield a_line(f"!log {text} x")
        yield a_line(f"!log tools {text}")
        yield a_line(f"<{text}> !log nosuch x", sender=BRIDGE)


class Memory:
    """A journal that keeps nothing: thousands of lines need no disk here."""

    async def accept_all(self, submissions: Sequence[Accepted]) -> list[Entry]:
        return [await self.accept(each) for each in submissions]

    async def accept(self, submission: Accepted) -> Entry:
        return submission.entry

    async def remember(self, *_: object) -> bool:
        return True

    async def correct(
        self, meant: str | LastOf, decide: Callable[[Kept | None], tuple[Changed | None, T]]
    ) -> tuple[T, bool]:
        return decide(None)[1], False

    async def last(self, *_: object) -> list[Kept]:
        return []

    async def last_here(self, *_: object) -> list[Kept]:
        return []

    async def called(self, *_: object) -> None:
        return None


@pytest.mark.slow
async def test_what_is_said_back_and_written_down_is_one_line_that_turns_nothing_around(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    intake = a_front_desk(Memory(), {("libera", "#cloud"): ChannelRules(CHANNEL, a_directory("tools"), RELAYS)}, "wiki")
    said = [reply.text for line in lines() if (reply := await intake.hear(line))]

    assert len(said) > len(TYPED)
    for text in said:
        words = sayable(text)
        assert not any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") or c in TURNING for c in words), ascii(text)
        assert wire(f"PRIVMSG #cloud :{cut(words, 400)}").count(b"\n") == 1
        assert not text.startswith(("!", ".", "/", "\x01")), "another robot would take it for a command"
    written = Formatter()
    assert len(caplog.records) > len(TYPED)
    for record in caplog.records:
        record.exc_info = None
        assert written.format(record).isprintable(), ascii(record.getMessage())


def test_what_is_shown_in_a_terminal_moves_nothing() -> None:
    assert all(printable(text).isprintable() for text in TYPED)
