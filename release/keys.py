"""Say of each key of the configuration what may stand there, what counts without it, and what it is for. Pure.

The first two come from the types and defaults by which a file is checked; the last is the text below the key in its
class, which Python forgets and which is read from the source. `release.reference` puts it into the documentation.
"""

from __future__ import annotations

import ast
import inspect
import ipaddress
import types
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from labsbot.config import keys
from labsbot.config.keys import values
from labsbot.settings import Rule, Server, SystemdSocket
from labsbot.text.patterns import Pattern

NAMED: Sequence[tuple[Any, str]] = (
    (values.UpToAYear, "duration"),
    (values.Duration, "duration"),
    (values.Size, "size"),
    (values.Count, "number"),
    (values.PasswordSafeUrl, "address"),
    (values.Url, "address"),
    (values.Word, "word"),
)
"""The types that say more than what Python calls them, the narrower ones first."""
PLAIN: Mapping[Any, str] = {
    bool: "``true`` or ``false``",
    str: "text",
    int: "number",
    float: "duration",
    Pattern: "pattern",
    Rule: "somebody",
    keys.Address: "address",
    ipaddress.IPv4Network: "address or network",
    ipaddress.IPv6Network: "address or network",
    zoneinfo.ZoneInfo: "time zone",
    Server: "address",
    Path: "``unix:PATH``",
    SystemdSocket: "``systemd``",
}
DURATIONS = {86400.0: "d", 3600.0: "h", 60.0: "m", 1.0: "s"}
SIZES = {1_000_000: "MB", 1000: "KB"}


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    required: bool
    kind: str
    """What may stand there, in the documentation's markup."""
    default: str
    """As it would be typed; empty: nothing in particular, or the meaning says it."""
    meaning: str


def own_keys(place: type[keys.Keys], sections: Mapping[type[keys.Keys], str]) -> Iterator[Key]:
    """The keys that `place` has beside those that it shares with others; `sections` are the titles under which each
    place is explained."""
    shared = set(keys.names(place.__bases__[0]))
    meanings, hints = written_below(place), get_type_hints(place, include_extras=True)
    for field, info in place.model_fields.items():
        name = info.alias or field
        if name not in shared:
            required = name in keys.REQUIRED if place is keys.FileKeys else info.is_required()
            default = "" if required else _default(info, hints[field])
            yield Key(name, required, _kind(hints[field], sections), default, meanings.get(field, ""))


def written_below(place: type[keys.Keys]) -> dict[str, str]:
    """What the source says below each field, by its name."""
    (body,) = ast.parse(inspect.getsource(place)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                found[name] = inspect.cleandoc(words)
    return found


# --- what may stand there ---------------------------------------------------------------------------------------------


def _kind(hint: Any, sections: Mapping[type[keys.Keys], str]) -> str:
    if named := _named(hint):
        return named
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _kind(inside[0], sections)
    if origin is Literal:
        return " or ".join(f"``{each}``" for each in inside)
    if origin is list:
        return f"list: {_kind(inside[0], sections)}"
    if origin is dict:
        return f"names, for each: {_kind(inside[1], sections)}"
    if origin in (Union, types.UnionType):
        kinds = [_kind(each, sections) for each in inside if each is not types.NoneType]
        return " or ".join(dict.fromkeys(kinds))
    if isinstance(hint, type) and issubclass(hint, keys.Keys):
        return f"`{sections[hint]}`_"
    return PLAIN[hint]


def _named(hint: Any) -> str | None:
    """A type with further checks behind it is still of that name."""
    parts = (hint.__origin__, *hint.__metadata__) if get_origin(hint) is Annotated else ()
    for alias, name in NAMED:
        whole = (alias.__origin__, *alias.__metadata__)
        if parts[: len(whole)] == whole:
            return name
    return None


# --- what counts without it -------------------------------------------------------------------------------------------


def _default(info: FieldInfo, hint: Any) -> str:
    value = info.default
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        size = next(each for each in DURATIONS if value % each == 0)
        return f"{value / size:g}{DURATIONS[size]}"
    if isinstance(value, int) and _named(hint) == "size":
        size, unit = next((each for each in SIZES.items() if value % each[0] == 0), (1, ""))
        return f"{value // size} {unit}".strip()
    return str(value) if isinstance(value, int | str) else ""
