"""Keep messages until a channel lets us speak, or until the next connection. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labsbot.irc.send_queue import Message
from labsbot.irc.sent_messages import LONGEST_QUEUE

SKEW = 120.0
"""Seconds by which a server's clock may differ from ours."""


class DeferredMessages:
    def __init__(self, brought: Sequence[Message]) -> None:
        """`brought`: those of the last connection."""
        self._messages = list(brought)
        self._brought = tuple(brought)

    def add(self, message: Message) -> bool:
        """Keep a message; False: there are too many, and it is not kept."""
        if len(self._messages) >= LONGEST_QUEUE and not message.importance.recorded:
            return False
        self.keep(message)
        return True

    def keep(self, message: Message) -> None:
        """Keep a message, however many there are: `rest` decides which are too many."""
        self._messages.append(message)

    @property
    def targets(self) -> set[str]:
        """To whom the messages are."""
        return {message.target for message in self._messages}

    def take(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Take some of them."""
        taken = [message for message in self._messages if wanted(message)]
        self._messages = [message for message in self._messages if not wanted(message)]
        return taken

    def brought(self, message: Message) -> bool:
        """Whether a message comes from the last connection."""
        return any(message is each for each in self._brought)

    def found_in_history(self, line: str, ago: float, now: float) -> Message | None:
        """Take the message that was sent as `line`, so many seconds ago: it did arrive, though we were not told."""
        for message in self._messages:
            # the same words may have been said before we were asked to say them
            if message.sent == line and ago - SKEW <= now - message.asked:
                self._messages.remove(message)
                return message
        return None

    def rest(self) -> tuple[list[Message], list[Message]]:
        """Take all messages for the next connection, in order of importance; and those that are too many."""
        ranked = sorted(self._messages, key=lambda message: message.importance)
        self._messages = []
        return ranked[:LONGEST_QUEUE], ranked[LONGEST_QUEUE:]
