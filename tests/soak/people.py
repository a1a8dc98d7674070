"""People on a server that comes and goes: some log, and change their minds, one listens and writes the ledger.

They know the bot only as a nick in their channels; its nick may have something behind it.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from labsbot.demo.person import DemoPerson
from labsbot.irc.lines import Line, parse
from labsbot.irc.times import server_time
from tests.soak.ledger import Came, Forgot, Heard, Said, Went
from tests.torture.people import BOT, Typist

CHANNELS = ("#ops", "#tech")
CLOSED = "(the connection is closed)"
"""What `DemoPerson` hears last."""
AGAIN = 0.1
"""Seconds until somebody tries again to connect."""
FOREVER = 10.0**6
_LOGGED = re.compile(r"!log (?P<ago>-\d+m )?\S+ (?P<word>\S+)")


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
    """Somebody who logs one thing after the other, and changes their mind, while the witness listens."""

    def __init__(
        self, port: int, nick: str, seed: int, pause: float, listening: asyncio.Event, begin: asyncio.Event
    ) -> None:
        """`pause`: seconds between two lines, on the average; before `begin` nothing is said."""
        self.typist: Typist | None = None
        """What they said, once they have been there."""
        self._port = port
        self._nick = nick
        self._seed = seed
        self._pause = pause
        self._channels = Random(f"{seed} channels of {nick}")
        self._listening = listening
        self._begin = begin

    @property
    def typed(self) -> list[str]:
        """A word of each line that logs something; no other line has it."""
        return [word_of(line.message) for line in self.typist.said] if self.typist else []

    async def talk(self) -> None:
        """Until cancelled."""
        while True:
            await self._listening.wait()
            async with await connected(self._port, self._nick) as person:
                self.typist = self.typist or OneLogTypist(person, self._seed, 2 * self._pause)
                self.typist.person = person
                await self._begin.wait()
                while person.lines[-1:] != [CLOSED]:
                    await self.typist.think()
                    await self._listening.wait()
                    self.typist.say_something(self._channels.choice(CHANNELS))


class OneLogTypist(Typist):
    """Each of whose entries stands once, whatever page that is."""

    several = 0


def word_of(message: str) -> str:
    """The first word, of which each line has its own."""
    return message.partition(" ")[0]


class Witness:
    """Somebody who is in all channels whenever there is a server, before anybody else types there."""

    def __init__(self, port: int) -> None:
        self.heard: list[Heard] = []
        self.told: list[tuple[str, str]] = []
        """What the bot said in which channel."""
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
            case "PRIVMSG" if nick.startswith(BOT):
                self.told.append((line.param(0), line.last))
            case "PRIVMSG" if "batch" not in line.tags and (said := _LOGGED.match(line.last)):
                self.heard.append(Said(line.param(0), at, said["word"], late=said["ago"] is not None))
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
