"""Say which versions of the libraries were tested: what is installed here of all that labsbot may need.

``python -m release.constraints`` prints constraints.txt, for pip. By it the tests' own environment is made, too
(Makefile), so that what it names is what was tested. Run it after libraries were upgraded and ``make test`` is green.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("web", "ldap", "keystone", "ecdsa")
"""Those for running it; the others are for people who work on it."""
OURS_OR_OF_THE_ENVIRONMENT = {"labsbot", "setuptools"}
"""Not named: ourselves, and what came with the virtual environment."""
HEAD = f"""\
# The versions with which labsbot was tested, on Python {sys.version_info.major}.{sys.version_info.minor}: \
pip install --constraint constraints.txt …
# Made by make constraints.
"""


def needed(name: str, extras: tuple[str, ...]) -> Iterator[str]:
    """The names of all that `name` with `extras` needs on this machine, itself too; some more than once."""
    yield from _needed(name, extras, set())


def _needed(name: str, extras: tuple[str, ...], seen: set[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    yield canonicalize_name(name)
    for each in map(Requirement, requires(name) or []):
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield from _needed(each.name, tuple(sorted(each.extras)), seen)


def main() -> None:
    libraries = sorted(set(needed("labsbot", EXTRAS)) - OURS_OR_OF_THE_ENVIRONMENT)
    print(HEAD + "\n".join(f"{name}=={version(name)}" for name in libraries))


if __name__ == "__main__":
    main()
