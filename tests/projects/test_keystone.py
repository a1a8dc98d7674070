"""Projects of OpenStack, from a scripted Keystone."""

from __future__ import annotations

import asyncio
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from labsbot.refreshed import SourceFailure
from labsbot.settings import Keystone as Origin
from labsbot.settings import Project, Secret
from tests.servers.keystone import PASSWORD, USER, Keystone, scripted_keystone

pytest.importorskip("keystoneauth1", reason="the extra keystone is not installed")
from labsbot.projects.keystone import AskedKeystone


@pytest.fixture
def keystone() -> Iterator[Keystone]:
    with scripted_keystone() as server:
        server.add("tools", "alice", "bob")
        server.add("bots", "alice")
        server.add("empty")
        yield server


def origin(server: Keystone, **given: Any) -> Origin:
    return replace(Origin(f"{server.url}/v3", USER, Secret(PASSWORD)), **given)


def said(asked: AskedKeystone) -> tuple[Project, ...]:
    return asyncio.run(asked())


def failure(asked: AskedKeystone) -> str:
    with pytest.raises(SourceFailure) as caught:
        said(asked)
    assert PASSWORD not in caught.value.cause
    assert "k3y" not in "".join(traceback.format_exception_only(caught.value))
    return caught.value.cause


ALL = (
    Project("bots", members=frozenset({"alice"})),
    Project("empty", members=frozenset()),
    Project("tools", members=frozenset({"alice", "bob"})),
)


def test_all_pages_of_projects_come_with_their_members(keystone: Keystone) -> None:
    assert said(AskedKeystone(origin(keystone))) == ALL


def test_the_address_may_lack_the_version(keystone: Keystone) -> None:
    assert said(AskedKeystone(origin(keystone, url=f"{keystone.url}/"))) == ALL


def test_projects_that_are_switched_off_and_domains_are_none(keystone: Keystone) -> None:
    keystone.add("old", "alice", enabled=False)
    keystone.add("Default", "alice", is_domain=True)
    assert said(AskedKeystone(origin(keystone))) == ALL


def test_only_projects_of_one_domain_may_be_wanted(keystone: Keystone) -> None:
    keystone.add("theirs", "eve", domain_id="other")
    assert [project.name for project in said(AskedKeystone(origin(keystone, domain="other")))] == ["theirs"]


def test_roles_on_other_things_than_projects_make_nobody_a_member(keystone: Keystone) -> None:
    keystone.roles.append({"user": {"name": "eve"}, "scope": {"system": {"all": True}}})
    keystone.roles.append({"user": {"name": "eve"}, "scope": {"domain": {"id": "default"}}})
    keystone.roles.append({"group": {"name": "all"}, "scope": {"project": {"id": "id-of-empty"}}})
    assert said(AskedKeystone(origin(keystone))) == ALL


def test_it_asks_in_the_name_of_the_system_or_of_one_project(keystone: Keystone) -> None:
    said(AskedKeystone(origin(keystone)))
    said(AskedKeystone(origin(keystone, project="admin", project_domain="Ops")))
    assert [login["scope"] for login in keystone.logins] == [
        {"system": {"all": True}},
        {"project": {"name": "admin", "domain": {"name": "Ops"}}},
    ]


def test_a_token_serves_until_it_expires_and_is_then_renewed(keystone: Keystone) -> None:
    asked = AskedKeystone(origin(keystone))
    said(asked)
    said(asked)
    assert len(keystone.logins) == 1
    keystone.tokens.clear()
    assert said(asked) == ALL
    assert len(keystone.logins) == 2


def test_a_wrong_password_is_told_without_it(keystone: Keystone) -> None:
    assert failure(AskedKeystone(origin(keystone, password=Secret("k3y")))) == "it refuses our user name or password"


@pytest.mark.parametrize("kind", ["projects", "role_assignments"])
def test_half_of_the_answer_is_none(keystone: Keystone, kind: str) -> None:
    keystone.forbidden = frozenset({kind})
    assert "may not list projects and role assignments" in failure(AskedKeystone(origin(keystone)))


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (503, "it answers with HTTP 503"),
        (500, "it answers with HTTP 500"),
        (429, "it answers with HTTP 429"),
        (404, "it answers with HTTP 404"),
    ],
)
def test_a_server_that_is_ill_is_told_and_may_recover(keystone: Keystone, status: int, cause: str) -> None:
    asked = AskedKeystone(origin(keystone))
    said(asked)
    keystone.status = status
    assert failure(asked) == cause
    keystone.status = 200
    assert said(asked) == ALL


def test_a_redirect_does_not_take_our_token_elsewhere(keystone: Keystone) -> None:
    asked = AskedKeystone(origin(keystone))
    said(asked)
    keystone.status = 302
    assert failure(asked) == "it answers with something else than Keystone"


@pytest.mark.parametrize(
    "nonsense",
    ["", "<html>", "[]", "{}", "null", '{"projects": 7}', '{"projects": [7]}', '{"projects": [{"name": "x"}]}'],
)
def test_nonsense_is_no_answer(keystone: Keystone, nonsense: str) -> None:
    keystone.nonsense = nonsense
    assert failure(AskedKeystone(origin(keystone))) == "it answers with something else than Keystone"


def test_pages_that_go_round_in_a_circle_end(keystone: Keystone) -> None:
    keystone.links_go_round = True
    assert failure(AskedKeystone(origin(keystone))) == "it answers with something else than Keystone"


def test_a_server_that_is_gone_is_told() -> None:
    with scripted_keystone() as server:
        gone = origin(server)
    assert failure(AskedKeystone(gone)) == "it is not answering"


def test_its_certificate_is_verified(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with scripted_keystone(tls) as server:
        server.add("tools")
        assert failure(AskedKeystone(origin(server))) == "its certificate is not one to trust"
        assert [each.name for each in said(AskedKeystone(origin(server, ca=tmp_path / "ca.pem")))] == ["tools"]
