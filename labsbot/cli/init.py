"""``labsbot init``: ask what a first configuration needs, try each answer, and write it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from labsbot.cli.asking import Asker
from labsbot.cli.check import reported
from labsbot.cli.first_steps import ACCOUNT, IRC_PASSWORD, QUESTIONS, STEPS
from labsbot.cli.loading import FAILED, fail, named_anywhere
from labsbot.config.first import FirstAnswers, first_configuration, secret_files, secret_names
from labsbot.edge import files
from labsbot.journal import obstacle as journal_obstacle

FOR_EVERYBODY = 0o644
SYSTEM = Path("/etc")
SYSTEM_JOURNAL = "/var/lib/labsbot/journal.sqlite3"


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each question that is none for a secret."""
    for question in reversed([each for each in QUESTIONS if not each.secret]):
        command = click.option(f"--{question.name}", metavar="TEXT", help=f"{question.words}.")(command)
    return command


@click.command("init")
@click.argument(
    "path",
    metavar="[FILE]",
    envvar="LABSBOT_CONFIG",
    default="labsbot.yaml",
    type=click.Path(path_type=Path),
    callback=named_anywhere,
)
@_options
@click.option("--journal", metavar="TEXT", help="Where the journal is to be; without it, beside FILE.")
@click.option("--yes", is_flag=True, help="Ask nothing: the options say all, or what is usual counts.")
def command(path: Path, journal: str | None, yes: bool, **options: str | None) -> None:
    """Ask what a first configuration needs, try each answer at once, and write FILE (labsbot.yaml).

    What an option says is not asked. The passwords are asked, or taken from $LABSBOT_WIKI_PASSWORD and
    $LABSBOT_SASL_PASSWORD; they are kept in files beside FILE that only you can read. Nothing is written before
    everything works, and nothing that is there already without asking.

    \b
    Example:  labsbot init
              labsbot init --yes --wiki wiki.example.org --wiki-user Bot@labsbot --projects web,mail --channel "#ops"
    """
    given = _given(options)
    asker = Asker(given, at_terminal=not yes)
    asker.require(each for each in QUESTIONS if each is not IRC_PASSWORD or given.get(ACCOUNT.name))
    answers = FirstAnswers(name=path.stem, journal=journal or journal_for(path))
    _see_that_it_can_be_written(asker, path, answers)
    for step in STEPS:
        answers = asker.until_accepted(partial(step, asker, path, answers))
    _write(path, answers)
    click.echo(f"\n{path} is written. All of it together (labsbot check --online):\n")
    well = reported(path, online=True)
    named = shlex.quote(str(path))
    click.echo(
        f"\nNow run it, and look how it is:\n\n    labsbot run -c {named}\n    labsbot status -c {named}\n\n"
        f"and type in {answers.channel}:  !log {answers.projects[0]} hello"
    )
    sys.exit(0 if well else FAILED)


def _given(options: dict[str, Any]) -> dict[str, str]:
    """What is answered already, by the names of the questions."""
    found = {question.name: options.get(question.name.replace("-", "_")) for question in QUESTIONS}
    found |= {question.name: os.environ.get(question.name) for question in QUESTIONS if question.secret}
    return {name: answer for name, answer in found.items() if answer is not None}


def journal_for(path: Path) -> str:
    """Beside the configuration; of one of the system's, where it keeps what programs remember."""
    return SYSTEM_JOURNAL if SYSTEM in path.absolute().parents else f"{path.stem}.sqlite3"


def _see_that_it_can_be_written(asker: Asker, path: Path, answers: FirstAnswers) -> None:
    """Before anybody answers anything."""
    secrets = [path.with_name(name) for name in secret_names(answers.name)]
    for place in (path, *secrets):
        if obstacle := files.obstacle(place):
            fail(FAILED, f"{files.user()} cannot write {place}: {obstacle}; name another FILE, or become who may")
    if obstacle := journal_obstacle(path.parent / answers.journal):
        fail(FAILED, f"{obstacle}; name another one (--journal), or become who may")
    there = [str(place) for place in (path, *secrets) if place.exists()]
    if there and not asker.overwrites(
        f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already. Write anew?"
    ):
        fail(FAILED, f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already: name another FILE")


def _write(path: Path, answers: FirstAnswers) -> None:
    """The secrets first: the configuration names them."""
    try:
        files.make_folder(path.absolute().parent)
        for each in secret_files(answers):
            _make(path.with_name(each.name), f"{each.secret.value}\n", files.PRIVATE)
        _make(path, first_configuration(answers), FOR_EVERYBODY)
    except OSError as error:
        fail(FAILED, f"{path} cannot be written: {(error.strerror or str(error)).lower()}")


def _make(path: Path, text: str, permissions: int) -> None:
    files.replace(path, text, permissions=permissions, durable=True)
    files.give_to_owner_of_folder(path)
