"""YAML text comes in, a tree goes out in which each value knows its place, and the problems of the notation.

Scalars keep their text as it was typed: what is a number and what is a name is decided by `keys`. The traps of YAML
that would change a meaning silently (a key given twice, an unquoted ``#channel``, aliases) are problems here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Place = tuple[int, int]
"""Line and column, both from 1."""

KeyPath = tuple[str | int, ...]
"""Keys and positions from the top of the file."""


@dataclass(frozen=True, slots=True)
class Scalar:
    place: Place
    path: KeyPath
    text: str | None
    """As it was typed, without quotes; None: nothing, ``~`` or ``null`` without quotes."""


@dataclass(frozen=True, slots=True)
class YamlList:
    place: Place
    path: KeyPath
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    place: Place
    path: KeyPath
    values: dict[str, Node]
    keys: dict[str, Place]
    last: int
    """The last line that may belong to it."""

    def tables(self, key: str) -> list[Table]:
        """The tables one level below `key`: networks of ``irc``, channels of ``channels``."""
        named = self.values.get(key)
        values = named.values.values() if isinstance(named, Table) else ()
        return [value for value in values if isinstance(value, Table)]


Node = Scalar | YamlList | Table


@dataclass(frozen=True, slots=True)
class Flaw:
    """A problem before it knows its file."""

    place: Place
    path: KeyPath
    message: str


class NotYaml(Exception):
    """The text cannot be read as YAML at all."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Top:
    """What a file as a whole is to be."""

    kinds: tuple[type[yaml.Node], ...]
    name: str
    expected: str


CONFIGURATION = Top(
    (yaml.MappingNode,),
    "configuration",
    "expected keys such as “journal: labsbot.sqlite3”, and beside it irc, wiki and projects",
)
PROJECTS = Top(
    (yaml.MappingNode, yaml.SequenceNode), "list of projects", "write for example “tools: {aliases: [tool]}”"
)
PEOPLE = Top((yaml.MappingNode,), "list of people", "write for example “alice: Alice Smith”")


