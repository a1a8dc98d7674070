"""Lines of ours in, each in its turn out, and what became of each message; no socket, the clock is the caller's.

Other lines (JOIN …) only wait here. A message is remembered until it has arrived, as far as the server lets us know
(IRCv3 *echo-message*, *labeled-response*); what a connection's end cut short is left over for the next one.
"""

from __future__ import annotations

import enum
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labsbot.irc.counts import Counts
from labsbot.irc.events import Echoed, Unsaid
from labsbot.irc.pace import Bucket

LONGEST_QUEUE = 100
"""Lines of ours that may wait for their turn, and messages that may wait for their receipt, or for the next
connection; at one line a second more would come too late to help anybody."""
IN_TIME = 600.0
"""Seconds after which nobody waits for a message any more."""
SKEW = 120.0
"""Seconds by which a server's clock may differ from ours."""


class Receipt(enum.Enum):
    """How we learn that a message has arrived."""

    NONE = "none"
    ECHO = "by its words, which come back"
    LABEL = "by its label, which comes back"


@dataclass(frozen=True, slots=True)
class Message:
    """Something that we are to say."""

    target: str
    text: str
    asked: float
    """When we were asked to."""
    sent: str = ""
    """The line as it went out; empty: it did not yet."""


class Outbox:
    """What one connection has to carry. Seconds are those of one clock that never goes back, for all connections."""

    def __init__(self, left_over: Sequence[Message], counts: Counts, now: float) -> None:
        """`left_over`: what the last connection had to leave."""
        self._left_over = list(left_over)
        self._counts = counts
        self._commands: deque[str] = deque()
        self._messages: deque[tuple[str, Message]] = deque()
        self._sent: dict[str, Message] = {}
        self._labels = itertools.count(1)
        self._bucket = Bucket(now)

    # --- out

    @property
    def full(self) -> bool:
        return len(self._messages) >= LONGEST_QUEUE

    @property
    def empty(self) -> bool:
        return not self._commands and not self._messages

    def put(self, line: str, message: Message | None = None) -> None:
        """Let a line wait for its turn; `message`: what it says.

        A line that says nothing (JOIN …) goes before all that do: as long as we are out of a channel, we hear nothing.
        """
        if message is None:
            self._commands.append(line)
        else:
            self._messages.append((line, message))

    def due(self, now: float) -> float | None:
        """When the next line may go; None: none waits."""
        return None if self.empty else self._bucket.due(now)

    def next(self, receipt: Receipt, now: float) -> str | None:
        """The line to write now, if any may go."""
        if self.empty or not self._bucket.take(now):
            return None
        if self._commands:
            return self._commands.popleft()
        line, message = self._messages.popleft()
        if receipt is Receipt.NONE:
            self._counts.said += 1
            return line
        label = str(next(self._labels))
        if len(self._sent) >= LONGEST_QUEUE:
            self._give_up(next(iter(self._sent)))
        self._sent[label] = replace(message, sent=line)
        return f"@label={label} {line}" if receipt is Receipt.LABEL else line

    # --- what becomes of it

    def arrived(self, echo: Echoed, now: float) -> None:
        """A message came back, at once or with a channel's history."""
        if echo.ago is None:
            if label := self._label(echo.label, echo.line):
                del self._sent[label]
                self._counts.said += 1
            return
        ago = echo.ago.total_seconds() - SKEW
        for message in self._left_over:
            # the same words may have been said before we were asked to
            if message.sent == echo.line and ago <= now - message.asked:
                self._left_over.remove(message)
                self._counts.said += 1
                return

    def refused(self, unsaid: Unsaid) -> None:
        """The server does not pass a message on: it is not said again."""
        self._counts.unsaid += 1
        sent_there = (label for label, message in self._sent.items() if message.sent.split(" ")[1] == unsaid.target)
        self._sent.pop(unsaid.label or next(sent_there, ""), None)

    def _label(self, label: str, line: str) -> str | None:
        if label in self._sent:
            return label
        return next((label for label, message in self._sent.items() if line and message.sent == line), None)

    def _give_up(self, label: str) -> None:
        del self._sent[label]
        self._counts.unsaid += 1

    # --- from one connection to the next

    def again(self, target: str, now: float) -> list[Message]:
        """What was left over for that channel or nick, and is still to be said."""
        self.expire(now)
        there = [message for message in self._left_over if message.target == target]
        self._left_over = [message for message in self._left_over if message.target != target]
        self._counts.carried += len(there)
        return there

    @property
    def targets(self) -> set[str]:
        """To whom something is left over."""
        return {message.target for message in self._left_over}

    def expire(self, now: float) -> int:
        """Give up what nobody waits for any more; how much that is."""
        late = [label for label, message in self._sent.items() if now - message.asked > IN_TIME]
        for label in late:
            self._give_up(label)
        kept = [message for message in self._left_over if now - message.asked <= IN_TIME]
        gone = len(self._left_over) - len(kept)
        self._left_over = kept
        self._counts.unsaid += gone
        return gone + len(late)

    def rest(self, now: float) -> tuple[Message, ...]:
        """The connection is over: what is to be said on the next one, the oldest first."""
        self._left_over += self._sent.values()
        self._left_over += [message for _, message in self._messages]
        self._sent.clear()
        self._commands.clear()
        self._messages.clear()
        self.expire(now)
        too_many = max(len(self._left_over) - LONGEST_QUEUE, 0)
        self._counts.unsaid += too_many
        rest, self._left_over = tuple(self._left_over[too_many:]), []
        return rest
