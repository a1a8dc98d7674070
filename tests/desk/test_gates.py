"""The desk without IRC: a submission in, a receipt or the word of the first gate that does not let it pass out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from labsbot.desk.answer import Answer, Outcome, Receipt, Refusal, Silence
from labsbot.desk.command import Add, Ask, Form, Malformed
from labsbot.desk.desk import Desk
from labsbot.desk.gates import all_gates
from labsbot.desk.relays import Unread
from labsbot.desk.submission import ChannelRules, Submission, Submitter
from labsbot.journal import Journal
from labsbot.model import Sender
from labsbot.settings import (
    USUAL_WORDS,
    Access,
    Channel,
    Limit,
    PageSettings,
    Project,
    Rule,
    SecretShape,
    Who,
    Words,
)
from tests.nouns import NOON, a_directory, a_key

DIRECTORY = a_directory("tools", Project("closed", access=Access(allow=(Rule(Who.ACCOUNT, "Bob"),))))
CHANNEL = Channel("#cloud", None, PageSettings(), limit=Limit(lines=1, seconds=60, bytes=100))
NOT_HERE = Access(deny=(Rule(Who.HOSTMASK, "*!*@*"),))
TOKEN = SecretShape("a token", re.compile("tok-[0-9]+"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(
        journal.entries,
        all_gates("wiki", lambda page, project, entry: len(entry.message), "dora"),
        "wiki",
        "dora",
    )


def a_submission(channel: Channel = CHANNEL, **given: Any) -> Submission:
    fields: dict[str, Any] = {
        "submitter": Submitter(Sender("deploy", account="Deploy")),
        "network": "",
        "rules": ChannelRules(channel, DIRECTORY),
        "asked": Add(("tools",), "deployed"),
        "key": a_key(),
        "secret": None,
        "arrived": NOON,
        "said": NOON - timedelta(minutes=5),
    }
    return Submission(**{**fields, **given})


def words(outcome: Outcome) -> str:
    match outcome:
        case Refusal(reason):
            return reason
        case Answer(text):
            return text
        case Receipt(entry):
            return f"accepted {entry.message}"
    return ""


async def test_what_passes_all_gates_is_kept_as_the_receipt_says(desk: Desk, journal: Journal) -> None:
    receipt = await desk.submit(a_submission())
    assert isinstance(receipt, Receipt)
    (delivery,) = await journal.deliveries.pending()
    assert delivery.entry == receipt.entry
    assert (receipt.entry.author, delivery.log.project, receipt.entry.said) == (
        "deploy",
        "tools",
        NOON - timedelta(minutes=5),
    )


@pytest.mark.parametrize("asked", [Add(("tools",), "deployed"), Add(("tolls",), "deployed"), Ask.HELP, Unread()])
async def test_a_repetition_of_whatever_was_asked_changes_nothing_and_says_nothing(
    desk: Desk, journal: Journal, asked: Any
) -> None:
    submission = a_submission(replace(CHANNEL, limit=Limit()), asked=asked)
    await desk.submit(submission)
    kept = await journal.deliveries.pending()
    assert await desk.submit(replace(submission, arrived=NOON + timedelta(hours=1))) == Silence()
    assert await journal.deliveries.pending() == kept


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("", {"ignore": (Rule(Who.ACCOUNT, "Deploy"),)}),
    ("you said it while I was away", {"may_be_relayed": True}),
    ("your message in #cloud seems to contain a token", {"secret": TOKEN}),
    ("too many lines", {"flooded": True}),
    ("I cannot tell who said that", {"asked": Unread()}),
    ("there is no project “tolls”", {"asked": Add(("tolls",), "deployed")}),
    ("you may not log here", {"access": NOT_HERE}),
    ("only people on my list may log to closed", {"asked": Add(("closed",), "deployed")}),
    ("it is too long", {"asked": Add(("tools",), "x" * 101)}),
    ("accepted deployed", {}),
]
"""One for each gate, in their order: the words, and what is wrong."""


@pytest.mark.parametrize("first", range(len(WRONG)))
async def test_the_first_gate_that_is_closed_has_the_word(desk: Desk, first: int) -> None:
    wrong = {key: value for _, given in reversed(WRONG[first:]) for key, value in given.items()}
    channel = replace(CHANNEL, ignore=wrong.pop("ignore", ()), access=wrong.pop("access", Access()))
    if wrong.pop("flooded", False):
        await desk.submit(a_submission())
    said = words(await desk.submit(a_submission(channel, **wrong)))
    assert said.startswith(WRONG[first][0])
    assert bool(said) == bool(WRONG[first][0])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            Malformed(Form.LOG, "the project is missing"),
            "Not logged: the project is missing. Type !log",
        ),
        (Ask.HELP, "!log <project> <message>"),
        (Ask.PROJECTS, "Projects: closed, tools."),
        (Ask.CHANGE, "Nothing changed. Type !undo"),
        (Ask.HELP_CHANGE, "Type !undo alone for your last entry here, "),
        (Ask.HELP_LATE, "Type !log 14:05 <project> <message> (or -15m, "),
        (Ask.HELP_SEVERAL, "Type !log <project>: <message> for one log, "),
    ],
)
async def test_what_is_no_entry_is_answered_where_nobody_may_log_too(desk: Desk, asked: Any, said: str) -> None:
    assert words(await desk.submit(a_submission(replace(CHANNEL, access=NOT_HERE), asked=asked))).startswith(said)


@pytest.mark.parametrize(
    ("project", "own", "line"),
    [
        (
            None,
            USUAL_WORDS,
            "!log <project> <message>, for example: !log tools restarted the web service. Done earlier: !log 14:05 … or"
            " !log -15m … Several logs: !log <project>,<project> … To correct: !undo, !amend <new text>. To read:"
            " !last, !sal. Entries go to “Nova Resource:<project>/SAL” on wiki.",
        ),
        (
            "tools",
            replace(USUAL_WORDS, undo=None, last=None, sal=None),
            "!log <message>, for example: !log restarted the web service. Done earlier: !log 14:05 … or !log -15m … To"
            " correct: !amend <new text>. Entries go to “Nova Resource:tools/SAL” on wiki.",
        ),
        (
            None,
            replace(USUAL_WORDS, log=None, undo=None, amend=None, last=None),
            "nothing: no entries are taken here. To read: !sal. Entries go to “Nova Resource:<project>/SAL” on wiki.",
        ),
    ],
)
async def test_help_teaches_in_one_line_what_can_be_typed(
    desk: Desk, project: str | None, own: Words, line: str
) -> None:
    here = replace(CHANNEL, project=project, words=own)
    assert words(await desk.submit(a_submission(here, asked=Ask.HELP))) == line
    assert len(line.encode()) < 360
