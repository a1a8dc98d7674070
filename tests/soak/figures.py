"""What a soak has measured, and its report: figures in, a table out. It judges nothing; the ledger does."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.soak.ledger import Claim, Verdict
from tests.soak.plan import Trouble
from tests.torture.written import AMEND, STRIKE, Accepted

SHOWN = 20
"""Lines of the bot's log that are shown at most."""


@dataclass(frozen=True, slots=True)
class Bout:
    """One trouble, as it went."""

    trouble: Trouble
    out: int
    """How often the bot was out of a channel by it."""
    back: float
    """Seconds from its end until something that was typed after that had arrived, in each channel."""


@dataclass(frozen=True, slots=True)
class Sample:
    life: int
    """Which process it was."""
    seconds: float
    """Since the beginning of the soak."""
    megabytes: float


@dataclass(frozen=True, slots=True)
class Figures:
    verdict: Verdict
    seconds: float
    rounds: int
    typed: int
    accepted: Sequence[Accepted]
    findings: Sequence[str]
    """What is wrong with an entry that was accepted, in words."""
    failures: Sequence[str]
    """Lines of the bot's log that tell of an error."""
    bouts: Sequence[Bout]
    memory: Sequence[Sample]
    """One after each round."""
    gaps: int

    @property
    def wrong(self) -> list[str]:
        """All that is wrong, in words."""
        return [*self.verdict.wrong, *self.findings[:SHOWN], *self.failures[:SHOWN]]

    def corrections(self, kind: str) -> int:
        """How many of a kind were accepted."""
        return sum(each.kind == kind for entry in self.accepted for each in entry.corrections)

    @property
    def late(self) -> int:
        """How many entries were logged for an earlier time."""
        return sum(entry.late for entry in self.accepted)

    @property
    def longest_life(self) -> list[Sample]:
        """Its memory, from after its first round on."""
        lives: dict[int, list[Sample]] = defaultdict(list)
        for sample in self.memory:
            lives[sample.life].append(sample)
        return max(lives.values(), key=len, default=[])

    @property
    def slope(self) -> float | None:
        """Kilobytes an hour by which memory grew in the second half of the longest life, by least squares.

        In the first half the caches fill (SQLite alone keeps 2 MB of a journal). None: it was too short.
        """
        samples = self.longest_life[len(self.longest_life) // 2 :]
        if len(samples) < 3:
            return None
        line = statistics.linear_regression([each.seconds for each in samples], [each.megabytes for each in samples])
        return line.slope * 3600 * 1024


def report(figures: Figures) -> str:
    verdict = figures.verdict
    rows: list[tuple[object, str]] = [
        (f"{figures.seconds / 60:.1f}", "minutes"),
        (figures.rounds, "rounds"),
        (len(figures.bouts), "troubles"),
        (figures.typed, "lines typed"),
        (figures.typed - sum(verdict.claims.values()), "of them lost before the server took them"),
        (figures.late, "accepted that were said afterwards"),
        (figures.corrections(STRIKE), "taken back"),
        (figures.corrections(AMEND), "amended"),
        *((number, claim.value) for claim, number in verdict.claims.items()),
        *((verdict.absent[claim], f"on no page of those {claim.value}") for claim in Claim),
        (len(verdict.doubled), "doubled"),
        (len(verdict.disordered), "out of order"),
        (figures.gaps, "gaps told"),
        (verdict.idle_gaps, "of them where nothing is missing"),
        (len(verdict.untold), "missing, and no gap told"),
        (len(figures.findings), "found by the torture's checker: not as it was said or last changed, told falsely …"),
        *_memory(figures),
    ]
    troubles = [
        f"{'times':>8}  {'out':>4}  {'median':>7}  {'longest':>7}  seconds until it logs again, after:",
        *(_bouts(figures, trouble) for trouble in Trouble),
    ]
    return "\n".join([*(f"{value!s:>8}  {name}" for value, name in rows), *troubles, *figures.wrong])


def _memory(figures: Figures) -> list[tuple[object, str]]:
    life = figures.longest_life
    if len(life) < 2:
        return []
    minutes = (life[-1].seconds - life[0].seconds) / 60
    slope = "" if figures.slope is None else f", in the second half {figures.slope:+.0f} KB an hour"
    return [
        (f"{life[0].megabytes:.1f}", "MB after the first round of the bot's longest life"),
        (f"{life[-1].megabytes:.1f}", f"MB at its end, {minutes:.0f} minutes later{slope}"),
    ]


def _bouts(figures: Figures, trouble: Trouble) -> str:
    bouts = [bout for bout in figures.bouts if bout.trouble is trouble]
    back = [bout.back for bout in bouts] or [0.0]
    outs = sum(bout.out for bout in bouts)
    return f"{len(bouts):8}  {outs:4}  {statistics.median(back):7.1f}  {max(back):7.1f}  {trouble.value}"
