"""A person with an IRC client, for the demo and the tests: connects, joins, says things, waits for what they hear."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Self

PATIENCE = 20.0


class DemoPerson:
    """Use as ``async with await DemoPerson.connect(host, port, "alice") as alice``."""

    def __init__(self, nick: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.nick = nick
        self.lines: list[str] = []
        """Each line that the server sent, PINGs too."""
        self._reader = reader
        self._writer = writer
        self._arrived = asyncio.Event()
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def connect(
        cls, host: str, port: int, nick: str, tls: ssl.SSLContext | None = None, caps: str = "", home: str = ""
    ) -> DemoPerson:
        """Connect and register; with `caps` (blank-separated) those capabilities are asked for first; from the address
        `home` of this machine, if there is one."""
        address = (home, 0) if home else None
        reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=2**20, local_addr=address)
        person = cls(nick, reader, writer)
        if caps:
            person.send("CAP LS 302")
        person.send(f"NICK {nick}")
        person.send(f"USER {nick} 0 * :{nick}")
        if caps:
            person.send(f"CAP REQ :{caps}")
            await person.heard(lambda line: " ACK " in line)
            person.send("CAP END")
        await person.heard(lambda line: " 376 " in line or " 422 " in line)
        return person

    def send(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")

    async def join(self, channel: str) -> None:
        """Join, and return when we are in."""
        self.send(f"JOIN {channel}")
        await self.heard(lambda line: f" 366 {self.nick} {channel} ".lower() in line.lower())

    def say(self, target: str, text: str) -> None:
        self.send(f"PRIVMSG {target} :{text}")

    async def heard(self, wanted: Callable[[str], object], patience: float = PATIENCE, since: int = 0) -> str:
        """The first line, of those from number `since` on, that is wanted; it may be there already."""
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            self._arrived.clear()
            for line in self.lines[since:]:
                if wanted(line):
                    return line
            try:
                async with asyncio.timeout_at(deadline):
                    await self._arrived.wait()
            except TimeoutError:
                instead = "\n  ".join(self.lines[since:][-30:]) or "nothing"
                raise AssertionError(f"{self.nick} waited {patience:.0f} s in vain and heard:\n  {instead}") from None

    async def close(self) -> None:
        if not self._writer.is_closing():
            self.send("QUIT :bye")
            self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    async def _read(self) -> None:
        try:
            async for raw in self._reader:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                self.lines.append(line)
                words = line.split(" ")
                if words[0] == "PING":
                    self.send(f"PONG {words[1]}")
                self._arrived.set()
        except ConnectionError:
            pass
        self.lines.append("(the connection is closed)")
        self._arrived.set()
