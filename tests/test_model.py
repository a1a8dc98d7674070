"""What of an entry's changes holds, of those that people make by hand as well."""

from __future__ import annotations

import pytest

from labsbot.model import ChangeKind, Kept
from tests.nouns import NOON, a_change, an_entry

KINDS = {"s": ChangeKind.STRIKE, "a": ChangeKind.AMEND, "-": ChangeKind.REMOVE, "+": ChangeKind.RESTORE}


@pytest.mark.parametrize(
    ("made", "in_force"),
    [
        ("", ""),
        ("a", "a"),
        ("s+", "+"),
        ("s-+", "s+"),
        ("s-++", "++"),
        ("--+", "+"),
        ("-+-", "+-"),
        ("as+s", "a+s"),
        ("+", "+"),
    ],
)
def test_a_line_that_is_put_back_is_missing_no_more_or_else_struck_no_more(made: str, in_force: str) -> None:
    changes = [a_change(KINDS[each]) for each in made]
    found = Kept(an_entry(), NOON, changes=tuple(changes)).in_force
    assert "".join(next(sign for sign, kind in KINDS.items() if kind is each.kind) for each in found) == in_force
