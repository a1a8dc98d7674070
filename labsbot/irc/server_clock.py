"""Read a server's clock, in the first line that it certainly sent after we asked for the time."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from labsbot.irc.lines import Line
from labsbot.irc.listener import Watch
from labsbot.irc.times import server_time
from labsbot.model import ClockReading
from labsbot.settings import Server

TOKEN = "what time is it"
"""The token of our PING: whatever follows its PONG was sent after we asked."""


class ServerClock:
    """The clock of one server, for one connection."""

    def __init__(self, server: Server, caps: AbstractSet[str], watch: Watch) -> None:
        """`caps`: the capabilities in force; they are looked up each time."""
        self._server = server
        self._caps = caps
        self._watch = watch
        self._asked = 0.0
        self._since: float | None = None
        """What the server sends now was sent after this moment; None: we do not want to know its time."""

    def connected(self) -> None:
        """Read the clock while the server registers us: nothing is repeated from a history then."""
        self._since = self._watch.steady()

    def ask(self) -> str | None:
        """The line that asks for the time; None: this server tells none."""
        if "server-time" not in self._caps:
            return None
        self._asked = self._watch.steady()
        return f"PING :{TOKEN}"

    def hear(self, line: Line, registered: bool) -> None:
        """Read the time of a line, unless it may be repeated from a history and therefore old."""
        answer = line.command == "PONG" and line.last == TOKEN
        if answer:
            self._since = self._asked
        if self._since is None or "batch" in line.tags:
            return
        live = answer or "batch" in self._caps or not registered
        if live and (said := server_time(line.tags.get("time", ""))):
            reading = ClockReading(self._since, self._watch.steady(), said)
            self._since = None
            self._watch.read(self._server, reading)
