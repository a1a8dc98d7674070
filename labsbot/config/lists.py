"""A file of projects or people comes in, what it lists goes out, or all problems. It is YAML or JSON.

It holds what may stand under ``list`` in the configuration. The rules are the same there and here; no secret is read,
and nothing is asked but the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.builders.people import people
from labsbot.config.builders.projects import projects
from labsbot.config.check import checked
from labsbot.config.problems import ConfigurationError, Problem, problem, problems, text_of
from labsbot.config.short import as_list
from labsbot.config.tree import PEOPLE, PROJECTS, KeyPath, NotYaml, Top, read
from labsbot.settings import Person, Project

ListKeys = TypeVar("ListKeys", bound=keys.Keys)
Entry = TypeVar("Entry")


def load_projects(path: Path | str) -> tuple[Project, ...]:
    """Read a file of projects: names, or names with keys. Raises ConfigurationError, and nothing else."""
    return projects_in(Path(path))[0]


def load_people(path: Path | str) -> tuple[Person, ...]:
    """Read a file of people: accounts and hostmasks, with a wiki user or keys. Raises ConfigurationError only."""
    return people_in(Path(path))[0]


def projects_in(file: Path) -> tuple[tuple[Project, ...], tuple[Problem, ...]]:
    """The projects of a file, and warnings. Raises ConfigurationError."""
    return _listed(file, PROJECTS, keys.ProjectListKeys, lambda building, top: projects(building, top.names, _AT))


def people_in(file: Path) -> tuple[tuple[Person, ...], tuple[Problem, ...]]:
    """The people of a file, and warnings. Raises ConfigurationError."""
    return _listed(file, PEOPLE, keys.PeopleListKeys, lambda building, top: people(building, top.people, _AT))


_AT: KeyPath = ("list",)


def _listed(
    file: Path, top: Top, place: type[ListKeys], build: Callable[[Building, ListKeys], tuple[Entry, ...]]
) -> tuple[tuple[Entry, ...], tuple[Problem, ...]]:
    text = text_of(file)
    try:
        # tabs may indent JSON, but not YAML; in a text of JSON there are none
        node, notation = read(text.replace("\t", " ") if file.suffix == ".json" else text, top)
    except NotYaml as error:
        raise ConfigurationError([problem(file, error.flaw)]) from None
    tree = as_list(node)
    found, wrong_values = checked(tree, place, {flaw.path for flaw in notation})
    building = Building(tree, file.absolute().parent)
    listed = build(building, found)
    if flaws := [*notation, *wrong_values, *building.flaws]:
        raise ConfigurationError(problems(file, flaws))
    return listed, problems(file, building.warnings)
