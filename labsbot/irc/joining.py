"""Make JOIN lines that ask for many channels at once. Pure. A channel that refuses us does not affect the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labsbot.irc.lines import in_lines
from labsbot.settings import Secret


def join_lines(channels: Sequence[str], keys: Mapping[str, Secret | None], most: int | None) -> Iterator[str]:
    """``JOIN #a,#b key``: keys are in the order of channels, so channels with a key come first; `most` in a line."""
    keyed = [f"{name} {key.value}" for name in channels if (key := keys[name])]
    for together in in_lines([*keyed, *(name for name in channels if not keys[name])], most):
        pairs = [pair.partition(" ") for pair in together]
        names, of_those = ",".join(name for name, _, _ in pairs), ",".join(key for _, _, key in pairs if key)
        yield f"JOIN {names} {of_those}" if of_those else f"JOIN {names}"
