"""Arguments of the command line as they are meant. Loads nothing, for `labsbot during` starts its command at once."""

from __future__ import annotations

import os
import re


def utf8(argument: str) -> str:
    """An argument of the command line, whatever bytes it was made of."""
    return os.fsencode(argument).decode("utf-8", "replace")


def caller() -> str | None:
    """Whoever called sudo, if anybody did."""
    return os.environ.get("SUDO_USER") if os.geteuid() == 0 else None


def names(projects: str) -> list[str]:
    """Projects as they are typed."""
    return re.split("[,，、]", utf8(projects))
