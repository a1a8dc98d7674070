"""Groups of a real slapd."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labsbot.projects import Directories, Known, PageLists, ProjectReaders, UnknownProject
from labsbot.refreshed import SourceFailure
from labsbot.settings import Ldap, Project, Secret, Source
from tests.irc.conftest import until
from tests.nouns import NOON
from tests.servers.slapd import BASE, MOST_ROWS, PASSWORD, PROJECTS, READER, TOOLS, Slapd

ldap = pytest.importorskip("labsbot.projects.ldap", reason="the extra ldap is not installed")
pytestmark = pytest.mark.servers
PEOPLE = f"ou=people,{BASE}"


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with Slapd() as slapd:
        slapd.add_group_of_names("tools", [f"uid=alice,{PEOPLE}", f"uid=Bob\\, Jr.,{PEOPLE}"])
        slapd.add_group_of_names("nobody", [""])
        slapd.add_posix_group("bots", ["alice", "carol"])
        slapd.add_posix_group("tools.stats", ["alice"], under=TOOLS)
        slapd.add(f"dn: cn=new,{PROJECTS}\nobjectClass: posixGroup\ncn: older\ncn: new\ncn: old\ngidNumber: 7")
        yield slapd


async def no_titles(name: str) -> tuple[str, ...]:
    raise AssertionError(f"nobody is to ask for {name}")


NO_DOORS = ProjectReaders(lambda path: (), PageLists(no_titles, no_titles))


def origin(server: Slapd, **given: Any) -> Ldap:
    ours = Ldap(server.url, PROJECTS, user=READER, password=Secret(PASSWORD), ca=server.ca)
    return replace(ours, **given)


def said(of: Ldap) -> tuple[Project, ...]:
    async def ask() -> tuple[Project, ...]:
        answer: tuple[Project, ...] = await ldap.AskedLdap(of)()
        return answer

    return asyncio.run(ask())


def failure(of: Ldap) -> str:
    with pytest.raises(SourceFailure) as caught:
        said(of)
    return caught.value.cause


GROUPS = (
    Project("bots", members=frozenset({"alice", "carol"})),
    Project("new", aliases=("old", "older"), members=frozenset()),
    Project("nobody", members=frozenset()),
    Project("tools", members=frozenset({"alice", "Bob, Jr."})),
)


@pytest.mark.parametrize("encrypted", ["start_tls", "ldaps", "plain"])
def test_groups_of_both_kinds_come_with_their_members(server: Slapd, encrypted: str) -> None:
    of = origin(server, start_tls=encrypted == "start_tls")
    if encrypted == "ldaps":
        of = replace(of, url=server.tls_url)
    assert said(of) == GROUPS


def test_it_may_be_asked_without_a_name(server: Slapd) -> None:
    assert said(origin(server, user=None, password=None)) == GROUPS


def test_filter_and_attributes_may_be_others(server: Slapd) -> None:
    of = origin(server, filter="(objectClass=posixGroup)", name="GIDNUMBER", members=("CN",))
    assert said(of) == (
        Project("50000", members=frozenset({"bots"})),
        Project("7", members=frozenset({"new", "old", "older"})),
    )


def test_more_groups_than_fit_in_one_answer_come_page_by_page(server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"many{number:03}" for number in range(3 * MOST_ROWS)]
    many = f"ou=many,{BASE}"
    server.add(f"dn: {many}\nobjectClass: organizationalUnit\nou: many")
    server.add("\n\n".join(f"dn: cn={n},{many}\nobjectClass: posixGroup\ncn: {n}\ngidNumber: 1" for n in names))
    monkeypatch.setattr(ldap, "PAGE", 25)
    assert [project.name for project in said(origin(server, base=many))] == names


def test_a_part_of_the_groups_is_no_answer(server: Slapd) -> None:
    """Who is anonymous here gets no pages, and no more than the server likes."""
    names = [f"part{number:03}" for number in range(MOST_ROWS + 1)]
    part = f"ou=part,{BASE}"
    server.add(f"dn: {part}\nobjectClass: organizationalUnit\nou: part")
    server.add("\n\n".join(f"dn: cn={n},{part}\nobjectClass: posixGroup\ncn: {n}\ngidNumber: 1" for n in names))
    assert "only a part" in failure(origin(server, base=part, user=None, password=None))


def test_what_we_may_not_see_is_not_taken_for_nothing(server: Slapd) -> None:
    assert [project.name for project in said(origin(server, base=TOOLS))] == ["tools.stats"]
    assert failure(origin(server, base=TOOLS, user=None, password=None)) == (
        "there is no such base, or we may not see it"
    )


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"password": Secret("wr0ng")}, "it refuses our name or password"),
        ({"user": f"cn=nobody,{BASE}"}, "it refuses our name or password"),
        ({"user": "nobody"}, "the base, or the name to log in with, is no distinguished name"),
        ({"base": f"ou=elsewhere,{BASE}"}, "there is no such base, or we may not see it"),
        ({"filter": "(cn="}, "it cannot read the filter (RFC 4515)"),
        ({"ca": None}, "no encrypted connection; its certificate may not be one to trust, or not be for that name"),
    ],
)
def test_what_is_wrong_is_told_in_words(server: Slapd, given: dict[str, Any], cause: str) -> None:
    assert failure(origin(server, **given)) == cause


def test_an_empty_password_is_no_login_without_a_name(server: Slapd) -> None:
    """RFC 4513, 5.1.2: many servers take it for one."""
    assert failure(origin(server, password=None)).startswith("it fails: unauthenticated bind")


@pytest.mark.parametrize("address", ["url", "tls_url"])
def test_a_certificate_for_another_name_is_refused(server: Slapd, address: str) -> None:
    url = getattr(server, address).replace("127.0.0.1", "localhost")
    assert "certificate" in failure(origin(server, url=url))


def test_a_certificate_is_verified_whatever_the_machine_says(server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDAPTLS_REQCERT", "never")
    assert "certificate" in failure(origin(server, url=server.tls_url, ca=None))


def test_a_server_that_was_stopped_is_told_and_comes_back(server: Slapd) -> None:
    server.stop()
    try:
        assert failure(origin(server)) == "it cannot be reached"
    finally:
        server.start()
    assert said(origin(server)) == GROUPS


async def test_a_server_that_was_stopped_makes_no_project_unknown(
    server: Slapd, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source(origin(server), refresh=0.05)
    directories = Directories([source], tmp_path, NO_DOORS, lambda: NOON)
    directory = directories.directory_for((source,))
    running = asyncio.create_task(directories.run())
    try:
        await until(lambda: directory.find("TOOLS") == Known(GROUPS[3]), "tools is known")
        server.stop()
        try:
            await until(lambda: "it cannot be reached" in caplog.text, "the outage is noticed")
            assert directory.find("tools") == Known(GROUPS[3])
            again = Directories([source], tmp_path, NO_DOORS, lambda: NOON)
            again.load()
            assert again.directory_for((source,)).find("tools") == Known(GROUPS[3])
        finally:
            server.start()
        server.add_posix_group("later", ["dave"])
        await until(lambda: isinstance(directory.find("later"), Known), "the new project is known")
        server.delete(f"cn=later,{PROJECTS}")
        await until(lambda: isinstance(directory.find("later"), UnknownProject), "it is gone again")
    finally:
        running.cancel()


@pytest.mark.parametrize("given", [{"start_tls": True}, {"start_tls": False}])
def test_a_server_that_hangs_is_given_up(server: Slapd, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap, "ANSWER", 0.3)
    with server.frozen():
        assert failure(origin(server, **given)) == "it is not answering"


def test_a_server_that_hangs_in_the_handshake_is_given_up(server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap, "PATIENCE", 0.3)
    with server.frozen():
        assert "no answer within" in failure(origin(server, url=server.tls_url))
