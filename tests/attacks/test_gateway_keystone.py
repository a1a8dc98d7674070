"""An identity service, or a gateway before it, that answers nonsense: the source has failed, and nothing else has."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.edge.bounded import MOST
from labsbot.refreshed import SourceFailure
from labsbot.settings import Keystone as Origin
from labsbot.settings import Secret
from tests.attacks.test_wiki_answers import ANYTHING, places, replaced
from tests.servers.keystone import PASSWORD, USER, scripted_keystone

pytest.importorskip("keystoneauth1", reason="the extra keystone is not installed")
from labsbot.projects.keystone import AskedKeystone, projects

PROJECTS = [{"id": "1", "name": "tools", "enabled": True, "is_domain": False, "domain_id": "default"}]
ROLES = [
    {"user": {"id": "u", "name": "alice"}, "scope": {"project": {"id": "1", "name": "tools"}}, "role": {"id": "r"}}
]
NONSENSE = "it answers with something else than Keystone"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("[" * 200_000, NONSENSE),
        ('{"projects": [{"id": 1, "name": 5}]}', NONSENSE),
        ('{"projects": [{"id": "1", "name": "\\ud800"}]}', NONSENSE),
        ('{"projects": [], "links": {"next": "http://[::1"}}', NONSENSE),
        ('{"projects": [], "links": {"next": 5}}', NONSENSE),
        ('{"projects": "' + "x" * MOST + '"}', "its answer is too large"),
    ],
)
def test_an_answer_that_is_none_is_a_failure_of_the_source(answer: str, cause: str) -> None:
    with scripted_keystone() as server:
        server.nonsense = answer
        with pytest.raises(SourceFailure) as caught:
            asyncio.run(AskedKeystone(Origin(f"{server.url}/v3", USER, Secret(PASSWORD)))())
    assert caught.value.cause == cause


@pytest.mark.slow
@given(data=st.data())
def test_whatever_rows_hold_they_are_projects_or_raise_what_is_named(data: st.DataObject) -> None:
    good = {"projects": PROJECTS, "roles": ROLES}
    odd = replaced(good, data.draw(st.sampled_from(places(good)[1:])), data.draw(ANYTHING))
    try:
        found = projects(odd["projects"], odd["roles"], None)
    except (LookupError, TypeError, ValueError, AttributeError):
        return
    json.dumps([[project.name, sorted(project.members or ())] for project in found], ensure_ascii=False).encode()
