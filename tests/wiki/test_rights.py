"""What a wiki says of our rights becomes what keeps us from writing, and what to do about it."""

from __future__ import annotations

import pytest

from labsbot.wiki.rights import missing_rights, of_page

ALL = ["read", "edit", "createpage", "bot", "skipcaptcha"]


def lacking(*rights: str) -> dict[str, list[str]]:
    return {"rights": [right for right in ALL if right not in rights]}


@pytest.mark.parametrize(
    ("lacks", "installed", "bot_flag", "named"),
    [
        ((), ("ConfirmEdit",), True, []),
        (("edit",), (), True, ["Edit existing pages"]),
        (("createpage", "bot"), (), True, ["Create, edit, and move pages", "High-volume (bot) access"]),
        (("bot",), (), False, []),
        (("skipcaptcha",), ("ConfirmEdit",), True, ["skipcaptcha"]),
        (("skipcaptcha",), (), True, []),
    ],
)
def test_each_right_that_is_missing_and_needed_here_is_named(
    lacks: tuple[str, ...], installed: tuple[str, ...], bot_flag: bool, named: list[str]
) -> None:
    found = missing_rights(lacking(*lacks), installed, bot_flag)
    assert len(found) == len(named)
    assert all(name in words for name, words in zip(named, found, strict=True))


def page(edit: tuple[str, ...], create: tuple[str, ...] = ()) -> dict[str, object]:
    return {"actions": {"edit": [{"code": code} for code in edit], "create": [{"code": code} for code in create]}}


def test_a_page_on_which_we_may_write_has_no_obstacle() -> None:
    assert of_page("SAL", page(()), "edit", told=False) == []


def test_a_protected_page_is_named_with_what_to_do() -> None:
    (words,) = of_page("SAL", page(("protectedpage",)), "edit", told=False)
    assert words.startswith("cannot edit SAL: ")
    assert words.endswith("have somebody lower the protection, or give the account the right to edit there")


def test_a_block_is_one_of_us_and_not_of_the_page() -> None:
    (words,) = of_page("SAL", page(("blocked",)), "edit", told=False)
    assert "SAL" not in words
    assert words.endswith(": have somebody unblock it")


def test_what_keeps_us_from_editing_keeps_us_from_making_the_page_too_and_is_told_once() -> None:
    found = of_page("SAL/2026", page(("protectednamespace", "readonly"), ("readonly",)), "create", told=False)
    assert len(found) == 2
    assert all(words.startswith("cannot create SAL/2026: ") for words in found)


@pytest.mark.parametrize(("told", "number"), [(True, 0), (False, 1)])
def test_that_a_right_is_missing_altogether_is_not_told_again_for_each_page(told: bool, number: int) -> None:
    assert len(of_page("SAL", page(("permissiondenied",)), "edit", told)) == number
