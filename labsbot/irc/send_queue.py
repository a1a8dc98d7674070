"""Decide which waiting line goes first, and make one of several where that says the same. Pure.

Lines go in with their importance; the most important one comes out. Several refusals to one person become one line, and
so do equal answers to several people: whoever makes us say much delays others by no more than a line (decisions, *What
goes first*).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from labsbot.irc.events import Send
from labsbot.model import Importance

ROOM = {Importance.OUTCOME: 10, Importance.ANSWER: 40, Importance.REFUSAL: 40, Importance.ANNOUNCEMENT: 10}
"""So many messages of each kind may wait: at one line a second, more would come too late to help anybody. Further
outcomes and announcements wait in the journal, where several of them become one line."""
MOST_NAMED = 10
"""People to whom one line is addressed."""
ALIKE = 3
"""Answers to one person that may wait; further ones are dropped."""
LONGEST_ADDRESS = 120
REFUSED = "Not logged: "
"""How a refusal begins."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that we are to say."""

    target: str
    text: str
    asked: float
    """When we were asked to say it."""
    importance: Importance = Importance.ANSWER
    became: Callable[[bool], None] | None = field(default=None, compare=False)
    """Is called as soon as we know that it has arrived (True), or that it will not (False)."""
    lines: int = 1
    """How many refusals to one person it sums up."""
    sent: str = ""
    """The line as it was sent; empty: it was not."""

    def to(self, target: str) -> Message:
        """The same, for a channel as it is configured."""
        return self if target == self.target else replace(self, target=target)

    def give_up(self) -> None:
        """It is given up. If it was sent, nobody knows whether it arrived."""
        if not self.sent:
            self.ended(False)

    def ended(self, arrived: bool) -> None:
        if self.became:
            self.became(arrived)


class SendQueue:
    def __init__(self) -> None:
        self._commands: dict[str, str] = {}
        """By what they are about: a newer one replaces an older one."""
        self._messages = {importance: deque[Message]() for importance in ROOM}

    @property
    def empty(self) -> bool:
        return not self._commands and not any(self._messages.values())

    def count(self, importance: Importance) -> int:
        """How many messages of this kind wait."""
        return len(self._messages[importance])

    def full(self, importance: Importance) -> bool:
        return self.count(importance) >= ROOM[importance]

    def command(self, send: Send) -> None:
        """Queue a line that is no message (JOIN …), unless the same waits already."""
        self._commands[send.about or send.line] = send.line

    def put(self, message: Message) -> bool:
        """Queue a message, alone or as part of one that waits already; False: the queue is full, it is dropped.

        What is recorded always finds room: whoever sends it asks first (`full`).
        """
        same = self._messages[message.importance]
        for place, waits in enumerate(same):
            if both := merge(waits, message):
                same[place] = both
                return True
        if not message.importance.recorded:
            who, _ = _parts(message.text)
            alike = sum(who != "" and _parts(waits.text)[0] == who for waits in same)
            if self.full(message.importance) or alike >= ALIKE:
                return False
        same.append(message)
        return True

    def next_command(self) -> str | None:
        """Take the command that has waited longest."""
        return self._commands.pop(next(iter(self._commands))) if self._commands else None

    def next_message(self) -> Message | None:
        """Take the most important message; of several, the one that has waited longest."""
        waits = next((messages for messages in self._messages.values() if messages), None)
        return waits.popleft() if waits else None

    def messages(self, target: str | None = None) -> list[Message]:
        """Take all messages, or all to one channel or nick, the most important first."""
        taken = []
        for importance, messages in self._messages.items():
            taken += [message for message in messages if target in (None, message.target)]
            self._messages[importance] = deque(each for each in messages if target not in (None, each.target))
        return taken


def merge(waits: Message, new: Message) -> Message | None:
    """One message that says both; None: they have to stay two."""
    if waits.importance.recorded or (waits.target, waits.importance) != (new.target, new.importance):
        return None
    who, words = _parts(waits.text)
    new_who, new_words = _parts(new.text)
    if new.importance is Importance.REFUSAL and who and who == new_who:
        lines = waits.lines + new.lines
        last = new_words.removeprefix(REFUSED)
        return replace(waits, text=f"{who}: {lines} lines not logged. The last: {last}", lines=lines)
    if waits.text == new.text:
        return waits
    named = who.split(", ")
    if not who or not new_who or words != new_words or waits.lines > 1 or new.lines > 1:
        return None
    if new_who in named:
        return waits
    together = f"{who}, {new_who}"
    if len(named) >= MOST_NAMED or len(together.encode()) > LONGEST_ADDRESS:
        return None
    return replace(waits, text=f"{together}: {words}")


def _parts(text: str) -> tuple[str, str]:
    """The nicks to whom a text is addressed, and what they are told. A private message names nobody."""
    who, colon, words = text.partition(": ")
    return (who, words) if colon and not text.startswith(REFUSED) else ("", text)
