"""Find where the journal is by the configuration, for commands that only speak to the bot.

Nothing else of the file is looked at, and PyYAML is all that is loaded: what `config` needs to check a file takes
longer than such a command. Whether the rest is right, `labsbot check` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from labsbot.edge import files


class NoJournalNamed(Exception):
    """The file does not say where the journal is; in words for people."""


def journal_path(configuration: Path) -> Path:
    """The value of ``journal`` at the top; relative to the folder of the file. Raises NoJournalNamed."""
    try:
        text = files.read(configuration, links=True).decode("utf-8-sig")
        named = next((value for key, value in _texts(text) if key == "journal"), None)
    except OSError as error:
        raise NoJournalNamed(f"{configuration}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NoJournalNamed(f"{configuration}: this is not YAML (`labsbot check` says where)") from error
    if not named:
        raise NoJournalNamed(f"{configuration}: journal: is missing")
    return configuration.absolute().parent / named


def _texts(text: str) -> Iterator[tuple[str, str]]:
    """The keys at the top whose value is a text, each with that, as far as somebody reads."""
    depth, key = 0, None
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        match event:
            case yaml.ScalarEvent(value=value) if depth == 1:
                if key is not None:
                    yield key, value
                key = value if key is None else None
            case yaml.SequenceStartEvent() if depth == 0:
                return
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                depth += 1
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                depth -= 1
                key = None if depth == 1 else key
