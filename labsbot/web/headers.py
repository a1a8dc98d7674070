"""Read the headers of a call: who asks, by what a repetition is known, for how long they wait. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers

from labsbot.desk.scripts import LONGEST_KEY
from labsbot.web.problems import HttpProblem, ProblemCause, malformed

LONGEST_WAIT = 30
"""Seconds; whoever wants to wait longer is answered then."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="labsbot"'}


def bearer_token(headers: Headers) -> str:
    """The token that is shown (RFC 6750)."""
    shown = headers.getlist("authorization")
    found = re.fullmatch(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)", shown[0]) if len(shown) == 1 else None
    if found is None:
        words = "send the header “Authorization: Bearer TOKEN”, with a token that an operator has given you."
        raise HttpProblem(ProblemCause.NO_TOKEN, words, CHALLENGE)
    return found[1]


def idempotency_key(headers: Headers) -> str | None:
    """The key: a quoted string, as the IETF's draft has it (RFC 8941, section 3.3.3), or bare, as people type it."""
    given = headers.getlist("idempotency-key")
    if not given:
        return None
    found = _QUOTED.fullmatch(given[0]) or _BARE.fullmatch(given[0])
    if len(given) > 1 or found is None:
        raise malformed('Idempotency-Key: expected one key of visible ASCII characters, such as "8e03978e-40d5".')
    key = re.sub(r"\\(.)", r"\1", found[1]) if found.re is _QUOTED else found[0]
    if not 0 < len(key) <= LONGEST_KEY:
        raise malformed(f"Idempotency-Key: the key has {len(key)} characters, expected 1 to {LONGEST_KEY}.")
    return key


_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[\x21\x23-\x7e]+")


def seconds_to_wait(headers: Headers) -> int | None:
    """For how long they prefer to wait (RFC 7240, section 4.3); a preference that is none we know is no mistake."""
    return _wait([each for line in headers.getlist("prefer") for each in line.split(",")])


def _wait(preferences: Sequence[str]) -> int | None:
    found = (re.fullmatch(r'\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:;.*)?', each, re.IGNORECASE) for each in preferences)
    seconds = next((int(each[1]) for each in found if each), None)
    return None if seconds is None else min(seconds, LONGEST_WAIT)
