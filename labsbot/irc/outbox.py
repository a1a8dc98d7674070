"""Decide which line of ours goes out when, and follow each message until it arrived or was given up. Pure.

Lines and messages go in; the next line that the flood limit allows comes out. What a broken connection or a channel
that does not let us speak kept back is deferred. Which line goes first is decided by `send_queue`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from labsbot.irc.counts import Counts
from labsbot.irc.deferred import DeferredMessages
from labsbot.irc.events import Echoed, Send, Unsaid
from labsbot.irc.muted import MutedTargets
from labsbot.irc.pace import NEVER, Bucket
from labsbot.irc.send_queue import Message, SendQueue
from labsbot.irc.sent_messages import CONTRADICTED, SendReceipt, SentMessages
from labsbot.model import Importance

IN_TIME = 600.0
"""Seconds after which a message is of no use to anybody."""


class Outbox:
    """What one connection has to send. All times are seconds of one clock, which is the same for all connections."""

    def __init__(self, deferred: Sequence[Message], counts: Counts, now: float) -> None:
        """`deferred`: the messages that the last connection did not get rid of."""
        self._counts = counts
        self._queue = SendQueue()
        self._sent = SentMessages()
        self._deferred = DeferredMessages(deferred)
        self.muted_targets = MutedTargets()
        self._bucket = Bucket(now)

    # --- out

    def waits(self, importance: Importance) -> bool:
        """Whether a message of this kind waits for its turn."""
        return self._queue.count(importance) > 0

    def full(self, importance: Importance) -> bool:
        return self._queue.full(importance)

    def muted(self, target: str) -> bool:
        """Whether that channel lets us say nothing now: messages for it are deferred."""
        return self.muted_targets.muted(target)

    def command(self, send: Send) -> None:
        """Queue a line that is no message (JOIN …)."""
        self._queue.command(send)

    def put(self, message: Message) -> bool:
        """Queue a message; False: the queue is full, and it is dropped."""
        if self.muted(message.target):
            if not message.importance.recorded:
                return self.defer(message)
            message.ended(False)
            return True
        if self._queue.put(message):
            return True
        self._counts.unsaid += 1
        return False

    def due(self, now: float, low_priority: bool = False) -> float:
        """When the next line may go; NEVER: none waits. `low_priority`: one waits elsewhere."""
        return NEVER if self._queue.empty and not low_priority else self._bucket.due(now)

    def next(self, receipt: SendReceipt, now: float, write: Callable[[Message], str | None]) -> str | None:
        """The line to send now, if one may go. `write` makes the line of a message; None: it cannot be said now."""
        while not self._queue.empty and self._bucket.due(now) <= now:
            if line := self._queue.next_command():
                self._bucket.take(now)
                return line
            if message := self._queue.next_message():
                if line := write(message):
                    self._bucket.take(now)
                    return self._write(replace(message, sent=line), receipt, now)
                self.defer(message)
        return None

    def take_low_priority(self, now: float) -> bool:
        """Whether a line of low priority may go now; it then uses up its turn."""
        return self._queue.empty and self._bucket.take(now)

    def _write(self, message: Message, receipt: SendReceipt, now: float) -> str:
        if receipt is SendReceipt.NONE:
            self._counts.said += 1
            self._sent.add_unconfirmed(message, now)
            return message.sent
        label, oldest = self._sent.add(message)
        self._counts.unsaid += oldest is not None
        return f"@label={label} {message.sent}" if receipt is SendReceipt.LABEL else message.sent

    # --- what becomes of it

    def arrived(self, echo: Echoed, now: float) -> None:
        """A message came back, at once or in a channel's history."""
        if echo.ago is None:
            message = self._sent.arrived(echo.line, echo.label)
        else:
            message = self._deferred.found_in_history(echo.line, echo.ago.total_seconds(), now)
        if message:
            self._counts.said += 1
            self.muted_targets.arrived(message.target)
            message.ended(True)

    def refused(self, unsaid: Unsaid, now: float, ours: Callable[[str], bool]) -> str:
        """The server did not pass a message on; returns to whom it was. Messages to channels of ours are deferred,
        others are given up."""
        message = self._sent.refused(unsaid.target, unsaid.label)
        if message is None:
            self._counts.unsaid += 1
            return unsaid.target
        target = message.target
        if not ours(target):
            self._counts.unsaid += 1
            message.ended(False)
            return target
        self.muted_targets.refused(target, message.text, now)
        for each in [message, *(self._queue.messages(target) if self.muted(target) else [])]:
            # what is recorded is announced anew, together, as soon as it can be said
            if each.importance.recorded:
                each.ended(False)
            else:
                self.defer(replace(each, sent=""))
        return target

    def next_settled(self) -> float:
        """When the next message counts as arrived because nobody refused it."""
        return self._sent.next_settled()

    def settle(self, now: float) -> None:
        """Where no receipts come, messages that were not refused in time have arrived."""
        for message in self._sent.settle(now):
            message.ended(True)

    # --- what waits for a channel, or for the next connection

    def defer(self, message: Message) -> bool:
        """Keep a message for later; False: there are too many, and it is dropped."""
        kept = self._deferred.add(message)
        self._counts.unsaid += not kept
        return kept

    def again(self, target: str, now: float) -> list[Message]:
        """Take the deferred messages to that channel or nick that are still of use."""
        self.expire(now)
        there = self._deferred.take(lambda message: message.target == target)
        self._counts.carried += sum(map(self._deferred.brought, there))
        return there

    @property
    def targets(self) -> set[str]:
        """Whom deferred messages are for, muted channels left out."""
        return {target for target in self._deferred.targets if not self.muted(target)}

    def expire(self, now: float) -> int:
        """Give up what is of no use any more; returns how many messages that are."""
        unconfirmed = self._sent.take(lambda message: now - message.asked > IN_TIME)
        self._counts.unsaid += len(unconfirmed)
        late = self._deferred.take(lambda message: now - message.asked > IN_TIME)
        for message in late:
            self.drop(message)
        return len(late) + len(unconfirmed)

    def drop(self, message: Message) -> None:
        """Give up a message."""
        self._counts.unsaid += 1
        message.give_up()

    def give_up(self, target: str) -> None:
        """Nothing can be said there any more: give up what waits for it."""
        for message in [*self._queue.messages(target), *self._deferred.take(lambda each: each.target == target)]:
            self.drop(message)

    def rest(self, now: float) -> tuple[Message, ...]:
        """The connection is over: take what the next one should say, in order."""
        self.settle(now + CONTRADICTED)
        for message in [*self._sent.take(lambda message: True), *self._queue.messages()]:
            self._deferred.keep(message)
        self.expire(now)
        kept, too_many = self._deferred.rest()
        for message in too_many:
            self.drop(message)
        return tuple(kept)
