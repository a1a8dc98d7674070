"""Each kind of source, asked once."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from labsbot.model import Unavailable
from labsbot.projects import PageLists, ProjectReaders, missing_extra, probe
from labsbot.projects.sources import called, every, question
from labsbot.refreshed import SourceFailure
from labsbot.settings import (
    AnyName,
    Groups,
    Keystone,
    Ldap,
    Listed,
    Origin,
    Project,
    ProjectFile,
    Secret,
    Source,
    WikiPages,
)

LDAP = Ldap("ldaps://ldap.example", "ou=projects,dc=example", password=Secret("s3cret"))
KEYSTONE = Keystone("https://keystone.example:5000", "labsbot", Secret("s3cret"))


async def titles(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{name}" for name in ("Tools/SAL", "Bots/SAL", "Help"))


async def category(name: str) -> tuple[str, ...]:
    if name == "Gone":
        raise Unavailable("it is not answering")
    return ("Nova Resource:Tools", "User:Alice", "Video")


DOORS = ProjectReaders(lambda path: tuple(map(Project, path.read_text().split())), PageLists(titles, category))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source(Listed((Project("tools"), Project("bots")))), "list: 2 projects"),
        (Source(Listed((Project("p-tools"), Project("a b"))), strip="p-"), "list: 1 project"),
        (
            Source(Listed((Project("tools"), Project("a b")))),
            "list: 1 project, 1 left out (such as “a b”: expected one word, without blanks and commas)",
        ),
        (Source(AnyName(re.compile("[a-z]+"))), "any [a-z]+: every name that fits"),
        (Source(WikiPages("Nova Resource:{project}/SAL")), "pages Nova Resource:{project}/SAL: 2 projects"),
        (Source(WikiPages("{project}", "Projects")), "category Projects: 1 project"),
        (Source(WikiPages("Nova Resource:{project}", "Projects")), "category Projects: 1 project"),
        (Source(Groups("root")), "groups root: 1 project"),
    ],
)
async def test_a_source_says_what_it_has(source: Source, words: str) -> None:
    assert await probe(source, DOORS) == words


async def test_a_file_says_what_it_has(tmp_path: Path) -> None:
    source = Source(ProjectFile(tmp_path / "projects"))
    with pytest.raises(SourceFailure, match="cannot be read"):
        await probe(source, DOORS)
    (tmp_path / "projects").write_text("tools bots")
    assert await probe(source, DOORS) == f"file {tmp_path}/projects: 2 projects"


async def test_what_a_wiki_says_against_it_is_told() -> None:
    with pytest.raises(SourceFailure, match="it is not answering"):
        await probe(Source(WikiPages("{project}", "Gone")), DOORS)


@pytest.mark.parametrize(
    ("origin", "name"),
    [(LDAP, "ldap ldaps://ldap.example ou=projects,dc=example"), (KEYSTONE, "keystone https://keystone.example:5000")],
)
def test_a_name_for_operators_holds_no_secret(origin: Origin, name: str) -> None:
    assert called(origin) == name


@pytest.mark.parametrize(("origin", "extra"), [(LDAP, "labsbot[ldap]"), (KEYSTONE, "labsbot[keystone]")])
async def test_a_library_that_is_missing_is_told_with_what_to_do(
    origin: Origin, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    missing = missing_extra(origin)
    assert missing
    assert f"pip install '{extra}'" in missing
    ask = question(origin, DOORS)
    assert ask
    with pytest.raises(SourceFailure) as caught:
        await ask()
    assert caught.value.cause == missing


def test_what_needs_no_library_misses_none() -> None:
    assert missing_extra(Groups("*")) is None


@pytest.mark.parametrize(
    ("source", "seconds"),
    [
        (Source(Groups("*"), refresh=600), 600),
        (Source(ProjectFile(Path("x")), refresh=600), 1),
        (Source(ProjectFile(Path("x")), refresh=0.5), 0.5),
    ],
)
def test_a_file_is_looked_at_each_second(source: Source, seconds: float) -> None:
    assert every(source) == seconds
