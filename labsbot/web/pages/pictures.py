"""How much happened on the last days, as a small picture: counts of days come in, SVG goes out. Pure.

It is a part of its page, without any style of its own; what it shows is said in words for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from markupsafe import Markup

WIDTH, HEIGHT = 4, 20
"""Of a day's bar, with the gap behind it, and of the highest one."""


def activity(days: Mapping[date, int], last: date, many: int) -> Markup:
    """A bar for each of so many days, the last of which is `last`."""
    counts = [days.get(last - timedelta(days=back), 0) for back in range(many - 1, -1, -1)]
    most = max([*counts, 1])
    bars = "".join(
        f"M{number * WIDTH} {HEIGHT}h{WIDTH - 1}v-{max(round(count / most * HEIGHT), 1)}h-{WIDTH - 1}z"
        for number, count in enumerate(counts)
        if count
    )
    total = sum(counts)
    words = f"{total} {'entry' if total == 1 else 'entries'} in {many} days"
    size = f'width="{many * WIDTH}" height="{HEIGHT}"'
    return Markup('<svg class="activity" {} role="img"><title>{}</title><path d="{}"/></svg>').format(
        Markup(size), words, bars
    )
