"""What all commands share that ask the front desk for something and wait for what becomes of it.

The running bot is asked by the socket beside the journal. Where none runs, the same desk is set up here and writes into
the journal itself, and the bot delivers it when it starts. Only then the rooms are loaded that take long.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from labsbot.cli.arguments import SECONDS
from labsbot.cli.journal_path import NoJournalNamed, journal_path
from labsbot.cli.loading import FAILED, KEPT, fail, misconfigured, much_is_loaded, settings_of
from labsbot.edge import door, files, logs

if TYPE_CHECKING:
    from labsbot.service.submissions import Told

DONE = 0
TRIES = 3
"""How often we ask again when an answer is lost."""

timeout = click.option(
    "--timeout",
    type=SECONDS,
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until it is on the wiki.",
)
no_wait = click.option("--no-wait", is_flag=True, help="Do not wait: it is kept, and that is enough.")


@dataclass(frozen=True, slots=True)
class Receiving:
    """How long to wait, and in which form to answer."""

    seconds: float
    no_wait: bool
    as_json: bool


class NotSubmitted(Exception):
    """Nothing was kept, as far as we know; in words for people."""


class NoJournal(NotSubmitted):
    """There is none."""


def submit(path: Path, verb: str, given: Mapping[str, object], receiving: Receiving) -> NoReturn:
    """Ask, wait, print what came of it, and end with the status that says so."""
    try:
        journal = journal_path(path)
        told, bot = accepted(path, journal, verb, given)
    except NoJournalNamed as failure:
        misconfigured(path, failure)
    except NotSubmitted as failure:
        fail(FAILED, str(failure))
    if "refused" in told:
        _end(FAILED, told, str(told["refused"]), receiving)
    if receiving.no_wait:
        _end(DONE, {**told, "state": "waiting", "urls": [], "causes": []}, "", receiving)
    if not bot:
        words = "kept; no bot answers, and the next one brings it to the wiki"
        _end(KEPT, {**told, "state": "waiting", "urls": [], "causes": []}, words, receiving)
    became = {"state": "pending", "urls": [], "causes": []}
    with contextlib.suppress(KeyboardInterrupt):
        became = door.became(journal, str(told["id"]), receiving.seconds)
    _end(*_said({**told, **became}), receiving)


def accepted(path: Path, journal: Path, verb: str, given: Mapping[str, object]) -> tuple[Mapping[str, Any], bool]:
    """What was answered, and whether it was a bot that did. Raises NotSubmitted.

    With a key in `given` it may be asked again when an answer is lost: it is accepted once.
    """
    for _ in range(TRIES):
        try:
            return door.ask_in_turn(journal, verb, **given), True
        except door.NobodyAnswers:
            return _into_journal(path, journal, verb, given), _woken(journal)
        except door.MayNotAsk as failure:
            raise NotSubmitted(f"{failure}; ask for {files.user()} to be in the group labsbot") from failure
        except door.AnswerLost as failure:
            if "key" not in given:
                raise NotSubmitted(f"{failure}; whether it was done is not known") from failure
        except door.DoorClosed as failure:
            raise NotSubmitted(str(failure)) from failure
    raise NotSubmitted("the bot does not answer")


def _woken(journal: Path) -> bool:
    """Whether a bot runs by now, which is told that there is something new: it may have started meanwhile."""
    try:
        door.ask(journal, "wake")
    except (door.NobodyAnswers, door.DoorClosed):
        return False
    return True


def _into_journal(path: Path, journal: Path, verb: str, given: Mapping[str, object]) -> Told:
    """The same where no bot runs."""
    if not os.path.lexists(journal):
        raise NoJournal(f"there is no journal at {journal}: `labsbot run` makes it")  # before anything is loaded
    with much_is_loaded():
        import asyncio
        import logging

        from labsbot.edge.answers import WrongAnswer
        from labsbot.model import JournalFailure
        from labsbot.service.front_desk import submissions_at_rest
        from labsbot.service.submissions import Peer

        settings = settings_of(path, reads_secrets=False, warn=False)

    logging.getLogger("labsbot").addHandler(logging.NullHandler())  # all that is to be said stands in the answer
    try:
        with submissions_at_rest(settings) as submissions:
            return asyncio.run(submissions.answer(verb, given, Peer.ourselves()))
    except (JournalFailure, WrongAnswer) as failure:
        raise NotSubmitted(str(failure)) from failure


def _said(became: Mapping[str, Any]) -> tuple[int, Mapping[str, Any], str]:
    """The exit status, what is shown of it, and what is said beside it."""
    causes = "; ".join(map(str, became["causes"]))
    match became["state"]:
        case "delivered":
            return DONE, became, ""
        case "parked":
            return KEPT, became, f"kept but not on the wiki: {causes}. An operator has to look (`labsbot queue`)"
        case "left":
            return FAILED, became, f"people have edited the line on the wiki: {causes}"
        case "dropped":
            return FAILED, became, "an operator has given it up"
    words = "kept, not on the wiki yet"
    return KEPT, {**became, "state": "waiting"}, f"{words}: {causes}" if causes else words


def _end(status: int, told: Mapping[str, Any], words: str, receiving: Receiving) -> NoReturn:
    if receiving.as_json:
        click.echo(json.dumps({key: told[key] for key in told if key != "ok"}, ensure_ascii=False))
    else:
        for line in told.get("urls") or ([told["id"]] if "id" in told else []):
            click.echo(logs.printable(str(line)))
        if words:
            click.echo(f"labsbot: {logs.printable(words)}", err=True)
    sys.exit(status)
