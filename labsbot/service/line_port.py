"""A port that takes lines as the field's relays take them, so that no deploy tool has to change: bytes in, calls out.

A line is ``!log tools restarted it``, or ``#channel !log restarted it``: what would be said in that channel, which is a
configured one. It is read as people's lines are, becomes a script's call, and is answered in one line, which nobody has
to read. A connection that begins like HTTP or TLS is closed: no page that somebody opens in a browser can log.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from labsbot.desk.answer import Receipt, Refusal
from labsbot.desk.command import Add, Malformed, explain, form, parse
from labsbot.desk.relays import Relayed, read_relayed
from labsbot.desk.scripts import LONGEST, Call, KeyReused, NotTheirs, Script, Scripts
from labsbot.desk.submission import ChannelRules
from labsbot.edge.logs import Seldom
from labsbot.model import Via
from labsbot.settings import USUAL_WORDS, LinePortSettings, RelayForm
from labsbot.text.irc_names import fold

log = logging.getLogger("labsbot.service.line_port")
log.addFilter(Seldom())

LONGEST_LINE = LONGEST + 1024
"""Bytes of a line with what stands before the message."""
TOO_LONG = f"Not logged: the line is too long: of a message at most {LONGEST} bytes."
IDLE = 300.0
"""Seconds after which a connection is closed on which nothing comes."""
AT_ONCE = 200
"""Connections; whoever comes beyond is sent away."""
AGAIN = 30.0
"""Seconds after which a port is tried again that somebody else has."""
UNREAD = 64 * 1024
"""Bytes of answers that nobody reads; then we answer no more on that connection."""


class Rules(Protocol):
    """The rules that hold now, without a channel and in each, by network and name."""

    @property
    def for_scripts(self) -> ChannelRules: ...
    @property
    def channels(self) -> Mapping[tuple[str, str], ChannelRules]: ...


class LinePort:
    """`run` until cancelled."""

    def __init__(self, settings: LinePortSettings, scripts: Scripts, rules: Rules) -> None:
        self._settings = settings
        self._scripts = scripts
        self._rules = rules
        self._inside: set[asyncio.Task[None]] = set()
        self.port = settings.port

    async def run(self) -> None:
        """Listen; where the port cannot be had, say so and try again."""
        while True:
            try:
                server = await asyncio.start_server(
                    self._enter, self._settings.host, self._settings.port, limit=LONGEST_LINE
                )
            except OSError as error:
                log.warning("cannot listen for lines on %s: %s", self._settings, error.strerror or error)
                await asyncio.sleep(AGAIN)
                continue
            self.port = server.sockets[0].getsockname()[1]
            try:
                await server.serve_forever()
            finally:
                for each in self._inside:
                    each.cancel()
                await asyncio.gather(*self._inside, return_exceptions=True)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str(writer.get_extra_info("peername")[0])
        if len(self._inside) >= AT_ONCE or not self._settings.lets_in(ipaddress.ip_address(address)):
            log.warning("somebody at %s is sent away from the line port", address)
            writer.close()
            return
        attending = asyncio.create_task(self._attend(reader, writer, address), name="line port")
        self._inside.add(attending)
        attending.add_done_callback(self._inside.discard)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
        try:
            while line := await self._line(reader):
                if _NOT_OURS.match(line):
                    log.warning("%s speaks HTTP or TLS to the line port, and is sent away", address)
                    return
                is_whole = len(line) <= LONGEST_LINE
                answer = await self._answer(line.decode("utf-8", "replace").strip(), address) if is_whole else TOO_LONG
                await asyncio.sleep(0)  # where much has come already, everybody else gets their turn all the same
                if answer and writer.transport.get_write_buffer_size() < UNREAD:
                    writer.write(f"{answer}\n".encode())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE):
                    await writer.drain()
        except OSError:
            log.debug("somebody at %s has gone", address)
        except Exception:  # the guard of one connection: nothing that is sent may end the bot
            log.exception("a line from %s failed unexpectedly", address)
        finally:
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        """The next line; of one that is too long, more of it than may be. Empty: there is none any more."""
        line = b""
        while True:
            try:
                async with asyncio.timeout(IDLE):
                    end = await reader.readuntil()
            except asyncio.LimitOverrunError as too_long:
                passed = await reader.readexactly(too_long.consumed)
                line = line or passed
            except asyncio.IncompleteReadError as ended:
                return line or ended.partial
            except TimeoutError:
                return b""
            else:
                return line or end

    async def _answer(self, line: str, address: str) -> str | None:
        """What came of a line; None: it was none."""
        call = self._call(line)
        if not isinstance(call, Call):
            return call
        script = Script(self._settings.name, f"address {address}", Via.LINES)
        match await self._scripts.log(script, call):
            case Receipt(entry):
                return f"Kept: {entry.id}"
            case Refusal() | NotTheirs() | KeyReused() as refusal:
                log.info("a line from %s is refused: %s", address, refusal.text)
                return refusal.text

    def _call(self, line: str) -> Call | str | None:
        """What a line asks for; else what to say to it."""
        if not line:
            return None
        place = _IN_CHANNEL.fullmatch(line)
        there = self._channel(place["channel"]) if place else None
        if place and there is None:
            return f"Not logged: {place['channel']} is not configured."
        said = place["said"] if place else line
        network, rules = there or ("", _as_typed(self._rules.for_scripts))
        words = rules.channel.words
        relayed = read_relayed(said, RelayForm.DEPLOY, words)
        author, said = (relayed.name, relayed.text) if isinstance(relayed, Relayed) else (None, said)
        match parse(said, rules.bound, words, rules.directory.names):
            case Add(projects, message, late):
                return Call(projects or (str(rules.channel.project),), message, author, late, there=(network, rules))
            case Malformed() as malformed:
                return explain(malformed, rules.bound, rules.example, words)
        return f"Not logged: type {form(rules.bound, rules.example, words=words)}"

    def _channel(self, name: str) -> tuple[str, ChannelRules] | None:
        """A configured channel, with its network."""
        known = (
            (network, rules)
            for (network, channel), rules in self._rules.channels.items()
            if fold(channel) == fold(name)
        )
        return next(known, None)


def _as_typed(rules: ChannelRules) -> ChannelRules:
    """What holds without a channel, in the words of those who type lines."""
    return replace(rules, channel=replace(rules.channel, words=USUAL_WORDS))


# A line of ours begins with a sign, so a word of letters before an address is a method; of HTTP/2 people write, too.
_NOT_OURS = re.compile(
    rb"\s*(?:(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI)\s|[A-Z-]+ \S+ HTTP/[0-9])|\x16\x03",
    re.IGNORECASE,
)
_IN_CHANNEL = re.compile(r"(?P<channel>[#&][^\s,]+?):?\s+(?P<said>.+)", re.DOTALL)
