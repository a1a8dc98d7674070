"""A small IRC server on loopback, for the demo: any client can join and talk; nothing is kept.

It speaks as much of modern IRC (modern.ircdocs.horse, IRCv3 capabilities 302) as a person's client and our own bot
use, and does nothing while nobody speaks. Tests break it in ways of their own (``tests/servers/breakable.py``).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NAME = "irc.demo"
CAPS = ("message-tags", "server-time", "account-tag", "echo-message", "batch", "labeled-response")
LONGEST = 8191 + 512
ISUPPORT = "CASEMAPPING=ascii CHANTYPES=# NETWORK=Loopback NICKLEN=30 PREFIX=(o)@"


@dataclass(eq=False)
class DemoChannel:
    name: str
    members: list[Guest] = field(default_factory=list)
    topic: str = ""


class LoopbackServer:
    host = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        """With port 0 the kernel chooses one."""
        self.port = port
        self.channels: dict[str, DemoChannel] = {}
        self.guests: list[Guest] = []
        self.caps: tuple[str, ...] = CAPS
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server = await self._listen()
        self.port = self._server.sockets[0].getsockname()[1]

    async def _listen(self, **options: Any) -> asyncio.Server:
        return await asyncio.start_server(self._serve, self.host, self.port, limit=LONGEST, **options)

    async def close(self) -> None:
        """Listen no more, and hang up on everybody."""
        if self._server is None:
            return
        self._server.close()
        self.drop_all()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def drop_all(self) -> None:
        """Hang up on everybody without a word."""
        for guest in list(self.guests):
            guest.writer.transport.abort()

    def guest(self, nick: str) -> Guest:
        """Who has that nick. Raises LookupError."""
        for guest in self.guests:
            if guest.nick.lower() == nick.lower():
                return guest
        raise LookupError(f"nobody here is called {nick}; there are {[guest.nick for guest in self.guests]}")

    def admit(self, writer: asyncio.StreamWriter) -> Guest:
        """Who is behind a new connection."""
        return Guest(self, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running = asyncio.current_task()
        if running:
            self._serving.add(running)
        guest = self.admit(writer)
        self.guests.append(guest)
        try:
            while not writer.is_closing():
                try:
                    raw = await reader.readuntil(b"\n")
                except asyncio.LimitOverrunError as too_long:
                    await reader.readexactly(too_long.consumed)
                    continue
                guest.take(raw.rstrip(b"\r\n").decode("utf-8", "replace"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            guest.leave("Connection closed")
            writer.close()
            if running:
                self._serving.discard(running)

    def deliver(self, sender: Guest, command: str, target: str, text: str) -> None:
        """Pass on what somebody says, with one msgid and time for all who hear it."""
        tags = {"time": stamp(datetime.now(UTC)), "msgid": secrets.token_hex(8)}
        if sender.account:
            tags["account"] = sender.account
        line = f":{sender.mask} {command} {target} :{text}"
        hearers = self._hearers(sender, target)
        if hearers is None:
            numeric = "404" if target.startswith("#") else "401"
            sender.answer(numeric, target, "No such nick or channel, or you are not there")
            return
        self.keep(target, line, tags)
        for guest in hearers:
            guest.send(line, tags)
        sender.echo(line, tags)

    def keep(self, target: str, line: str, tags: Mapping[str, str]) -> None:
        """Nothing is kept here; a server with a history would."""

    def _hearers(self, sender: Guest, target: str) -> list[Guest] | None:
        channel = self.channels.get(target.lower())
        if channel:
            others = [guest for guest in channel.members if guest is not sender]
            return others if sender in channel.members else None
        try:
            return [self.guest(target)]
        except LookupError:
            return None


class Guest:
    """One connection, from its first line to its last."""

    def __init__(self, server: LoopbackServer, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.writer = writer
        self.nick = ""
        self.user = ""
        self.realname = ""
        self.account: str | None = None
        self.caps: set[str] = set()
        self.registered = False
        self._negotiating = False
        self._label = ""

    @property
    def mask(self) -> str:
        return f"{self.nick}!{self.user}@loopback"

    def take(self, text: str) -> None:
        """Read a line of theirs, and do what it asks for."""
        self._label = ""
        if text.startswith("@"):
            tags, _, text = text[1:].partition(" ")
            self._label = dict(tag.partition("=")[::2] for tag in tags.split(";")).get("label", "")
        head, colon, trailing = text.partition(" :")
        command, *params = head.split() or [""]
        if colon:
            params.append(trailing)
        if command:
            self.obey(command.upper(), [*params, "", "", ""])

    def obey(self, command: str, params: list[str]) -> None:
        """Do what a command asks for; `params` are as many as it may look at, the last ones empty."""
        early = ("CAP", "AUTHENTICATE", "NICK", "USER", "PASS", "PING", "PONG", "QUIT")
        react = getattr(self, f"do_{command.lower()}", None) if command.isalpha() else None
        if react is None:
            self.answer("421", command, "Unknown command")
        elif not self.registered and command not in early:
            self.answer("451", "You have not registered")
        else:
            react(params)
            self.acknowledge()

    def echo(self, line: str, tags: Mapping[str, str]) -> None:
        """What they said comes back to them, where they asked for that."""
        if "echo-message" in self.caps:
            self.send(line, {**tags, **self.label()})

    def acknowledge(self) -> None:
        """A line with a label that was answered with nothing is answered with this."""
        if unanswered := self.label():
            self.send(f":{NAME} ACK", unanswered)

    def label(self) -> dict[str, str]:
        """The label of the line that is being answered, as a tag, for the first line of the answer (IRCv3
        *labeled-response*; an answer of several lines would want a batch: no bot of ours asks for one)."""
        label, self._label = self._label, ""
        return {"label": label} if label and "labeled-response" in self.caps else {}

    def send(self, line: str, tags: Mapping[str, str] | None = None) -> None:
        """Send a line, with those of its tags for which this guest asked."""
        wanted = {"time": "server-time", "account": "account-tag", "label": "labeled-response"}
        mine = {key: value for key, value in (tags or {}).items() if wanted.get(key, "message-tags") in self.caps}
        prefix = f"@{';'.join(f'{key}={value}' for key, value in mine.items())} " if mine else ""
        self.send_raw(f"{prefix}{line}\r\n".encode("utf-8", "replace"))

    def send_raw(self, raw: bytes) -> None:
        """Send these very bytes."""
        if not self.writer.is_closing():
            self.writer.write(raw)

    def answer(self, numeric: str, *params: str) -> None:
        *middle, last = params
        self.send(" ".join([f":{NAME}", numeric, self.nick or "*", *middle, f":{last}"]), self.label())

    def tell(self, channel: DemoChannel, line: str) -> None:
        """Tell all in a channel, ourselves included, that something happened."""
        for guest in channel.members:
            guest.send(line, {"time": stamp(datetime.now(UTC))})

    def leave(self, why: str) -> None:
        """Be gone from everywhere; others are told once."""
        if self not in self.server.guests:
            return
        self.server.guests.remove(self)
        mine = [channel for channel in self.server.channels.values() if self in channel.members]
        for channel in mine:
            channel.members.remove(self)
        for guest in {guest for channel in mine for guest in channel.members}:
            guest.send(f":{self.mask} QUIT :{why}")
        self.server.channels = {key: channel for key, channel in self.server.channels.items() if channel.members}

    # --- registration

    def do_cap(self, params: list[str]) -> None:
        match params[0].upper():
            case "LS":
                self._negotiating = not self.registered
                self.send(f":{NAME} CAP {self.nick or '*'} LS :{' '.join(self.offered(params[1]))}")
            case "LIST":
                self.send(f":{NAME} CAP {self.nick or '*'} LIST :{' '.join(sorted(self.caps))}")
            case "REQ":
                self._negotiating = not self.registered
                names = params[1].split()
                known = all(name.removeprefix("-") in self.server.caps for name in names)
                for name in names if known else []:
                    (self.caps.discard if name.startswith("-") else self.caps.add)(name.removeprefix("-"))
                self.send(f":{NAME} CAP {self.nick or '*'} {'ACK' if known else 'NAK'} :{' '.join(names)}")
            case "END":
                self._negotiating = False
                self._register()

    def offered(self, version: str) -> list[str]:
        """The capabilities as CAP LS lists them for those who speak that version of it."""
        return list(self.server.caps)

    def do_pass(self, params: list[str]) -> None:
        """There is no password here; a client that sends one is let in like any other."""

    def do_nick(self, params: list[str]) -> None:
        nick = params[0]
        allowed = nick and nick[0] not in "#:0123456789-" and len(nick) <= 30 and not set(nick) & set(" ,*?!@\0\x07")
        if not allowed:
            self.answer("432", nick or "*", "Erroneous nickname")
        elif any(guest is not self and guest.nick.lower() == nick.lower() for guest in self.server.guests):
            self.answer("433", nick, "Nickname is already in use")
        else:
            before, self.nick = self.mask, nick
            if self.registered:
                mine = [channel for channel in self.server.channels.values() if self in channel.members]
                for guest in {self, *(guest for channel in mine for guest in channel.members)}:
                    guest.send(f":{before} NICK :{nick}")
            self._register()

    def do_user(self, params: list[str]) -> None:
        if not self.registered:
            self.user, self.realname = f"~{params[0]}"[:12], params[3]
            self._register()

    def _register(self) -> None:
        if self.registered or self._negotiating or not self.nick or not self.user:
            return
        self.registered = True
        self.answer("001", f"Welcome, {self.nick}")
        self.answer("002", f"Your host is {NAME}, on this machine alone")
        self.answer("003", "It was made for this demo")
        self.send(f":{NAME} 004 {self.nick} {NAME} labsbot o o")
        self.answer("005", *ISUPPORT.split(), "are supported by this server")
        self.answer("375", f"- {NAME} message of the day")
        self.answer("372", "- Nothing here leaves this machine, and nothing is kept.")
        self.answer("376", "End of message of the day")

    def do_ping(self, params: list[str]) -> None:
        self.send(f":{NAME} PONG {NAME} :{params[0]}")

    def do_pong(self, params: list[str]) -> None:
        """A sign of life, for which we never asked."""

    def do_quit(self, params: list[str]) -> None:
        self.leave(f"Quit: {params[0]}")
        self.send(f"ERROR :Closing link: {params[0]}")
        self.writer.close()

    # --- channels

    def do_join(self, params: list[str]) -> None:
        for name in params[0].split(","):
            if not name.startswith("#") or set(name) & set("\0\x07"):
                self.answer("403", name or "*", "No such channel")
                continue
            self.enter(name)

    def enter(self, name: str) -> None:
        """Be in a channel, and told what there is to know of it."""
        channel = self.server.channels.setdefault(name.lower(), DemoChannel(name))
        if self not in channel.members:
            channel.members.append(self)
            self.tell(channel, f":{self.mask} JOIN {channel.name}")
            if channel.topic:
                self.answer("332", channel.name, channel.topic)
            self.do_names([channel.name])

    def do_part(self, params: list[str]) -> None:
        for name in params[0].split(","):
            channel = self.server.channels.get(name.lower())
            if channel is None or self not in channel.members:
                self.answer("442", name or "*", "You are not in that channel")
                continue
            self.tell(channel, f":{self.mask} PART {channel.name} :{params[1]}")
            channel.members.remove(self)
            if not channel.members:
                del self.server.channels[name.lower()]

    def do_names(self, params: list[str]) -> None:
        channel = self.server.channels.get(params[0].lower())
        for guest in channel.members if channel else []:
            self.answer("353", "=", params[0], guest.nick)
        self.answer("366", params[0] or "*", "End of names")

    def do_topic(self, params: list[str]) -> None:
        channel = self.server.channels.get(params[0].lower())
        if channel is None:
            self.answer("403", params[0] or "*", "No such channel")
        elif params[1]:
            channel.topic = params[1]
            self.tell(channel, f":{self.mask} TOPIC {channel.name} :{channel.topic}")
        elif channel.topic:
            self.answer("332", channel.name, channel.topic)
        else:
            self.answer("331", channel.name, "No topic is set")

    def do_who(self, params: list[str]) -> None:
        channel = self.server.channels.get(params[0].lower())
        for guest in channel.members if channel else []:
            self.answer("352", params[0], guest.user, "loopback", NAME, guest.nick, "H", f"0 {guest.realname}")
        self.answer("315", params[0] or "*", "End of who")

    def do_whois(self, params: list[str]) -> None:
        for guest in self.server.guests:
            if guest.nick.lower() == params[0].lower():
                self.answer("311", guest.nick, guest.user, "loopback", "*", guest.realname)
        self.answer("318", params[0] or "*", "End of whois")

    def do_mode(self, params: list[str]) -> None:
        """There are no modes; clients that ask are told so, those that set some get no answer."""
        if params[0].startswith("#"):
            if not params[1]:
                self.answer("324", params[0], self.modes(params[0]))
            elif params[1].lstrip("+") == "b":
                self.answer("368", params[0], "End of ban list")
        elif not params[1]:
            self.answer("221", "+")

    def modes(self, channel: str) -> str:
        """Those of a channel: none."""
        return "+"

    def do_away(self, params: list[str]) -> None:
        if params[0]:
            self.answer("306", "You are marked as away")
        else:
            self.answer("305", "You are no longer marked as away")

    def do_kick(self, params: list[str]) -> None:
        """Anybody may: this is a room for trying things."""
        channel = self.server.channels.get(params[0].lower())
        victims = [guest for guest in channel.members if guest.nick.lower() == params[1].lower()] if channel else []
        for guest in victims:
            if channel:
                self.tell(channel, f":{self.mask} KICK {channel.name} {guest.nick} :{params[2]}")
                channel.members.remove(guest)

    # --- what is said

    def do_privmsg(self, params: list[str]) -> None:
        self._say("PRIVMSG", params)

    def do_notice(self, params: list[str]) -> None:
        self._say("NOTICE", params)

    def _say(self, command: str, params: list[str]) -> None:
        if not params[0] or not params[1]:
            self.answer("412", "No text to send")
            return
        for target in params[0].split(","):
            self.server.deliver(self, command, target, params[1])


def stamp(moment: datetime) -> str:
    """As IRCv3 *server-time* writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
