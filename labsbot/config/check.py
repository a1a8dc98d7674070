"""The tree of a file comes in, its checked values go out, and the flaws of those that are wrong.

Each value is looked at by itself. The wrong ones are left out of what goes out, so that what depends on several keys
can still be looked at and everything is found in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from labsbot.config import keys
from labsbot.config.tree import Flaw, KeyPath, Node, Scalar, Table, YamlList, key_place, real, stands, value_place

Top = TypeVar("Top", bound=keys.Keys)


def checked(tree: Table, top: type[Top], explained: Set[KeyPath]) -> tuple[Top, list[Flaw]]:
    """Check every value of `tree`; `explained`: the places where nothing stands, and the reason is reported already."""
    flaws: list[Flaw] = []
    plain = _plain(tree)
    for path, node in _nothings(tree, (), top):
        if node.path not in explained:
            flaws.append(Flaw(value_place(tree, path), node.path, f"{keys.expected(path)}, found nothing"))
        _drop(plain, path)
    while True:
        try:
            return top.model_validate(plain), flaws
        except ValidationError as error:
            for wrong in error.errors(include_url=False):
                path = tuple(step for step in wrong["loc"] if step != "[key]")
                if wrong["type"] != "missing":
                    flaws.append(_flaw(tree, path, wrong, top))
                elif not stands(tree, path):
                    flaws.append(Flaw(value_place(tree, path[:-1]), real(tree, path), "is missing"))
                # without something required the whole is of no use
                _drop(plain, path[:-1] if wrong["type"] == "missing" else path)


def _nothings(node: Node, path: KeyPath, top: type[keys.Keys]) -> Iterator[tuple[KeyPath, Node]]:
    """The places where something is expected and nothing stands."""
    if isinstance(node, Scalar):
        if node.text is None and not keys.may_be_nothing(path, top):
            yield path, node
        return
    children = node.values.items() if isinstance(node, Table) else enumerate(node.values)
    for step, child in children:
        yield from _nothings(child, (*path, step), top)


def _flaw(tree: Table, path: KeyPath, wrong: Any, top: type[keys.Keys]) -> Flaw:
    words = _words(wrong, path, top)
    key_itself = wrong["loc"][-1] == "[key]" or wrong["type"] == "extra_forbidden"
    return Flaw((key_place if key_itself else value_place)(tree, path), real(tree, path), words)


def _plain(node: Node) -> Any:
    if isinstance(node, Table):
        return {key: _plain(value) for key, value in node.values.items()}
    if isinstance(node, YamlList):
        return [_plain(value) for value in node.values]
    return node.text


def _drop(plain: Any, path: KeyPath) -> None:
    """Take the value at `path` out; what stands in a list leaves with the list, whose other numbers must hold."""
    here, owner, key = plain, plain, path[0]
    for step in path:
        if isinstance(here, dict):
            if step not in here:
                return  # it has left with another
            owner, key = here, step
        elif not isinstance(here, list):
            break
        here = here[step]
    del owner[key]


def _words(wrong: Any, path: KeyPath, top: type[keys.Keys]) -> str:
    """What pydantic found, in words for an operator; never with the value."""
    found = keys.found(wrong["input"])
    match wrong["type"]:
        case "labsbot":
            return str(wrong["ctx"]["words"])
        case "extra_forbidden":
            return _unknown_key(path, top)
        case "string_type":
            return f"expected a text, found {found}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"expected keys with values, found {found}"
        case "list_type":
            return f"expected a list, found {found}"
        case "int_type":
            return f"expected a number, found {found}"
        case "bool_parsing" | "bool_type":
            return "expected true or false"
        case "literal_error":
            return f"expected {wrong['ctx']['expected'].replace(chr(39), '')}"
    return f"cannot be used: {wrong['msg']}"


def _unknown_key(path: KeyPath, top: type[keys.Keys]) -> str:
    place = keys.at(path[:-1], top)
    assert place is not None
    key, known = str(path[-1]), keys.names(place)
    near = keys.meant(get_close_matches(key, known, 1))
    return f"unknown key, {near or 'expected one of ' + ', '.join(known)}"
