"""The description of the calls, and that it is true."""

from __future__ import annotations

import json
import re
from typing import Any

from labsbot.web import openapi
from labsbot.web.problems import ProblemCause
from tests.web.conftest import Place

DOCUMENT: dict[str, Any] = json.loads(openapi.document("https://logs.example/"))


def test_it_names_the_models_that_check_calls_and_each_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["NewEntry"]["properties"]) == {"project", "projects", "message", "author", "said"}
    assert schemas["NewEntry"]["required"] == ["message"]
    assert schemas["NewEntry"]["additionalProperties"] is False
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert named <= set(schemas)


def test_every_cause_is_documented_somewhere() -> None:
    text = json.dumps(DOCUMENT["paths"])
    assert {each.type for each in ProblemCause if f"{each.type}: " not in text} == set()


async def test_it_is_there_for_everybody(place: Place) -> None:
    answer = await place.call("GET", openapi.PATH, token=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == DOCUMENT


async def test_an_answer_has_the_fields_that_it_says(place: Place) -> None:
    told = (await place.post({"project": "tools", "message": "x"})).json
    assert set(told) == set(DOCUMENT["components"]["schemas"]["EntryShown"]["required"])
