"""Keep us in our channels: react to joins, kicks and refusals, catch up with histories, and report what was heard.

What happens in a channel comes in as events of the session. When something is due is decided by `channel_schedule`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from labsbot import settings
from labsbot.irc import events
from labsbot.irc.channel_schedule import ChannelSchedule
from labsbot.irc.counts import Counts
from labsbot.irc.listener import Listener
from labsbot.irc.message_sender import MessageSender
from labsbot.irc.session import Session
from labsbot.model import CaughtUp, Entered, Present

log = logging.getLogger("labsbot.irc")


class ChannelSupervisor:
    """The channels of one network, for one session."""

    def __init__(
        self,
        network: settings.Network,
        session: Session,
        schedule: ChannelSchedule,
        sender: MessageSender,
        listener: Listener,
        counts: Counts,
        clock: Callable[[], float],
    ) -> None:
        self._network = network
        self._session = session
        self._schedule = schedule
        self._sender = sender
        self._listener = listener
        self._counts = counts
        self._clock = clock
        self.last_line = listener.now()
        """When the last line of the server arrived."""

    def take_up(self, network: settings.Network) -> events.Events:
        """Let these settings hold from now on: join channels that are new, leave those that are not among them."""
        before, after = ({each.name: each.key for each in which.channels} for which in (self._network, network))
        self._network = network
        wanted = self._session.take_up(network)
        for name in self._schedule.names:
            if name not in after:
                self._remove(name)
        for name, key in after.items():
            if name not in before:
                self._schedule.added(name, self._clock())
            elif key != before[name]:
                self._schedule.rekeyed(name, self._clock())
        return wanted

    def _remove(self, channel: str) -> None:
        self._sender.give_up(channel)
        if self._session.ours(channel) == channel:
            self._schedule.leaving(channel)
        else:
            self._departed(channel)

    def _departed(self, channel: str) -> None:
        self.report_presence()
        self._schedule.removed(channel)
        log.info("%s: out of %s, which is not configured any more", self._network.name, channel)

    def registered(self) -> None:
        """The session is about to ask to join all channels."""
        self._schedule.registered(self._clock())

    def hear(self, event: events.ChannelEvent) -> events.Events:
        """Take one event; returns what the session wants done next."""
        now = self._clock()
        match event:
            case events.Joined(channel, at):
                log.info("%s: joined %s", self._network.name, channel)
                return self._joined(channel, at)
            case events.HistoryEnded(channel, repeated, since):
                self._history_ended(channel, repeated, since)
            case events.Left(channel, why):
                self.report_presence()
                self._log_absence(channel, why, self._schedule.left(channel, now, random.random()))
            case events.Departed(channel):
                self._departed(channel)
            case events.NotJoined(channel, why):
                self._listener.shut_out(channel, why)
                self._log_absence(channel, why, self._schedule.refused(channel, now, random.random()))
            case events.Invited(channel):
                if self._schedule.invited(channel, now):
                    log.info("%s: invited to %s", self._network.name, channel)
            case events.Replayed(target, lines):
                self._counts.replayed += lines
                self._schedule.history_goes_on(now)
                log.info("%s: %d lines of the history of %s", self._network.name, lines, target)
        return []

    def _joined(self, channel: str, at: datetime) -> events.Events:
        self._listener.heard(Entered(self._network.name, channel, at))
        self._schedule.entered(channel, self._clock())
        until = self._listener.heard_until(channel)
        oldest = self.last_line - timedelta(seconds=self._network.catch_up)
        if until and not oldest <= until <= self.last_line:
            # too long ago, or noted by a clock that was ahead; a line that we know already does no harm
            until = oldest
        self._listener.ready()
        return self._session.catch_up(channel, until)

    def _history_ended(self, channel: str, repeated: bool, since: datetime | None) -> None:
        self._schedule.caught_up(channel)
        self._sender.may_speak(channel)
        self._sender.say_again()
        self._listener.heard(CaughtUp(self._network.name, channel, self.last_line, repeated, since))

    def _log_absence(self, channel: str, why: str, delay: float) -> None:
        log.warning("%s: not in %s: %s; next try in %.1f s", self._network.name, channel, why, delay)

    def report_presence(self) -> None:
        """Report until when each channel was heard: a server keeps the order of lines, so nothing before is missing."""
        for channel in self._schedule.all_caught_up():
            self._listener.heard(Present(self._network.name, channel, self.last_line))

    # --- time

    def reading_paused(self) -> None:
        """We read nothing for now, so a history cannot arrive."""
        self._schedule.history_goes_on(self._clock())

    def do_what_is_due(self) -> events.Events:
        """What the session wants done: joins that are due, and histories that did not arrive given up."""
        wanted: events.Events = []
        now = self._clock()
        for channel in self._schedule.history_overdue(now):
            log.warning("%s: gave up waiting for the history of %s", self._network.name, channel)
            wanted += self._session.give_up_history(channel)
        return [*wanted, *self._session.join(*self._schedule.to_join(self._session.present, now))]

    def due(self) -> float:
        """When `do_what_is_due` has something to do."""
        return self._schedule.next(self._session.present)
