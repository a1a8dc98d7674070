"""The keys that say in which channels it is announced what scripts have logged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from labsbot.config.keys.values import Word, several, wrong


def projects_or_all(none_means: str) -> Callable[[object], object]:
    """A project, several, or ``all``, which is an empty list."""

    def read(value: object) -> object:
        if value == "all":
            return []
        if value == []:
            raise wrong(f"is empty, so {none_means}: expected projects, or all")
        return several(value)

    return read


def _named_channel(text: str) -> str:
    if not re.fullmatch(r"(?:[^\s,]+ )?[#&+!][^\s,\x00-\x1f\x7f]+", text):
        raise wrong('expected a channel in quotes, such as "#ops", or with its network, "libera #ops"')
    return text


NamedChannel = Annotated[str, AfterValidator(_named_channel)]
"""A channel that is configured, with its network before it where several have one of that name."""
AnnounceKeys = dict[
    NamedChannel, Annotated[list[Word], BeforeValidator(projects_or_all("nothing would be announced there"))]
]
