"""Describe the calls for programs, as OpenAPI 3.1: the models that check calls and answers are its schemas. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from labsbot import __version__
from labsbot.web.bodies import MOST_ENTRIES, NewEntry, NewText
from labsbot.web.entries import PATH as ENTRIES
from labsbot.web.headers import LONGEST_WAIT
from labsbot.web.problems import MEDIA_TYPE, ProblemCause
from labsbot.web.shown import EntriesShown, EntryShown

PATH = "/api/openapi.json"

ANYWHERE = (ProblemCause.MALFORMED, ProblemCause.NO_SUCH_METHOD, ProblemCause.TOO_SLOW, ProblemCause.FAULT)
WITH_TOKEN = (*ANYWHERE, ProblemCause.NO_TOKEN, ProblemCause.JOURNAL, ProblemCause.BUSY)
WITH_BODY = (ProblemCause.TOO_LARGE, ProblemCause.NO_JSON)
SUBMITTED = (*WITH_TOKEN, ProblemCause.NOT_YOURS, ProblemCause.REFUSED, ProblemCause.TOO_MUCH)
OF_ONE = (ProblemCause.NOT_FOUND, ProblemCause.EDITED_BY_PEOPLE, ProblemCause.REDACTED)


def document(url: str) -> str:
    """The whole of it; `url` is where people reach us."""
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "labsbot", "version": __version__, "description": "Logging by HTTP."},
            "servers": [{"url": url.rstrip("/")}],
            "paths": _paths(),
            "components": {
                "schemas": {**_schemas(), "Problem": _PROBLEM},
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        },
        ensure_ascii=False,
    )


def _paths() -> dict[str, Any]:
    entry, several = _ref(EntryShown), _ref(EntriesShown)
    one_or_several = {"oneOf": [_ref(NewEntry), _list(_ref(NewEntry))]}
    kept = {"oneOf": [entry, several]}
    location = {"Location": {"schema": {"type": "string"}, "description": "The entry, where it was one."}}
    an_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    reason = {"name": "reason", "in": "query", "schema": {"type": "string"}, "description": "Stands on the page."}
    post = _verb(
        "log",
        "Log an entry, or several: all of them or none.",
        {
            status: {**_answer(words, kept, location), "links": _LINKS}
            for status, words in (("201", "on the wiki"), ("202", "kept"))
        },
        (*SUBMITTED, *WITH_BODY, ProblemCause.KEY_REUSED),
        [_KEY, _PREFER],
        one_or_several,
    )
    done = {"200": _answer("done on the wiki", entry), "202": _answer("kept", entry)}
    return {
        ENTRIES: {"post": post},
        f"{ENTRIES}/{{id}}": {
            "parameters": [an_id],
            "get": _verb(
                "read",
                "An entry, and what became of it.",
                {"200": _answer("the entry", entry)},
                (*WITH_TOKEN, ProblemCause.NOT_YOURS, ProblemCause.NOT_FOUND, ProblemCause.REDACTED),
            ),
            "patch": _verb(
                "amend",
                "Put another message in the place of an entry's.",
                done,
                (*SUBMITTED, *WITH_BODY, *OF_ONE, ProblemCause.TAKEN_BACK),
                [_PREFER],
                _ref(NewText),
            ),
            "delete": _verb("undo", "Take an entry back.", done, (*SUBMITTED, *OF_ONE), [_PREFER, reason]),
        },
        PATH: {"get": _open("describe", "This document.")},
        "/livez": {"get": _open("live", "The bot is alive.")},
        "/readyz": {"get": _open("ready", "The bot is of use.", "503")},
    }


def _open(operation: str, summary: str, *others: str) -> dict[str, Any]:
    """What anybody may ask."""
    answers = {status: _answer("see its status", {"type": "object"}) for status in ("200", *others)}
    return {**_verb(operation, summary, answers, ANYWHERE), "security": []}


def _verb(
    operation: str,
    summary: str,
    answers: Mapping[str, Any],
    problems: tuple[ProblemCause, ...],
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    by_status: dict[int, list[ProblemCause]] = {}
    for each in problems:
        by_status.setdefault(each.status, []).append(each)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refused = {
        str(status): {"description": "; ".join(f"{each.type}: {each.title}" for each in causes), "content": content}
        for status, causes in sorted(by_status.items())
    }
    asked = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}} if body else {}
    return {
        "operationId": operation,
        "summary": summary,
        "security": [{"token": []}],
        "parameters": parameters or [],
        **asked,
        "responses": {**answers, **refused},
    }


def _answer(description: str, schema: dict[str, Any], headers: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}, "headers": headers or {}}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1, "maxItems": MOST_ENTRIES}


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas() -> dict[str, Any]:
    asked, told = (NewEntry, NewText), (EntryShown, EntriesShown)
    template = "#/components/schemas/{model}"
    _, made = models_json_schema(
        [*((each, "validation") for each in asked), *((each, "serialization") for each in told)], ref_template=template
    )
    schemas: dict[str, Any] = made["$defs"]
    schemas["NewEntry"]["oneOf"] = [{"required": ["project"]}, {"required": ["projects"]}]
    for each in asked:
        for name, field in schemas[each.__name__]["properties"].items():
            _without_null(schemas[each.__name__]["properties"], name, field)
    return schemas


def _without_null(properties: dict[str, Any], name: str, field: dict[str, Any]) -> None:
    """What may be left out is left out, and not nothing."""
    if "anyOf" in field:
        (kind,) = (each for each in field["anyOf"] if each.get("type") != "null")
        properties[name] = {**kind, "description": field.get("description", "")}


_LINKS = {
    name: {"operationId": name, "parameters": {"id": "$response.body#/id"}, "description": "Of one entry."}
    for name in ("read", "amend", "undo")
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$"},
    "description": "The same call with the same key is one entry, however often it is made. Quoted or not.",
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": {"type": "string"},
    "example": "wait=10",
    "description": f"wait=SECONDS: be answered when it is on the wiki, at most {LONGEST_WAIT} s later.",
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "enum": [each.type for each in ProblemCause]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "In the words that the channel would get."},
    },
}
