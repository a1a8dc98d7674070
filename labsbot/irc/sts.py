"""Remember which servers want TLS only, and choose how to connect to them (IRCv3 *STS*, Strict Transport Security).

The policies are kept in a file. Nothing is connected here; now is an argument.
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
"""A longer policy is cut to this."""
FILE = "sts.json"
"""In the state folder."""


class Link(enum.Enum):
    """What a server may ask for on a connection."""

    OPEN = "plain text: that we come back with TLS"
    SECURE = "TLS: that we always use TLS"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a server."""

    server: Server
    tls: Tls | None
    """None: plain text."""

    @property
    def link(self) -> Link:
        return Link.SECURE if self.tls else Link.OPEN

    @property
    def where(self) -> str:
        """The address, for people."""
        return f"{self.server.host}:{self.server.port}"

    def upgraded(self, port: int, sts: Tls) -> Route:
        """The same server by TLS, at that port."""
        return Route(Server(self.server.host, port), sts)


def upgrade_port(value: str | None) -> int | None:
    """The TLS port in the value of the capability ``sts``, which counts on plain text only; None: there is none."""
    port = _tokens(value).get("port", "")
    return int(port) if port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536 else None


def duration(value: str | None) -> int | None:
    """For how many seconds that value, which counts on TLS only, binds us; None: it does not say."""
    seconds = _tokens(value).get("duration", "")
    return int(seconds[:12]) if seconds.isascii() and seconds.isdecimal() else None


def _tokens(value: str | None) -> dict[str, str]:
    return {key: word for key, _, word in (token.partition("=") for token in (value or "").split(","))}


class Policies:
    """The policies in force, kept in a file that all networks share."""

    def __init__(self, path: Path | None) -> None:
        """`path`: a JSON file, which need not exist; None: the policies are forgotten at the end."""
        self._path = path
        if path:
            files.tighten(path)
        self._known: dict[str, dict[str, object]] = {}

    @classmethod
    def in_folder(cls, state: Path | None) -> Policies:
        """Those kept in the state folder; None: there is no such folder."""
        return cls(state and state / FILE)

    def route(self, server: Server, tls: Tls | None, sts: Tls, now: datetime) -> Route:
        """How to connect: as configured (`tls`), unless that is plain text and a policy forbids it."""
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
        """From now on, for so many seconds, TLS only, at this port; 0: forget the policy of this host."""
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
            log.warning("%s cannot be read, policies (STS) of servers are not followed: %s", self._path, failure)
            return self._known

    def _write(self, path: Path) -> None:
        text = json.dumps(self._known, indent=1, sort_keys=True) + "\n"
        try:
            files.make_folder(path.parent)
            files.replace(path, text, permissions=files.PRIVATE, durable=True)
        except OSError as failure:
            log.warning("%s cannot be written, policies (STS) of servers will be forgotten: %s", path, failure)


def _folded(host: str) -> str:
    return host.lower().rstrip(".")
