"""Who asks: a token comes in, and who may do what with it goes out, as the front desk knows scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labsbot.desk.scripts import Script
from labsbot.model import Via
from labsbot.settings import WebToken, folded
from labsbot.text.digests import digest
from labsbot.web.headers import CHALLENGE
from labsbot.web.problems import HttpProblem, ProblemCause


class Tokens:
    """Those of the configuration, by their hashes: how long it takes to find one tells nothing of a token."""

    def __init__(self, tokens: Sequence[WebToken], private: Sequence[str] = ()) -> None:
        """`private`: projects that are hidden from whoever does not name them."""
        self.private = frozenset(map(folded, private))
        self._scripts = {each.sha256: _script(each, self.private) for each in tokens}

    def whose(self, token: str) -> Script:
        """Who shows this token. Raises HttpProblem: nobody."""
        script = self._scripts.get(digest(token))
        if script is None:
            words = "this token is not known. Ask an operator for another one."
            raise HttpProblem(ProblemCause.NO_TOKEN, words, CHALLENGE)
        return script


def _script(token: WebToken, private: frozenset[str]) -> Script:
    named = token.private if token.projects is None else token.projects
    return Script(
        token.author or token.name,
        f"token {token.name}",
        Via.HTTP,
        token.limit,
        None if token.projects is None else frozenset(token.projects),
        token.any_author,
        private - frozenset(map(folded, named)),
        token.announced and replace(token.announced, private=private),
    )
