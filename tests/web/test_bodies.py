"""What stands in the body of a call, or why it cannot be read, in a sentence that helps."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.web.bodies import MOST_ENTRIES, entries_in, parsed
from labsbot.web.problems import HttpProblem, ProblemCause
from tests.web.conftest import Place


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the body is no JSON: Expecting value (line 1, column 1)."),
        (b"{", "the body is no JSON: Expecting property name"),
        (b"\xff", "the body is no UTF-8: byte 0 does not belong there."),
        (b'{"a": 1, "a": 2}', "a key stands twice in one object: each may stand there once."),
        (b'[{"b": {"a": 1, "a": 1}}]', "a key stands twice"),
        (b"NaN", "the body holds a number that is none"),
        (b"-Infinity", "the body holds a number that is none"),
        (b"1" * 5000, "the body holds a number that is none"),
        (b"[" * 60_000, "the body is nested too deeply."),
        (b'{"a":' * 10_000, "the body is nested too deeply."),
        (b'"\\ud83d"', "the body holds half a character"),
        (b'{"\\udc00": 1}', "the body holds half a character"),
    ],
)
def test_what_readers_take_for_different_things_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(HttpProblem) as problem:
        parsed(content)
    assert problem.value.cause is ProblemCause.MALFORMED
    assert problem.value.detail.startswith(words)


E = {"project": "tools", "message": "x"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (1, "expected an object with project, projects, message, author, said."),
        (None, "expected an object with"),
        ([], "a list of 0 entries: expected 1 to 500."),
        ([E] * (MOST_ENTRIES + 1), "a list of 501 entries: expected 1 to 500."),
        ([E, [E]], "[1]: expected an object with"),
        ({}, "message: is missing."),
        ({"message": "x"}, "expected one of “project” and “projects”."),
        ([{**E, "projects": ["bots"]}], "[0]: expected one of “project” and “projects”."),
        ({**E, "message": 1}, "message: expected a text."),
        ({**E, "message": ""}, "message: string should have at least 1 character."),
        ({**E, "mesage": "x"}, "mesage: is unknown, expected project, projects, message, author, said."),
        ({**E, "project": "a\nb"}, "project: expected a short text of one line."),
        ({"message": "x", "projects": ["a"] * 11}, "projects: list should have at most 10 items"),
        ({"message": "x", "projects": ["a", 1]}, "projects[1]: expected a text."),
        ({**E, "said": 1}, "said: expected a time, such as 2026-11-22T14:05:00Z."),
        ({**E, "said": "2026-11-22T14:05:00"}, "said: expected a time with a zone"),
        ({**E, "said": "0001-01-01T00:00:00+14:00"}, "said: expected a time with a zone, from 2000 to 2200"),
        ({**E, "author": "a" * 256}, "author: string should have at most 255 characters."),
        ({**E, "x" * 999: 1}, "x" * 40 + ": is unknown"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_with_its_place(content: object, words: str) -> None:
    with pytest.raises(HttpProblem, match=re.escape(words)):
        entries_in(content)


def test_an_entry_becomes_a_call() -> None:
    (call,) = entries_in({**E, "author": "alice", "said": "2026-11-22T15:05:00+01:00"})
    assert (call.projects, call.message, call.author, call.key) == (["tools"], "x", "alice", None)
    assert f"{call.at}" == "2026-11-22 14:05:00+00:00"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["project", "projects", "message", "author", "said", "x"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(VALUES | st.binary().map(lambda content: content.decode("latin-1")))
def test_whatever_stands_there_is_a_call_or_malformed(value: object) -> None:
    try:
        entries_in(parsed(json.dumps(value).encode()))
    except HttpProblem as found:
        problem = found
    else:
        return
    assert problem.cause is ProblemCause.MALFORMED
    assert problem.content.decode()


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"Content-Type": "text/plain"}, (415, "no-json")),
        ({"Content-Type": ""}, (415, "no-json")),
        ({"Content-Encoding": "gzip"}, (415, "no-json")),
        ({"Idempotency-Key": ""}, (400, "malformed")),
        ({"Idempotency-Key": '"a'}, (400, "malformed")),
        ({"Idempotency-Key": "k" * 256}, (400, "malformed")),
    ],
)
async def test_a_call_that_says_the_wrong_thing_of_itself_is_refused(
    place: Place, headers: dict[str, str], problem: tuple[int, str]
) -> None:
    assert (await place.post(E, **headers)).problem == problem


@pytest.mark.parametrize("size", [65_537, 900_000])
async def test_a_body_that_is_too_large_is_413(place: Place, size: int) -> None:
    answer = await place.post(b" " * size)
    assert (answer.problem, answer.headers["connection"]) == ((413, "too-large"), "close")
    assert "at most 65536 bytes, of a list of entries too. Send a long list as several" in answer.json["detail"]
