"""The last good answer comes in and lies in a file; after a restart it comes out again.

A file that cannot be read or written costs a warning and nothing else: the source itself will be asked.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from labsbot.edge import answers, files

log = logging.getLogger("labsbot.refreshed")

T = TypeVar("T")
VERSION = 1


def place(state: Path, kind: str, question: object) -> Path:
    """The file in the folder `state` for the answer to a question, by its ``repr``, in which no secret stands.

    Another question must not be answered by what was kept.
    """
    return state / f"{kind}-{hashlib.sha256(repr(question).encode()).hexdigest()[:12]}.json"


@dataclass(frozen=True, slots=True)
class Keep(Generic[T]):
    """Where an answer is kept, and how it is written as JSON."""

    path: Path
    dumped: Callable[[T], Any]
    loaded: Callable[[Any], T]
    """The inverse; raises LookupError, TypeError or ValueError for what is no answer."""

    def write(self, answer: T, at: datetime) -> None:
        """Replace the file as a whole. `at`: when it was answered, UTC."""
        kept = {"version": VERSION, "at": at.isoformat(), "answer": self.dumped(answer)}
        try:
            files.make_folder(self.path.parent)
            text = json.dumps(kept, ensure_ascii=False)
            # what a power failure takes is asked for again
            files.replace(self.path, text, permissions=files.PRIVATE, durable=False)
        except (OSError, ValueError) as error:
            log.warning(
                "the last good answer is not kept: %s: %s", self.path, getattr(error, "strerror", None) or error
            )

    def read(self) -> tuple[T, datetime] | None:
        """The answer and when it was given, UTC; None: there is none that could be used."""
        files.tighten(self.path)
        try:
            kept = answers.mapping(answers.parsed(files.read(self.path).decode()))
            if kept["version"] != VERSION:
                raise ValueError("it is of another version")
            return self.loaded(kept["answer"]), answers.moment(kept["at"])
        except FileNotFoundError:
            return None
        except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
            why = getattr(error, "strerror", None) or error
            log.warning("the answer kept in %s is of no use and is passed over: %.200r", self.path, why)
            return None
