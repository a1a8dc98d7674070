"""Why there is no answer: words for an operator."""

from __future__ import annotations


class SourceFailure(Exception):
    """A source did not answer. `cause` is for operators (``it is not answering``) and never holds a secret."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
