"""The table of outcomes, as a person in the channel hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from labsbot.model import (
    Conflict,
    LoggedOut,
    Refused,
    RefusedText,
    TooLarge,
    Unavailable,
    Unknown,
    Warned,
    WikiFailure,
)
from labsbot.wiki import outcomes
from labsbot.wiki.outcomes import Asked

TABLES: list[Mapping[Any, tuple[type[WikiFailure], str]]] = [
    outcomes.CODES,
    outcomes.FAMILIES,
    outcomes.LOGINS,
    outcomes.STATUSES,
]


@pytest.mark.parametrize("cause", sorted({cause for table in TABLES for _, cause in table.values()}))
def test_a_cause_ends_the_sentence_saved_not_on_the_wiki_yet(cause: str) -> None:
    assert cause[-1].isalnum()
    assert cause.split()[0] in ("it", "its", "the", "there", "our", "a", "somebody")


@pytest.mark.parametrize(
    ("code", "saving", "reading"),
    [
        ("editconflict", Conflict, Conflict),
        ("nosuchsection", Conflict, Conflict),
        ("articleexists", Conflict, Conflict),
        ("missingtitle", Conflict, Conflict),
        ("pagedeleted", Conflict, Conflict),
        ("badtoken", LoggedOut, LoggedOut),
        ("assertuserfailed", LoggedOut, LoggedOut),
        ("assertnameduserfailed", LoggedOut, LoggedOut),
        ("mwoauth-invalid-authorization", LoggedOut, LoggedOut),
        ("mwoauth-invalid-authorization-invalid-user", LoggedOut, LoggedOut),
        ("readonly", Unavailable, Unavailable),
        ("maxlag", Unavailable, Unavailable),
        ("ratelimited", Unavailable, Unavailable),
        ("internal_api_error_DBQueryError", Unknown, Unavailable),
        ("internal_api_error_DBReadOnlyError", Unavailable, Unavailable),
        ("unknownerror", Unknown, Unavailable),
        ("protectedpage", Refused, Refused),
        ("blocked", Refused, Refused),
        ("abusefilter-disallowed", RefusedText, Refused),
        ("abusefilter-warning", Warned, Refused),
        ("spamblacklist", RefusedText, Refused),
        ("titleblacklist-forbidden-edit", Refused, Refused),
        ("hookaborted", RefusedText, Refused),
        ("contenttoobig", TooLarge, Refused),
        ("something-of-2031", RefusedText, Refused),
    ],
)
def test_an_error_code_says_whether_to_wait(code: str, saving: type[WikiFailure], reading: type[WikiFailure]) -> None:
    assert type(outcomes.of_code(code, Asked.SAVE)) is saving
    assert type(outcomes.of_code(code, Asked.READ)) is reading
    assert outcomes.of_code(code, Asked.SAVE).code == code


def test_only_a_save_can_have_happened_unheard() -> None:
    for asked in (Asked.READ, Asked.LOGIN):
        assert type(outcomes.of_silence("it is not answering", asked, sent=True)) is Unavailable
        assert type(outcomes.of_nonsense(asked)) is Unavailable
        for status in range(300, 600):
            assert type(outcomes.of_status(status, asked)) is Unavailable
    assert type(outcomes.of_silence("it is not answering", Asked.SAVE, sent=True)) is Unknown
    assert type(outcomes.of_silence("it is not answering", Asked.SAVE, sent=False)) is Unavailable


def test_a_code_brings_no_control_characters_along() -> None:
    assert outcomes.of_code("x\r\nQUIT \x02" + "y" * 100, Asked.SAVE).code == ("xQUIT " + "y" * 100)[:120]
