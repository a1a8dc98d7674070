"""Describe the calls for programs, as OpenAPI 3.1: the models that check calls and answers are its schemas. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from labsbot import __version__
from labsbot.formats import EntryFormat
from labsbot.text.search import LONGEST
from labsbot.web.annotations import MOST_MARKS, Annotation
from labsbot.web.asked import AS_USUAL, MOST, MOST_NAMES
from labsbot.web.bodies import MOST_ENTRIES, NewEntry, NewText
from labsbot.web.entries import ANNOTATIONS, PROJECTS, STREAM
from labsbot.web.entries import PATH as ENTRIES
from labsbot.web.headers import LONGEST_WAIT
from labsbot.web.listing import MEDIA_TYPES, NDJSON
from labsbot.web.problems import MEDIA_TYPE, ProblemCause
from labsbot.web.shown import EntriesPage, EntriesShown, EntryShown, ProjectsShown

PATH = "/api/openapi.json"

ANYWHERE = (ProblemCause.MALFORMED, ProblemCause.NO_SUCH_METHOD, ProblemCause.TOO_SLOW, ProblemCause.FAULT)
WITH_TOKEN = (*ANYWHERE, ProblemCause.NO_TOKEN, ProblemCause.JOURNAL, ProblemCause.BUSY)
WITH_BODY = (ProblemCause.TOO_LARGE, ProblemCause.NO_JSON)
READING = (*ANYWHERE, ProblemCause.NO_TOKEN, ProblemCause.JOURNAL, ProblemCause.BUSY)
SUBMITTED = (*WITH_TOKEN, ProblemCause.NOT_YOURS, ProblemCause.REFUSED, ProblemCause.TOO_MUCH)
OF_ONE = (ProblemCause.NOT_FOUND, ProblemCause.EDITED_BY_PEOPLE, ProblemCause.REDACTED)


def document(url: str) -> str:
    """The whole of it; `url` is where people reach us."""
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "labsbot",
                "version": __version__,
                "description": "Logging, and reading what was logged.",
            },
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
        ENTRIES: {"post": post, "get": _list_of_entries()},
        STREAM: {
            "get": _read(
                "stream",
                "All entries of a query, newest first, a line of JSON each. Where it breaks off, they are not all.",
                {"200": {"description": "the entries", "content": {NDJSON: {}}, "headers": {}}},
                (*READING, ProblemCause.NOT_FOUND),
                [each for each in _ASKED if each["name"] not in ("limit", "cursor", "format")],
            )
        },
        ANNOTATIONS: {
            "get": _read(
                "annotations",
                f"Entries as marks on the graphs of Grafana, which asks for them itself: the newest {MOST_MARKS}.",
                {"200": _answer("the marks", {"type": "array", "items": _ref(Annotation)})},
                (*READING, ProblemCause.NOT_FOUND),
                [each for each in _ASKED if each["name"] not in ("limit", "cursor", "format")],
            )
        },
        PROJECTS: {
            "get": _read(
                "projects", "Which projects have entries.", {"200": _answer("all", _ref(ProjectsShown))}, READING
            )
        },
        f"{ENTRIES}/{{id}}": {
            "parameters": [an_id],
            "get": _read(
                "read",
                "An entry, and what became of it.",
                {"200": _answer("the entry", entry)},
                (*READING, ProblemCause.NOT_FOUND, ProblemCause.REDACTED),
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
        "/metrics": {"get": _metrics()},
    }


def _metrics() -> dict[str, Any]:
    problems = (*ANYWHERE, ProblemCause.NOT_YOURS, ProblemCause.JOURNAL)
    content = {kind: {"schema": {"type": "string"}} for kind in ("application/openmetrics-text", "text/plain")}
    answers = {"200": {"description": "all of them", "content": content}}
    return {**_verb("metrics", "Figures for Prometheus.", answers, problems), "security": []}


def _list_of_entries() -> dict[str, Any]:
    page = _answer("a part of them", _ref(EntriesPage), {"Link": {"schema": {"type": "string"}}})
    page["content"] |= {kind: {} for kind in MEDIA_TYPES.values() if kind != "application/json"}
    summary = "Entries, newest first; what is logged meanwhile moves none of them from one part to another."
    return _read("list", summary, {"200": page}, (*READING, ProblemCause.NOT_FOUND), _ASKED)


def _read(
    operation: str,
    summary: str,
    answers: Mapping[str, Any],
    problems: tuple[ProblemCause, ...],
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """What anybody may ask; a token shows what is private, where it names that."""
    kept = {"304": {"description": "as you have it (ETag)"}}
    return {
        **_verb(operation, summary, {**answers, **kept}, problems, parameters),
        "security": [{}, {"token": []}],
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
    asked, told = (NewEntry, NewText), (EntryShown, EntriesShown, EntriesPage, ProjectsShown, Annotation)
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


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_NAMES = {"type": "array", "maxItems": MOST_NAMES, "items": {"type": "string"}}
_MOMENT = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$"}
_ASKED = [
    _query(
        "q",
        "As people search: words, “phrases”, db*, -word, from:alice project:tools host:db1 task:T1 after:2026-01-01"
        f" before:2026-02-01 robots:no. Nothing in it is an error; {LONGEST} characters are read of it.",
        {"type": "string"},
    ),
    _query("host", "With this name, or this part of a name, in the message.", {"type": "string"}),
    _query("task", "With this in the message.", {"type": "string"}),
    _query("project", "In the log of one of these.", _NAMES),
    _query("author", "By one of these, whatever their case.", _NAMES),
    _query("from", "Since the beginning of a day (2026-11-21), or a moment (RFC 3339).", _MOMENT),
    _query("to", "Until the end of a day, or a moment.", _MOMENT),
    _query("robots", "0: only what people typed.", {"type": "string", "enum": ["0", "1", "no", "yes"]}),
    _query("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": AS_USUAL}),
    _query("cursor", "The `next` of the part before.", {"type": "string", "pattern": "^[A-Za-z0-9_-]{11}$"}),
    _query("format", "As what.", {"type": "string", "enum": [each.value for each in EntryFormat], "default": "json"}),
]
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
