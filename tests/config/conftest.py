"""A configuration that is right, as text; the tests change one thing in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labsbot.config import ConfigurationError, Loaded, load
from labsbot.settings import Listed, Project

RIGHT = """\
journal: journal.sqlite3
irc:
  libera:
    server: irc.libera.chat
    nick: labsbot
    channels:
      "#labs": {}
wiki:
  folder: pages
projects:
  list: {tools: {}, bots: {}}
"""

EXAMPLES = Path(__file__).parents[2] / "config"

Write = Callable[[str], Path]
Read = Callable[..., Loaded]
Refused = Callable[..., list[str]]


def with_line(after: str, line: str) -> str:
    """The right configuration with a line (or more) put after the one that holds `after`."""
    assert after in RIGHT
    return "".join(f"{kept}\n{line}\n" if after in kept else f"{kept}\n" for kept in RIGHT.splitlines())


def instead(old: str, new: str) -> str:
    assert old in RIGHT
    return RIGHT.replace(old, new)


def channel(settings: str) -> str:
    """The right configuration with settings of its channel."""
    return instead('"#labs": {}', f'"#labs": {{{settings}}}')


def sources(lines: str) -> str:
    """The right configuration with other sources of projects."""
    return instead("  list: {tools: {}, bots: {}}\n", f"{lines}\n")


def projects_of(loaded: Loaded) -> tuple[Project, ...]:
    """The projects that stand in the configuration, of the first channel."""
    sources = loaded.settings.networks[0].channels[0].projects
    return tuple(
        project for source in sources if isinstance(source.origin, Listed) for project in source.origin.projects
    )


TOP_KEYS = ("allow", "deny", "refusal", "ignore", "limit", "commands", "late", "correct", "copies", "people")
"""At the top of the annotated example, each behind a comment sign."""


def example_in_full(folder: Path) -> Path:
    """The annotated example without the "# " in front of each key that has a value, and the files that it names."""
    text = (EXAMPLES / "labsbot.example.yaml").read_text()
    for comment, key in (
        ("# during: {quick: 10s, unknown_after: 1d}", "during: {quick: 30s, unknown_after: 2d}"),
        ("    # backoff:", "    backoff:"),
        ("    # ping:", "    ping:"),
        ("    # password:", "    password:"),
        ("    # catch_up:", "    catch_up:"),
        ("    # tell_gaps:", "    tell_gaps:"),
        ("    # page:", "    page:"),
        ("        # key: {file: operations-key} ", "        key: {file: operations-key} "),
        ("  # level: 2", "  level: 3"),
        ("  # heading:", "  heading:"),
        ('  # new_page: ""', '  new_page: "{{log of|{project}}}"'),
        ("  # bot_flag: false", "  bot_flag: true"),
        ("  # redirects:", "  redirects:"),
        ("  # largest_edit: 512 KB", "  largest_edit: 0.25 MB"),
        ("# state:", "state:"),
        ("# announce:", "announce:"),
        ("    # proxy:", "    proxy:"),
        ("    # relays:", "    relays:"),
        ("    # replies:", "    replies:"),
        ("        # allow:", "        allow:"),
        *((f"\n# {key}:", f"\n{key}:") for key in TOP_KEYS),
        *((f"\n#   - {key}", f"\n  - {key}") for key in ("list: {alice", "{file: people", "page: ")),
        ("  # patterns:\n  #   - {match:", "  patterns:\n    - {match:"),
        ("  #   - {match: '\\bgerrit", "    - {match: '\\bgerrit"),
        ("  # patterns: {", "  patterns: {"),
        *(
            (f"  # - {key}", f"  - {key}")
            for key in ("{file", "pages", "{category", "{groups", "ldap", "keystone", "any")
        ),
        *((f"  #   {key}:", f"    {key}:") for key in ("prefix", "refresh")),
        *((f"\n# {line}", f"\n{line}") for line in ("web:", "  listen:", "  url:", "  tokens:", "    deploy:")),
    ):
        assert comment in text
        text = text.replace(comment, key)
    path = folder / "labsbot.yaml"
    path.write_text(text)
    for name in ("wiki-password", "operations-key", "bouncer-password", "keystone-password"):
        (folder / name).write_text(name)
    (folder / "projects.yaml").write_text("[video]")
    (folder / "people.yaml").write_text("carol: Carol")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "labsbot.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def read(write: Write) -> Read:
    """Load a text, with the environment given by name."""

    def read(text: str, credentials: Path | None = None, **environ: str) -> Loaded:
        return load(write(text), environ, credentials)

    return read


@pytest.fixture
def refused(write: Write) -> Refused:
    """Load a text that is wrong; its problems as they are printed, without the folder."""

    def refused(text: str, credentials: Path | None = None, **environ: str) -> list[str]:
        path = write(text)
        with pytest.raises(ConfigurationError) as failure:
            load(path, environ, credentials)
        assert str(failure.value) == "\n".join(map(str, failure.value.problems))
        assert failure.value.problems
        names = (f"{path}:", f"{path.parent}/")
        lines = list(map(str, failure.value.problems))
        return [line.removeprefix(names[0]).removeprefix(names[1]) for line in lines]

    return refused
