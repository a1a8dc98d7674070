"""Groups so large that a server gives their members in ranges."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from labsbot.refreshed import SourceFailure
from labsbot.settings import Ldap, Project
from tests.servers.active_directory import ActiveDirectory, Answer, active_directory

ldap = pytest.importorskip("labsbot.projects.ldap", reason="the extra ldap is not installed")
BASE = "ou=groups,dc=labs"


def people(count: int) -> list[str]:
    return [f"person{number}" for number in range(count)]


def dns(names: Sequence[str]) -> list[str]:
    return [f"CN={name},OU=People,DC=labs" for name in names]


def group(cn: str, **attributes: Sequence[str]) -> dict[str, Answer]:
    return {f"cn={cn},{BASE}": {"cn": [cn], **attributes}}


@pytest.fixture
def server() -> Iterator[ActiveDirectory]:
    with active_directory(group("small", member=dns(["alice"]))) as directory:
        yield directory


def said(server: ActiveDirectory, *members: str) -> dict[str, set[str]]:
    """Each group's members."""
    origin = Ldap(server.url, BASE, start_tls=False, members=members or ("member", "memberUid"))

    async def ask() -> tuple[Project, ...]:
        answer: tuple[Project, ...] = await ldap.AskedLdap(origin)()
        return answer

    return {project.name: set(project.members or ()) for project in asyncio.run(ask())}


def failure(server: ActiveDirectory) -> str:
    with pytest.raises(SourceFailure) as caught:
        said(server)
    return caught.value.cause


@pytest.mark.parametrize("count", [1, 1499, 1500, 1501, 3000, 3001, 5000])
def test_a_group_has_all_its_members_however_many(server: ActiveDirectory, count: int) -> None:
    server.groups |= group("large", member=dns(people(count)))
    assert said(server) == {"small": {"alice"}, "large": {*people(count)}}


def test_more_is_asked_for_only_where_there_is_more(server: ActiveDirectory) -> None:
    server.groups |= group("large", member=dns(people(3001)))
    said(server)
    assert server.asked == ["cn", "member", "memberUid", "member;range=1500-*", "member;range=3000-*"]


def test_so_it_is_with_each_attribute_however_it_is_written(server: ActiveDirectory) -> None:
    server.most = 2
    of_group = {"member": dns(people(5)), "memberUid": ["x", "y", "z"], "OWNER": ["o", "p", "q"]}
    server.groups = group("large", **of_group)
    assert said(server, "member", "memberUid", "OWNER") == {"large": {*people(5), "x", "y", "z", "o", "p", "q"}}


def test_a_range_may_be_all_that_an_answer_has(server: ActiveDirectory) -> None:
    """Other servers that know ranges leave out the name that was asked for, or write the option in capitals."""
    server.groups = group("large", member=dns(people(7)))

    def one_range(attribute: str, first: int, rest: Sequence[str]) -> Answer:
        last = "*" if len(rest) <= 3 else str(first + 2)
        return {f"{attribute.upper()};Range={first}-{last}": rest[:3]}

    server.in_range = one_range
    assert said(server, "member")["large"] == {*people(7)}


def test_nothing_more_is_an_end_too(server: ActiveDirectory) -> None:
    """The last of them left while we asked."""
    server.groups = group("large", member=dns(people(1501)))
    in_ranges = server.in_range
    server.in_range = lambda name, first, rest: {"member;range=1500-*": ()} if first else in_ranges(name, first, rest)
    assert said(server, "member")["large"] == {*people(1500)}


def test_other_options_are_not_members(server: ActiveDirectory) -> None:
    """A name in another language (RFC 3866) is not a person."""
    server.groups |= group("some", member=dns(["alice"]))
    server.groups[f"cn=some,{BASE}"]["member;lang-de"] = dns(["alicia"])
    server.groups[f"cn=some,{BASE}"]["member;x-range=0-1"] = dns(["alison"])
    assert said(server)["some"] == {"alice"}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"member": ()},
        {"member;range=1500-2999": ()},
        {"member;range=0-1499": dns(people(1500))},
        {"member;range=1501-*": dns(["alice"])},
        {"memberUid;range=1500-*": dns(["alice"])},
    ],
)
def test_a_part_of_the_members_is_no_answer(server: ActiveDirectory, answer: Answer) -> None:
    server.groups |= group("large", member=dns(people(1501)))
    in_ranges = server.in_range
    server.in_range = lambda name, first, rest: answer if first else in_ranges(name, first, rest)
    assert failure(server) == "it gives away only a part of the members of a group: the first 1500"


def test_a_group_that_is_gone_when_the_rest_is_asked_for_is_no_answer(server: ActiveDirectory) -> None:
    server.groups |= group("large", member=dns(people(1501)))
    server.before = lambda attribute: server.groups.clear() if ";range=" in attribute else None
    assert "only a part of the members" in failure(server)


@pytest.mark.slow
def test_a_server_that_hangs_halfway_is_given_up(server: ActiveDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldap, "ANSWER", 0.3)
    over = threading.Event()
    server.groups |= group("large", member=dns(people(1501)))
    server.before = lambda attribute: over.wait() if ";range=" in attribute else None
    try:
        assert failure(server) == "it is not answering"
    finally:
        over.set()
