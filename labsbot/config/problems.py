"""A file comes in, its text goes out; its flaws come in, problems with the name of the file go out. No rules here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labsbot.config.tree import Flaw, KeyPath
from labsbot.edge import files


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the configuration, and where. It never holds the value of a secret."""

    file: str
    line: int
    """From 1; 0: it is about the file as a whole."""
    column: int
    path: str
    """The keys that lead there, ``irc.libera.nick``; empty where it is about the notation."""
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ConfigurationError(Exception):
    """The configuration cannot be used; `problems` holds all that is wrong with it, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def problems(file: Path, flaws: Iterable[Flaw]) -> tuple[Problem, ...]:
    """In the order of the file, each once."""
    return tuple(dict.fromkeys(problem(file, flaw) for flaw in sorted(flaws, key=lambda flaw: flaw.place)))


def problem(file: Path, flaw: Flaw) -> Problem:
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


def text_of(file: Path) -> str:
    """The text of a file in UTF-8. Raises ConfigurationError."""
    try:
        raw = files.read(file, links=True)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise ConfigurationError([Problem(str(file), 0, 0, "", f"cannot be read: {cause}")]) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        flaw = Flaw((before.count(b"\n") + 1, column), (), "this is not UTF-8, expected a text file in UTF-8")
        raise ConfigurationError([problem(file, flaw)]) from None
