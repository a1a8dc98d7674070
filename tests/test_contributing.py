"""What CONTRIBUTING says is so: the files of its recipes, its commands, and that the README leads there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.rst").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(set(re.findall(r"``([\w.-]+/[\w./-]+|[\w-]+\.(?:rst|cfg))``", CONTRIBUTING))))
def test_each_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("targets", sorted(set(re.findall(r"``make ([a-z -]+)", CONTRIBUTING))))
def test_each_make_command_exists(targets: str) -> None:
    for target in targets.split():
        assert re.search(rf"^{target}\b.*:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_readme_leads_there() -> None:
    assert "``CONTRIBUTING.rst``" in (ROOT / "README.rst").read_text("utf-8")
