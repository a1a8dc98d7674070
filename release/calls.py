"""Describe the calls for programs in the documentation's markup: the OpenAPI document comes in, lines go out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Parts = Mapping[str, Any]
"""A part of the document."""
NO_TOKEN, MAYBE = "no token is asked for", "with a token one also sees what is private, where the token names that"


def described(document: Parts) -> Iterator[str]:
    """A section for each call, then one for each kind of object that is sent or told."""
    for path, verbs in document["paths"].items():
        shared = verbs.get("parameters", [])
        for verb, call in verbs.items():
            if verb != "parameters":
                yield from _call(f"{verb.upper()} {path}", call, shared)
    for name, schema in document["components"]["schemas"].items():
        yield from _object(name, schema)


def _heading(title: str) -> Iterator[str]:
    yield from ("", title, "-" * len(title), "")


def _call(title: str, call: Parts, shared: list[Parts]) -> Iterator[str]:
    yield from _heading(title)
    yield f"{_plain(call['summary'])} *{_token(call['security'])}.*"
    if body := call.get("requestBody"):
        yield from ("", f"Body: {_kind(body['content']['application/json']['schema'])}.")
    asked = [(f"``{each['name']}``", _asked(each)) for each in (*shared, *call["parameters"])]
    yield from _table("parameter", "meaning", asked)
    yield from _table("status", "answer", [(status, _answer(each)) for status, each in call["responses"].items()])


def _token(security: list[Parts]) -> str:
    if not security:
        return NO_TOKEN.capitalize()
    return (MAYBE if {} in security else "a token is asked for").capitalize()


def _asked(parameter: Parts) -> str:
    where = {"header": "A header. ", "path": "In the path. "}.get(parameter["in"], "")
    schema = parameter["schema"]
    limits = [f"{words} {schema[key]}" for key, words in _LIMITS.items() if key in schema]
    return f"{where}{_plain(parameter.get('description', ''))} {_kind(schema).capitalize()}{_in_brackets(limits)}."


_LIMITS = {"minimum": "from", "maximum": "to", "default": "default", "maxItems": "at most", "maxLength": "up to"}


def _in_brackets(limits: list[str]) -> str:
    return f" ({', '.join(limits).replace(', to', ' to')})" if limits else ""


def _answer(answer: Parts) -> str:
    schema = next((each["schema"] for each in answer.get("content", {}).values() if "schema" in each), None)
    told = "" if schema is None or schema.get("$ref", "").endswith("/Problem") else f": {_kind(schema)}"
    return f"{_plain(answer['description'])}{told}"


def _object(name: str, schema: Parts) -> Iterator[str]:
    yield from _heading(name)
    yield _plain(schema.get("description", "").split("\n")[0])
    required = schema.get("required", [])
    fields = [
        (
            f"``{field}``",
            f"{_kind(each)}{'' if field in required else '; may be left out'}",
            each.get("description", ""),
        )
        for field, each in schema["properties"].items()
    ]
    yield from _table("field", "what stands there", [(key, f"{kind}. {_plain(words)}") for key, kind, words in fields])


def _kind(schema: Parts) -> str:
    if "$ref" in schema:
        return f"{schema['$ref'].rpartition('/')[2]}_"
    if several := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(_kind(each) for each in several)
    if "enum" in schema:
        return " or ".join(f"``{each}``" for each in schema["enum"])
    if "const" in schema:
        return f"``{schema['const']}``"
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema['items'])}"
        case "string":
            return "time (RFC 3339)" if schema.get("format") == "date-time" else "text"
        case kind:
            return str(kind or "anything")


def _table(first: str, second: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield from ("", ".. list-table::", "   :header-rows: 1", "   :widths: 20 80", "")
        for left, right in [(first, second), *rows]:
            yield from (f"   * - {left}", f"     - {right.strip()}")
        yield ""


def _plain(text: str) -> str:
    """As it is: what is markup there and here, of `names`, stays."""
    escaped = "".join(f"\\{sign}" if sign in "*|_\\" else sign for sign in text)
    return escaped.replace("`", "``")
