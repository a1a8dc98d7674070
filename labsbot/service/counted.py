"""What happened since the start, as it is counted where it happens, for figures and for whoever asks. Values only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from labsbot.desk.answer import RefusalCause


@dataclass(frozen=True, slots=True)
class Counted:
    started: datetime
    answered: Counter[str] = field(default_factory=Counter)
    """How many lines that made no entry were answered, by kind."""
    refused: Counter[RefusalCause] = field(default_factory=Counter)
    """How often something was not logged, whoever asked for it."""
    requests: Counter[int] = field(default_factory=Counter)
    """How many calls by HTTP were answered, by status."""
