"""A seed comes in; people on IRC come out who log one thing after the other, and take it back or amend it.

What they said is kept as evidence. They know the bot only as a nick in their channels.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random

from labsbot.demo.person import DemoPerson
from tests.torture.written import AMEND, STRIKE

BOT = "labsbot"
OWN, BELOW = "#own-page", "#below-heading"
"""The channels: the log on a page of its own; below a heading of the project's page."""
PROJECTS = ("tools", "bots", "web")
UNWANTED = "cheap-pills"
"""What a filter of the wiki refuses."""
WORDS = ("restarted", "rebooted", "drained", "web-3", "nginx", "the kernel", "and", "größer", "ünï→", "T12", "(twice),")


LATEST = 40
"""Minutes for which something is logged afterwards, at most; but for what happened long ago."""
LONG_AGO = 0.4
"""Of what is logged afterwards, and of corrections by id, so much is of old days, where there are any."""
_ADDRESS = re.compile(r"#(sal-[0-9a-f-]+)")


@dataclass(frozen=True, slots=True)
class Said:
    """One ``!log`` line that somebody typed."""

    channel: str
    nick: str
    project: str
    """Or several, with commas between."""
    message: str
    ago: int = 0
    """Minutes for which it was logged afterwards."""


@dataclass(frozen=True, slots=True)
class Regretted:
    """One ``!undo`` or ``!amend`` line that somebody typed."""

    channel: str
    nick: str
    kind: str
    """``strike`` or ``amend``."""
    reference: str | None
    """An entry's id; None: their last entry is meant."""
    text: str
    """The new text, or the reason; of a strike it is empty where none was given."""


class Typist:
    """Somebody who logs one thing after the other, and changes their mind."""

    several = 8
    """Of a hundred lines, so many go to more logs than one."""

    def __init__(self, person: DemoPerson, seed: int, pause: float, unwanted: float = 0.0) -> None:
        """`pause`: seconds between two lines, at most; that part of what they log is `unwanted`."""
        self.said: list[Said] = []
        self.regretted: list[Regretted] = []
        self.person = person
        """They may come again with another connection."""
        self.remembered: Sequence[str] = ()
        """Ids of what they logged long ago."""
        self.days: Sequence[date] = ()
        """Long ago, for which they log something afterwards."""
        self._numbers = itertools.count()
        self._unwanted = unwanted
        self._chance = Random(f"{seed} {person.nick}")
        self._pause = pause

    async def type(self, talking: asyncio.Event) -> None:
        """Whenever people are talking and the bot is in the channel, until cancelled."""
        while True:
            await self.think()
            await talking.wait()
            channel = self._chance.choice((OWN, BELOW))
            if present(self.person.lines, channel):
                self.say_something(channel)

    async def think(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, self._pause))

    def say_something(self, channel: str) -> None:
        chance = self._chance
        words = " ".join(chance.choices(WORDS, k=chance.randint(1, 12)))
        kinds = {"log": 68 - self.several, "late": 8, "several": self.several, "undo": 12, "amend": 12}
        match chance.choices(list(kinds), list(kinds.values()))[0]:
            case "undo":
                reference = self._somebodys() if chance.random() < 0.4 else None
                self.undo(channel, reference, words if reference else "")
                return
            case "amend":
                self.amend(channel, self._somebodys() if chance.random() < 0.3 else None, words)
                return
            case "late":
                projects, ago = [chance.choice(PROJECTS)], chance.randint(1, LATEST)
                if self.days and chance.random() < LONG_AGO:
                    ago += (datetime.now(UTC).date() - chance.choice(self.days)).days * 24 * 60
            case "several":
                projects, ago = chance.sample(PROJECTS, chance.randint(2, len(PROJECTS))), 0
            case _:
                projects, ago = [chance.choice(PROJECTS)], 0
        if chance.random() < self._unwanted:
            words += f" {UNWANTED}"
        self.say(channel, ",".join(projects), words, ago)

    def _somebodys(self) -> str | None:
        """An entry of which we heard: of our own, or seldom anybody's, to whom it should not be done; or an old one."""
        if self.remembered and self._chance.random() < LONG_AGO:
            return self._chance.choice(self.remembered)
        to_us = f" :{self.person.nick}: "
        anybodys = self._chance.random() < 0.1
        heard = [line for line in self.person.lines if line.startswith(f":{BOT}!") and (anybodys or to_us in line)]
        return next((each[1] for line in reversed(heard[-20:]) if (each := _ADDRESS.search(line))), None)

    def say(self, channel: str, project: str, words: str, ago: int = 0) -> None:
        """Log something, with a number of its own before it, perhaps so many minutes late."""
        line = Said(channel, self.person.nick, project, self._numbered(words), ago)
        self.said.append(line)
        self.person.say(channel, f"!log {f'-{ago}m ' if ago else ''}{project} {line.message}")

    def undo(self, channel: str, reference: str | None = None, reason: str = "") -> None:
        """Take something back; a reason can be given with an id only."""
        reason = self._numbered(reason) if reason else ""
        self.regretted.append(Regretted(channel, self.person.nick, STRIKE, reference, reason))
        self.person.say(channel, " ".join(["!undo", *([reference] if reference else []), reason]).strip())

    def amend(self, channel: str, reference: str | None, words: str) -> None:
        """Say something else instead."""
        line = Regretted(channel, self.person.nick, AMEND, reference, self._numbered(words))
        self.regretted.append(line)
        self.person.say(channel, " ".join(["!amend", *([reference] if reference else []), line.text]))

    def _numbered(self, words: str) -> str:
        return f"{self.person.nick}-{next(self._numbers)} {words}"


def present(lines: list[str], channel: str) -> bool:
    """Whether the bot is in a channel, as somebody sees it who was there before it first came."""
    for line in reversed(lines):
        if line.startswith(f":{BOT}!"):
            verb, _, where = line.partition(" ")[2].partition(" ")
            if verb == "QUIT" or (verb == "JOIN" and where.lstrip(":") == channel):
                return verb == "JOIN"
    return False
