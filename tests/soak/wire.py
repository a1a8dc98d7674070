"""A wire between the bot and a real server, which can be cut, slowed and interrupted without either end being told."""

from __future__ import annotations

import asyncio
from typing import Self

HOST = "127.0.0.1"


class Wire:
    """Use as an async context manager; the bot connects to `port`."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.through = asyncio.Event()
        """Cleared: what is sent stays on the way, in both directions."""
        self.through.set()
        self.down = False
        """Nobody gets through to the server any more; who is connected stays so until the wire is `cut`."""
        self.slow = False
        """A few bytes at a time."""
        self._server_port = server_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._connected, HOST, 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._listening.close()
        self.cut()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """End every connection without a word."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.down:
                raise ConnectionRefusedError
            server_reader, server_writer = await asyncio.open_connection(HOST, self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, server_writer}
        for source, target in ((reader, server_writer), (server_reader, writer)):
            pump = asyncio.create_task(self._pump(source, target))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(64 if self.slow else 65536):
                await self.through.wait()
                if self.slow:
                    await asyncio.sleep(0.01)
                target.write(chunk)
                await target.drain()
            # what the server said last still goes to the bot
            target.close()
        except ConnectionError:
            target.transport.abort()
        finally:
            self._writers.discard(target)
