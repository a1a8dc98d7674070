"""What a typed project name stands for."""

from __future__ import annotations

import re

import pytest

from labsbot.projects import Directory, Known, Retired, Shelf, UnknownProject, Unsure
from labsbot.settings import Access, AnyName, Project, Rule, Source, Who

SHELF = Shelf(
    "list",
    (
        Project("tools"),
        Project("tools.FooBar"),
        Project("bots", aliases=("bot", "robots")),
        Project("paws", retired="use jupyter instead"),
        Project("deployment-prep", aliases=("beta",)),
        Project("Straße"),
        Project("Café"),
        Project("no"),
        Project("2012"),
        Project("می\N{ZERO WIDTH NON-JOINER}خواهم"),
    ),
    prefix="tools.",
)
DIRECTORY = Directory([SHELF])


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
        ("میخواهم", "می\N{ZERO WIDTH NON-JOINER}خواهم"),
        ("to\N{SOFT HYPHEN}ols\N{VARIATION SELECTOR-16}", "tools"),
        ("(tools).", "tools"),
        ("tools.foobar!", "tools.FooBar"),
        ("CAFE\N{COMBINING ACUTE ACCENT}", "Café"),
        ("NO", "no"),
        ("2012", "2012"),
    ],
)
def test_a_name_is_found_whatever_its_case_and_keeps_its_own_spelling(typed: str, name: str) -> None:
    found = DIRECTORY.find(typed)
    assert isinstance(found, Known)
    assert found.project.name == name


def test_a_retired_project_says_what_to_do_instead() -> None:
    assert DIRECTORY.find("Paws") == Retired("paws", "use jupyter instead")


def test_a_project_is_known_with_its_members() -> None:
    project = Project("tools", members=frozenset({"alice"}))
    assert Directory([Shelf("x", (project,))]).find("TOOLS") == Known(project)


def test_a_name_that_nobody_knows_is_unknown() -> None:
    assert DIRECTORY.find("nagios") == UnknownProject("nagios", ())
    assert DIRECTORY.find("tolos") == UnknownProject("tolos", ("tools",))
    assert Directory([]).find("x") == UnknownProject("x", ())


def test_retired_projects_are_not_offered() -> None:
    assert DIRECTORY.find("pawz") == UnknownProject("pawz", ())


# --- several sources ----------------------------------------------------------------------------------------------

FIRST = Shelf("file", (Project("tools", aliases=("t",), retired="moved"), Project("bots", aliases=("robots",))))
SECOND = Shelf("ldap", (Project("Tools", aliases=("toolbox",)), Project("robots"), Project("video", aliases=("bots",))))
ANY = Shelf("any", any_name=Source(AnyName(re.compile("[a-z]+"))))
NEVER = Shelf("keystone", None, cause="it is not answering")


def test_the_first_source_that_knows_a_name_wins() -> None:
    directory = Directory([FIRST, SECOND])
    assert directory.find("tools") == Retired("tools", "moved")
    assert directory.find("robots") == Known(FIRST.projects[1])  # type: ignore[index]
    assert directory.find("video") == Known(SECOND.projects[2])  # type: ignore[index]


def test_names_that_do_not_count_are_told() -> None:
    assert Directory([FIRST, SECOND]).hidden == ("robots of ldap", "bots of ldap")
    assert Directory([SECOND]).hidden == ()


def test_the_other_names_of_a_project_that_does_not_count_do_not_count_either() -> None:
    later = Shelf("ldap", (Project("robots", aliases=("machines",)),))
    assert isinstance(Directory([FIRST, later]).find("machines"), UnknownProject)


def test_what_a_source_leaves_open_about_a_project_a_later_one_says() -> None:
    locked = Access(allow=(Rule(Who.MEMBERS),), deny=(Rule(Who.ACCOUNT, "mallory"),))
    first = Shelf("list", (Project("tools", aliases=("t",), access=Access(deny=(Rule(Who.ACCOUNT, "eve"),))),))
    second = Shelf("ldap", (Project("Tools", aliases=("toolbox",), members=frozenset({"alice"}), access=locked),))
    found = Directory([first, second]).find("T")
    assert isinstance(found, Known)
    assert Directory([first, second]).find("toolbox") == found
    assert (found.project.name, found.project.members) == ("tools", frozenset({"alice"}))
    assert found.project.access.allow == (Rule(Who.MEMBERS),)
    assert {rule.name for rule in found.project.access.deny} == {"eve", "mallory"}
    assert Directory([first, second]).hidden == ()


def test_within_a_source_a_name_comes_before_an_alias() -> None:
    shelf = Shelf("x", (Project("bots", aliases=("tools",)), Project("tools")))
    directory = Directory([shelf])
    assert directory.find("tools") == Known(Project("tools"))
    assert directory.hidden == ("tools of x",)


def test_any_name_comes_after_all_that_are_known() -> None:
    directory = Directory([ANY, FIRST])
    assert directory.find("tools") == Retired("tools", "moved")
    assert directory.find("Nagios") == Known(Project("nagios"))
    assert directory.find("nagios2") == UnknownProject("nagios2", ())


def test_nobody_is_told_that_a_project_is_unknown_before_all_sources_have_answered() -> None:
    directory = Directory([FIRST, NEVER])
    assert directory.find("bots") == Known(FIRST.projects[1])  # type: ignore[index]
    assert directory.find("nagios") == Unsure("nagios", "keystone: it is not answering")


def test_a_name_that_an_answering_source_has_is_known_whatever_the_others_do() -> None:
    assert Directory([NEVER, FIRST]).find("robots") == Known(FIRST.projects[1])  # type: ignore[index]


def test_where_every_name_will_do_an_earlier_source_is_waited_for() -> None:
    assert Directory([NEVER, ANY]).find("nagios") == Unsure("nagios", "keystone: it is not answering")
    assert Directory([ANY, NEVER]).find("nagios") == Known(Project("nagios"))


def test_a_source_without_any_project_is_no_reason_to_be_unsure() -> None:
    assert Directory([Shelf("ldap", ())]).find("tools") == UnknownProject("tools", ())
