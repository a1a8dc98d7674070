"""One socket to one server: lines in as events of the `irc` library, lines out as bytes; no state of a session.

Of irc 20.5 its asyncio protocol, connection and dispatch are used. Overridden is what it does dangerously: it would
log passwords, decode strictly, buffer without bound, split one line into several events and lose why a connection
ended. So there are two events here: ``line`` (one for each raw line) and ``disconnect``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import ssl
import traceback
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from irc.client import Event
from irc.client_aio import AioConnection, AioReactor, IrcProtocol
from irc.connection import AioFactory

from labsbot.irc.lines import LineBuffer, shown, wire
from labsbot.irc.sts import Route
from labsbot.settings import Proxy, Server, Tls

PIECE = 16 * 1024
"""Bytes from a server, some hundred lines at most, that are dealt with in one go."""
CONNECTING = 30.0
"""Seconds for looking up, connecting and TLS together."""
HANDSHAKE = 15.0
"""Seconds for TLS alone: a server that speaks none at that port says nothing, and waits for a line."""
UNKNOWN_AUTHORITY = (18, 19, 20, 21)
"""What OpenSSL calls a certificate that is signed by itself, or by somebody it does not know."""
NAME_IT = "; the authority that signed it can be named under tls.ca, or its own fingerprint under tls.fingerprints"
OTHER_PORT = "; that port may be one for plain text (“tls: false”), the one for TLS often is 6697"
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
UNREAD = 256 * 1024
"""Bytes that may wait for a server which does not read them, before it is given up."""


class Protocol(IrcProtocol):  # type: ignore[misc]  # irc has no types
    """Hands bytes to the connection, and the reason with the end."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection.disconnect(reason(exc) if exc else "the server closed the connection")


class Connection(AioConnection):  # type: ignore[misc]
    """A connection that is used once."""

    protocol_class = Protocol
    transport: Any = None
    held = False

    async def connect(
        self,
        server: Server,
        tls: ssl.SSLContext | None,
        fingerprints: Sequence[str],
        proxy: Proxy | None,
        patience: float,
    ) -> None:
        """Connect, over IPv6 or IPv4, whichever answers first, or by a proxy; look whether it is who it should be.

        The system gives the connection up when what we sent is not acknowledged for `patience` seconds. Raises OSError
        (ssl.SSLError is one).
        """
        self.lines = LineBuffer()
        self._unread = b""
        self._paused = False
        self.handlers: dict[str, Any] = {}
        self.server = server.host
        shaking = {"ssl_handshake_timeout": HANDSHAKE} if tls else {}
        if proxy:
            through = await _through(proxy, server)
            factory = AioFactory(ssl=tls, sock=through, server_hostname=server.host if tls else None, **shaking)
        else:
            factory = AioFactory(ssl=tls, happy_eyeballs_delay=0.25, **shaking)
        protocol = self.protocol_class(self, self.reactor.loop)
        # a connection that is there already must not be given an address
        self.transport, _ = await factory(protocol, () if proxy else (server.host, server.port))
        line = self.transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(patience * 1000))
        if fingerprints:
            certificate = self.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
            fingerprint = hashlib.sha256(certificate).hexdigest()
            if fingerprint not in fingerprints:
                self.transport.abort()
                raise NotPinned(f"its certificate is not one that is pinned (SHA-256 {fingerprint})")
        self.connected = True

    def process_data(self, new_data: bytes) -> None:
        """Raise one ``line`` event for each line that these bytes complete.

        More than a piece of them goes on in the loop's next turn, and nothing is read until then: however much other
        people say, who else has something to do gets their turn.
        """
        came = self._unread + new_data
        self._unread = came[PIECE:]
        for line in self.lines.feed(came[:PIECE]):
            self._handle_event(Event("line", self.server, None, [line]))
        if self._unread:
            self._pause()

    def _pause(self) -> None:
        if self.connected and not self._paused:
            self._paused = True
            self.transport.pause_reading()
            self.reactor.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self.connected and not self.held:
            self._paused = False
            self.transport.resume_reading()
            self.process_data(b"")

    def hold(self, held: bool) -> None:
        """Take no more lines than those of the piece at hand, until it is told otherwise; the server has to wait."""
        if held is self.held:
            return
        self.held = held
        if held:
            self._pause()
        elif self._paused:
            self.reactor.loop.call_soon(self._go_on)

    def send_raw(self, string: str) -> None:
        """Send one line; without a connection it goes nowhere. Nothing is logged: it may hold a password."""
        if not self.connected:
            return
        self.transport.write(wire(string))
        if self.transport.get_write_buffer_size() > UNREAD:
            self.abort("the server does not read what we send")

    def disconnect(self, message: str = "") -> None:
        """Close, and raise ``disconnect`` once; what was written before is still sent."""
        if self.connected:
            self.connected = False
            self.transport.close()
            self._handle_event(Event("disconnect", self.server, "", [message]))

    def abort(self, message: str) -> None:
        """Close at once: nobody is there to read what waits."""
        if self.connected:
            self.transport.abort()
            self.disconnect(message)


