"""A seed comes in; people on IRC come out who log one thing after the other. What they said is kept as evidence.

They know the bot only as a nick in their channels.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

from labsbot.demo.person import DemoPerson

BOT = "labsbot"
OWN, BELOW = "#own-page", "#below-heading"
"""The channels: the log on a page of its own; below a heading of the project's page."""
PROJECTS = ("tools", "bots", "web")
UNWANTED = "cheap-pills"
"""What a filter of the wiki refuses."""
WORDS = ("restarted", "rebooted", "drained", "web-3", "nginx", "the kernel", "and", "größer", "ünï→", "T12", "(twice),")


@dataclass(frozen=True, slots=True)
class Said:
    """One ``!log`` line that somebody typed."""

    channel: str
    nick: str
    project: str
    message: str


class Typist:
    """Somebody who logs one thing after the other, whenever the bot is in the channel."""

    def __init__(self, person: DemoPerson, seed: int, pause: float, unwanted: float = 0.0) -> None:
        """`pause`: seconds between two lines, at most; that part of them is `unwanted`."""
        self.said: list[Said] = []
        self._unwanted = unwanted
        self._person = person
        self._chance = Random(f"{seed} {person.nick}")
        self._pause = pause

    async def type(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, self._pause))
            channel = self._chance.choice((OWN, BELOW))
            project = self._chance.choice(PROJECTS)
            if not present(self._person.lines, channel):
                continue
            words = " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, 12)))
            if self._chance.random() < self._unwanted:
                words += f" {UNWANTED}"
            self.say(channel, project, words)

    def say(self, channel: str, project: str, words: str) -> None:
        """Log something, with a number of its own before it."""
        line = Said(channel, self._person.nick, project, f"{self._person.nick}-{len(self.said)} {words}")
        self.said.append(line)
        self._person.say(channel, f"!log {project} {line.message}")


def present(lines: list[str], channel: str) -> bool:
    """Whether the bot is in a channel, as somebody sees it who was there before it first came."""
    for line in reversed(lines):
        if line.startswith(f":{BOT}!"):
            verb, _, where = line.partition(" ")[2].partition(" ")
            if verb == "QUIT" or (verb == "JOIN" and where.lstrip(":") == channel):
                return verb == "JOIN"
    return False
