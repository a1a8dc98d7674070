"""All regular expressions of the package come out, each with how it is used and with texts made to hurt it.

Nobody keeps a list: module globals, what they hold, and the attributes of classes are gone through, and the source for
what is compiled or used within functions. The hurting texts are derived from the parsed expression: long runs of what
each of its repeats takes, behind what leads there, with an end at which it must fail.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import labsbot

_parser: Any = importlib.import_module("re._parser")
_constants: Any = importlib.import_module("re._constants")

PACKAGE = Path(labsbot.__file__).parent
NOT_READ = ("labsbot.demo", "labsbot.__main__", "labsbot.journal.migrations")
"""Started by hand on our own scene, and what has no expressions but would run when imported."""
OPTIONAL = ("ldap", "keystoneauth1")
METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split")
UNITS = (" ", "\t", "\n", "=", "[", "{", "<", "'", "-", "0", "a", "A", "|", "&", "!", "\xa0", "_", "/", ":", ",", ".")
MIXES = (
    *("{{", "[[", "<!--", "<a", "= ", "* ", "&a", "&#", "a ", " a", "0-", "{{a|", "[[a|", "\x03", "\n* ", "\u200b"),
    "<a ",
)
TAILS = ("", "\0", "\n\0")
MOST_OF_A_CLASS = 4


@dataclass(frozen=True)
class Expression:
    where: str
    pattern: str
    flags: int
    methods: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.where}: {self.pattern[:60]!r}"


def modules() -> Iterator[tuple[ModuleType, ast.Module]]:
    """Each module with its source; one whose library is not installed is empty, and its source says all."""
    for found in pkgutil.walk_packages([str(PACKAGE)], "labsbot.", onerror=lambda name: None):
        if found.name.startswith(NOT_READ) or found.name in NOT_READ:
            continue
        spec = found.module_finder.find_spec(found.name, None)
        assert spec is not None
        assert spec.origin is not None
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        try:
            yield importlib.import_module(found.name), tree
        except ModuleNotFoundError as error:
            if error.name not in OPTIONAL:
                raise
            empty = ModuleType(found.name)
            vars(empty)["re"] = re
            yield empty, tree


def expressions() -> list[Expression]:
    """Every expression once for each place that holds it."""
    return [each for module, tree in modules() for each in (*_held(module, tree), *_written(module, tree))]


def _held(module: ModuleType, tree: ast.Module) -> Iterator[Expression]:
    used = _methods_used(tree)
    for name, value in vars(module).items():
        owner = getattr(value, "__module__", module.__name__)
        for pattern in _patterns_in(value, 0) if owner in (module.__name__, "re", None) else ():
            methods = used.get(name) or _of_unknown(used)
            yield Expression(f"{module.__name__}.{name}", pattern.pattern, pattern.flags, tuple(dict.fromkeys(methods)))


def _patterns_in(value: object, depth: int) -> Iterator[re.Pattern[str]]:
    """The patterns that a global is or holds: in containers, in values, as attributes of a class."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth < 4:
        inner: Iterable[object] = ()
        if isinstance(value, Mapping):
            inner = [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            inner = value
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
        elif isinstance(value, type):
            inner = [each for each in vars(value).values() if not callable(each)]
        for each in inner:
            yield from _patterns_in(each, depth + 1)


def _methods_used(tree: ast.Module) -> dict[str, list[str]]:
    """By the name of what is asked, the methods of an expression that are called, or handed on, in a module."""
    used: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            for name in (each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)):
                used.setdefault(name, []).append(node.attr)
    return used


def _of_unknown(used: Mapping[str, list[str]]) -> list[str]:
    """The methods by which what a container holds is used: what is called on names of no global expression."""
    found = {method for name, methods in used.items() if name.islower() and name != "re" for method in methods}
    return sorted(found - {"split"}) or ["search"]


def _written(module: ModuleType, tree: ast.Module) -> Iterator[Expression]:
    """What is used through ``re.sub`` and its like; names and formatted parts are looked up in the module."""
    used = _methods_used(tree)
    assigned = {
        call: each.targets[0].id if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) else ""
        for each in tree.body
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for call in ast.walk(each)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        if not isinstance(node.func.value, ast.Name) or node.func.value.id != "re":
            continue
        if node.func.attr not in (*METHODS, "compile"):
            continue
        pattern = _literal(module, node.args[0])
        if pattern is None:
            continue
        methods = [node.func.attr]
        if node.func.attr == "compile":
            methods = used.get(assigned.get(node, "")) or _of_unknown(used)
        flags = re.NOFLAG
        for extra in [*node.args[1:], *(keyword.value for keyword in node.keywords)]:
            for part in ast.walk(extra):
                if isinstance(part, ast.Attribute) and part.attr.isupper():
                    flags |= getattr(re, part.attr)
        if node not in assigned or not hasattr(module, "__file__"):
            yield Expression(f"{module.__name__}:{node.lineno}", pattern, int(flags), tuple(dict.fromkeys(methods)))


