"""Tell lines of a history from live ones, and join the parts of messages in several lines. Pure.

Lines go in, with those that open and close a batch. Rules: IRCv3 *batch*, *chathistory*, *multiline*,
*labeled-response*; ZNC's playback.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from labsbot.irc.lines import Line
from labsbot.irc.times import server_time

REPLAYS = {"chathistory", "playback", "znc.in/playback"}
OPEN_BATCHES = 100
"""More than a server ever has open. Beyond it the oldest is forgotten, and its lines count as history."""
OLD = timedelta(minutes=2)
"""Where the server has no batches, an older line counts as history."""
LONGEST_MESSAGE = 40_000
"""Characters of a message in several lines; the rest is left out."""


@dataclass(slots=True)
class Batch:
    target: str
    replay: bool
    kind: str = ""
    label: str = ""
    """The label of our line that it answers."""
    lines: int = 0
    oldest: Line | None = None
    newest: Line | None = None
    whole: Line | None = None
    """For a message in several lines: the message, as far as it has arrived."""


class Batches:
    def __init__(self, caps: AbstractSet[str]) -> None:
        """`caps`: the capabilities in force; they are looked up each time."""
        self._caps = caps
        self._open: dict[str, Batch] = {}

    def __len__(self) -> int:
        return len(self._open)

    def hear(self, line: Line, now: datetime) -> Batch | None:
        """Take a BATCH line; returns the batch that it closes."""
        reference = line.param(0)
        if reference.startswith("+"):
            if len(self._open) >= OPEN_BATCHES:
                del self._open[next(iter(self._open))]
            self._open[reference[1:]] = self._begun(line, now)
            return None
        return self._open.pop(reference[1:], None) if reference.startswith("-") else None

    def _begun(self, line: Line, now: datetime) -> Batch:
        kind = line.param(1).lower().removeprefix("draft/")
        target = line.param(2)
        replay = kind in REPLAYS or ("batch" in line.tags and self.is_replayed(line, now))
        several = Line("PRIVMSG", (target, ""), line.source, line.tags) if kind == "multiline" else None
        return Batch(target, replay, kind, self.label(line), whole=several)

    def of(self, line: Line) -> Batch | None:
        """The batch that a line belongs to; None: none, or one that was never opened."""
        return self._open.get(line.tags["batch"]) if "batch" in line.tags else None

    def count(self, line: Line) -> None:
        batch = self.of(line)
        if batch and batch.replay:
            batch.lines += line.command in ("PRIVMSG", "NOTICE")
            batch.oldest, batch.newest = batch.oldest or line, line

    @property
    def echoes(self) -> bool:
        """The server sends our messages back (echo-message)."""
        return "echo-message" in self._caps

    def label(self, line: Line) -> str:
        """The label of our line that this one answers; empty: it has none."""
        batch = self.of(line)
        return line.tags.get("label", "") or (batch.label if batch else "")

    def is_replayed(self, line: Line, now: datetime) -> bool:
        """Whether a line comes from a history: its batch is one, or unknown; or, without batches, it is old."""
        if "batch" in line.tags:
            batch = self.of(line)
            return batch is None or batch.replay
        if "batch" in self._caps:
            return False
        said = server_time(line.tags.get("time", ""))
        return said is not None and now - said > OLD

    def put_together(self, line: Line) -> bool:
        """Add a line to the message in several lines that it is part of; False: it is part of none.

        IRCv3 *multiline*: it continues the last line, or begins another line of the same message.
        """
        batch = self.of(line)
        if batch is None or batch.whole is None:
            return False
        said = batch.whole.param(1)
        border = "\n" if said and "draft/multiline-concat" not in line.tags else ""
        if len(said) < LONGEST_MESSAGE:
            batch.whole = replace(batch.whole, params=(batch.whole.param(0), said + border + line.param(1)))
        return True
