"""Ask for what a command has to know: at a terminal, unless an option or the environment says it already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import click

from labsbot.cli.loading import FAILED, fail
from labsbot.edge.logs import printable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    """Of the option, ``wiki-ca``; of a secret, in the environment: no secret stands on a command line."""
    words: str
    default: str | None = None
    """None: there has to be an answer; empty: there may be none."""
    secret: bool = False

    @property
    def asked_for(self) -> str:
        """How a script answers it."""
        return f"${self.name}" if self.secret else f"--{self.name}"


class NotAccepted(Exception):
    """An answer that was tried, and does not work; the reason is for people."""


class Asker:
    """One conversation. An answer that was given beforehand is taken once; after that, somebody is asked."""

    def __init__(self, given: Mapping[str, str], at_terminal: bool) -> None:
        """`given`: answers by the names of their questions. Not `at_terminal`: whatever else is asked has no answer."""
        self._given = dict(given)
        self._at_terminal = at_terminal
        self._last: dict[str, str] = {}
        self._asked: list[str] = []
        """What this step has asked, as a script calls it."""

    def require(self, questions: Iterable[Question]) -> None:
        """Where nobody can be asked, end the command if any of these has no answer."""
        lacking = [each.asked_for for each in questions if each.default is None and not self._given.get(each.name)]
        if lacking and not self._at_terminal:
            verb = "is" if len(lacking) == 1 else "are"
            raise click.UsageError(f"{', '.join(lacking)} {verb} missing")

    def ask(self, question: Question) -> str:
        """The answer, without blanks around it."""
        self._asked.append(question.asked_for)
        if question.name in self._given:
            answer = self._given.pop(question.name)
        elif self._at_terminal:
            answer = self._ask_somebody(question)
        elif question.default is None:
            raise click.UsageError(f"{question.asked_for} is missing")
        else:
            answer = question.default
        answer = answer.strip()
        if not question.secret:
            self._last[question.name] = answer
        return answer

    def _ask_somebody(self, question: Question) -> str:
        default = self._last.get(question.name, question.default)
        answer = click.prompt(
            question.words, default=default, hide_input=question.secret, show_default=bool(default), type=str
        )
        return str(answer)

    def agrees(self, words: str) -> bool:
        """Whether somebody says yes. Where nobody is asked, they do."""
        return not self._at_terminal or click.confirm(words, default=True)

    def overwrites(self, words: str) -> bool:
        """Whether somebody lets something go that is there. Where nobody is asked, nobody does."""
        return self._at_terminal and click.confirm(words, default=False)

    def explain(self, words: str) -> None:
        """Tell what is asked next, if anybody is there to read it."""
        if self._at_terminal:
            click.echo(f"\n{words}")

    def until_accepted(self, step: Callable[[], T]) -> T:
        """Take a step that asks and tries, until it works; where nobody can be asked, the first reason is the end."""
        while True:
            self._asked = []
            try:
                return step()
            except NotAccepted as reason:
                words = printable(str(reason))
                if not self._at_terminal:
                    fail(FAILED, f"{', '.join(self._asked)}: {words}")
                click.echo(click.style(f"That does not work: {words}", fg="red"), err=True)
