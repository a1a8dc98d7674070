"""Where a server lets us say nothing (``+m``, a ban …): its refusals go in, whether to speak there comes out. Pure.

One refused message shuts no channel: what it says may be the reason (a filter of words). Two different ones in a row
do. It is tried again after a while, and at once when the channel's modes change.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST, MOST = 10.0, 120.0
"""Seconds until it is tried again: after the first time, and at most."""
FORGOTTEN = 300.0
"""Seconds without a refusal after which the next is a first one again."""
NEVER = float("inf")


@dataclass(slots=True)
class _Refusals:
    last: str | None
    """The message that was refused last; None: another one has arrived since."""
    at: float
    wait: float
    due: float
    """When it is tried again; NEVER: it was."""
    silent: bool = False


class Silences:
    """All seconds are those of one clock."""

    def __init__(self) -> None:
        self._refusals: dict[str, _Refusals] = {}

    def silent(self, target: str) -> bool:
        """Whether nothing is to be said there now."""
        refusals = self._refusals.get(target)
        return refusals is not None and refusals.silent

    def refused(self, target: str, text: str, now: float) -> None:
        """The server does not pass on what we said there."""
        refusals = self._refusals.get(target)
        if refusals is None or now > refusals.at + FORGOTTEN:
            self._refusals[target] = _Refusals(text, now, FIRST, now + FIRST)
            return
        refusals.silent = refusals.silent or refusals.last not in (None, text)
        if refusals.due == NEVER:
            refusals.wait = min(2 * refusals.wait, MOST)
        refusals.due = now + refusals.wait
        refusals.last, refusals.at = text, now

    def arrived(self, target: str) -> None:
        """Something that we said there was passed on."""
        if refusals := self._refusals.get(target):
            refusals.silent, refusals.last = False, None

    def changed(self, target: str) -> bool:
        """The channel's modes are others now; True: it is worth another try."""
        return self._refusals.pop(target, None) is not None

    def to_try(self, now: float) -> list[str]:
        """Where another try is due; none of them is silent until the next refusal."""
        due = [target for target, refusals in self._refusals.items() if refusals.due <= now]
        for target in due:
            self._refusals[target].due, self._refusals[target].silent = NEVER, False
        return due

    def next(self) -> float:
        """When another try will be due."""
        return min((refusals.due for refusals in self._refusals.values()), default=NEVER)
