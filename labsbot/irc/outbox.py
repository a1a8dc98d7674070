"""Lines of ours in, each in its turn out, and what became of each message; no socket, the clock is the caller's.

Other lines (JOIN …) only wait here. A message is remembered until it has arrived, as far as the server lets us know
(IRCv3 *echo-message*, *labeled-response*); what a connection's end cut short is left over for the next one, and what a
channel does not let us say waits until it does. Which line goes first is `waiting`'s.
"""

from __future__ import annotations

import enum
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from labsbot.irc.counts import Counts
from labsbot.irc.events import Echoed, Unsaid
from labsbot.irc.pace import Bucket
from labsbot.irc.silence import NEVER, Silences
from labsbot.irc.waiting import Message, WaitingLines
from labsbot.model import Importance

LONGEST_QUEUE = 100
"""Messages of ours that may wait for their receipt, for the next connection, or for a channel that lets us speak."""
IN_TIME = 600.0
"""Seconds after which nobody waits for a message any more."""
CONTRADICTED = 5.0
"""Seconds within which a server that sends no receipts refuses what it does not pass on."""
SKEW = 120.0
"""Seconds by which a server's clock may differ from ours."""


class Receipt(enum.Enum):
    """How we learn that a message has arrived."""

    NONE = "none"
    ECHO = "by its words, which come back"
    LABEL = "by its label, which comes back"


