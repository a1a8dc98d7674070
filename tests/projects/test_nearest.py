"""Which name may have been meant."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from labsbot.projects.nearest import Nearest
from labsbot.settings import folded

PROJECTS = ["tools", "tools.FooBar", "bots", "deployment-prep", "Straße", "Café", "no", "2012"]
NAMES = {folded(name): name for name in PROJECTS} | {"beta": "deployment-prep", "bot": "bots"}
NEAREST = Nearest(NAMES, ["tools."])


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("tool", ("tools", "tools.FooBar")),
        ("tolos", ("tools",)),
        ("toosl", ("tools",)),
        ("otols", ("tools",)),
        ("foobar", ("tools.FooBar",)),
        ("foobra", ("tools.FooBar",)),
        ("foo", ("tools.FooBar",)),
        ("tols.foobar", ("tools.FooBar",)),
        ("tools.foobr", ("tools.FooBar",)),
        ("tools.fobar", ("tools.FooBar",)),
        ("tools.bots", ("bots", "tools")),
        ("tools.deployment-prep", ("deployment-prep", "tools")),
        ("deployment", ("deployment-prep",)),
        ("betta", ("deployment-prep",)),
        ("tools/sub", ("tools",)),
        ("strasse-", ("Straße",)),
        ("cafe", ("Café",)),
    ],
)
def test_a_slip_of_the_finger_is_told_the_nearest_names(typed: str, nearest: tuple[str, ...]) -> None:
    found = NEAREST.to(folded(typed))
    assert found[: len(nearest)] == nearest
    assert len(found) <= len(nearest) + 1


@pytest.mark.parametrize("typed", ["x", "", "nagios", "restarted", "to", "tools.xyzzy", "\0", "x" * 9000])
def test_no_name_is_better_than_a_bad_guess(typed: str) -> None:
    assert set(NEAREST.to(typed)) <= ({"tools"} if typed.startswith("tools") else set())


def test_at_most_three_names_are_offered() -> None:
    assert Nearest({f"tools-{letter}": f"tools-{letter}" for letter in "fedcba"}).to("tools") == (
        "tools-a",
        "tools-b",
        "tools-c",
    )


def test_an_alias_and_its_project_are_one_offer() -> None:
    names = dict.fromkeys(("monitoring", "monitor", "monitors"), "monitoring")
    assert Nearest(names).to("monitorin") == ("monitoring",)


def test_a_prefix_that_all_have_makes_no_names_alike() -> None:
    names = {f"tools.{name}": f"tools.{name}" for name in ("wiki", "stats", "spam")}
    assert Nearest(names, ["tools."]).to("tools.abcd") == ()
    assert Nearest(names, ["tools."]).to("tools.stat") == ("tools.stats",)


WORDS = ("alpha", "beta", "gamma", "delta", "bot", "tool", "wiki", "stats", "count", "image", "upload", "page", "view")
ENDS = tuple(f"{a}{b}" for a in ("", "2", "-dev", "s", "z", "-old") for b in ("", "-x", "-y", "-test", "9"))
MANY = [f"tools.{a}-{b}{c}" for a in WORDS for b in WORDS for c in ENDS]
NUMBERED = [f"project-{number}" for number in range(5000)]


class Counting(SequenceMatcher[str]):
    """Comparing is what takes time."""

    compared = 0

    def ratio(self) -> float:
        Counting.compared += 1
        return super().ratio()


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    """Counts the comparisons of a word with a name."""
    monkeypatch.setattr(Counting, "compared", 0)
    monkeypatch.setattr("labsbot.projects.nearest.SequenceMatcher", Counting)
    return Counting


@pytest.mark.parametrize(
    ("names", "typed", "meant"),
    [
        (MANY, "tools.delta-cuont-dev", "tools.delta-count-dev"),
        (MANY, "delta-count-dv", "tools.delta-count-dev"),
        (MANY, "gama-wiki", "tools.gamma-wiki"),
        (NUMBERED, "proyect-4321", "project-4321"),
        (NUMBERED, "project4321", "project-4321"),
    ],
)
def test_among_thousands_the_one_that_was_meant_is_found_with_few_comparisons(
    names: list[str], typed: str, meant: str, counting: type[Counting]
) -> None:
    nearest = Nearest({name: name for name in names}, ["tools."])
    assert nearest.to(typed)[0] == meant
    assert 0 < counting.compared < 500, "not with each of thousands"


def test_a_long_word_is_compared_with_few_of_thousands_and_a_longer_one_with_none(counting: type[Counting]) -> None:
    nearest = Nearest({name: name for name in NUMBERED})
    assert nearest.to("project-" * 1000) == ()
    assert counting.compared == 0
    assert nearest.to("project-" * 8) != ("",)
    assert counting.compared < 500
