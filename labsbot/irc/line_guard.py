"""Take the lines of a server one by one, so that whatever is wrong with one, the next one is heard."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from labsbot.irc.counts import Counts
from labsbot.irc.lines import Line, parse, shown

log = logging.getLogger("labsbot.irc")


class LineGuard:
    """One of the three guards of the house: a failure at a line is logged and counted, and goes no further."""

    def __init__(self, name: str, counts: Counts, take: Callable[[Line], None]) -> None:
        """`name`: the network's; `take` gets each line that is one."""
        self._name = name
        self._counts = counts
        self._take = take

    def hear(self, text: str) -> None:
        self._counts.lines += 1
        line: Line | None = None
        try:
            line = parse(text)
            if line is None:
                self._counts.broken += 1
            else:
                self._take(line)
        except Exception as failure:  # noqa: BLE001 - it is logged, only not in full
            self._counts.failed += 1
            # neither the line nor the failure's text: either may hold what nobody should read
            what = f"{line.command} of {shown(line.source)!a}" if line else f"one of {len(text)} characters"
            where = "".join(traceback.format_tb(failure.__traceback__))
            log.error("%s: failed at a line (%s): %s\n%s", self._name, what, type(failure).__name__, where)