def read(text: str, top: Top) -> tuple[Node, list[Flaw]]:
    """Read the text of a file. Raises NotYaml where there is nothing that could be read on."""
    try:
        aliases = [event for event in yaml.parse(text, Loader=yaml.SafeLoader) if isinstance(event, yaml.AliasEvent)]
        if aliases:
            raise NotYaml(Flaw(_place(aliases[0].start_mark), (), _ALIAS))
        composed = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = (before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        raise NotYaml(Flaw(place, (), f"the character U+{ord(text[error.position]):04X} is not allowed here")) from None
    except RecursionError:
        raise NotYaml(Flaw((1, 1), (), _TOO_DEEP)) from None
    except (ValueError, OverflowError):
        raise NotYaml(_no_character(text)) from None
    except yaml.MarkedYAMLError as error:
        raise NotYaml(_in_plain_words(error, text)) from None
    if composed is None:
        raise NotYaml(Flaw((1, 1), (), f"the file is empty, {top.expected}"))
    if not isinstance(composed, top.kinds):
        raise NotYaml(Flaw(_place(composed.start_mark), (), f"this is no {top.name}, {top.expected}"))
    reading = _YamlReading(text.splitlines())
    return reading.node(composed, ()), reading.flaws


_TOO_DEEP = "there are too many brackets within brackets"
_DEEPEST = 50
_ALIAS = "a word that begins with * is an alias in YAML, which is not supported here: write it out, or put it in quotes"


_TAG = 'a word that begins with ! is a tag in YAML: put it in quotes, such as "!undo"'


class _YamlReading:
    """One pass over the nodes that PyYAML composed."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.flaws: list[Flaw] = []

    def node(self, node: yaml.Node, path: KeyPath) -> Node:
        place = _place(node.start_mark)
        if len(path) > _DEEPEST:
            raise NotYaml(Flaw(place, (), _TOO_DEEP))
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self.flaws.append(Flaw(place, path, _TAG))
            if isinstance(node, yaml.ScalarNode):
                return Scalar(place, path, None)  # that is all there is to say of it
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place, path)
        if isinstance(node, yaml.SequenceNode):
            return YamlList(place, path, tuple(self.node(child, (*path, n)) for n, child in enumerate(node.value)))
        assert isinstance(node, yaml.ScalarNode)
        if node.tag != "tag:yaml.org,2002:null":
            return Scalar(place, path, _whole(node.value))
        rest = self.lines[place[0] - 1][place[1] - 1 :] if node.value == "" and place[0] <= len(self.lines) else ""
        if comment := re.match(r"[ \t]*(?=#\S)", rest):
            place = (place[0], place[1] + comment.end())
            self.flaws.append(Flaw(place, path, _HASH))
        return Scalar(place, path, None)

    def mapping(self, node: yaml.MappingNode, place: Place, path: KeyPath) -> Table:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in node.value:
            where = _place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "":
                self.flaws.append(Flaw(where, path, "expected a name as key"))
            elif key_node.tag == "tag:yaml.org,2002:merge":
                self.flaws.append(Flaw(where, path, "<< is not supported here: write it out"))
            elif (key := _whole(key_node.value)) in values:
                twice = f"the key is here a second time, the first is in line {keys[key][0]}: expected it once"
                self.flaws.append(Flaw(where, (*path, key), twice))
            else:
                keys[key] = where
                values[key] = self.node(value_node, (*path, key))
        return Table(place, path, values, keys, node.end_mark.line + 1 if node.end_mark else place[0])


def _whole(text: str) -> str:
    """A character beyond U+FFFF that JSON wrote as two halves is one again; half of one is U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_HASH = 'everything after # is a comment in YAML, so nothing stands here: put it in quotes, such as "#channel"'


def comments_like_channels(text: str, first: int, last: int, column: int) -> Iterator[Place]:
    """Find the comments that look like an unquoted channel (``#name``, ``#name:``, ``#name: {}``).

    They stand in the lines from `first` to `last`, indented beyond `column`.
    """
    for number, line in enumerate(text.splitlines()[first - 1 : last], first):
        seen = re.match(r"""([ ]+)(?:- +)?\#[^\s#"':{}]+(:\s*+(\{[^}]*\})?)?\s*$""", line)
        if seen is not None and len(seen[1]) >= column:
            yield number, len(seen[1]) + 1


# --- places in the tree ---------------------------------------------------------------------------------------------


def walk(tree: Node, path: KeyPath) -> tuple[Node, int]:
    """The deepest node on `path` that stands in the file, and how many steps lead there."""
    here = tree
    for depth, step in enumerate(path):
        if isinstance(here, Table) and step in here.values:
            here = here.values[str(step)]
        elif isinstance(here, YamlList) and isinstance(step, int) and step < len(here.values):
            here = here.values[step]
        else:
            return here, depth
    return here, len(path)


def stands(tree: Node, path: KeyPath) -> bool:
    return walk(tree, path)[1] == len(path)


def value_place(tree: Table, path: KeyPath) -> Place:
    """Where the value at `path` begins; for a mapping and for nothing, its key, where there is one."""
    node, depth = walk(tree, path)
    if not isinstance(node, Table) and not (isinstance(node, Scalar) and node.text is None):
        return node.place
    stands_for_a_list = depth > 0 and isinstance(path[depth - 1], int) and node.path[-1:] != path[depth - 1 : depth]
    return key_place(tree, path[: depth - 1] if stands_for_a_list else path[:depth])


def key_place(tree: Table, path: KeyPath) -> Place:
    above, _ = walk(tree, path[:-1])
    if path and isinstance(above, Table) and path[-1] in above.keys:
        return above.keys[str(path[-1])]
    return walk(tree, path)[0].place


def real(tree: Node, path: KeyPath) -> KeyPath:
    """The path as the file has it: a value that stands for a list of one has no [0]; what is missing has its key."""
    node, depth = walk(tree, path)
    return node.path if isinstance(node, Scalar) else (*node.path, *path[depth:])


# --- words for what PyYAML says -----------------------------------------------------------------------------------


def _in_plain_words(error: yaml.MarkedYAMLError, text: str) -> Flaw:
    """The place and cause of a syntax error.

    What PyYAML says is not passed on where it could quote the file, which may hold a password in that place.
    """
    mark = error.problem_mark or error.context_mark
    said = error.problem or error.context or ""
    words = next((words for begin, words in _WORDS if begin in said), re.sub(r"'[^']{2,}'", "…", said))
    if error.context_mark is not None and "quoted scalar" in (error.context or "") and "end of stream" in said:
        mark = error.context_mark
    if "alias" in (error.context or ""):
        mark, words = error.context_mark, 'a word that begins with * must be in quotes, such as "*!*@example.org"'
    if "scanning a tag" in (error.context or ""):
        mark, words = error.context_mark, _TAG
    if "flow" in (error.context or ""):
        mark = _unclosed_bracket(text) or mark
        words = (
            "a bracket that is opened here is not closed, or a comma is missing; put a text with [ ] { } ? in quotes"
        )
        rest = text.splitlines()[mark.line : mark.line + 1] if mark is not None else []
        if mark is not None and any("#" in line[mark.column :] for line in rest):
            words += '; a name with # must be in quotes, such as "#channel"'
    return Flaw(_place(mark), (), f"this is not YAML: {words}")


def _no_character(text: str) -> Flaw:
    """The place of an escape beyond the last character that there is, which PyYAML does not expect."""
    escapes = re.finditer(r"\\U([0-9A-Fa-f]{8})", text)
    begin = next((escape.start() for escape in escapes if int(escape[1], 16) > 0x10FFFF), 0)
    place = (text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
    return Flaw(place, (), "this is not YAML: \\U… names a character that does not exist")


def _unclosed_bracket(text: str) -> Any:
    """The mark of the last bracket that is opened and not closed, as far as the text can be read."""
    opened = []
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
                opened.append(token.start_mark)
            elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken) and opened:
                opened.pop()
    except yaml.YAMLError:
        pass  # it was to be expected; what was opened before it counts
    return opened[-1] if opened else None


_WORDS = (
    ("found character '\\t'", "a tab, expected blanks: YAML is indented with blanks only"),
    ("mapping values are not allowed here", "a colon that is not expected here; a text with “: ” must be in quotes"),
    ("could not find expected ':'", "a key without a colon, expected “key: value”"),
    ("found unexpected end of stream", "a quotation mark that is opened is not closed"),
    ("expected <block end>, but found", "the indentation does not fit what stands above"),
    ("found undefined alias", "a word that begins with * must be in quotes"),
    ("found character '%'", "a word that begins with % must be in quotes"),
    ("found character '@'", "a word that begins with @ must be in quotes"),
    ("found character '`'", "a word that begins with ` must be in quotes"),
    ("found unknown escape character", "a backslash in \"…\" means something else: use '…' around the text"),
    ("expected a single document", "expected one document, without a second “---”"),
    ("but found another document", "expected one document, without a second “---”"),
    ("tag", _TAG),
)


def _place(mark: Any) -> Place:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
