"""Proxies on loopback that speak as little as they must: SOCKS5 (RFC 1928) and HTTP CONNECT (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def proxy(scheme: str, refuses: bool = False) -> AsyncIterator[str]:
    """The address of a proxy that is there until the block is left."""
    greet = {"socks5": _socks5, "http": _http}[scheme]
    pumps: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = await greet(reader, writer, refuses)
        if server is None:
            writer.close()
            return
        for source, target in ((reader, server[1]), (server[0], writer)):
            pumps.add(asyncio.create_task(_pump(source, target)))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _socks5(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, refuses: bool) -> Streams | None:
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    kind = (await reader.readexactly(4))[3]
    if kind == 1:
        host = ".".join(str(byte) for byte in await reader.readexactly(4))
    else:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    port = int.from_bytes(await reader.readexactly(2), "big")
    writer.write(b"\x05" + (b"\x02" if refuses else b"\x00") + b"\x00\x01" + bytes(6))
    return None if refuses else await asyncio.open_connection(host, port)


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, refuses: bool) -> Streams | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    host, _, port = head.split(" ")[1].rpartition(":")
    assert head.startswith("CONNECT ")
    writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n" if refuses else b"HTTP/1.1 200 OK\r\n\r\n")
    return None if refuses else await asyncio.open_connection(host, int(port))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await source.read(65536):
            target.write(chunk)
    target.close()
