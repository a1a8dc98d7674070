"""A wire with a meter: connections to a port of its own go to the wiki, requests and bytes are counted on the way."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass


@dataclass
class Reading:
    requests: int = 0
    up: int = 0
    down: int = 0

    def since(self, before: Reading) -> Reading:
        return Reading(self.requests - before.requests, self.up - before.up, self.down - before.down)


class Meter:
    """Runs in a thread of its own, so that it goes on while the bench waits."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._total = Reading()
        self._started = threading.Event()
        self.port = 0

    def __enter__(self) -> Meter:
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="meter", daemon=True).start()
        self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)

    def read(self) -> Reading:
        return Reading(self._total.requests, self._total.up, self._total.down)

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._ended.wait()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(
            self._pass(reader, there_writer, upwards=True), self._pass(there_reader, writer, upwards=False)
        )

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upwards: bool) -> None:
        try:
            while chunk := await reader.read(65536):
                if upwards:
                    self._total.up += len(chunk)
                    self._total.requests += chunk.startswith((b"POST ", b"GET "))
                else:
                    self._total.down += len(chunk)
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
