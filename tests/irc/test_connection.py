"""One socket to one server: what is left of an attempt that failed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import trustme

from labsbot.demo.ircd import LoopbackServer
from labsbot.irc.connection import Unreachable, connection, reach
from labsbot.irc.sts import Route
from labsbot.settings import Server, Tls
from tests.irc.conftest import until
from tests.servers.process import free_ports


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What is in a circle stays in memory, as it may for weeks in a bot that has little to do."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@contextlib.asynccontextmanager
async def nobody() -> AsyncIterator[int]:
    yield free_ports("127.0.0.1", 1)[0]


@contextlib.asynccontextmanager
async def a_stranger() -> AsyncIterator[int]:
    """A server with a certificate of an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server = LoopbackServer(tls=context)
    await server.start()
    try:
        yield server.port
    finally:
        await server.close()


def contexts() -> int:
    """In each lie all authorities that we trust: a megabyte."""
    return sum(isinstance(each, ssl.SSLContext) for each in gc.get_objects())


@pytest.mark.parametrize("server", [nobody, a_stranger])
@pytest.mark.usefixtures("uncollected")
async def test_attempts_that_fail_leave_no_authorities_in_memory(
    server: Callable[[], contextlib.AbstractAsyncContextManager[int]],
) -> None:
    async with server() as port:
        before = contexts()
        for _ in range(3):
            made = connection(lambda line: None, lambda why: None)
            with pytest.raises(Unreachable):
                await reach(made, Route(Server("localhost", port), Tls()), None, 10.0, asyncio.Event())
        # asyncio ends the connection in one of its next turns
        await until(lambda: contexts() == before, "no more of them than before", 10.0)
