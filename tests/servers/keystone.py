"""An identity service that answers what a test says, on loopback: the parts of Keystone's v3 API that labsbot asks.

https://docs.openstack.org/api-ref/identity/v3/
"""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.http import serving

USER = "labsbot"
PASSWORD = "k3ystone-on-loopback-only"
Row = dict[str, Any]


@dataclass
class Keystone:
    """Projects, people with roles in them, and good and bad days."""

    projects: list[Row] = field(default_factory=list)
    roles: list[Row] = field(default_factory=list)
    page: int = 2
    """Projects in one answer."""
    status: int = 200
    """Other than 200: what each request is answered with from now on."""
    forbidden: frozenset[str] = frozenset()
    """What our user may not list."""
    nonsense: str | None = None
    """What is answered instead of rows."""
    links_go_round: bool = False
    tokens: set[str] = field(default_factory=set)
    """Those that are valid. Empty it, and all have expired."""
    logins: list[Row] = field(default_factory=list)
    """What was asked for with each password."""
    url: str = ""

    def add(self, name: str, *members: str, **more: Any) -> None:
        row = {"id": f"id-of-{name}", "name": name, "enabled": True, "is_domain": False, "domain_id": "default"}
        self.projects.append({**row, **more})
        for member in members:
            user = {"id": f"id-of-{member}", "name": member, "domain": {"id": "default", "name": "Default"}}
            scope = {"project": {"id": row["id"], "name": name, "domain": {"id": "default", "name": "Default"}}}
            self.roles.append({"user": user, "scope": scope, "role": {"id": "r", "name": "member"}})

    def answer(self, method: str, path: str, query: dict[str, str], token: str, body: Any) -> tuple[int, Row, str]:
        """Status, body, and a new token where there is one."""
        if self.status != 200:
            return self.status, {"error": {"code": self.status, "message": f"no, {PASSWORD}", "title": "no"}}, ""
        if (method, path) == ("POST", "/v3/auth/tokens"):
            return self._log_in(body["auth"])
        if token not in self.tokens:
            return 401, {"error": {"code": 401, "message": "The request you have made requires authentication."}}, ""
        kind = path.removeprefix("/v3/")
        if kind in self.forbidden:
            return 403, {"error": {"code": 403, "message": "You are not authorized"}}, ""
        if kind == "projects":
            return 200, self._projects(query), ""
        if kind == "role_assignments" and query.get("include_names") == "true":
            return 200, {"role_assignments": self.roles, "links": {"self": path, "previous": None, "next": None}}, ""
        return 404, {"error": {"code": 404, "message": path}}, ""

    def _log_in(self, auth: Row) -> tuple[int, Row, str]:
        self.logins.append(auth)
        user = auth["identity"]["password"]["user"]
        if (user["name"], user["password"]) != (USER, PASSWORD):
            return 401, {"error": {"code": 401, "message": f"no {user['password']}"}}, ""
        token = f"t0ken-{len(self.logins)}"
        self.tokens.add(token)
        answer = {"methods": ["password"], "user": {"id": "u", "name": USER}, "expires_at": "2126-11-22T12:00:00.0Z"}
        return 201, {"token": answer}, token

    def _projects(self, query: dict[str, str]) -> Row:
        begin = int(query.get("marker", "0"))
        kept = [row for row in self.projects if query.get("domain_id") in (None, row["domain_id"])]
        end = begin + self.page
        following = None
        if end < len(kept) or self.links_go_round:
            # As behind a proxy: its own idea of its address leads nowhere.
            following = f"http://keystone.internal.invalid:5000/v3/projects?marker={0 if self.links_go_round else end}"
        return {"projects": kept[begin:end], "links": {"self": "…", "previous": None, "next": following}}


@contextlib.contextmanager
def scripted_keystone(tls: ssl.SSLContext | None = None) -> Iterator[Keystone]:
    keystone = Keystone()

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(None)

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, body: Any) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            token = self.headers.get("X-Auth-Token", "")
            status, answer, new_token = keystone.answer(self.command, address.path, query, token, body)
            text = json.dumps(answer)
            if self.command == "GET" and keystone.nonsense is not None:
                text = keystone.nonsense
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            if new_token:
                self.send_header("X-Subject-Token", new_token)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/v3/elsewhere")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with serving(Api, tls) as keystone.url:
        yield keystone
