"""What a source's answer is called here."""

from __future__ import annotations

import pytest

from labsbot.projects import Shelf
from labsbot.projects.shelf import shelved
from labsbot.settings import Access, AnyName, Groups, Listed, Project, Rule, Source, Who
from labsbot.text.patterns import Pattern

MEMBERS = Access((Rule(Who.MEMBERS),))
OPS = Access((Rule(Who.OP),))
NOBODY = Listed(())


def names(source: Source, *projects: Project) -> list[str]:
    return [project.name for project in shelved("x", source, projects).projects or ()]


def test_what_stands_before_the_names_is_taken_off_and_something_else_put_there() -> None:
    groups = [Project("project-tools"), Project("project-bots"), Project("sudo")]
    assert names(Source(NOBODY, strip="project-"), *groups) == ["tools", "bots"]
    assert names(Source(NOBODY, strip="project-", prefix="labs."), *groups) == ["labs.tools", "labs.bots"]
    assert names(Source(NOBODY, prefix="labs."), *groups[:1]) == ["labs.project-tools"]


def test_so_it_is_with_aliases() -> None:
    project = Project("p-tools", aliases=("p-tool", "toolbox"))
    shelf = shelved("x", Source(NOBODY, strip="p-", prefix="q-"), [project])
    assert shelf.projects == (Project("q-tools", aliases=("q-tool",)),)


def test_access_is_the_sources_where_the_project_has_none_of_its_own() -> None:
    shelf = shelved("x", Source(NOBODY, access=MEMBERS), [Project("a"), Project("b", access=OPS)])
    assert [project.access for project in shelf.projects or ()] == [MEMBERS, OPS]


def test_a_deny_or_a_refusal_of_a_project_does_not_open_what_its_source_closes() -> None:
    deny = (Rule(Who.ACCOUNT, "eve"),)
    shelf = shelved("x", Source(NOBODY, access=MEMBERS), [Project("a", access=Access(deny=deny, refusal="ask"))])
    assert [project.access for project in shelf.projects or ()] == [Access(MEMBERS.allow, deny, "ask")]


@pytest.mark.parametrize("time", ["14:05", "-15m", "2026-11-21", "2026-11-21T14:05Z"])
def test_a_name_that_is_read_as_a_time_is_a_project_only_where_the_operator_has_written_it(time: str) -> None:
    both = [Project("tools", aliases=(time,)), Project(time)]
    assert shelved("x", Source(Groups("*")), both).projects == (Project("tools"),)
    assert shelved("x", Source(Listed(())), both).projects == tuple(both)


@pytest.mark.parametrize(
    "bad",
    [
        "a b",
        "a,b",
        "a:",
        "<a>",
        "a#b",
        "a|b",
        "a[b]",
        "a\nb",
        "a\x00",
        "",
        " ",
        "..",
        "%41",
        "x" * 256,
    ],
)
def test_a_name_that_cannot_be_typed_or_be_a_title_is_left_out_and_counted(bad: str) -> None:
    shelf = shelved("x", Source(NOBODY), [Project("tools"), Project(bad), Project("bots", aliases=(bad, "bot"))])
    assert shelf.projects == (Project("tools"), Project("bots", aliases=("bot",)))
    assert shelf.left_out == 2
    assert shelf.example.startswith("“")
    assert shelf.example.isprintable()


def any_name(pattern: str, **given: str) -> Shelf:
    return Shelf("any", any_name=Source(AnyName(Pattern(pattern)), access=MEMBERS, **given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("tools", "tools"),
        ("Tools", "tools"),
        ("tools.foo-2", "tools.foo-2"),
        ("2tools", None),
        ("tools!", None),
        ("", None),
    ],
)
def test_any_name_that_fits_is_a_project_in_lower_case(typed: str, name: str | None) -> None:
    assert any_name("[a-z][a-z0-9.-]*").fitting(typed) == (Project(name, access=MEMBERS) if name else None)


@pytest.mark.parametrize("typed", ["a#b", "a|b", "a:", "14:05"])
def test_a_name_that_fits_and_cannot_be_a_project_is_none(typed: str) -> None:
    assert any_name(".*").fitting(typed) is None


@pytest.mark.parametrize(
    ("typed", "known"), [("tools.foo", True), ("TOOLS.foo", True), ("foo", False), ("tools.", False)]
)
def test_the_pattern_is_about_the_name_without_what_is_put_before_it(typed: str, known: bool) -> None:
    assert (any_name("p-[a-z]+", strip="p-", prefix="Tools.").fitting(typed) is not None) == known


def test_an_ordinary_shelf_makes_nothing_up() -> None:
    assert Shelf("list", (Project("tools"),)).fitting("tools") is None