class Outbox:
    """What one connection has to carry. Seconds are those of one clock that never goes back, for all connections."""

    def __init__(self, left_over: Sequence[Message], counts: Counts, now: float) -> None:
        """`left_over`: what the last connection had to leave."""
        self._left_over = list(left_over)
        self._brought = tuple(left_over)
        self._counts = counts
        self._waiting = WaitingLines()
        self._sent: dict[str, Message] = {}
        self._unanswered: deque[tuple[float, Message]] = deque()
        """What was written where no receipts come, and when: a refusal may still come."""
        self._silences = Silences()
        self._labels = itertools.count(1)
        self._bucket = Bucket(now)

    # --- out

    @property
    def empty(self) -> bool:
        return self._waiting.empty

    def waits(self, importance: Importance) -> bool:
        """Whether a message of this kind waits for its turn."""
        return self._waiting.count(importance) > 0

    def full(self, importance: Importance) -> bool:
        return self._waiting.full(importance)

    def silent(self, target: str) -> bool:
        """Whether that channel lets us say nothing now: what is to be said there waits."""
        return self._silences.silent(target)

    def command(self, line: str) -> None:
        """Let a line wait that says nothing (JOIN …)."""
        self._waiting.command(line)

    def put(self, message: Message) -> bool:
        """Let a message wait for its turn; False: too much waits already, and it is dropped."""
        if self.silent(message.target):
            if message.importance is not Importance.OUTCOME:
                return self.leave_over(message)
            message.ended(False)
            return True
        if self._waiting.put(message):
            return True
        self._counts.unsaid += 1
        return False

    def due(self, now: float, spare: bool = False) -> float | None:
        """When the next line may go; None: none waits. `spare`: one waits that is not here."""
        return None if self.empty and not spare else self._bucket.due(now)

    def next(self, receipt: Receipt, now: float, write: Callable[[Message], str | None]) -> str | None:
        """The line to send now, if any may go. `write` makes the line for a message; None: not sayable now."""
        while not self.empty and self._bucket.due(now) <= now:
            if line := self._waiting.next_command():
                self._bucket.take(now)
                return line
            if message := self._waiting.next_message():
                if line := write(message):
                    self._bucket.take(now)
                    return self._write(message, line, receipt, now)
                self.leave_over(message)
        return None

    def spare(self, now: float) -> bool:
        """Whether a line may go that is of no importance, which uses up its turn."""
        return self.empty and self._bucket.take(now)

    def _write(self, message: Message, line: str, receipt: Receipt, now: float) -> str:
        message = replace(message, sent=line)
        if receipt is Receipt.NONE:
            self._counts.said += 1
            self._unanswered.append((now, message))
            return line
        label = str(next(self._labels))
        if len(self._sent) >= LONGEST_QUEUE:
            self._give_up(next(iter(self._sent)))
        self._sent[label] = message
        return f"@label={label} {line}" if receipt is Receipt.LABEL else line

    # --- what becomes of it

    def arrived(self, echo: Echoed, now: float) -> None:
        """A message came back, at once or with a channel's history."""
        if echo.ago is None:
            if label := self._label(echo.label, echo.line):
                self._said(self._sent.pop(label))
            return
        ago = echo.ago.total_seconds() - SKEW
        for message in self._left_over:
            # the same words may have been said before we were asked to
            if message.sent == echo.line and ago <= now - message.asked:
                self._left_over.remove(message)
                self._said(message)
                return

    def _said(self, message: Message) -> None:
        self._counts.said += 1
        self._silences.arrived(message.target)
        message.ended(True)

    def refused(self, unsaid: Unsaid, now: float, waits: Callable[[str], bool]) -> str:
        """The server does not pass a message on; returns to whom it was to go. What is said to targets that it `waits`
        for is said later, to others no more."""
        message = self._refused_one(unsaid)
        if message is None:
            self._counts.unsaid += 1
            return unsaid.target
        target = message.target
        if not waits(target):
            self._counts.unsaid += 1
            message.ended(False)
            return target
        self._silences.refused(target, message.text, now)
        shut = [message, *(self._waiting.messages(target) if self.silent(target) else [])]
        for each in shut:
            # what became of entries is told anew, all in one, when it can be said
            if each.importance is Importance.OUTCOME:
                each.ended(False)
            else:
                self.leave_over(replace(each, sent=""))
        return target

    def _refused_one(self, unsaid: Unsaid) -> Message | None:
        sent_there = (label for label, message in self._sent.items() if _goes_to(message, unsaid.target))
        if message := self._sent.pop(unsaid.label or next(sent_there, ""), None):
            return message
        # all that follows the first one is refused too, so what was refused is at the end; how much, is not known yet
        there = [pair for pair in self._unanswered if _goes_to(pair[1], unsaid.target)]
        if not there or unsaid.label:
            return None
        self._unanswered.remove(there[-1])
        return there[-1][1]

    def _label(self, label: str, line: str) -> str | None:
        if label in self._sent:
            return label
        return next((label for label, message in self._sent.items() if line and message.sent == line), None)

    def _give_up(self, label: str) -> None:
        del self._sent[label]
        self._counts.unsaid += 1

    # --- what waits for a channel, or for the next connection

    def leave_over(self, message: Message) -> bool:
        """Keep a message for later; False: there are too many, and it is dropped."""
        if len(self._left_over) >= LONGEST_QUEUE and message.importance is not Importance.OUTCOME:
            self._counts.unsaid += 1
            return False
        self._left_over.append(message)
        return True

    def again(self, target: str, now: float) -> list[Message]:
        """What was left over for that channel or nick, and is still to be said."""
        self.expire(now)
        there = [message for message in self._left_over if message.target == target]
        self._left_over = [message for message in self._left_over if message.target != target]
        self._counts.carried += sum(any(message is each for each in self._brought) for message in there)
        return there

    @property
    def targets(self) -> set[str]:
        """To whom something is left over."""
        return {message.target for message in self._left_over if not self.silent(message.target)}

    def modes_changed(self, target: str) -> bool:
        """A channel has other modes now. True: it did not let us speak, and is to be tried again."""
        return self._silences.changed(target)

    def to_try(self, now: float) -> list[str]:
        """The channels that are to be tried again now."""
        return self._silences.to_try(now)

    def next_try(self) -> float:
        return self._silences.next()

    def next_settled(self) -> float:
        """When it is known that something was passed on because nobody refused it."""
        return self._unanswered[0][0] + CONTRADICTED if self._unanswered else NEVER

    def settle(self, now: float) -> None:
        """What no server refused in time was passed on, where no receipts come."""
        while self._unanswered and self._unanswered[0][0] <= now - CONTRADICTED:
            self._unanswered.popleft()[1].ended(True)

    def expire(self, now: float) -> int:
        """Give up what nobody waits for any more; how much that is."""
        late = [label for label, message in self._sent.items() if now - message.asked > IN_TIME]
        for label in late:
            self._give_up(label)
        gone = [message for message in self._left_over if now - message.asked > IN_TIME]
        self._left_over = [message for message in self._left_over if now - message.asked <= IN_TIME]
        for message in gone:
            self.drop(message)
        return len(gone) + len(late)

    def drop(self, message: Message) -> None:
        """It is not said any more."""
        self._counts.unsaid += 1
        message.give_up()

    def rest(self, now: float) -> tuple[Message, ...]:
        """The connection is over: what is to be said on the next one, in its order."""
        self.settle(now + CONTRADICTED)
        self._left_over += self._sent.values()
        self._left_over += self._waiting.messages()
        self._sent.clear()
        self._waiting = WaitingLines()
        self.expire(now)
        # the least important ones are too many first, and of those the newest
        ranked = sorted(self._left_over, key=lambda message: message.importance)
        self._left_over = []
        for message in ranked[LONGEST_QUEUE:]:
            self.drop(message)
        return tuple(ranked[:LONGEST_QUEUE])


def _goes_to(message: Message, target: str) -> bool:
    return message.sent.split(" ")[1] == target
