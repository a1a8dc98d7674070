"""Groups of this machine's name service, as a wrapper around it has them (https://cwrap.org/nss_wrapper.html)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from labsbot.projects import groups
from labsbot.projects.groups import AskedGroups
from labsbot.refreshed import SourceFailure
from labsbot.settings import Groups, Project

LISTED = """\
root:x:0:
project-tools:*:5001:alice,bob
project-empty::5002:
Project-Other:x:5003:eve
service.tools.stats:x:5004:alice

broken
project-broken:x:5005
"""


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("project-*", ["project-tools", "project-empty"]),
        ("root", ["root"]),
        ("?roject-t*", ["project-tools"]),
        ("service.*", ["service.tools.stats"]),
        ("x", []),
    ],
)
def test_groups_that_fit_are_projects(pattern: str, names: list[str]) -> None:
    assert [project.name for project in groups.groups(LISTED, pattern)] == names


def test_their_members_are_those_that_the_group_lists() -> None:
    assert groups.groups(LISTED, "project-[te]*") == (
        Project("project-tools", members=frozenset({"alice", "bob"})),
        Project("project-empty", members=frozenset()),
    )


def said(pattern: str) -> tuple[Project, ...]:
    async def ask() -> tuple[Project, ...]:
        return await AskedGroups(Groups(pattern))()

    return asyncio.run(ask())


def getent(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put another getent before the machine's own."""
    program = folder / "getent"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_the_groups_of_this_machine_are_read() -> None:
    assert [project.name for project in said("ro?t")] == ["root"]


@pytest.mark.servers
def test_groups_and_members_come_through_the_name_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "group").write_text("project-tools:x:5001:alice,Łukasz\nother:x:5002:eve\n")
    (tmp_path / "passwd").write_text("alice:x:5001:5001::/:/bin/sh\n")
    monkeypatch.setenv("NSS_WRAPPER_GROUP", str(tmp_path / "group"))
    monkeypatch.setenv("NSS_WRAPPER_PASSWD", str(tmp_path / "passwd"))
    monkeypatch.setenv("LD_PRELOAD", "libnss_wrapper.so")
    assert said("project-*") == (Project("project-tools", members=frozenset({"alice", "Łukasz"})),)
    with (tmp_path / "group").open("a") as group:
        group.write("project-new:x:5003:\n")
    assert [project.name for project in said("project-*")] == ["project-tools", "project-new"]


def test_a_name_service_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    getent(tmp_path, "echo project-tools:x:1:; exit 3", monkeypatch)
    with pytest.raises(SourceFailure, match="failed with status 3"):
        said("*")


def test_a_name_service_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    getent(tmp_path, "exec sleep 600", monkeypatch)
    monkeypatch.setattr(groups, "PATIENCE", 0.2)
    with pytest.raises(SourceFailure, match="has not answered within"):
        said("*")


def test_a_machine_without_getent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceFailure, match="cannot be run: no such file"):
        said("*")


def test_a_getent_that_cannot_be_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "getent").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "getent").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceFailure, match="cannot be run"):
        said("*")
