"""Projects as they lie on the disk."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labsbot.projects.kept import dumped, loaded
from labsbot.settings import Access, Project, Rule, Who

PROJECTS = (
    Project("tools"),
    Project("Café", aliases=("coffee", "☕"), retired="drink tea", members=frozenset()),
    Project("bots", members=frozenset({"alice", "bob"})),
    Project(
        "prod",
        access=Access((Rule(Who.MEMBERS), Rule(Who.ACCOUNT, "alice")), (Rule(Who.HOSTMASK, "*!*@bad"),), "ask ops"),
    ),
)


def test_what_goes_in_comes_out() -> None:
    assert loaded(json.loads(json.dumps(dumped(PROJECTS)))) == PROJECTS


def test_what_is_written_does_not_depend_on_the_order_of_a_set() -> None:
    members = [f"user{number}" for number in range(50)]
    one, other = (Project("x", members=frozenset(order)) for order in (members, members[::-1]))
    assert json.dumps(dumped((one,))) == json.dumps(dumped((other,)))


GOOD: dict[str, Any] = dumped((Project("tools"),))[0]


@pytest.mark.parametrize(
    "broken",
    [
        7,
        [7],
        [{}],
        *([{**GOOD, **wrong}] for wrong in ({"name": 7}, {"aliases": [7]}, {"aliases": None}, {"members": [None]})),
        *([{**GOOD, **wrong}] for wrong in ({"allow": [["x", ""]]}, {"allow": [["op"]]}, {"retired": 7}, {"deny": 7})),
    ],
)
def test_what_is_no_answer_is_refused(broken: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        loaded(broken)
