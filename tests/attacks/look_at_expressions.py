"""Grows every expression of the package; prints those that take more than linear time, and then that it is done."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

from tests.attacks.expressions import Expression, expressions, hurting
from tests.attacks.growth import LARGE, SMALL, too_steep


def reading(expression: Expression, method: str) -> Callable[[str], object]:
    """How the package uses it: all that a method finds is asked for."""
    compiled = re.compile(expression.pattern, expression.flags)
    ask = getattr(compiled, method)
    if method == "sub":
        return lambda text: ask("", text)
    if method == "finditer":
        return lambda text: sum(1 for _ in ask(text))
    found: Callable[[str], object] = ask
    return found


def steep(expression: Expression, ways: int = 2) -> Iterator[str]:
    """What is wrong with an expression, with a few of the texts that show it."""
    for method in expression.methods:
        reads = reading(expression, method)
        for small, large in zip(hurting(expression, SMALL), hurting(expression, LARGE), strict=True):
            if said := too_steep(reads, {SMALL: small, LARGE: large}.__getitem__):
                yield f"{expression.name} .{method} {small[:40]!r}…{small[-3:]!r}: {said}"
                ways -= 1
                if not ways:
                    return


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for each in expressions():
        if not wanted or any(word in each.where for word in wanted):
            for line in steep(each):
                print(line, flush=True)
    print("done")
