"""What the front desk gives back for a submission: a receipt, a refusal, an answer, or nothing to say. Values only."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from labsbot.model import Change, Entry, Kept


class About(enum.Enum):
    """What is said about a submission means for it."""

    REFUSED = "it is not logged"
    UNPROVEN = "it is not logged, because a repeated line proves too little: of such answers one does for all"
    JOURNAL = "it is not logged, because the journal cannot be written"
    UNSURE = "it is not logged, because a source of projects has not answered yet"
    NOTE = "something is to be said, whether it is logged or not"


class RefusalCause(enum.Enum):
    """Why something is not logged, for those who count."""

    FORM = "form"
    """It cannot be read as what it is to be."""
    PROJECT = "project"
    """There is no such project, or none any more."""
    SOURCE = "source"
    """Whether there is such a project is not known yet."""
    TIME = "time"
    ACCESS = "access"
    """Whoever asks may not."""
    UNPROVEN = "unproven"
    """A repeated line proves too little."""
    SECRET = "secret"
    LIMIT = "limit"
    """Too many lines, or too much text."""
    CORRECTION = "correction"
    """There is no such entry, or it cannot be corrected so."""
    JOURNAL = "journal"
    """The journal cannot be written."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """It is on disk. What becomes of it is told later, by others."""

    entry: Entry
    change: Change | None = None
    """What was changed about the entry; None: it is new."""
    at_first: Kept | None = field(default=None, compare=False, repr=False)
    """All that is known of an entry that is new, before anything has come of it; None: it has to be read."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It is not logged."""

    reason: str
    """Why, and what to do, in sentences."""
    cause: RefusalCause
    about: About = About.REFUSED
    private: bool = False
    """It is for whoever sent it, and for nobody else."""
    outcome: str | None = None
    """What stands before the reason; empty: it says so itself; None: what was asked decides."""
    retry_after: float | None = None
    """Seconds after which the same may be taken, where only time is between."""

    @property
    def text(self) -> str:
        return f"{self.outcome}: {self.reason}" if self.outcome else self.reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked for."""

    text: str


@dataclass(frozen=True, slots=True)
class Silence:
    """There is nothing to say: it was dealt with before, nobody waits for it, or its sender is ignored or was told."""


Said = Refusal | Answer | Silence
"""What a gate says instead of letting a submission pass."""
Outcome = Receipt | Said
