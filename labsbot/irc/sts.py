"""Strict Transport Security: what servers ask of us goes in, the way to take to them comes out (IRCv3 *STS*).

Here is the file in which policies outlast us, too. Nothing is connected here; the clock is the caller's.
"""

from __future__ import annotations

import enum
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from labsbot.edge import files
from labsbot.settings import Server, Tls

log = logging.getLogger("labsbot.irc")

LONGEST = timedelta(days=3650)
"""A policy for longer than this is one for so long."""


class Link(enum.Enum):
    """What a server may ask for on a connection."""

    OPEN = "plain text: that we come back by TLS"
    SECURE = "TLS: that we always come by TLS"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a server."""

    server: Server
    tls: Tls | None
    """None: plain text."""

    @property
    def link(self) -> Link:
        return Link.SECURE if self.tls else Link.OPEN


def upgrade_port(value: str | None) -> int | None:
    """The port of TLS in the value of the capability ``sts``, as it counts on plain text; None: there is none."""
    port = _tokens(value).get("port", "")
    return int(port) if port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536 else None


def duration(value: str | None) -> int | None:
    """For how many seconds its value, as it counts on TLS, binds us; None: it says nothing."""
    seconds = _tokens(value).get("duration", "")
    return int(seconds[:12]) if seconds.isascii() and seconds.isdecimal() else None


def _tokens(value: str | None) -> dict[str, str]:
    return {key: word for key, _, word in (token.partition("=") for token in (value or "").split(","))}


class Policies:
    """The policies that are in force, kept in a file that all networks share."""

    def __init__(self, path: Path | None) -> None:
        """`path`: a JSON file, which need not be there; None: they are forgotten when we end."""
        self._path = path
        if path:
            files.tighten(path)
        self._known: dict[str, dict[str, object]] = {}

    def route(self, server: Server, tls: Tls | None, sts: Tls, now: datetime) -> Route:
        """The way to take: as it is configured (`tls`), unless that is plain text and a policy forbids it."""
        port = None if tls else self._port(server.host, now)
        return Route(Server(server.host, port), sts) if port else Route(server, tls)

    def _port(self, host: str, now: datetime) -> int | None:
        policy = self._read().get(_folded(host), {})
        try:
            port, until = policy.get("port"), datetime.fromisoformat(str(policy.get("until")))
            return port if isinstance(port, int) and 0 < port < 65536 and until > now else None
        except (ValueError, TypeError):
            return None

    def keep(self, server: Server, seconds: int, now: datetime) -> None:
        """For so long, from now on, TLS only, at this port; 0: the policy of this host is forgotten."""
        self._known = self._read()
        if seconds:
            until = now + min(timedelta(seconds=seconds), LONGEST)
            self._known[_folded(server.host)] = {"port": server.port, "until": until.isoformat(timespec="seconds")}
        elif self._known.pop(_folded(server.host), None) is None:
            return
        if self._path:
            self._write(self._path)

    def _read(self) -> dict[str, dict[str, object]]:
        if self._path is None:
            return self._known
        try:
            read = json.loads(files.read(self._path).decode())
            return {host: policy for host, policy in read.items() if isinstance(policy, dict)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, RecursionError) as failure:
            log.warning("%s cannot be read, servers are met as if they had asked for nothing: %s", self._path, failure)
            return self._known

    def _write(self, path: Path) -> None:
        text = json.dumps(self._known, indent=1, sort_keys=True) + "\n"
        try:
            files.make_folder(path.parent)
            files.replace(path, text, permissions=files.PRIVATE, durable=True)
        except OSError as failure:
            log.warning("%s cannot be written, policies (STS) will be forgotten: %s", path, failure)


def _folded(host: str) -> str:
    return host.lower().rstrip(".")
