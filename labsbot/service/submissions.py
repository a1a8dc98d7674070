"""What is asked of the front desk by a command on this machine: a question comes in, values for JSON go out.

The door hands it on; where no bot runs, the command itself asks here. Who asks is known by the machine's own word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from labsbot.desk.answer import About, Receipt, Refusal, RefusalCause
from labsbot.desk.desk import Desk
from labsbot.desk.runs import End, How, Runs
from labsbot.desk.scripts import Call, KeyReused, NotTheirs, Script, Scripts, one_line, typed_time
from labsbot.edge import answers, files
from labsbot.model import Run, Via
from labsbot.service.rules import Rulebook

Told = Mapping[str, object]
SUBMISSIONS = ("log", "undo", "amend", "begin", "end", "unended")
"""What can be asked."""
MOST_RUNS = 100
"""Of which one answer tells."""
LONGEST_RUN = 100 * 365 * 24 * 3600 * 1000
"""Milliseconds."""


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
    runs: Runs

    def take_up(self, desk: Desk, book: Rulebook) -> None:
        """Let these rules hold from the next question on."""
        quick, announced = book.settings.during.quick, book.announced
        self.scripts.take_up(desk, book.for_scripts(), book.home, book.shapes, quick, announced)
        self.runs.take_up(book.shapes)

    async def answer(self, verb: str, asked: Mapping[str, Any], peer: Peer) -> Told:
        """“id” of what was accepted, or why it is “refused”. Raises WrongAnswer: it cannot be understood."""
        script = peer.script
        if verb in ("log", "begin"):
            call = _call(asked, begins=verb == "begin")
            return _told(call if isinstance(call, Refusal) else await self.scripts.log(script, call))
        if verb == "end":
            return _told(await self.runs.end(script, _end(asked)))
        if verb == "unended":
            return {"runs": [_run(each) for each in (await self.runs.unended(script))[:MOST_RUNS]]}
        entry_id = answers.word(asked.get("id"))
        if verb == "undo":
            return _told(await self.scripts.undo(script, entry_id, answers.text(asked.get("reason", ""))))
        return _told(await self.scripts.amend(script, entry_id, answers.text(asked.get("message"))))


def _call(asked: Mapping[str, Any], begins: bool) -> Call | Refusal:
    """The call that a question holds: “projects”, “message”, and perhaps “author”, “at” (as people type times), “key”
    and “process”."""
    at = typed_time(answers.text(asked["at"])) if asked.get("at") else None
    if isinstance(at, str):
        return Refusal(at, RefusalCause.TIME, outcome="Not logged")
    return Call(
        [answers.text(each) for each in answers.rows(asked.get("projects"))],
        answers.text(asked.get("message")),
        answers.text(asked["author"]) if asked.get("author") else None,
        at,
        answers.text(asked["key"]) if asked.get("key") is not None else None,
        begins=begins,
        process=answers.word(asked["process"]) if asked.get("process") else None,
    )


def _end(asked: Mapping[str, Any]) -> End:
    """The end that a question holds: the “id” of its beginning, “how” it was, and perhaps “after” so many milliseconds,
    “words”, whether it “ran” at all, and “key”."""
    try:
        how = How(asked.get("how"))
    except ValueError:
        raise answers.WrongAnswer("expected “how” to be done, failed or unknown") from None
    return End(
        answers.word(asked.get("id")),
        how,
        None
        if asked.get("after") is None
        else timedelta(milliseconds=answers.number(asked["after"], most=LONGEST_RUN)),
        one_line(answers.text(asked.get("words", ""))),
        asked.get("ran") is not False,
        answers.word(asked["key"]) if asked.get("key") is not None else None,
    )


def _run(run: Run) -> Told:
    return {"id": run.entry_id, "process": run.process}


def _told(outcome: Receipt | Refusal | KeyReused | NotTheirs) -> Told:
    match outcome:
        case Receipt(entry, change):
            return {"id": entry.id if change is None else change.id}
        case Refusal(about=About.JOURNAL | About.UNSURE) | Refusal(retry_after=float()):
            return {"refused": outcome.text, "again": True}  # the same may be taken later
        case Refusal() | NotTheirs() | KeyReused():
            return {"refused": outcome.text}
