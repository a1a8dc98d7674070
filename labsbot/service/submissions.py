"""What is asked of the front desk by a command on this machine: a question comes in, values for JSON go out.

The door hands it on; where no bot runs, the command itself asks here. Who asks is known by the machine's own word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labsbot.desk.answer import Receipt, Refusal
from labsbot.desk.scripts import Call, KeyReused, NotTheirs, Script, Scripts, typed_time
from labsbot.edge import answers, files
from labsbot.model import Via

Told = Mapping[str, object]
SUBMISSIONS = ("log", "undo", "amend")
"""What can be asked."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks, by what the kernel says."""

    pid: int
    user: str

    @classmethod
    def ourselves(cls) -> Peer:
        return cls(os.getpid(), files.user_name(os.geteuid()))

    def __str__(self) -> str:
        return f"process {self.pid} of user {self.user}"

    @property
    def script(self) -> Script:
        return Script(self.user, f"user {self.user}", Via.COMMAND)


@dataclass(frozen=True, slots=True)
class Submissions:
    """Asks the desk."""

    scripts: Scripts

    async def answer(self, verb: str, asked: Mapping[str, Any], peer: Peer) -> Told:
        """“id” of what was accepted, or why it is “refused”. Raises WrongAnswer: it cannot be understood."""
        script = peer.script
        if verb == "log":
            call = _call(asked)
            return _told(call if isinstance(call, Refusal) else await self.scripts.log(script, call))
        entry_id = answers.word(asked.get("id"))
        if verb == "undo":
            return _told(await self.scripts.undo(script, entry_id, answers.text(asked.get("reason", ""))))
        return _told(await self.scripts.amend(script, entry_id, answers.text(asked.get("message"))))


def _call(asked: Mapping[str, Any]) -> Call | Refusal:
    """The call that a question holds: “projects”, “message”, and perhaps “author”, “at” (as people type times) and
    “key”."""
    at = typed_time(answers.word(asked["at"])) if asked.get("at") else None
    if isinstance(at, str):
        return Refusal(at, outcome="Not logged")
    return Call(
        [answers.word(each) for each in answers.rows(asked.get("projects"))],
        answers.text(asked.get("message")),
        answers.word(asked["author"]) if asked.get("author") else None,
        at,
        answers.word(asked["key"]) if asked.get("key") else None,
    )


def _told(outcome: Receipt | Refusal | KeyReused | NotTheirs) -> Told:
    match outcome:
        case Receipt(entry, change):
            return {"id": entry.id if change is None else change.id}
        case Refusal() | NotTheirs() | KeyReused():
            return {"refused": outcome.text}