def _literal(module: ModuleType, node: ast.expr) -> str | None:
    """The text of an expression as it is written; None: only a run can tell, and `made_in_functions` names it."""
    try:
        value = eval(compile(ast.Expression(node), "<pattern>", "eval"), vars(module))
    except (NameError, AttributeError, TypeError):  # it needs what only a call of the function has
        return None
    return value if isinstance(value, str) else None


def made_in_functions() -> set[str]:
    """The functions that put an expression together from what they are given: each needs a test of its own."""
    found = set()
    for module, tree in modules():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "re"
                    and node.func.attr in (*METHODS, "compile")
                    and _literal(module, node.args[0]) is None
                ):
                    found.add(f"{module.__name__}.{function.name}")
    return found


# --- texts made to hurt ---------------------------------------------------------------------------------------------


def hurting(expression: Expression, size: int) -> Iterator[str]:
    """Texts of about a size: runs of each repeat's characters, repeated prefixes, and what hurts everybody."""
    parsed = _parser.parse(expression.pattern, expression.flags)
    whole = _sample(parsed)
    pieces = dict.fromkeys((whole, *UNITS, *MIXES))
    runs = list(_runs(parsed, ""))
    if not runs:
        pieces = dict.fromkeys((whole, whole[:-1], *UNITS[:3]))
    for lead, unit in runs:
        pieces[unit] = None
        pieces[lead + unit] = None
        pieces[lead] = None
        yield from (lead + unit * (size // len(unit)) + tail for tail in TAILS if unit)
        yield from ((lead + unit * 50) * (size // len(lead + unit * 50)) + tail for tail in TAILS[1:] if unit)
    for piece in pieces:
        if piece:
            yield from (piece * (size // len(piece)) + tail for tail in TAILS[:2])
            yield whole + piece * (size // len(piece)) + TAILS[1]


def _runs(parsed: Any, lead: str) -> Iterator[tuple[str, str]]:
    """For each repeat a text that leads to it, and texts that it takes once."""
    for code, value in parsed:
        if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            _, most, body = value
            if most > 8:
                yield from ((lead, unit) for unit in _samples(body))
            yield from _runs(body, lead)
        elif code is _constants.SUBPATTERN:
            yield from _runs(value[-1], lead)
        elif code is _constants.BRANCH:
            for branch in value[1]:
                yield from _runs(branch, lead)
        elif code in (_constants.ASSERT, _constants.ASSERT_NOT):
            yield from _runs(value[1], lead)
        elif code is _constants.ATOMIC_GROUP:
            yield from _runs(value, lead)
        lead += _sample([(code, value)])


def _samples(parsed: Any) -> list[str]:
    """Some texts that a part takes: of a class several characters, of anything else one."""
    if len(parsed) == 1 and _is_character(parsed[0]):
        return [unit for unit in UNITS if _takes(parsed[0], unit)][:MOST_OF_A_CLASS] or [_sample(parsed)]
    found = [_sample(parsed)]
    for code, value in parsed:
        branches = value[1] if code is _constants.BRANCH else ()
        if code is _constants.SUBPATTERN and value[-1] and value[-1][0][0] is _constants.BRANCH:
            branches = value[-1][0][1][1]
        found += [_sample(branch) for branch in branches]
    return found


def _sample(parsed: Any) -> str:
    """One text that a part takes, as short as it can be; optional parts are left out."""
    text = ""
    for code, value in parsed:
        if _is_character((code, value)):
            text += next((unit for unit in ("a", *UNITS) if _takes((code, value), unit)), None) or _first(value)
        elif code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            text += _sample(value[2]) * value[0]
        elif code is _constants.SUBPATTERN:
            text += _sample(value[-1])
        elif code is _constants.BRANCH:
            text += _sample(value[1][0])
        elif code is _constants.ATOMIC_GROUP:
            text += _sample(value)
    return text


def _is_character(part: Any) -> bool:
    return part[0] in (_constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN)


def _first(value: Any) -> str:
    """A character of a class that none of ours is in."""
    if isinstance(value, int):
        return chr(value)
    for code, inner in value:
        if code is _constants.LITERAL:
            return chr(inner)
        if code is _constants.RANGE:
            return chr(inner[0])
    return "a"


def _takes(part: Any, character: str) -> bool:
    code, value = part
    if code is _constants.ANY:
        return character != "\n"
    if code is not _constants.IN:
        return (ord(character) == value) is (code is _constants.LITERAL)
    negated = value[0][0] is _constants.NEGATE
    return negated is not any(_is_in(each, character) for each in value[negated:])


def _is_in(each: Any, character: str) -> bool:
    code, value = each
    if code is _constants.LITERAL:
        return bool(ord(character) == value)
    if code is _constants.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    category = {"SPACE": r"\s", "DIGIT": r"\d", "WORD": r"\w"}[str(value).rpartition("_")[2]]
    return (re.match(category, character) is None) is ("_NOT_" in str(value))
