"""Decide in which channels to stay quiet because the server does not pass on what we say (``+m``, a ban …). Pure.

Refusals go in; whether a channel is muted, and when to try again, comes out. One refused message does not mute a
channel, since its words may be the reason (a word filter); two different ones in a row do. We try again after a while,
and as soon as the channel's modes change.
"""

from __future__ import annotations

from dataclasses import dataclass

from labsbot.irc.pace import NEVER

FIRST, MOST = 10.0, 120.0
"""Seconds until the next try: after the first refusal, and at most."""
FORGOTTEN = 300.0
"""Seconds without a refusal after which the waits start again at FIRST."""


@dataclass(slots=True)
class _Refusals:
    last: str | None
    """The message that was refused last; None: another one has arrived since."""
    at: float
    wait: float
    due: float
    """When to try again; NEVER: that try was made."""
    muted: bool = False


class MutedTargets:
    """All times are seconds of the same clock."""

    def __init__(self) -> None:
        self._refusals: dict[str, _Refusals] = {}

    def muted(self, target: str) -> bool:
        """Whether nothing should be said there now."""
        refusals = self._refusals.get(target)
        return refusals is not None and refusals.muted

    def refused(self, target: str, text: str, now: float) -> None:
        """The server did not pass on what we said there."""
        refusals = self._refusals.get(target)
        if refusals is None or now > refusals.at + FORGOTTEN:
            self._refusals[target] = _Refusals(text, now, FIRST, now + FIRST)
            return
        refusals.muted = refusals.muted or refusals.last not in (None, text)
        if refusals.due == NEVER:
            refusals.wait = min(2 * refusals.wait, MOST)
        refusals.due = now + refusals.wait
        refusals.last, refusals.at = text, now

    def arrived(self, target: str) -> None:
        """The server passed on something that we said there."""
        if refusals := self._refusals.get(target):
            refusals.muted, refusals.last = False, None

    def modes_changed(self, target: str) -> bool:
        """A channel's modes changed. True: it had refused something, so it is worth another try."""
        return self._refusals.pop(target, None) is not None

    def to_retry(self, now: float) -> list[str]:
        """Where another try is due; none of these is muted again before its next refusal."""
        due = [target for target, refusals in self._refusals.items() if refusals.due <= now]
        for target in due:
            self._refusals[target].due, self._refusals[target].muted = NEVER, False
        return due

    def next_retry(self) -> float:
        """When the next try is due."""
        return min((refusals.due for refusals in self._refusals.values()), default=NEVER)
