"""Remember each message that was sent until it is known whether it arrived. Pure: now is an argument.

A server tells by sending it back (IRCv3 *echo-message*), with a label where it can (*labeled-response*). One that tells
nothing only reports what it refuses; what it did not refuse in time has arrived.
"""

from __future__ import annotations

import enum
import itertools
from collections import deque
from collections.abc import Callable

from labsbot.irc.pace import NEVER
from labsbot.irc.send_queue import Message

LONGEST_QUEUE = 100
"""Messages of ours that may wait for their receipt, for the next connection, or for a channel that lets us speak."""
CONTRADICTED = 5.0
"""Seconds within which a server that sends no receipts reports what it refuses."""


class SendReceipt(enum.Enum):
    """How we learn that a message has arrived."""

    NONE = "none"
    ECHO = "the server sends it back"
    LABEL = "the server sends it back, with its label"


class SentMessages:
    """The messages that were sent on one connection."""

    def __init__(self) -> None:
        self._by_label: dict[str, Message] = {}
        self._unconfirmed: deque[tuple[float, Message]] = deque()
        """What was sent where no receipts come, and when: it may still be refused."""
        self._labels = itertools.count(1)

    def add(self, message: Message) -> tuple[str, Message | None]:
        """Wait for a receipt; returns the message's label, and the oldest message if that is waited for no longer."""
        label = str(next(self._labels))
        oldest = None
        if len(self._by_label) >= LONGEST_QUEUE:
            oldest = self._by_label.pop(next(iter(self._by_label)))
        self._by_label[label] = message
        return label, oldest

    def add_unconfirmed(self, message: Message, now: float) -> None:
        """No receipt will come; a refusal may."""
        self._unconfirmed.append((now, message))

    def arrived(self, line: str, label: str) -> Message | None:
        """Take the message that came back, by its label or its line."""
        if label in self._by_label:
            return self._by_label.pop(label)
        same = (key for key, message in self._by_label.items() if line and message.sent == line)
        return self._by_label.pop(next(same, ""), None)

    def refused(self, target: str, label: str) -> Message | None:
        """Take the message that was refused; None: we cannot tell which one."""
        sent_there = (key for key, message in self._by_label.items() if message.target == target)
        if message := self._by_label.pop(label or next(sent_there, ""), None):
            return message
        # everything after the first refused message is refused too, so the last ones are; we do not know yet how many
        there = [pair for pair in self._unconfirmed if pair[1].target == target]
        if not there or label:
            return None
        self._unconfirmed.remove(there[-1])
        return there[-1][1]

    def next_settled(self) -> float:
        """When the next message without a receipt counts as arrived."""
        return self._unconfirmed[0][0] + CONTRADICTED if self._unconfirmed else NEVER

    def settle(self, now: float) -> list[Message]:
        """Take the messages without a receipt that were not refused in time: they have arrived."""
        settled = []
        while self._unconfirmed and self._unconfirmed[0][0] <= now - CONTRADICTED:
            settled.append(self._unconfirmed.popleft()[1])
        return settled

    def take(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Take those of the messages that wait for a receipt."""
        taken = {label: message for label, message in self._by_label.items() if wanted(message)}
        for label in taken:
            del self._by_label[label]
        return list(taken.values())
