"""What the documentation shows can be typed, what is made for it leaves nothing out, and its links lead somewhere."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from labsbot.cli.main import COMMANDS, main
from labsbot.web import openapi
from release import calls, manual
from release.links import dead_links

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").glob("*.rst"))]
BEHIND = re.compile(r" # | \| | && | > | 2>|;")
"""What begins something that is for the shell, behind a command."""


def in_blocks(page: str) -> Iterator[str]:
    """What is shown of labsbot to be typed as it stands."""
    for text in re.findall(r"^ +(?:\S*/)?labsbot ([a-z].*)$", page.replace("\\\n", " "), re.MULTILINE):
        if text.split()[0] in COMMANDS or " -" in text:  # else it is a line of a definition
            yield BEHIND.split(text)[0]


def in_the_text(page: str) -> Iterator[str]:
    """What is only named, perhaps without all that it needs."""
    yield from re.findall(r"``labsbot ([a-z][^`]* [^`]*)``", " ".join(page.split()))


SHOWN, NAMED = (
    sorted({words for page in PAGES for words in found(page.read_text("utf-8"))}) for found in (in_blocks, in_the_text)
)


@pytest.fixture(autouse=True)
def _files_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, context: Path(value))


def test_commands_are_found() -> None:
    assert min(len(SHOWN), len(NAMED)) > 15


@pytest.mark.parametrize("shown", SHOWN)
def test_each_command_that_is_shown_can_be_typed(shown: str) -> None:
    parse(main, "labsbot", shlex.split(shown))


@pytest.mark.parametrize("named", NAMED)
def test_each_command_that_is_named_exists_with_its_options(named: str) -> None:
    with contextlib.suppress(click.MissingParameter, click.BadOptionUsage):
        parse(main, "labsbot", shlex.split(BEHIND.split(named)[0].replace("[", "").replace("]", "")))


def parse(command: click.Command, name: str, words: Sequence[str], parent: click.Context | None = None) -> None:
    """Raises click's UsageError where an option, an argument or a command is none."""
    with command.make_context(name, list(words), parent) as context:
        if isinstance(command, click.Group) and (below := [*context._protected_args, *context.args]):
            _, found, rest = command.resolve_command(context, below)
            assert found is not None
            parse(found, below[0], rest, context)


def test_each_command_has_its_section_with_all_its_options() -> None:
    sections = {section["ids"][0]: section for section in map(manual.section, manual.contexts("labsbot", main))}
    assert {f"labsbot-{name}" for name in COMMANDS} < set(sections)
    said = sections["labsbot-log"].astext()
    assert "--best-effort" in said
    assert "Never fail, and never take longer than two seconds." in said


def test_each_call_has_its_section_and_each_object_its_fields() -> None:
    document = json.loads(openapi.document("https://logs.example.org"))
    lines = list(calls.described(document))
    verbs = [(path, verb) for path, verbs in document["paths"].items() for verb in verbs if verb != "parameters"]
    assert {f"{verb.upper()} {path}" for path, verb in verbs} < set(lines)
    assert set(document["components"]["schemas"]) < set(lines)
    entry = lines[lines.index("EntryShown") :]
    assert "   * - ``said``" in entry
    assert "     - text. When it was done." in entry


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#here">b</a><a href="https://example.org/">x</a>'
    )
    (tmp_path / "b.html").write_text('<a href="a.html#top">a</a><a href="a.html#gone">a</a><img src="picture.png">')
    assert list(dead_links(tmp_path)) == [
        "a.html: b.html#here: there is no such place in it",
        "b.html: a.html#gone: there is no such place in it",
        "b.html: picture.png: there is no such file",
    ]
