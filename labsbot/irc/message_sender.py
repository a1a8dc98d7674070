"""Send what we have to say during one session: messages go in, lines go out by the session's rules, each in its turn.

It knows what can be said now, and says again what could not be said before. It never waits by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from labsbot.irc.events import Echoed, MessageEvent, ModesChanged, Send, Unsaid
from labsbot.irc.lines import shown
from labsbot.irc.outbox import Outbox
from labsbot.irc.send_queue import Message
from labsbot.irc.session import Session
from labsbot.model import Importance

log = logging.getLogger("labsbot.irc")


class MessageSender:
    def __init__(
        self,
        name: str,
        session: Session,
        outbox: Outbox,
        clock: Callable[[], float],
        caught_up: Callable[[], Sequence[str]],
        ready: Callable[[], None],
        transmit: Callable[[Iterable[str]], None],
    ) -> None:
        """`name`: the network's; `caught_up` returns the channels whose history we know; `ready` is called when
        something may be said that could not be said before; `transmit` sends lines, and has `due` asked again."""
        self._name = name
        self._session = session
        self._outbox = outbox
        self._clock = clock
        self._caught_up = caught_up
        self._ready = ready
        self._transmit = transmit
        self._turned_away = False
        self._closed = False

    # --- what is to be said

    def takes(self, channel: str) -> bool:
        """Whether an outcome can be said there now; `ready` is called when that may have changed."""
        if self._closed:
            return False
        if self._outbox.full(Importance.OUTCOME):
            self._turned_away = True
            return False
        return self._session.present(channel) and not self._outbox.muted(channel)

    def say(self, message: Message) -> bool:
        """Queue a message; False: it cannot be said now, and is dropped."""
        if self._closed or self._write(message) is None or not self._outbox.put(self._addressed(message)):
            return False
        self.send()
        return True

    def defer(self, message: Message) -> None:
        """Keep a message until it can be said."""
        self._outbox.defer(message)

    def command(self, send: Send) -> None:
        """Queue a line that is no message."""
        self._outbox.command(send)
        self.send()

    def say_again(self) -> None:
        """Queue the deferred messages that can be said now: those to channels as soon as we know their history."""
        now, caught_up = self._clock(), self._caught_up()
        for target in self._outbox.targets:
            channel = self._session.ours(target)
            if not channel or channel in caught_up:
                for message in self._outbox.again(target, now):
                    if self._write(message) is None:
                        self._outbox.drop(message)
                    else:
                        self._outbox.put(self._addressed(message))

    def give_up(self, channel: str) -> None:
        """It is no channel of ours any more: what waits to be said there will not be."""
        self._outbox.give_up(channel)

    def close(self) -> None:
        """Take nothing more: we are leaving."""
        self._closed = True

    def rest(self) -> tuple[Message, ...]:
        """The session is over: what the next one should say."""
        return self._outbox.rest(self._clock())

    # --- lines out

    def send(self) -> None:
        """Send the lines that may go now."""
        self._transmit(self._lines())

    def _lines(self) -> list[str]:
        now, lines = self._clock(), []
        while line := self._outbox.next(self._session.receipt, now, self._write):
            lines.append(line)
        while self._session.has_low_priority and self._outbox.take_low_priority(now):
            lines += [send.line for send in self._session.next_low_priority()]
        return lines

    def _addressed(self, message: Message) -> Message:
        return message.to(self._session.ours(message.target) or message.target)

    def _write(self, message: Message) -> str | None:
        send = self._session.privmsg(message.target, message.text)
        return send.line if send else None

    # --- what becomes of it

    def hear(self, event: MessageEvent) -> None:
        match event:
            case Echoed():
                self._outbox.arrived(event, self._clock())
            case Unsaid():
                target = self._outbox.refused(event, self._clock(), lambda target: bool(self._session.ours(target)))
                log.warning("%s: cannot speak in %s: %s", self._name, shown(target), event.why)
            case ModesChanged(channel):
                self.may_speak(channel)

    def may_speak(self, channel: str) -> None:
        """The reason why we could not speak there may be gone."""
        if self._outbox.muted_targets.modes_changed(channel):
            self.say_again()
            self._ready()

    # --- time

    def due(self) -> float:
        """When `do_what_is_due` has something to do."""
        turn = self._outbox.due(self._clock(), self._session.has_low_priority)
        return min(turn, self._outbox.muted_targets.next_retry(), self._outbox.next_settled())

    def do_what_is_due(self) -> None:
        now = self._clock()
        self._outbox.settle(now)
        if self._outbox.muted_targets.to_retry(now):
            self.say_again()
            self._ready()
        self.send()
        # What was just sent may have been the last: nothing else would wake us, and those who were turned away wait.
        if self._turned_away and not self._outbox.waits(Importance.OUTCOME):
            self._turned_away = False
            self._ready()

    def expire(self) -> None:
        """Give up messages that are too old."""
        if late := self._outbox.expire(self._clock()):
            log.warning("%s: gave up %d messages that did not arrive in time", self._name, late)
