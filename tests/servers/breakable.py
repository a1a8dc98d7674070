"""Our loopback server with what a test wants to break: connections frozen, commands without an answer, bans.

It also knows accounts (SASL PLAIN) and TLS, and keeps what it was sent, for tests to look at.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from labsbot.demo import ircd
from labsbot.demo.ircd import Guest, LoopbackServer

CAPS = (*ircd.CAPS, "sasl")


class BreakableServer(LoopbackServer):
    def __init__(
        self, accounts: Mapping[str, str] | None = None, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        """`accounts` are names and passwords for SASL PLAIN."""
        super().__init__(port)
        self.accounts = dict(accounts or {})
        self.caps = CAPS
        """What is offered; a test may offer less."""
        self.silent: set[str] = set()
        """Commands that get no answer."""
        self.echoes = True
        """What somebody says comes back to them, where they asked for that."""
        self.frozen = False
        """Nothing is read or answered any more, while the connections stay up."""
        self.banned: set[tuple[str, str]] = set()
        """Channels, and nicks that may not join them; lower case."""
        self.closed: dict[str, tuple[str, str]] = {}
        """Channels that nobody may join, each with the numeric and the words of the refusal; lower case."""
        self.moderated: set[str] = set()
        """Channels where nobody may speak (``+m``); lower case."""
        self._tls = tls

    def admit(self, writer: asyncio.StreamWriter) -> Guest:
        return BreakableGuest(self, writer)

    def guest(self, nick: str) -> BreakableGuest:
        found = super().guest(nick)
        assert isinstance(found, BreakableGuest)
        return found

    async def _listen(self, **options: Any) -> asyncio.Server:
        return await super()._listen(ssl=self._tls, **options)


@contextlib.contextmanager
def in_a_thread(*servers: BreakableServer) -> Iterator[None]:
    """They serve in a loop of their own, for commands that make one of theirs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        for server in servers:
            asyncio.run_coroutine_threadsafe(server.start(), loop).result(20)
        yield
    finally:
        for server in servers:
            asyncio.run_coroutine_threadsafe(server.close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


class BreakableGuest(Guest):
    server: BreakableServer

    def __init__(self, server: BreakableServer, writer: asyncio.StreamWriter) -> None:
        super().__init__(server, writer)
        self.received: deque[str] = deque(maxlen=10_000)
        """The lines that this guest sent, the newest last."""
        self._sasl = ""

    def take(self, text: str) -> None:
        if not self.server.frozen:
            self.received.append(text)
            super().take(text)

    def obey(self, command: str, params: list[str]) -> None:
        if command not in self.server.silent:
            super().obey(command, params)

    def send_raw(self, raw: bytes) -> None:
        if not self.server.frozen:
            super().send_raw(raw)

    def echo(self, line: str, tags: Mapping[str, str]) -> None:
        if self.server.echoes:
            super().echo(line, tags)

    def acknowledge(self) -> None:
        if self.server.echoes:
            super().acknowledge()

    def enter(self, name: str) -> None:
        if (name.lower(), self.nick.lower()) in self.server.banned:
            self.answer("474", name, "Cannot join channel (+b)")
        elif name.lower() in self.server.closed:
            numeric, words = self.server.closed[name.lower()]
            self.answer(numeric, name, words)
        else:
            super().enter(name)

    def modes(self, channel: str) -> str:
        return "+m" if channel.lower() in self.server.moderated else super().modes(channel)

    def offered(self, version: str) -> list[str]:
        return [f"{cap}=PLAIN" if cap == "sasl" and "302" in version else cap for cap in super().offered(version)]

    def do_authenticate(self, params: list[str]) -> None:
        if params[0] == "PLAIN":
            self._sasl = ""
            self.send("AUTHENTICATE +")
            return
        self._sasl += params[0].replace("+", "", params[0] == "+")
        if len(params[0]) == 400:
            return
        try:
            _, account, password = base64.b64decode(self._sasl, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            account = password = ""
        if account and self.server.accounts.get(account) == password:
            self.account = account
            self.answer("900", f"{self.nick}!{self.user}@loopback", account, f"You are now logged in as {account}")
            self.answer("903", "SASL authentication successful")
        else:
            self.answer("904", "SASL authentication failed")
