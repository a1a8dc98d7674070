"""People on a server that comes and goes: some log one thing after the other, one listens and writes the ledger.

They know the bot only as a nick in their channels; its nick may have something behind it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from labsbot.demo.person import DemoPerson
from labsbot.irc.lines import Line, parse
from labsbot.irc.times import server_time
from tests.soak.ledger import Came, Forgot, Heard, Said, Went

BOT = "labsbot"
CHANNELS = ("#ops", "#tech")
PROJECTS = ("db", "mail", "web")
CLOSED = "(the connection is closed)"
"""What `DemoPerson` hears last."""
AGAIN = 0.1
"""Seconds until somebody tries again to connect."""
FOREVER = 10.0**6


async def connected(port: int, nick: str, caps: str = "") -> DemoPerson:
    """Somebody in all channels, as soon as the server lets them in."""
    while True:
        try:
            async with asyncio.timeout(5):
                person = await DemoPerson.connect("127.0.0.1", port, nick, caps=caps)
                for channel in CHANNELS:
                    await person.join(channel)
                return person
        except (OSError, TimeoutError):
            await asyncio.sleep(AGAIN)


class Talker:
    """Somebody who logs one thing after the other, while the witness listens."""

    def __init__(
        self, port: int, nick: str, seed: int, pause: float, listening: asyncio.Event, begin: asyncio.Event
    ) -> None:
        """`pause`: seconds between two lines, on the average; before `begin` nothing is said."""
        self.typed: list[str] = []
        """A word of each line; no other line has it."""
        self._port = port
        self._nick = nick
        self._chance = Random(f"{seed} {nick}")
        self._pause = pause
        self._listening = listening
        self._begin = begin

    async def talk(self) -> None:
        """Until cancelled."""
        numbers = itertools.count()
        while True:
            await self._listening.wait()
            async with await connected(self._port, self._nick) as person:
                await self._begin.wait()
                while person.lines[-1:] != [CLOSED]:
                    await asyncio.sleep(self._chance.uniform(0, 2 * self._pause))
                    await self._listening.wait()
                    word = f"{self._nick}-{next(numbers)}"
                    self.typed.append(word)
                    person.say(self._chance.choice(CHANNELS), f"!log {self._chance.choice(PROJECTS)} {word}")


class Witness:
    """Somebody who is in all channels whenever there is a server, before anybody else types there."""

    def __init__(self, port: int) -> None:
        self.heard: list[Heard] = []
        self.listening = asyncio.Event()
        """We are in, and whatever is said is heard."""
        self._person: DemoPerson | None = None
        self._port = port
        self._nicks: dict[str, set[str]] = {}
        self._changed = asyncio.Event()

    def present(self, channel: str) -> bool:
        """The bot is in that channel now."""
        return bool(self._nicks.get(channel))

    def kick(self) -> None:
        """Kick the bot out of every channel. We came first into each, and may."""
        assert self._person is not None
        for channel in CHANNELS:
            for nick in self._nicks[channel]:
                self._person.send(f"KICK {channel} {nick} :out")

    @property
    def outs(self) -> int:
        """How often the bot was out of a channel until now."""
        return sum(isinstance(event, Went) for event in self.heard)

    async def until(self, condition: Callable[[], bool], patience: float) -> None:
        """Return when a condition holds that may change with each line that is heard. Raises TimeoutError."""
        async with asyncio.timeout(patience):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def listen(self) -> None:
        """Until cancelled, through all of the server's lives."""
        while True:
            self._nicks = {channel: set() for channel in CHANNELS}
            async with await connected(self._port, "witness", "batch message-tags server-time") as self._person:
                await self._hear_all(self._person)
            self.listening.clear()
            now = datetime.now(UTC)
            self.heard += [*(Went(channel, now) for channel in CHANNELS if self.present(channel)), Forgot(now)]
            self._changed.set()

    async def _hear_all(self, person: DemoPerson) -> None:
        number = 0
        while True:
            for text in itertools.islice(person.lines, number, None):
                number += 1
                line = parse(text)
                if text == CLOSED:
                    return
                if line is not None:
                    self._hear(line)
            self.listening.set()
            self._changed.set()
            await person.heard(lambda text: True, FOREVER, since=number)

    def _hear(self, line: Line) -> None:
        nick = line.source.partition("!")[0]
        at = server_time(line.tags.get("time", "")) or datetime.now(UTC)
        match line.command:
            case "PRIVMSG" if line.last.startswith("!log ") and "batch" not in line.tags:
                self.heard.append(Said(line.param(0), at, line.last.rpartition(" ")[2]))
            case "353":
                for there in line.last.split():
                    self._came(line.param(2), there.lstrip("~&@%+"))
            case "JOIN":
                self._came(line.param(0), nick)
            case "PART":
                self._went(line.param(0), nick, at)
            case "KICK":
                self._went(line.param(0), line.param(1), at)
            case "QUIT":
                for channel in CHANNELS:
                    self._went(channel, nick, at)
            case "NICK":
                for nicks in self._nicks.values():
                    if nick in nicks:
                        nicks ^= {nick, line.param(0)}

    def _came(self, channel: str, nick: str) -> None:
        if nick.startswith(BOT):
            self._nicks[channel].add(nick)
            self.heard.append(Came(channel))

    def _went(self, channel: str, nick: str, at: datetime) -> None:
        if nick in self._nicks[channel]:
            self._nicks[channel].discard(nick)
            if not self._nicks[channel]:
                self.heard.append(Went(channel, at))
