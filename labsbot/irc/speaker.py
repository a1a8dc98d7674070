"""All that we say during one stay: what others ask of us goes in, lines go out by the session's rules, in their turn.

It knows when something can be said, and says again what could not be said before. It waits for nothing by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from labsbot.irc.counts import Counts
from labsbot.irc.events import Echoed, Unsaid
from labsbot.irc.lines import shown
from labsbot.irc.outbox import Outbox
from labsbot.irc.session import Session
from labsbot.irc.waiting import Message
from labsbot.model import Importance

log = logging.getLogger("labsbot.irc")

NEVER = float("inf")


class Speaker:
    def __init__(
        self,
        name: str,
        session: Session,
        left_over: Sequence[Message],
        counts: Counts,
        clock: Callable[[], float],
        ready: Callable[[], None],
    ) -> None:
        """`name`: the network's; `ready` is called when something can be said again."""
        self._name = name
        self._session = session
        self._counts = counts
        self._clock = clock
        self._ready = ready
        self._outbox = Outbox(left_over, counts, clock())
        self._turned_away = False
        self.caught_up: Callable[[], Sequence[str]] = tuple
        """The channels whose history we know."""

    # --- what is to be said

    def takes(self, channel: str) -> bool:
        """Whether what became of entries can be said there now; `ready` is called when that may have changed."""
        if self._outbox.full(Importance.OUTCOME):
            self._turned_away = True
            return False
        return self._session.present(channel) and not self._outbox.silent(channel)

    def say(self, message: Message) -> bool:
        """Let a message wait for its turn; False: it cannot be said now, and is dropped."""
        target = self._session.ours(message.target) or message.target
        return self._write(message) is not None and self._outbox.put(message.to(target))

    def keep(self, message: Message) -> None:
        """Let a message wait until it can be said."""
        self._outbox.leave_over(message)

    def command(self, line: str) -> None:
        """Let a line wait for its turn that says nothing."""
        self._outbox.command(line)

    def say_again(self) -> None:
        """Say what waits for those to whom we can say it now: in channels when their history is known."""
        now, known = self._clock(), self.caught_up()
        for target in self._outbox.targets:
            if target in known or not self._session.ours(target):
                for message in self._outbox.again(target, now):
                    if self._write(message) is None:
                        self._outbox.drop(message)
                    else:
                        self._outbox.put(message)

    def rest(self) -> tuple[Message, ...]:
        """The stay is over: what is to be said during the next one."""
        return self._outbox.rest(self._clock())

    # --- lines out

    def lines(self) -> list[str]:
        """The lines that may go now."""
        now, lines = self._clock(), []
        while line := self._outbox.next(self._session.receipt, now, self._write):
            lines.append(line)
        # behind everything else
        while self._session.spares and self._outbox.spare(now):
            lines += [send.line for send in self._session.spare()]
        return lines

    def _write(self, message: Message) -> str | None:
        send = self._session.privmsg(message.target, message.text)
        return send.line if send else None

    # --- what becomes of it

    def echoed(self, echo: Echoed) -> None:
        self._outbox.arrived(echo, self._clock())

    def unsaid(self, unsaid: Unsaid) -> None:
        target = self._outbox.refused(unsaid, self._clock(), lambda target: bool(self._session.ours(target)))
        log.warning("%s: cannot speak in %s: %s", self._name, shown(target), unsaid.why)

    def may_speak(self, channel: str) -> None:
        """What kept us from speaking there may be over."""
        if self._outbox.modes_changed(channel):
            self.say_again()
            self._ready()

    # --- time

    def due(self) -> float:
        """When there is something to do."""
        turn = self._outbox.due(self._clock(), self._session.spares)
        return min(NEVER if turn is None else turn, self._outbox.next_try(), self._outbox.next_settled())

    def do_what_is_due(self) -> None:
        now = self._clock()
        self._outbox.settle(now)
        if self._outbox.to_try(now):
            self.say_again()
            self._ready()
        if self._turned_away and not self._outbox.waits(Importance.OUTCOME):
            self._turned_away = False
            self._ready()

    def expire(self) -> None:
        """Give up what nobody waits for any more."""
        if late := self._outbox.expire(self._clock()):
            log.warning("%s: %d lines of ours were not seen to arrive in time", self._name, late)
