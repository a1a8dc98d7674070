"""What looks like a secret, and what does not."""

from __future__ import annotations

import random
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.desk.secrets import KNOWN, find_secret, mask_secrets
from labsbot.settings import SecretShape
from labsbot.text.patterns import Pattern
from tests.vectors import vectors_in

TABLE: dict[str, Any] = vectors_in(__file__, "secrets.yaml")
SIGNS = {
    "A": string.ascii_letters + string.digits,
    "D": string.digits,
    "H": "0123456789abcdef",
    "U": string.ascii_uppercase + "234567",
}
SECRETS = [(name, text) for name, texts in TABLE["secret"].items() for text in texts]
SHAPES = {shape.name for shape in KNOWN}


def made(text: str) -> tuple[str, list[str]]:
    """The line itself, and what in it is made up, the same each time; what else stands in braces is put together."""
    chance = random.Random(text)
    secrets = []

    def invented(match: re.Match[str]) -> str:
        signs = SIGNS[match[1]]
        # the last is a digit: a word without any may be a word
        secrets.append("".join(chance.choice(signs) for _ in range(int(match[2]) - 1)) + max(signs, key=str.isdigit))
        return secrets[-1]

    line = re.sub(r"\{([ADHU]):(\d+)\}", invented, text)
    return re.sub(r"\{(KEY|p|o|b|pat|IA|za|AgE|_)\}", r"\1", line), secrets


@pytest.mark.parametrize(("name", "text"), SECRETS)
def test_a_secret_is_found_and_does_not_remain(name: str, text: str) -> None:
    line, secrets = made(text)
    shape = find_secret(f"tools {line} (T123)", KNOWN)
    assert shape is not None, line
    assert shape.name == name
    left = mask_secrets(line, KNOWN)
    assert "…" in left
    assert find_secret(left, KNOWN) is None
    assert not any(secret in left for secret in secrets)


def test_every_shape_is_shown_at_work() -> None:
    assert set(TABLE["secret"]) == SHAPES


@pytest.mark.parametrize("text", TABLE["harmless"])
def test_a_harmless_line_passes(text: str) -> None:
    assert find_secret(text, KNOWN) is None
    assert mask_secrets(text, KNOWN) == text


OURS = (SecretShape("a token of ours", Pattern("ours_[a-z]{4}")), SecretShape("a number", Pattern("[0-9]{9}")))


def test_shapes_of_the_operator_are_found_in_their_order() -> None:
    assert find_secret("x ours_abcd 123456789", OURS) is OURS[0]
    assert find_secret("x 123456789", OURS) is OURS[1]
    assert find_secret("x ours_abc", OURS) is None
    assert find_secret("ours_abcd", ()) is None


def test_all_of_them_are_masked_and_the_rest_stays() -> None:
    assert mask_secrets("a ours_abcd b 123456789, c ours_efgh d", OURS) == "a … b …, c … d"
    assert mask_secrets("é ours_abcd 😀 123456789ü", OURS) == "é … 😀 …ü"


def test_marks_that_nobody_sees_hide_no_secret() -> None:
    for mark in ("\u200b", "\u00ad", "\ufe0f", "\u2060\x02"):
        assert find_secret(f"x ou{mark}rs_ab{mark}cd", OURS) is OURS[0]
        assert mask_secrets(f"x ou{mark}rs_ab{mark}cd y", OURS) == "x … y"


def test_two_lines_that_differ_in_the_secret_alone_are_masked_alike() -> None:
    assert mask_secrets("!log tools \x02ours_abcd\x02 x", OURS) == mask_secrets("!log tools ours_zzzz x", OURS)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+b", "(a.*)+b|k[0-9]", r"(\w+\s?)+!"])
def test_no_line_stops_a_shape_of_the_operator_that_repeats_what_repeats(pattern: str) -> None:
    shapes = (SecretShape("one of ours", Pattern(pattern)),)
    assert find_secret("a" * 50_000, shapes) is None
    assert mask_secrets("a" * 50_000, shapes) == "a" * 50_000


def test_of_more_secrets_than_can_be_looked_for_none_remains() -> None:
    shapes = (SecretShape("one of ours", Pattern("k[0-9].*!|k[0-9]")),)
    left = mask_secrets("a" + "k1" * 20_000, shapes)
    assert set(left) == {"a", "…"}
    assert find_secret(left, shapes) is None


PIECES = [
    "password", "token", "=", ":", " ", '"', "'", "\\", "a", "1", "A", "/", "@", "://", "https://", "-", "--", "_", ".",
    "$", "$6$", "$y$", "eyJ", "eyJ-", "-----BEGIN ", "PRIVATE KEY", "x", "*", "Bearer ", "authorization: ", "xoxb-",
    "github_pat_", "pypi-AgE", ":pbkdf2:sha512:", "$argon2id$", "hooks.slack.com/services/T", "secret_", "https://a:b",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text("abcXYZ0189", min_size=6, max_size=40)).map("".join) | st.text())
def test_what_is_masked_holds_no_secret_any_more(text: str) -> None:
    assert find_secret(mask_secrets(text, KNOWN), KNOWN) is None


def looked_through(text: str) -> None:
    """What took the square of its length would take minutes."""
    find_secret(text, KNOWN)
    mask_secrets(text, KNOWN)


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_of_a_secret_again_and_again_takes_linear_time(piece: str) -> None:
    looked_through(piece * (400_000 // len(piece)))


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.sampled_from(["", "password=", "https://x"]))
def test_pieces_of_secrets_in_any_order_take_linear_time(pieces: list[str], first: str) -> None:
    run = "".join(pieces)
    looked_through(first + run * (50_000 // len(run)))
