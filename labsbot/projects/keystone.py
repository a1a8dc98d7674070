"""The settings of a Keystone come in; its projects go out, with everybody who has a role in them. Only reads.

This module needs keystoneauth1 (the extra ``keystone``), which gets the token and renews it; what that raises becomes a
SourceFailure here. API: https://docs.openstack.org/api-ref/identity/v3/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from labsbot.edge import answers
from labsbot.edge.bounded import AnswerTooLarge, Bounded
from labsbot.refreshed import OwnThread, SourceFailure
from labsbot.settings import Keystone, Project

ANSWER = 30.0
"""Seconds of silence in one answer."""
PATIENCE = 120.0
"""Seconds for all of it."""

MOST_PAGES = 1000
"""Answers to one question."""

Row = dict[str, Any]


class AskedKeystone:
    """The projects of a Keystone. Call it for what they are now."""

    def __init__(self, origin: Keystone) -> None:
        self._origin = origin
        address = origin.url.rstrip("/")
        self._address = address if address.endswith("/v3") else f"{address}/v3"
        self._thread_of_own = OwnThread(f"keystone {origin.url}", PATIENCE)
        self._session: Session | None = None

    async def __call__(self) -> tuple[Project, ...]:
        """Raises SourceFailure."""
        return await self._thread_of_own.call(self._projects)

    def _projects(self) -> tuple[Project, ...]:
        try:
            session = self._session = self._session or self._new_session()
            domain = {"domain_id": self._origin.domain} if self._origin.domain else {}
            found = list(self._all(session, "projects", enabled="true", **domain))
            # "effective" names the members of groups too, and what is inherited from above.
            roles = list(self._all(session, "role_assignments", include_names="true", effective="true"))
            return projects(found, roles, self._origin.domain)
        except exceptions.ClientException as error:
            raise SourceFailure(_cause(error)) from error
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise SourceFailure("it answers with something else than Keystone") from error

    def _new_session(self) -> Session:
        origin = self._origin
        scope: dict[str, Any] = {"system_scope": "all"}
        if origin.project is not None:
            scope = {"project_name": origin.project, "project_domain_name": origin.project_domain}
        login = v3.Password(
            self._address,
            username=origin.user,
            password=origin.password.value,
            user_domain_name=origin.user_domain,
            include_catalog=False,
            **scope,
        )
        line = requests.Session()
        for scheme in ("http://", "https://"):
            line.mount(scheme, Bounded())
        # A redirect would take our token elsewhere.
        verify = str(origin.ca) if origin.ca else True
        return Session(login, session=line, verify=verify, timeout=ANSWER, redirect=False)

    def _all(self, session: Session, kind: str, **query: str) -> Iterator[Row]:
        """All rows of a collection, page by page."""
        asked: set[str] = set()
        page = urlencode(query)
        while page not in asked:
            asked.add(page)
            self._thread_of_own.go_on()
            answer = answers.mapping(answers.parsed(session.get(f"{self._address}/{kind}?{page}").text))
            yield from answers.rows(answer[kind])
            following = answers.mapping(answer.get("links", {})).get("next")
            if not following:
                return
            if len(asked) == MOST_PAGES:
                raise ValueError("its pages have no end")
            # Only what it asks for: behind a proxy Keystone often does not know its own address.
            page = urlencode(parse_qsl(urlsplit(answers.word(following)).query, keep_blank_values=True))
        raise ValueError("its pages go round in a circle")


def projects(found: list[Row], roles: list[Row], domain: str | None) -> tuple[Project, ...]:
    """Put together rows of ``/v3/projects`` and of ``/v3/role_assignments``, the latter with names.

    Raises LookupError, TypeError, ValueError or AttributeError where they are not as they should be.
    """
    members: dict[str, set[str]] = {}
    for role in roles:
        project = role["scope"].get("project")
        if project and "user" in role:
            members.setdefault(answers.word(project["id"]), set()).add(answers.word(role["user"]["name"]))
    ours = [
        Project(answers.word(row["name"]), members=frozenset(members.get(row["id"], ())))
        for row in found
        if row.get("enabled", True) and not row.get("is_domain") and domain in (None, row.get("domain_id"))
    ]
    return tuple(sorted(ours, key=lambda project: project.name))


def _cause(error: Exception) -> str:
    """What the library raised, in our words: its own may hold what was sent, or what a server likes to say."""
    if isinstance(error, exceptions.Unauthorized):
        return "it refuses our user name or password"
    if isinstance(error, exceptions.Forbidden):
        return "our user may not list projects and role assignments there"
    if isinstance(getattr(error, "original", None), AnswerTooLarge):
        return "its answer is too large"
    if isinstance(error, exceptions.SSLError):
        return "its certificate is not one to trust"
    if isinstance(error, exceptions.HttpError):
        return f"it answers with HTTP {error.http_status}"
    if isinstance(error, exceptions.ConnectionError):
        return "it is not answering"
    return f"it fails ({type(error).__name__})"
