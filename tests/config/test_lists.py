"""Files of projects and of people: read by the rules of the configuration, and never failing in another way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsbot.config import ConfigurationError, load_people, load_projects
from labsbot.settings import Access, Person, Project, Rule, Who

Load = Callable[[Path], object]


def written(folder: Path, text: str | bytes, name: str = "list.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(load: Load, path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as failure:
        load(path)
    return [str(problem).removeprefix(f"{path}:") for problem in failure.value.problems]


PROJECTS = (
    Project("tools", ("tool", "2012")),
    Project("no", (), "use yes", frozenset({"alice", "bob"}), Access(deny=(Rule(Who.ACCOUNT, "eve"),))),
    Project("Bots"),
)


def test_projects_are_read_from_yaml_and_json(tmp_path: Path) -> None:
    yaml = """\
tools: {aliases: [tool, 2012]}
no:
  retired: use yes
  members: [alice, bob]
  deny: eve
Bots:
"""
    keys = {
        "tools": {"aliases": ["tool", "2012"]},
        "no": {"retired": "use yes", "members": ["alice", "bob"], "deny": "eve"},
        "Bots": None,
    }
    assert load_projects(written(tmp_path, yaml)) == PROJECTS
    for indent in (None, 2, "\t"):
        path = written(tmp_path, json.dumps(keys, indent=indent), "list.json")
        assert load_projects(path) == PROJECTS
        assert load_projects(str(path)) == PROJECTS


def test_names_alone_will_do(tmp_path: Path) -> None:
    assert load_projects(written(tmp_path, "- tools\n- no\n")) == (Project("tools"), Project("no"))
    assert load_projects(written(tmp_path, '["tools","no"]', "x.json")) == (Project("tools"), Project("no"))
    assert load_projects(written(tmp_path, "{}")) == ()


def test_people_are_accounts_and_hostmasks_with_a_wiki_user_or_keys(tmp_path: Path) -> None:
    yaml = 'alice: Alice Smith\n"*!*@user/bob": {wiki: Bob, member: bsmith}\nop: {member: o}\n'
    people = (
        Person(Rule(Who.ACCOUNT, "alice"), "Alice Smith"),
        Person(Rule(Who.HOSTMASK, "*!*@user/bob"), "Bob", "bsmith"),
        Person(Rule(Who.ACCOUNT, "op"), None, "o"),
    )
    assert load_people(written(tmp_path, yaml)) == people
    keys = {"alice": "Alice Smith", "*!*@user/bob": {"wiki": "Bob", "member": "bsmith"}, "op": {"member": "o"}}
    assert load_people(written(tmp_path, json.dumps(keys), "people.json")) == people


def test_json_of_any_language_is_read(tmp_path: Path) -> None:
    for ascii_only in (True, False):
        path = written(tmp_path, json.dumps(["café", "𝒳"], ensure_ascii=ascii_only), "x.json")
        assert load_projects(path) == (Project("café"), Project("𝒳"))


@pytest.mark.parametrize(
    ("load", "text", "expected"),
    [
        (load_projects, "", ["1:1: the file is empty, write for example “tools: {aliases: [tool]}”"]),
        (load_people, "# nobody\n", ["1:1: the file is empty, write for example “alice: Alice Smith”"]),
        (load_projects, "tools", ["1:1: this is no list of projects, write for example “tools: {aliases: [tool]}”"]),
        (load_people, "[alice]", ["1:1: this is no list of people, write for example “alice: Alice Smith”"]),
        (
            load_projects,
            "tools: {aliases: [a b], memers: x}\n'a|b':\nx: y\n",
            [
                "1:19: tools.aliases[0]: expected one word, without blanks and commas",
                "1:25: tools.memers: unknown key, did you mean “members”?",
                "2:1: a|b: | cannot stand in a page's title, and the log's title holds the project's name",
                "3:4: x: expected keys with values, found a text",
            ],
        ),
        (load_projects, "[tools, 'a b']", ['1:9: "a b": expected one word, without blanks and commas']),
        (
            load_projects,
            "tools:\nbots: {aliases: TOOLS}\n",
            [
                "1:1: tools: the same name stands in line 2 too (case is not looked at), expected it once",
                "2:17: bots.aliases: the same name stands in line 1 too (case is not looked at), expected it once",
            ],
        ),
        (
            load_projects,
            "tools: {allow: [members]}\n",
            ["1:17: tools.allow[0]: nobody says who the members are, expected “members” beside it"],
        ),
        (load_projects, "tools: {allow: [*!*@x]}", ["1:17: this is not YAML: …"]),
        (load_projects, "a: \nb: *a\n", ["2:4: a word that begins with * is an alias in YAML, …"]),
        (load_projects, b"caf\xe9: {}", ["1:4: this is not UTF-8, expected a text file in UTF-8"]),
        (load_projects, '"\\ud800": {}', ["1:1: \ufffd: control characters cannot stand in a page's title, …"]),
        (
            load_projects,
            'a:\n"b\\U00ffffff": {}',
            ["2:3: this is not YAML: \\U… names a character that does not exist"],
        ),
        (load_people, "alice:\n", ["1:1: alice: expected a value, found nothing"]),
        (load_people, "alice: {}\n", ["1:1: alice: says nothing, expected “wiki” or “member”"]),
        (load_people, "alice: {wkii: x}\n", ["1:9: alice.wkii: unknown key, did you mean “wiki”?"]),
        (load_people, "alice: [x]\n", ["1:8: alice: expected keys with values, found a list"]),
        (load_people, "alice: User:Alice\n", ["1:8: alice: expected the user's name without “User:”"]),
        (load_people, "alice: a/b\n", ["1:8: alice: / cannot stand in a user's name, …"]),
        (load_people, "a@b: X\n", ["1:1: a@b: this is no hostmask, …"]),
        (load_people, "a b: X\n", ['1:1: "a b": expected the name of a services account']),
    ],
)
def test_everything_wrong_in_a_file_is_told_with_its_place(
    tmp_path: Path, load: Load, text: str | bytes, expected: list[str]
) -> None:
    found = problems(load, written(tmp_path, text))
    assert len(found) == len(expected), found
    for line, words in zip(found, expected, strict=True):
        assert line == words or (words.endswith("…") and line.startswith(words.removesuffix("…"))), line


def test_a_file_that_cannot_be_read_is_told_without_a_line(tmp_path: Path) -> None:
    for load in (load_projects, load_people):
        with pytest.raises(ConfigurationError, match="cannot be read: no such file or directory"):
            load(tmp_path / "nofile.yaml")
        with pytest.raises(ConfigurationError, match="cannot be read: is a directory"):
            load(tmp_path)


SIGNS = list("[]{}:,-'\"#&*!|>%@\\~?<\n\t\x00 é")
WORDS = st.sampled_from(
    [*SIGNS, "tools", "members", "allow", "*!*@x", ": ", "\n  ", '"\\ud800"', '"\\U99999999"', "---\n"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples * 3)
@given(text=st.one_of(st.lists(WORDS).map("".join), st.text(), st.binary()), ending=st.sampled_from(["yaml", "json"]))
def test_whatever_stands_in_a_file_it_is_read_or_its_problems_are_told(
    tmp_path: Path, text: str | bytes, ending: str
) -> None:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    path = written(tmp_path, raw, f"list.{ending}")
    for load in (load_projects, load_people):
        try:
            load(path)
        except ConfigurationError as failure:
            told = str(failure).encode()
            assert told.startswith(str(path).encode())
