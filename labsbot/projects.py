"""The directory: the projects of the configuration come in; what a typed name stands for goes out.

Pure. Names are compared with case folded and given back as the configuration spells them. Who may log to a project is
not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from labsbot.settings import Project, folded


@dataclass(frozen=True, slots=True)
class Known:
    """A project that is in use."""

    name: str
    """As the configuration spells it, whichever of its names was typed."""


@dataclass(frozen=True, slots=True)
class Retired:
    """A project whose log takes no more entries."""

    name: str
    hint: str
    """What to do instead, in the operator's words."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No project is called so."""

    name: str
    """As it was typed: anything at all, of any length."""
    nearest: tuple[str, ...]
    """At most three projects in use that may have been meant, the likeliest first; often none."""


class Directory:
    """Which projects exist and what they are called."""

    def __init__(self, projects: Sequence[Project]) -> None:
        self._by_name = {folded(name): project for project in projects for name in (project.name, *project.aliases)}

    def find(self, name: str) -> Known | Retired | Unknown:
        project = self._by_name.get(folded(name))
        if project is None:
            return Unknown(name, self._nearest(folded(name)))
        if project.retired is not None:
            return Retired(project.name, project.retired)
        return Known(project.name)

    def _nearest(self, typed: str) -> tuple[str, ...]:
        if not typed or len(typed) > _LONGEST_GUESSED:
            return ()
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(typed)  # this side is prepared once, the other changes
        nearness: dict[str, float] = {}
        for name, project in self._by_name.items():
            if project.retired is None and (near := _nearness(matcher, typed, name)) >= _NEAR:
                nearness[project.name] = max(near, nearness.get(project.name, 0))
        return tuple(sorted(nearness, key=lambda name: (-nearness[name], name)))[:_MOST_GUESSES]


_MOST_GUESSES = 3
_LONGEST_GUESSED = 64
"""Characters; a longer word is no slip of the finger, and comparing it with every project would take long."""
_NEAR = 0.74
"""Two letters exchanged in a word of four still count (0.75)."""
_TOOL = "tools."
_SHORTEST_STEM = 3


def _nearness(matcher: SequenceMatcher[str], typed: str, name: str) -> float:
    """How likely somebody who typed `typed` meant `name`, 0 to 1; both are folded."""
    if typed.removeprefix(_TOOL) == name.removeprefix(_TOOL):
        return 1.0
    if min(len(typed), len(name)) >= _SHORTEST_STEM and (name.startswith(typed) or typed.startswith(name)):
        return 0.9
    matcher.set_seq1(name)
    # The first two are cheap upper bounds of the third.
    if matcher.real_quick_ratio() < _NEAR or matcher.quick_ratio() < _NEAR:
        return 0.0
    return matcher.ratio()
