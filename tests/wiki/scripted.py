"""A wiki's API that answers what a test says, on loopback: for what a real MediaWiki does not answer on demand."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from labsbot.settings import BotPassword, MediaWikiSettings, OAuth1, OAuth2, Secret
from tests.servers.http import serving


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    send: Callable[[bytes], object]
    """Write raw bytes to the client; the answer is then the test's own affair."""


Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


def good(answer: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


def marked(body: bytes, parameters: dict[str, str]) -> bytes:
    """The answer with what a MediaWiki repeats of the request; not read, for it may be no JSON."""
    if not body.startswith(b"{") or b'"requestid"' in body:
        return body
    rest = body[1:].lstrip()
    mark = json.dumps(parameters.get("requestid")).encode()
    return b'{"requestid": ' + mark + (b"" if rest.startswith(b"}") else b", ") + rest


@dataclass
class Scripted:
    """Logs anybody in; an edit gets what `edit` answers, None: nothing but a closed connection."""

    edit: Callable[[Asked], Reply | None] = lambda asked: good({"error": {"code": "readonly", "info": "…"}})
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    api: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    user: dict[str, Any] = field(default_factory=lambda: {"id": 1, "name": "Labsbot"})
    login: dict[str, Any] = field(default_factory=lambda: {"result": "Success"})

    def settings(self, login: BotPassword | OAuth1 | OAuth2 | None = None) -> MediaWikiSettings:
        return MediaWikiSettings(self.api, login or BotPassword("Labsbot@labsbot", Secret("s3cret-password")))

    def answer(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        if asked.parameters.get("action") == "login":
            return good({"login": self.login})
        if asked.parameters.get("meta") == "tokens":
            return good({"query": {"tokens": {"logintoken": "t0ken+\\"}}})
        if asked.parameters.get("meta") == "userinfo|tokens":
            return good({"query": {"userinfo": self.user, "tokens": {"csrftoken": "s3cret-t0ken+\\"}}})
        return self.edit(asked)


def _of_form(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _of_parts(body: bytes, kind: str) -> dict[str, str]:
    """By RFC 7578, each part the value of what its head names."""
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    parts = cast(list[EmailMessage], whole.get_payload())
    return {
        str(each.get_param("name", header="Content-Disposition")): cast(bytes, each.get_payload(decode=True)).decode()
        for each in parts
    }


@contextlib.contextmanager
def scripted_wiki(
    edit: Callable[[Asked], Reply | None] | None = None,
    tls: ssl.SSLContext | None = None,
    wiki: Scripted | None = None,
    **more: Any,
) -> Iterator[Scripted]:
    wiki = wiki or (Scripted(edit, **more) if edit else Scripted(**more))

    open_connections: list[socket.socket] = []

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            open_connections.append(self.connection)
            wiki.connections += 1

        def do_GET(self) -> None:
            self.reply(_of_form(urlsplit(self.path).query))

        def do_POST(self) -> None:
            body, kind = self.rfile.read(int(self.headers["Content-Length"])), self.headers["Content-Type"]
            in_parts = kind.startswith("multipart/form-data")
            self.reply(_of_parts(body, kind) if in_parts else _of_form(body.decode()))

        def reply(self, parameters: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            reply = wiki.answer(Asked(self.command, path, parameters, dict(self.headers), self.wfile.write))
            if reply is None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = reply
            if not {"Content-Length", "Content-Encoding"} & headers.keys():
                body = marked(body, parameters)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Api, tls) as address:
        wiki.api = f"{address}/w/api.php"
        try:
            yield wiki
        finally:
            wiki.stopping.set()
    for connection in open_connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
