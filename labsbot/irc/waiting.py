"""Lines of ours that wait for their turn: each goes in with its importance, the one that matters most comes out. Pure.

What is refused to one person, and what several people are answered in the same words, is one line while it waits. So
whoever makes us say much delays nobody else by more than a line (decisions, *What goes first*).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from labsbot.model import Importance

ROOM = {Importance.OUTCOME: 10, Importance.ANSWER: 40, Importance.REFUSAL: 40}
"""So many messages of each kind may wait: at one line a second, more would come too late to help anybody. What is to be
told of entries waits in the journal, where it becomes fewer lines."""
MOST_NAMED = 10
"""ChannelUsers to whom one line is addressed."""
ALIKE = 3
"""Answers to one person that may wait; one who asks for more gets no more."""
LONGEST_ADDRESS = 120
REFUSED = "Not logged: "
"""How the words of a refusal begin."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that we are to say."""

    target: str
    text: str
    asked: float
    """When we were asked to."""
    importance: Importance = Importance.ANSWER
    became: Callable[[bool], None] | None = field(default=None, compare=False)
    """Is told once it is sure that it has arrived (True), or that it has not and will not (False)."""
    lines: int = 1
    """So many refusals of one person are in it."""
    sent: str = ""
    """The line as it went out; empty: it did not yet."""

    def to(self, target: str) -> Message:
        """The same, for a target as the configuration spells it."""
        return self if target == self.target else replace(self, target=target)

    def give_up(self) -> None:
        """It is not said any more. Of what was sent nobody knows whether it arrived."""
        if not self.sent:
            self.ended(False)

    def ended(self, arrived: bool) -> None:
        if self.became:
            self.became(arrived)


class WaitingLines:
    def __init__(self) -> None:
        self._commands: dict[str, str] = {}
        """By what they are about: a newer one takes the place of an older one."""
        self._messages = {importance: deque[Message]() for importance in ROOM}

    @property
    def empty(self) -> bool:
        return not self._commands and not any(self._messages.values())

    def count(self, importance: Importance) -> int:
        """How many messages of this kind wait."""
        return len(self._messages[importance])

    def full(self, importance: Importance) -> bool:
        return self.count(importance) >= ROOM[importance]

    def command(self, line: str) -> None:
        """Let a line wait that says nothing (JOIN …); one that waits already does not wait twice."""
        about = " ".join(line.split(" ")[:3]) if line.startswith("CHATHISTORY ") else line
        self._commands[about] = line

    def put(self, message: Message) -> bool:
        """Let a message wait, alone or as part of one that waits already; False: there is no room, it is dropped.

        What became of entries always finds room: who says it asks before (`full`).
        """
        same = self._messages[message.importance]
        for place, waits in enumerate(same):
            if both := merge(waits, message):
                same[place] = both
                return True
        if message.importance is not Importance.OUTCOME:
            who, _ = _parts(message.text)
            alike = sum(who != "" and _parts(waits.text)[0] == who for waits in same)
            if self.full(message.importance) or alike >= ALIKE:
                return False
        same.append(message)
        return True

    def next_command(self) -> str | None:
        """Take the command that has waited for longest."""
        return self._commands.pop(next(iter(self._commands))) if self._commands else None

    def next_message(self) -> Message | None:
        """Take the message that matters most, and has waited for longest."""
        waits = next((messages for messages in self._messages.values() if messages), None)
        return waits.popleft() if waits else None

    def messages(self, target: str | None = None) -> list[Message]:
        """Take all messages (to one channel or nick), the most important first."""
        taken = []
        for importance, messages in self._messages.items():
            taken += [message for message in messages if target in (None, message.target)]
            self._messages[importance] = deque(each for each in messages if target not in (None, each.target))
        return taken


def merge(waits: Message, new: Message) -> Message | None:
    """Make of two messages one that says both; None: they stay two."""
    if waits.importance < Importance.ANSWER or (waits.target, waits.importance) != (new.target, new.importance):
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
    """To whom a text is addressed, and what they are told; to nobody by name, where it is said in private."""
    who, colon, words = text.partition(": ")
    return (who, words) if colon and not text.startswith(REFUSED) else ("", text)
