"""What the README says is so: its configuration, its commands, its modules."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.rst").read_text()


def test_the_first_configuration_is_the_minimal_example() -> None:
    assert textwrap.indent((ROOT / "config/minimal.example.yaml").read_text(), "    ") in README


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^    make ([a-z-]+)", README, re.MULTILINE))))
def test_each_make_command_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_each_module_has_its_line() -> None:
    modules = {path.stem for path in (ROOT / "labsbot").iterdir() if not path.name.startswith(("_", ".", "py.typed"))}
    house = README.split("The house\n")[1].split("Work on it\n")[0]
    assert set(re.findall(r"``([a-z]+)/?``", house)) >= modules
