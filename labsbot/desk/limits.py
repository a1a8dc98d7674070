"""The two limits of a channel, as gates: how many lines somebody says, and how much of the page their entries take.

A submission comes in; whose limits it counts against is decided here, `flood` counts. Whoever is over hears it once in
each flood. What a history repeats is counted by nobody: it was counted when it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labsbot.desk import replies
from labsbot.desk.answer import Refusal, RefusalCause, Said, Silence
from labsbot.desk.command import Add, Amend, Undo
from labsbot.desk.entries import compose, logs_of
from labsbot.desk.flood import FirstOver, Flood, Key, Over, individual, key_of
from labsbot.desk.submission import Submission
from labsbot.model import Entry
from labsbot.settings import PageSettings

HOUR = 3600.0
"""Seconds within which the bytes that somebody's entries take on a page are counted."""

Size = Callable[[PageSettings, str, Entry], int]
"""The bytes that a project's entry takes on its page."""


class LineLimit:
    """Remembers who said how many lines of late."""

    def __init__(self) -> None:
        self._flood = Flood()

    def too_many(self, submission: Submission) -> Said | None:
        if submission.replayed or not submission.counted:
            return None
        limit = submission.rules.channel.limit
        lines = 1 + len(submission.others)
        for counted in _counted(submission):
            most = limit.relay_lines if counted.relay else limit.lines
            if lines > most:
                return Refusal(replies.too_many_at_once(lines, most, limit.seconds), RefusalCause.LIMIT)
            match counted.take(self._flood, submission, most, limit.seconds, lines):
                case FirstOver() as over:
                    wait = over.until - submission.arrived
                    words = replies.too_many_lines(over, limit.seconds, counted.whose(over.shared), wait)
                    return Refusal(words, RefusalCause.LIMIT, retry_after=wait.total_seconds())
                case Over():
                    return Silence()
        return None


class PageLimit:
    """Remembers whose entries took how much of the page of late."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._flood = Flood()

    def too_large(self, submission: Submission) -> Said | None:
        if submission.replayed or not submission.counted:
            return None
        match submission.asked:
            case Add():
                much = sum(map(self._on_pages, (submission, *submission.others)))
            case Amend(message=text) | Undo(reason=text):
                much = self._size(submission.rules.channel.page, "", compose(submission, Add((), text)))
            case _:
                return None
        limit = submission.rules.channel.limit
        if much > limit.bytes:
            return Refusal(replies.too_large(much, limit.bytes), RefusalCause.LIMIT)
        for counted in _counted(submission):
            most = limit.relay_bytes if counted.relay else limit.bytes
            match counted.take(self._flood, submission, most, HOUR, much):
                case FirstOver() as over:
                    wait = over.until - submission.arrived
                    words = replies.too_many_bytes(over, counted.whose(over.shared), wait)
                    return Refusal(words, RefusalCause.LIMIT, retry_after=wait.total_seconds())
                case Over():
                    return Silence()
        return None

    def _on_pages(self, submission: Submission) -> int:
        """The bytes that an entry takes in all its logs."""
        asked = submission.asked
        assert isinstance(asked, Add), "nothing else is kept together"
        entry = compose(submission, asked)
        logs = (owed.log.project for owed in logs_of(submission))
        return sum(self._size(submission.home(project).page, project, entry) for project in logs)


@dataclass(frozen=True, slots=True)
class _Counted:
    """As whose a submission is counted."""

    key: Key
    who: str
    """The one of those counted as this who said it."""
    relay: str | None = None
    """Its nick, where this is all those for whom a relay speaks."""

    def take(
        self, flood: Flood, submission: Submission, most: int, seconds: float, much: int = 1
    ) -> FirstOver | Over | None:
        # so much is there for those behind a relay who have said nothing yet, whatever others do there
        kept = most // 4 if self.relay else 0
        each_time = submission.submitter.trusted  # no channel is filled with it
        taken = flood.take(self.key, most, seconds, submission.arrived, much, self.who, kept, each_time)
        return taken if isinstance(taken, FirstOver | Over) else None

    def whose(self, shared: bool) -> replies.Whose:
        if self.relay:
            return replies.Whose.of_relay(self.relay)
        return replies.HOSTS if shared else replies.YOURS


def _counted(submission: Submission) -> Iterator[_Counted]:
    """As whose it is counted: as of who says it, and, if a relay does, as of all those for whom it speaks."""
    network, channel, sender = submission.network, submission.channel, submission.submitter.sender
    name = submission.submitter.behind or ""
    yield _Counted(key_of(network, channel, sender, name), name or individual(sender))
    if submission.submitter.behind is not None:
        yield _Counted((network, channel, f"relay {sender.account}"), name, sender.nick)
