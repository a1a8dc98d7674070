"""A file, the environment and the credentials directory come in; settings and warnings go out, or all problems.

It reads files and nothing else: no name is resolved, no journal opened, no wiki asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labsbot.config import keys
from labsbot.config.builders.settings import build
from labsbot.config.check import checked
from labsbot.config.problems import ConfigurationError, Problem, problem, problems, text_of
from labsbot.config.short import write_out
from labsbot.config.tree import (
    CONFIGURATION,
    Flaw,
    KeyPath,
    NotYaml,
    Table,
    YamlList,
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


def load(
    path: Path | str,
    environ: Mapping[str, str],
    credentials_directory: Path | str | None,
    reads_secrets: bool = True,
) -> Loaded:
    """Read the configuration at `path`.

    `environ` is where ``{env: NAME}`` is looked up; `credentials_directory` is systemd's ``$CREDENTIALS_DIRECTORY``,
    where ``{file: NAME}`` is looked for first. All other relative paths count from the folder of the file.

    `reads_secrets` False: for those who log in nowhere. All secrets are empty, and none that cannot be had is a flaw.

    Raises ConfigurationError.
    """
    file = Path(path)
    return load_text(text_of(file), file, environ, credentials_directory, reads_secrets)


def load_text(
    text: str,
    file: Path,
    environ: Mapping[str, str],
    credentials_directory: Path | str | None,
    reads_secrets: bool = True,
) -> Loaded:
    """The same for a text that stands in that file, or is to."""
    try:
        tree, notation = read(text, CONFIGURATION)
    except NotYaml as error:
        raise ConfigurationError([problem(file, error.flaw)]) from None
    assert isinstance(tree, Table)
    write_out(tree)
    values, wrong_values = checked(tree, keys.FileKeys, {flaw.path for flaw in notation})
    credentials = Path(credentials_directory) if credentials_directory else None
    built = build(values, tree, file.absolute().parent, environ, credentials, reads_secrets)
    lost = list(_lost_channels(tree, text))
    flaws = [*notation, *wrong_values, *built.flaws, *(flaw for flaw in lost if not _has_channels(tree, flaw.path))]
    if flaws or built.settings is None:
        raise ConfigurationError([*problems(file, flaws), *built.elsewhere])
    return Loaded(built.settings, (*problems(file, [*built.warnings, *lost]), *built.elsewhere_warned))


def _lost_channels(tree: Table, text: str) -> Iterable[Flaw]:
    """Comments among the channels that were hardly meant as comments."""
    for network in tree.tables("irc"):
        channels = network.values.get("channels")
        if channels is not None and not isinstance(channels, YamlList):
            line, column = network.keys["channels"]
            last = channels.last if isinstance(channels, Table) else network.last
            for place in comments_like_channels(text, line + 1, last, column):
                yield Flaw(place, channels.path, "this is a comment in YAML; if a channel is meant, put it in quotes")


def _has_channels(tree: Table, path: KeyPath) -> bool:
    return isinstance(walk(tree, path)[0], Table)
