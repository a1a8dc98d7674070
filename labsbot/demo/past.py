"""Log pages as a wiki has them before there is a bot: made up, and they say so. A day in, wikitext out. Pure."""

from __future__ import annotations

from datetime import date, timedelta

MADE_UP = "What stands below days before today is made up for the demo."
_PEOPLE = ("alice", "bob", "carol", "deploy", "dave")
_DONE = (
    "rebooted i-000{number}, it did not answer (T{task})",
    "finished the deploy of release {number} to tools-webproxy-0{digit}",
    "raised the quota to {number} cores, T{task}",
    "upgraded the kernel on tools-exec-{number}, kernel panic since yesterday",
    "db{number}: replaced the disk in slot {digit}, the array is rebuilt",
    "cleaned /var/log on tools-exec-{number}, 100 % full",
    "restarted nginx on tools-webproxy-0{digit}",
)
_LATEST = 22 * 60
"""Minutes of a day after which nothing is logged any more."""


def past_days(project: str, today: date, days: int, level: str) -> str:
    """So many days before today with some entries each, the newest first, below headings of this level (``==``)."""
    parts = []
    for ago in range(1, days + 1):
        entries = "\n".join(_entry(len(project), ago, number) for number in range(1 + ago * 5 % 4))
        parts.append(f"{level} {today - timedelta(days=ago)} {level}\n{entries}")
    return "\n\n".join(parts)


def _entry(project: int, ago: int, number: int) -> str:
    """Another one for each project and day, and the same at each start."""
    draw = project + ago * 11 + number * 5
    hour, minute = divmod(_LATEST - number * 131 - draw % 90, 60)
    done = _DONE[draw % len(_DONE)].format(number=10 + draw % 13, digit=1 + draw % 3, task=1000 + draw)
    return f"* {hour:02}:{minute:02} {_PEOPLE[draw % len(_PEOPLE)]}: {done}"
