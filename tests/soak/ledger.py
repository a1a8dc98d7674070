"""What was heard on the server, what stands on pages and which gaps the bot told of come in; what is wrong comes out.

It shares no code with the bot, and needs neither clock nor server: what must hold is said here in its own words. The
server's history is repeated to whoever enters a channel, and lost when the server ends. So a line is *owed* if the bot
was in its channel when it was said, or came into it while the same server lived on. It is *forgotten* if the server
ended first, and *in doubt* if it was said just before the bot was torn off for the rest of the server's life.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DOUBT = timedelta(seconds=1)
"""How long before the end of a connection a line may still have been on its way."""
ROUNDED = timedelta(seconds=1)
"""Gaps are told in whole seconds."""


@dataclass(frozen=True, slots=True)
class Said:
    channel: str
    at: datetime
    """UTC, by the server's clock."""
    word: str
    """No other line has it."""
    late: bool = False
    """It was to be logged for an earlier time, where the order of what was said does not matter."""


@dataclass(frozen=True, slots=True)
class Came:
    """The bot entered the channel, or was seen there by those who did."""

    channel: str


@dataclass(frozen=True, slots=True)
class Went:
    """The bot is no longer in the channel."""

    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Forgot:
    """The server ended, and all that it had kept is gone."""

    at: datetime


Heard = Said | Came | Went | Forgot


class Claim(enum.Enum):
    """What becomes of a line; the value is how it is called in the report."""

    OWED = "owed to a page"
    FORGOTTEN = "said while the bot was away, and lost by the server's restart"
    DOUBTFUL = "said in the second in which the connection ended for good"


@dataclass(frozen=True, slots=True)
class Gap:
    """From when to when the bot says that it does not know what was said in a channel."""

    channel: str
    start: datetime
    end: datetime

    def holds(self, said: Said) -> bool:
        return said.channel == self.channel and self.start - ROUNDED <= said.at <= self.end + ROUNDED


@dataclass(frozen=True, slots=True)
class Verdict:
    claims: Mapping[Claim, int]
    """How many lines of each kind were heard."""
    absent: Mapping[Claim, int]
    """How many of them are on no page."""
    missing: list[str]
    """The words of lines that are owed and on no page."""
    doubled: list[str]
    invented: list[str]
    """Words on a page that nobody typed."""
    disordered: list[str]
    """Words that stand above one that was said after them."""
    untold: list[str]
    """Words of lines on no page, of which the bot told no gap."""
    idle_gaps: int
    """Gaps that were told where nothing is missing."""

    @property
    def wrong(self) -> list[str]:
        """In words; empty: all is well."""
        return [
            f"{len(words)} {name}: {' '.join(words[:20])}"
            for name, words in (
                ("missing", self.missing),
                ("doubled", self.doubled),
                ("invented", self.invented),
                ("out of order", self.disordered),
                ("missing, and no gap told", self.untold),
            )
            if words
        ]


def judge(heard: Sequence[Heard], typed: set[str], pages: Iterable[Sequence[str]], gaps: Sequence[Gap]) -> Verdict:
    """Compare what was heard, in its order, with what the pages say: each its words, from the oldest to the newest."""
    pages = [list(page) for page in pages]
    there = Counter(word for page in pages for word in page)
    claims = claim(heard)
    lines = {event.word: event for event in heard if isinstance(event, Said)}
    absent = {word: lines[word] for word in lines if word not in there}
    return Verdict(
        claims={each: sum(made is each for made in claims.values()) for each in Claim},
        absent={each: sum(claims[word] is each for word in absent) for each in Claim},
        missing=[word for word in absent if claims[word] is Claim.OWED],
        doubled=sorted(word for word, times in there.items() if times > 1),
        invented=sorted(there.keys() - typed),
        disordered=[word for page in pages for word in _disordered(page, [x for x in lines if not lines[x].late])],
        untold=[word for word, line in absent.items() if not any(gap.holds(line) for gap in gaps)],
        idle_gaps=sum(not any(gap.holds(line) for line in absent.values()) for gap in gaps),
    )


def claim(heard: Sequence[Heard]) -> dict[str, Claim]:
    """What is to become of each line, by its word."""
    claims: dict[str, Claim] = {}
    channels: dict[str, _Channel] = {}
    for event in heard:
        match event:
            case Forgot(at):
                for channel in channels.values():
                    claims |= channel.forgotten(at)
                channels.clear()
            case Said(channel=name):
                claims |= channels.setdefault(name, _Channel()).said(event)
            case Came(name):
                claims |= channels.setdefault(name, _Channel()).came()
            case Went(name, at):
                channels.setdefault(name, _Channel()).went(at)
    return claims


@dataclass
class _Channel:
    """A channel during one life of the server: what the bot may not have got yet."""

    present: bool = False
    live: list[Said] = field(default_factory=list)
    """Said while the bot was there, since it last came."""
    torn: list[Said] = field(default_factory=list)
    """Said while it was there, but perhaps not received."""
    kept: list[Said] = field(default_factory=list)
    """Said while it was away, and kept by the server."""

    def said(self, line: Said) -> dict[str, Claim]:
        if self.present:
            self.live.append(line)
            return {line.word: Claim.OWED}
        self.kept.append(line)
        return {line.word: Claim.FORGOTTEN}

    def came(self) -> dict[str, Claim]:
        """Now all that the server has kept is repeated."""
        repeated = [*self.torn, *self.kept]
        self.present, self.live, self.torn, self.kept = True, [], [], []
        return {line.word: Claim.OWED for line in repeated}

    def went(self, at: datetime) -> None:
        self.present = False
        self.torn += [line for line in self.live if at - line.at <= DOUBT]
        self.live = []

    def forgotten(self, at: datetime) -> dict[str, Claim]:
        self.went(at)
        return {line.word: Claim.DOUBTFUL for line in self.torn}


def _disordered(page: Sequence[str], order: Sequence[str]) -> Iterator[str]:
    """The words of a page that come later on it than some word that was said after them."""
    number = {word: position for position, word in enumerate(order)}
    newest = -1
    for word in page:
        if word in number:
            if number[word] < newest:
                yield word
            newest = max(newest, number[word])
