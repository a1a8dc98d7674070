"""For whom a project is hidden there is none of its names, and never was."""

from __future__ import annotations

import pytest

from labsbot.projects import Known, Retired, UnknownProject, VisibleDirectory
from labsbot.settings import Project
from tests.nouns import a_directory

ALL = a_directory(Project("tools", ("tool",)), Project("Secret", ("hush",)), Project("secret-old", retired="x"))
SEEN = VisibleDirectory(ALL, frozenset({"secret", "secret-old"}))


@pytest.mark.parametrize("name", ["secret", "SECRET", "hush", "secret-old"])
def test_a_hidden_project_is_unknown_by_each_of_its_names(name: str) -> None:
    assert not isinstance(ALL.find(name), UnknownProject)
    assert SEEN.find(name) == UnknownProject(name, ())
    assert not SEEN.names(name)


def test_it_is_never_what_was_meant() -> None:
    assert ALL.find("secre") == UnknownProject("secre", ("Secret",))
    assert SEEN.find("secre") == UnknownProject("secre", ())


def test_all_else_is_as_it_was() -> None:
    assert isinstance(SEEN.find("tool"), Known)
    assert isinstance(VisibleDirectory(ALL, frozenset({"tools"})).find("secret-old"), Retired)
    assert (SEEN.in_use, SEEN.open_ended, SEEN.names("tools")) == (("tools",), False, True)
