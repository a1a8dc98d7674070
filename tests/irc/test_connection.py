"""One socket to one server: what is left of an attempt that failed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import trustme

from labsbot.irc.connection import Unreachable, connection, reach
from labsbot.irc.sts import Route
from labsbot.settings import Server, Tls
from tests.irc.conftest import until
from tests.servers.breakable import BreakableServer
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
    server = BreakableServer(tls=context)
    await server.start()
    try:
        yield server.port
    finally:
        await server.close()


def contexts() -> int:
    """In each lie all authorities that we trust: a megabyte."""
    return sum(isinstance(each, ssl.SSLContext) for each in gc.get_objects())


@pytest.mark.slow
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


async def why_not(port: int) -> str:
    """What is said of a server at this port that is to be met by TLS."""
    made = connection(lambda line: None, lambda why: None)
    with pytest.raises(Unreachable) as caught:
        await reach(made, Route(Server("localhost", port), Tls()), None, 10.0, asyncio.Event())
    assert not caught.value.absent
    return caught.value.why


async def test_a_certificate_of_a_stranger_leads_to_the_key_that_names_its_authority() -> None:
    async with a_stranger() as port:
        assert "name the authority that signed it under tls.ca" in await why_not(port)


@pytest.mark.slow
async def test_tls_to_a_port_for_plain_text_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the server says that it understands nothing, or waits for the end of a line."""
    talking = BreakableServer()
    await talking.start()
    assert "it does not answer in TLS; that port may be for plain text" in await why_not(talking.port)
    await talking.close()
    monkeypatch.setattr("labsbot.irc.connection.HANDSHAKE", 0.2)
    over = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    silent = await asyncio.start_server(says_nothing, "localhost", 0)
    port = silent.sockets[0].getsockname()[1]
    assert "does not start TLS; that port may be for plain text" in await why_not(port)
    over.set()
    silent.close()
