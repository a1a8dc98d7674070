"""Proxies on loopback that speak as little as they must: SOCKS5 (RFC 1928, 1929) and HTTP CONNECT (RFC 9110, 9.3.6).

One that wants a login is for `USER` with `PASSWORD` only.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
USER, PASSWORD = "carrier", "pigeon"


@contextlib.asynccontextmanager
async def proxy(scheme: str, refuses: bool = False, login: bool = False) -> AsyncIterator[str]:
    """The address of a proxy that is there until the block is left; `login`: it wants one."""
    greet = {"socks5": _socks5, "http": _http}[scheme]
    pumps: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = await greet(reader, writer, refuses, login)
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


async def _socks5(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, refuses: bool, login: bool
) -> Streams | None:
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x02" if login else b"\x05\x00")
    if login:
        said = []
        await reader.readexactly(1)
        for _ in range(2):
            said.append((await reader.readexactly((await reader.readexactly(1))[0])).decode())
        writer.write(b"\x01\x00" if said == [USER, PASSWORD] else b"\x01\x01")
        if said != [USER, PASSWORD]:
            return None
    kind = (await reader.readexactly(4))[3]
    if kind == 1:
        host = ".".join(str(byte) for byte in await reader.readexactly(4))
    else:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    port = int.from_bytes(await reader.readexactly(2), "big")
    writer.write(b"\x05" + (b"\x02" if refuses else b"\x00") + b"\x00\x01" + bytes(6))
    return None if refuses else await asyncio.open_connection(host, port)


async def _http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, refuses: bool, login: bool
) -> Streams | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    host, _, port = head.split(" ")[1].rpartition(":")
    assert head.startswith("CONNECT ")
    code = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if login and f"Proxy-Authorization: Basic {code}\r\n" not in head:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        return None
    writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n" if refuses else b"HTTP/1.1 200 OK\r\n\r\n")
    return None if refuses else await asyncio.open_connection(host, int(port))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await source.read(65536):
            target.write(chunk)
    target.close()
