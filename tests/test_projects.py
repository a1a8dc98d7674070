"""What a typed project name stands for."""

from __future__ import annotations

import time

import pytest

from labsbot.projects import Directory, Known, Retired, Unknown
from labsbot.settings import Project

DIRECTORY = Directory(
    [
        Project("tools"),
        Project("tools.FooBar"),
        Project("bots", aliases=("bot", "robots")),
        Project("paws", retired="use jupyter instead"),
        Project("deployment-prep", aliases=("beta",)),
        Project("Straße"),
        Project("Café"),
        Project("no"),
        Project("2012"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("tools", "tools"),
        ("Tools", "tools"),
        ("TOOLS.foobar", "tools.FooBar"),
        ("bot", "bots"),
        ("ROBOTS", "bots"),
        ("beta", "deployment-prep"),
        ("STRASSE", "Straße"),
        ("CAFE\N{COMBINING ACUTE ACCENT}", "Café"),
        ("NO", "no"),
        ("2012", "2012"),
    ],
)
def test_a_name_is_found_whatever_its_case_and_keeps_its_own_spelling(typed: str, name: str) -> None:
    assert DIRECTORY.find(typed) == Known(name)


def test_a_retired_project_says_what_to_do_instead() -> None:
    assert DIRECTORY.find("Paws") == Retired("paws", "use jupyter instead")


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("tool", ("tools", "tools.FooBar")),
        ("tolos", ("tools",)),
        ("toosl", ("tools",)),
        ("foobar", ("tools.FooBar",)),
        ("tools.bots", ("bots", "tools")),
        ("deployment", ("deployment-prep",)),
        ("betta", ("deployment-prep",)),
        ("tools/sub", ("tools",)),
    ],
)
def test_a_slip_of_the_finger_is_told_the_nearest_names(typed: str, nearest: tuple[str, ...]) -> None:
    assert DIRECTORY.find(typed) == Unknown(typed, nearest)


@pytest.mark.parametrize("typed", ["x", "", "nagios", "pawz", "restarted", "to"])
def test_no_name_is_better_than_a_bad_guess(typed: str) -> None:
    assert DIRECTORY.find(typed) == Unknown(typed, ())


def test_at_most_three_names_are_offered() -> None:
    directory = Directory([Project(f"tools-{letter}") for letter in "abcdef"])
    found = directory.find("tools")
    assert isinstance(found, Unknown)
    assert found.nearest == ("tools-a", "tools-b", "tools-c")


def test_an_alias_and_its_project_are_one_offer() -> None:
    directory = Directory([Project("monitoring", aliases=("monitor", "monitors"))])
    assert directory.find("monitorin") == Unknown("monitorin", ("monitoring",))


def test_a_long_word_among_many_projects_is_answered_at_once() -> None:
    directory = Directory([Project(f"project-{number}") for number in range(5000)])
    begin = time.perf_counter()
    assert directory.find("\N{REPLACEMENT CHARACTER}" * 8000) == Unknown("\N{REPLACEMENT CHARACTER}" * 8000, ())
    assert directory.find("proyect-12").nearest[0] == "project-12"  # type: ignore[union-attr]
    assert time.perf_counter() - begin < 2
