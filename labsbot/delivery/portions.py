"""How many entries go into one edit of a page: what was refused, accepted, or stopped us goes in. Does no I/O.

One entry whose text a filter refuses must not hold back the others: an edit refused for its text is tried again with
half of its entries, until the culprit stands alone. Where several alone are refused in a row, it is not they.
"""

from __future__ import annotations

from dataclasses import dataclass

ALONE = 3
"""So many entries are refused one by one before all that is due for the page is."""
PLENTY = 1000
"""A portion of this size is as good as none."""


@dataclass(slots=True)
class _Portion:
    most: int | None
    alone: int = 0


class Portions:
    """The portions of all pages of one wiki."""

    def __init__(self) -> None:
        self._portions: dict[str, _Portion] = {}

    def most(self, title: str) -> int | None:
        """How many entries the next edit of this page may carry; None: all there are."""
        portion = self._portions.get(title)
        return portion.most if portion else None

    def refused(self, title: str, sent: int) -> bool:
        """An edit with so many entries was refused for its text. True: give these up; False: try it with fewer."""
        portion = self._portions.setdefault(title, _Portion(None))
        if portion.alone == ALONE:
            del self._portions[title]
            return True
        portion.most = max(1, sent // 2)
        if sent > 1:
            return False
        portion.alone += 1
        if portion.alone == ALONE:
            portion.most = None
        return True

    def alone(self, title: str) -> None:
        """The next edit of this page is to carry one entry."""
        self._portions.setdefault(title, _Portion(None)).most = 1

    def accepted(self, title: str) -> None:
        """An edit was accepted: the next may carry twice as many."""
        portion = self._portions.get(title)
        if portion is None:
            return
        portion.alone = 0
        portion.most = (portion.most or PLENTY) * 2
        if portion.most > PLENTY:
            del self._portions[title]
