"""The headers of a call."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from labsbot.web.headers import idempotency_key, seconds_to_wait
from labsbot.web.problems import HttpProblem


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("k", "k"),
        ('"k"', "k"),
        ('"a b"', "a b"),
        (r'"a\"b\\c"', 'a"b\\c'),
        ("a:/~-9", "a:/~-9"),
        ("k" * 255, "k" * 255),
    ],
)
def test_a_key_is_quoted_or_bare(given: str, key: str) -> None:
    assert idempotency_key(Headers({"Idempotency-Key": given})) == key


@pytest.mark.parametrize("given", ["", '""', '"', 'a"b', '"a"b"', r'"\x"', "a b", "é", "k" * 256, '"k";a=1'])
def test_a_key_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(HttpProblem, match="Idempotency-Key: "):
        idempotency_key(Headers({"Idempotency-Key": given}))


def test_two_keys_are_none() -> None:
    twice = Headers(raw=[(b"idempotency-key", b"a"), (b"idempotency-key", b"b")])
    with pytest.raises(HttpProblem, match="expected one key"):
        idempotency_key(twice)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("wait=10", 10),
        ("WAIT = 10", 10),
        ('respond-async, wait="5"; x=y', 5),
        ("wait=999999", 30),
        ("wait=0", 0),
        ("wait", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("await=3", None),
        ("", None),
    ],
)
def test_a_preference_is_bounded_and_one_that_is_not_known_is_no_mistake(given: str, seconds: int | None) -> None:
    assert seconds_to_wait(Headers({"Prefer": given})) == seconds
