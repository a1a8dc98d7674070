"""Connect to one server, and carry lines in and bytes out. It knows nothing of the session.

It uses the asyncio protocol, connection and dispatch of the library irc 20.5, and overrides what is dangerous there:
logging passwords, decoding strictly, buffering without a bound, splitting one line into several events, and losing the
reason why a connection ended. So there are two events: ``line`` (one for each raw line) and ``disconnect``.
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
"""Bytes, some hundred lines at most, that are processed at once."""
CONNECTING = 30.0
"""Seconds for name lookup, connecting and TLS together."""
HANDSHAKE = 15.0
"""Seconds for TLS alone: a server that speaks plain text at that port says nothing and waits."""
UNKNOWN_AUTHORITY = (18, 19, 20, 21)
"""OpenSSL's errors for a certificate that is signed by itself or by an unknown authority."""
NAME_IT = "; name the authority that signed it under tls.ca, or its fingerprint under tls.fingerprints"
OTHER_PORT = "; that port may be for plain text (“tls: false”), TLS is often at 6697"
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
UNREAD = 256 * 1024
"""Bytes that may wait for a server that does not read them before we disconnect."""


class Protocol(IrcProtocol):  # type: ignore[misc]  # irc has no types
    """Passes bytes on to the connection, and the reason why it ended."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection.disconnect(reason(exc) if exc else "the server closed the connection")


class Connection(AioConnection):  # type: ignore[misc]
    """A connection. It is used once."""

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
        """Connect, over IPv6 or IPv4, whichever answers first, or through a proxy; check a pinned certificate.

        The system drops the connection when what we sent is not acknowledged within `patience` seconds. Raises OSError
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
        # a proxy has connected already: then no address may be given
        self.transport, _ = await factory(protocol, () if proxy else (server.host, server.port))
        line = self.transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(patience * 1000))
        if fingerprints:
            self._check_pin(fingerprints)
        self.connected = True

    def _check_pin(self, fingerprints: Sequence[str]) -> None:
        certificate = self.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        fingerprint = hashlib.sha256(certificate).hexdigest()
        if fingerprint not in fingerprints:
            self.transport.abort()
            raise NotPinned(f"its certificate is not a pinned one (SHA-256 {fingerprint})")

    def process_data(self, new_data: bytes) -> None:
        """Raise one ``line`` event for each line that these bytes complete.

        What is more than a piece is processed in the loop's next turn, and nothing is read until then: however much is
        said on IRC, everything else gets its turn.
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
        """Whether to stop after the piece at hand and let the server wait."""
        if held is self.held:
            return
        self.held = held
        if held:
            self._pause()
        elif self._paused:
            self.reactor.loop.call_soon(self._go_on)

    def send_raw(self, string: str) -> None:
        """Send one line, if we are connected. Nothing is logged: it may hold a password."""
        if not self.connected:
            return
        self.transport.write(wire(string))
        if self.transport.get_write_buffer_size() > UNREAD:
            self.abort("the server does not read what we send")

    def disconnect(self, message: str = "") -> None:
        """Close, and raise ``disconnect`` once; what was written is still sent."""
        if self.connected:
            self.connected = False
            self.transport.close()
            self._handle_event(Event("disconnect", self.server, "", [message]))

    def abort(self, message: str) -> None:
        """Close at once, and drop what was written: nobody reads it."""
        if self.connected:
            self.transport.abort()
            self.disconnect(message)


class Reactor(AioReactor):  # type: ignore[misc]
    connection_class = Connection


class Unreachable(Exception):
    """We could not connect. `why` is for people."""

    def __init__(self, why: str, absent: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.absent = absent
        """Nobody seems to be there."""


def connection(hear: Callable[[str], None], over: Callable[[str], None]) -> Connection:
    """A connection that is still to be connected: `hear` gets each line, `over` the reason why it ended."""
    reactor = Reactor(loop=asyncio.get_running_loop())
    reactor.add_global_handler("line", lambda _, event: hear(event.arguments[0]))
    reactor.add_global_handler("disconnect", lambda _, event: over(event.arguments[0]))
    made: Connection = reactor.server()
    return made


async def reach(
    connection: Connection, route: Route, proxy: Proxy | None, patience: float, given_up: asyncio.Event
) -> None:
    """Connect, within half a minute. Raises Unreachable, also as soon as `given_up` is set.

    The system drops the connection when what we sent is not acknowledged within `patience` seconds.
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
        # asyncio's frames and the failure refer to each other, and the frames hold the authorities: a megabyte for each
        # attempt, until the garbage collector runs, which in an idle bot is seldom
        traceback.clear_frames(failure.__traceback__)
        raise Unreachable(f"cannot connect to {where}: {reason(failure)}", not answered(failure)) from failure
    finally:
        woken.cancel()
        connecting.cancel()
        del connecting, tls


def tls_context(tls: Tls) -> ssl.SSLContext:
    """How to verify a server: by the system's or the configured authorities and its host name, unless it is pinned.

    Raises OSError (ssl.SSLError is one) if a file cannot be read.
    """
    context = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
    if tls.fingerprints:
        # compared after connecting, when it is known
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate:
        context.load_cert_chain(str(tls.certificate))
    return context


async def _through(proxy: Proxy, server: Server) -> socket.socket:
    """A socket that a proxy has connected. Raises OSError."""
    from python_socks import ProxyError, ProxyType  # loaded only where a proxy is used
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
        # the failure holds the password, so it must go no further
        raise ConnectionError("the proxy's user or password cannot be sent: use ASCII, at most 255 bytes") from None


class NotPinned(ConnectionError):
    """The certificate is a new one, or somebody else's."""


def answered(failure: OSError) -> bool:
    """Whether somebody was there who did not do what we wanted."""
    return isinstance(failure, ssl.SSLError | NotPinned | ConnectionResetError | ConnectionAbortedError)


def reason(failure: Exception) -> str:
    """What went wrong with a connection, in words for people."""
    match failure:
        case ssl.SSLCertVerificationError():
            unknown = failure.verify_code in UNKNOWN_AUTHORITY
            return f"its certificate is not valid: {failure.verify_message}" + (NAME_IT if unknown else "")
        case ssl.SSLError():
            if failure.reason in NO_TLS:
                return f"it does not answer in TLS{OTHER_PORT}"
            return f"TLS failed: {failure.reason or failure}"
        case ConnectionAbortedError() if "handshake" in str(failure):  # asyncio's own, when HANDSHAKE is over
            return f"it accepts the connection but does not start TLS{OTHER_PORT}"
        case TimeoutError():
            return "it does not answer"
        case OSError(errno=int(number)) if number > 0:
            # asyncio's own text names the call, not the cause
            return os.strerror(number)
        case OSError():
            return failure.strerror or str(failure) or "it closes the connection at once"
    return str(failure) or type(failure).__name__
