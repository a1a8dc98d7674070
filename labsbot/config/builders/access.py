"""The keys of a gate come in; who may log by them goes out, and whether each rule names somebody."""

from __future__ import annotations

from collections.abc import Sequence

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.tree import KeyPath
from labsbot.settings import Access, Rule, Who


def access(building: Building, gate: keys.GateKeys, path: KeyPath) -> Access:
    """What `gate` says itself, without what holds around it."""
    for key, rules in (("allow", gate.allow or []), ("deny", gate.deny)):
        each_once(building, rules, [(*path, key, n) for n in range(len(rules))])
    return Access(tuple(gate.allow or ()), tuple(gate.deny), gate.refusal)


def each_once(building: Building, rules: Sequence[Rule], places: Sequence[KeyPath], *, key: bool = False) -> None:
    """Warn of a rule that stands in `places` twice; the names of accounts are compared without regard to case."""
    seen: set[Rule] = set()
    for rule, place in zip(rules, places, strict=True):
        folded = Rule(rule.who, rule.name.casefold())
        if folded in seen:
            building.warn(place, "stands here twice (case is not looked at), expected it once", key=key)
        seen.add(folded)


def members_known(building: Building, access: Access, path: KeyPath, missing: str) -> None:
    """Note each ``members`` in the ``allow`` at `path`, where nobody says who they are; `missing`: what would."""
    for n, rule in enumerate(access.allow):
        if rule.who is Who.MEMBERS:
            building.wrong((*path, n), f"nobody says who the members are, expected {missing}")
