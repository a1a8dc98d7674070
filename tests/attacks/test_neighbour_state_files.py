"""Files of state that somebody else wrote: such an answer is passed over with a warning, and the bot starts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.edge import files
from labsbot.irc.sts import Policies
from labsbot.people import roster
from labsbot.projects import kept as projects
from labsbot.refreshed import Keep
from labsbot.settings import Access, Person, Project, Rule, Server, Tls, Who
from tests.attacks.test_wiki_answers import ANYTHING, places, replaced
from tests.nouns import NOON

PROJECT = Project("tools", ("t",), "gone", frozenset({"alice"}), Access((Rule(Who.ACCOUNT, "a"),), (), "no"))
KEEPS: dict[str, tuple[Any, Any, Any]] = {
    "projects": (projects.dumped, projects.loaded, (PROJECT,)),
    "people": (roster.dumped, roster.loaded, (Person(Rule(Who.ACCOUNT, "alice"), "Alice", "al"),)),
}


def keep(kind: str, folder: Path) -> Keep[Any]:
    dumped, loaded, _ = KEEPS[kind]
    return Keep(folder / f"{kind}-x.json", dumped, loaded)


@pytest.mark.parametrize("kind", sorted(KEEPS))
@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"version": 1, "at": "2026-11-22T12:00:00+00:00", "answer": ' + "[" * 200_000,
        '{"version": 1, "at": "2026-11-22T12:00:00+00:00", "answer": ["\\ud800"]}',
        '{"version": 1, "at": "0001-01-01T00:00:00+14:00", "answer": []}',
        '{"version": 1, "at": "9999-12-31T23:59:59-14:00", "answer": []}',
        '{"version": NaN, "at": 1e999, "answer": []}',
        "9" * 10_000,
    ],
)
def test_a_hurting_file_is_passed_over_with_a_warning(
    kind: str, text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = keep(kind, tmp_path)
    kept.path.write_text(text)
    assert kept.read() is None
    (message,) = caplog.messages
    assert str(kept.path) in message
    assert len(message) < 1000
    kept.write(KEEPS[kind][2], NOON)
    assert kept.read() == (KEEPS[kind][2], NOON)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(files.LARGEST + 1)


OBSTACLES = [
    pytest.param(fifo, "it is no regular file", id="fifo"),
    pytest.param(folder, "Is a directory", id="folder"),
    pytest.param(device, "it is a link", id="device"),
    pytest.param(huge, "it has more than 16777216 bytes", id="huge"),
]


@pytest.mark.parametrize("kind", sorted(KEEPS))
@pytest.mark.parametrize(("obstacle", "words"), OBSTACLES)
def test_what_is_no_file_or_huge_is_passed_over_and_holds_nobody_up(
    obstacle: Callable[[Path], None], words: str, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = keep(kind, tmp_path)
    obstacle(kept.path)
    assert kept.read() is None
    assert words in caplog.text


@pytest.mark.parametrize(("obstacle", "words"), OBSTACLES)
def test_policies_that_are_no_file_or_huge_are_passed_over_and_hold_nobody_up(
    obstacle: Callable[[Path], None], words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    obstacle(tmp_path / "sts.json")
    assert Policies(tmp_path / "sts.json").route(Server("irc.example.org", 6667), None, Tls(), NOON).tls is None
    assert words in caplog.text


@given(data=st.data(), kind=st.sampled_from(sorted(KEEPS)))
def test_whatever_stands_in_a_file_it_is_read_or_passed_over(
    data: st.DataObject, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dumped, _, answer = KEEPS[kind]
    good = json.loads(json.dumps({"version": 1, "at": NOON.isoformat(), "answer": dumped(answer)}))
    odd = replaced(good, data.draw(st.sampled_from(places(good))), data.draw(ANYTHING))
    kept = keep(kind, tmp_path_factory.getbasetemp())
    kept.path.write_text(json.dumps(odd))
    if found := kept.read():
        kept.write(*found)


def test_what_cannot_be_written_down_is_not_kept_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep("projects", tmp_path).write((Project("\ud800"),), NOON)
    assert "is not kept" in caplog.text