class Reactor(AioReactor):  # type: ignore[misc]
    connection_class = Connection


class Unreachable(Exception):
    """There is no connection. `why` is for people."""

    def __init__(self, why: str, absent: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.absent = absent
        """Nobody was there, as far as can be seen."""


def connection(hear: Callable[[str], None], over: Callable[[str], None]) -> Connection:
    """One to be connected: `hear` gets each line then, `over` the reason of the end."""
    reactor = Reactor(loop=asyncio.get_running_loop())
    reactor.add_global_handler("line", lambda _, event: hear(event.arguments[0]))
    reactor.add_global_handler("disconnect", lambda _, event: over(event.arguments[0]))
    made: Connection = reactor.server()
    return made


async def reach(
    connection: Connection, route: Route, proxy: Proxy | None, patience: float, given_up: asyncio.Event
) -> None:
    """Connect, within half a minute. Raises Unreachable, also if `given_up` is set.

    The system gives the connection up when what we sent is not acknowledged for `patience` seconds.
    """
    where = route.where
    try:
        tls = tls_context(route.tls) if route.tls else None
    except OSError as failure:
        raise Unreachable(f"the files for TLS cannot be used: {reason(failure)}") from failure
    pinned = route.tls.fingerprints if route.tls else ()
    connecting = asyncio.ensure_future(connection.connect(route.server, tls, pinned, proxy, patience))
    woken = asyncio.ensure_future(given_up.wait())
    try:
        await asyncio.wait((connecting, woken), timeout=CONNECTING, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            raise Unreachable(f"cannot connect to {where}: it does not answer", absent=True)
        connecting.result()
    except OSError as failure:
        # asyncio has frames that hold the failure which holds them, and the authorities, too: a megabyte for each try,
        # until all of Python's memory is gone through next, which an idle bot seldom does
        traceback.clear_frames(failure.__traceback__)
        raise Unreachable(f"cannot connect to {where}: {reason(failure)}", not answered(failure)) from failure
    finally:
        woken.cancel()
        connecting.cancel()
        del connecting, tls


def tls_context(tls: Tls) -> ssl.SSLContext:
    """How a server is verified: against the system's or the given authorities, and its host name, unless it is pinned.

    Raises OSError (ssl.SSLError is one) if a file cannot be read.
    """
    context = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
    if tls.fingerprints:
        # looked at when it is known (Connection.connect)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate:
        context.load_cert_chain(str(tls.certificate))
    return context


async def _through(proxy: Proxy, server: Server) -> socket.socket:
    """A connection that a proxy has made. Raises OSError."""
    from python_socks import ProxyError, ProxyType  # who uses no proxy need not load it
    from python_socks.async_.asyncio import Proxy as Connector

    address = urlsplit(proxy.url)
    kind = ProxyType[address.scheme.upper()]
    password = proxy.password.value if proxy.password else ""
    try:
        connector = Connector(kind, str(address.hostname), address.port or 0, proxy.user or "", password)
        return await connector.connect(server.host, server.port)
    except (ProxyError, OSError) as failure:
        raise ConnectionError(f"the proxy cannot connect: {shown(str(failure))}") from failure
    except ValueError:
        # it stands in the failure, which must go no further
        raise ConnectionError("the proxy's user or password cannot be sent: use ASCII, at most 255 bytes") from None


class NotPinned(ConnectionError):
    """Somebody else's certificate, or a new one."""


def answered(failure: OSError) -> bool:
    """Whether somebody was there, and only did not do what we wanted."""
    return isinstance(failure, ssl.SSLError | NotPinned | ConnectionResetError | ConnectionAbortedError)


def reason(failure: Exception) -> str:
    """What went wrong with a connection, for people."""
    match failure:
        case ssl.SSLCertVerificationError():
            unknown = failure.verify_code in UNKNOWN_AUTHORITY
            return f"its certificate does not hold: {failure.verify_message}" + (NAME_IT if unknown else "")
        case ssl.SSLError():
            if failure.reason in NO_TLS:
                return f"it answers with something else than TLS{OTHER_PORT}"
            return f"TLS failed: {failure.reason or failure}"
        case ConnectionAbortedError() if "handshake" in str(failure):  # asyncio's own, when HANDSHAKE is over
            return f"it lets us connect, and does not answer to TLS{OTHER_PORT}"
        case TimeoutError():
            return "it does not answer"
        case OSError(errno=int(number)) if number > 0:
            # asyncio's own words for it name the call, not the cause
            return os.strerror(number)
        case OSError():
            return failure.strerror or str(failure) or "it ends the connection at once"
    return str(failure) or type(failure).__name__
