"""Our loopback server with a memory: it repeats what was said, on join as InspIRCd does or when asked (CHATHISTORY).

What it repeats has the time at which it was said; msgids and whole milliseconds can be left out, as others do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from labsbot.demo.ircd import NAME, Guest, stamp
from labsbot.irc.times import server_time
from tests.servers.breakable import BreakableGuest, BreakableServer


@dataclass(frozen=True)
class Said:
    line: str
    tags: dict[str, str]

    @property
    def at(self) -> datetime:
        moment = server_time(self.tags["time"])
        assert moment is not None
        return moment


class RememberingServer(BreakableServer):
    def __init__(self, on_join: bool, page: int = 100) -> None:
        """`on_join`: unasked, all of it; otherwise `page` lines at a time, to those who ask."""
        super().__init__()
        self.on_join = on_join
        self.page = page
        self.whole = True
        """Times with milliseconds, and msgids."""
        self.remembered: dict[str, list[Said]] = {}
        if not on_join:
            self.caps = (*self.caps, "draft/chathistory")

    def admit(self, writer: asyncio.StreamWriter) -> Guest:
        return _Guest(self, writer)

    def keep(self, target: str, line: str, tags: Mapping[str, str]) -> None:
        self.remembered.setdefault(target.lower(), []).append(Said(line, dict(tags)))

    def say(self, channel: str, nick: str, text: str, at: datetime) -> None:
        """Somebody said this then, and nobody was there to hear it."""
        line = f":{nick}!~{nick}@loopback PRIVMSG {channel} :{text}"
        self.keep(channel, line, {"time": stamp(at), "msgid": secrets.token_hex(8)})


class _Guest(BreakableGuest):
    server: RememberingServer

    def do_join(self, params: list[str]) -> None:
        super().do_join(params)
        if self.server.on_join:
            self.repeat(params[0], self.server.remembered.get(params[0].lower(), []))

    def do_chathistory(self, params: list[str]) -> None:
        verb, channel, reference, limit = params[:4]
        said = self.server.remembered.get(channel.lower(), [])
        kind, _, value = reference.partition("=")
        assert verb == "AFTER"
        if kind == "msgid":
            numbers = [number for number, each in enumerate(said) if each.tags["msgid"] == value]
            said = said[numbers[0] + 1 :]
        else:
            after = server_time(value)
            assert after is not None, value
            said = [each for each in said if each.at > after]
        self.repeat(channel, said[: min(int(limit), self.server.page)])

    def repeat(self, channel: str, said: list[Said]) -> None:
        self.send(f":{NAME} BATCH +h chathistory {channel}")
        for each in said:
            tags = each.tags if self.server.whole else {"time": stamp(each.at.replace(microsecond=0))}
            self.send(each.line, {"batch": "h", **tags})
        self.send(f":{NAME} BATCH -h")
