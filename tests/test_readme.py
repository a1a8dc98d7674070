"""What the README says is so: its configuration, its commands, its modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labsbot.cli.first_steps import QUESTIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.rst").read_text()


@pytest.mark.parametrize("question", [question.words for question in QUESTIONS])
def test_the_tutorial_shows_what_is_asked(question: str) -> None:
    assert question in " ".join((ROOT / "docs/tutorial.rst").read_text().split())


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^    make ([a-z-]+)", README, re.MULTILINE))))
def test_each_make_command_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_each_module_has_its_line() -> None:
    modules = {path.stem for path in (ROOT / "labsbot").iterdir() if not path.name.startswith(("_", ".", "py.typed"))}
    house = README.split("The house\n")[1].split("Work on it\n")[0]
    assert set(re.findall(r"``([a-z]+)/?``", house)) >= modules
