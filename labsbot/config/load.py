"""A file, the environment and the credentials directory come in; settings and warnings go out, or all problems.

It reads files and nothing else: no name is resolved, no journal opened, no wiki asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labsbot.config.build import build
from labsbot.config.check import checked
from labsbot.config.tree import (
    Flaw,
    KeyPath,
    Listing,
    NotYaml,
    Problem,
    Table,
    comments_like_channels,
    read,
    walk,
)
from labsbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    settings: Settings
    warnings: tuple[Problem, ...]
    """What works but is hardly meant so, in the order of the file."""


class ConfigurationError(Exception):
    """The configuration cannot be used; `problems` holds all that is wrong with it, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def load(path: Path | str, environ: Mapping[str, str], credentials_directory: Path | str | None) -> Loaded:
    """Read the configuration at `path`.

    `environ` is where ``{env: NAME}`` is looked up; `credentials_directory` is systemd's ``$CREDENTIALS_DIRECTORY``,
    where ``{file: NAME}`` is looked for first. All other relative paths count from the folder of the file.

    Raises ConfigurationError.
    """
    file = Path(path)
    text = _text(file)
    try:
        tree, notation = read(text)
    except NotYaml as error:
        raise ConfigurationError([_problem(file, error.flaw)]) from None
    values, wrong_values = checked(tree, {flaw.path for flaw in notation})
    credentials = Path(credentials_directory) if credentials_directory else None
    built = build(values, tree, file.absolute().parent, environ, credentials)
    lost = list(_lost_channels(tree, text))
    flaws = [*notation, *wrong_values, *built.flaws, *(flaw for flaw in lost if not _has_channels(tree, flaw.path))]
    if flaws or built.settings is None:
        raise ConfigurationError(_problems(file, flaws))
    return Loaded(built.settings, _problems(file, [*built.warnings, *lost]))


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise ConfigurationError([Problem(str(file), 0, 0, "", f"cannot be read: {cause}")]) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        flaw = Flaw((before.count(b"\n") + 1, column), (), "this is not UTF-8, expected a text file in UTF-8")
        raise ConfigurationError([_problem(file, flaw)]) from None


def _problems(file: Path, flaws: Iterable[Flaw]) -> tuple[Problem, ...]:
    """In the order of the file, each once."""
    return tuple(dict.fromkeys(_problem(file, flaw) for flaw in sorted(flaws, key=lambda flaw: flaw.place)))


def _problem(file: Path, flaw: Flaw) -> Problem:
    return Problem(str(file), *flaw.place, written(flaw.path), flaw.message)


def written(path: KeyPath) -> str:
    """The path as people write it: ``projects[0].list.tools``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (f'"{step}"' if set(step) & set(". \t[]:") else step)
    return text


def _lost_channels(tree: Table, text: str) -> Iterable[Flaw]:
    """Comments among the channels that were hardly meant as comments."""
    networks = tree.values.get("irc")
    for network in networks.values.values() if isinstance(networks, Table) else ():
        channels = network.values.get("channels") if isinstance(network, Table) else None
        if isinstance(network, Table) and channels is not None and not isinstance(channels, Listing):
            line, column = network.keys["channels"]
            last = channels.last if isinstance(channels, Table) else network.last
            for place in comments_like_channels(text, line + 1, last, column):
                yield Flaw(place, channels.path, "this is a comment in YAML; if a channel is meant, put it in quotes")


def _has_channels(tree: Table, path: KeyPath) -> bool:
    return isinstance(walk(tree, path)[0], Table)
