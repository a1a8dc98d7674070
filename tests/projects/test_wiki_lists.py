"""Which project a page belongs to."""

from __future__ import annotations

import pytest

from labsbot.projects.wiki_lists import beginning, projects
from labsbot.settings import Project


@pytest.mark.parametrize(
    ("pattern", "begin"),
    [
        ("Nova Resource:{project}/SAL", "Nova Resource:"),
        ("{project}", ""),
        ("Log of {project}", "Log of "),
        ("{project}/{project}", ""),
    ],
)
def test_a_pattern_begins_with_what_stands_before_the_name(pattern: str, begin: str) -> None:
    assert beginning(pattern) == begin


@pytest.mark.parametrize(
    ("pattern", "title", "name"),
    [
        ("Nova Resource:{project}/SAL", "Nova Resource:Tools/SAL", "Tools"),
        ("Nova Resource:{project}/SAL", "Nova Resource:Tools", None),
        ("Nova Resource:{project}/SAL", "Nova Resource:Tools/SAL/2025", None),
        ("Nova Resource:{project}/SAL", "Nova Resource:Tools/Sub/SAL", None),
        ("Nova Resource:{project}", "Nova Resource:Tools", "Tools"),
        ("Nova Resource:{project}", "Nova Resource:Tools/SAL", None),
        ("Nova Resource:{project}", "Nova Resource:Deployment prep", "Deployment_prep"),
        ("Nova_Resource:{project}", "Nova Resource:Tools", "Tools"),
        ("log of {project}", "Log of tools", "tools"),
        ("{project} (log)", "Tools.foo (log)", "Tools.foo"),
        ("{project} (log)", "Tools (logs)", None),
        ("{project}.log", "Tools+log", None),
        ("{project}/{project}", "Tools/Tools", "Tools"),
        ("Nova Resource:{project}", "Nova Resource:", None),
    ],
)
@pytest.mark.parametrize("prefixed", [True, False])
def test_a_name_is_what_stands_in_its_place(pattern: str, title: str, name: str | None, prefixed: bool) -> None:
    assert [project.name for project in projects(pattern, [title], prefixed=prefixed)] == ([name] if name else [])


def test_a_namespace_may_be_called_otherwise_where_the_wiki_has_looked_it_up() -> None:
    assert projects("Project:{project}", ["Labs wiki:Tools"], prefixed=True)[0].name == "Tools"
    assert projects("Project:{project}", ["Labs wiki:Tools"], prefixed=False) == ()


def test_pages_of_another_namespace_are_none() -> None:
    assert projects("{project}", ["User:Alice", "Tools"], prefixed=False) == (Project("Tools"),)
    assert projects("Nova Resource:{project}", ["User:Alice"], prefixed=False) == ()
