"""What is measured: the bot as a process of its own, a real wiki, a real IRC server, pages of a given size."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

CHANNEL = "#bench"


def configuration(
    folder: Path, irc_port: int, wiki_port: int, user: str, projects: list[str], heading: str | None
) -> Path:
    """Write a configuration for the bot; returns where."""
    page = (
        '  title: "Nova Resource:{project}/SAL"'
        if heading is None
        else (f'  title: "Nova Resource:{{project}}"\n  heading: {heading}')
    )
    path = folder / "labsbot.yaml"
    path.write_text(
        f"journal: {folder}/journal.sqlite3\n"
        "irc:\n"
        "  bench:\n"
        f"    server: 127.0.0.1:{irc_port}\n"
        "    tls: false\n"
        "    nick: labsbot\n"
        f'    channels: {{"{CHANNEL}": {{}}}}\n'
        "wiki:\n"
        f"  api: http://127.0.0.1:{wiki_port}/api.php\n"
        f"  user: {user}\n"
        "  password: {env: LABSBOT_BENCH_PASSWORD}\n"
        f"page:\n{page}\n"
        f"projects:\n  - list: [{', '.join(projects)}]\n"
        "limit: {lines: 999999, bytes: 999 MB}\n"
    )
    return path


@contextlib.contextmanager
def bot(configuration: Path, password: str) -> Iterator[subprocess.Popen[bytes]]:
    """The bot as its operators run it; its log lies beside its configuration."""
    with configuration.with_name("labsbot.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "labsbot", "run", "-c", str(configuration)],
            env={**os.environ, "LABSBOT_BENCH_PASSWORD": password},
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def page_of(size: int, heading: str | None) -> str:
    """A log of about `size` bytes of past days, newest first, in either layout."""
    level = "==" if heading is None else "==="
    parts = [] if heading is None else [f"What this is.\n\n== {heading} =="]
    day = datetime.now(UTC).date()
    length = 0
    while length < size:
        day -= timedelta(days=1)
        entries = "\n".join(_past_entry(day, hour) for hour in range(18, 11, -1))
        parts.append(f"{level} {day} {level}\n{entries}")
        length += len(parts[-1])
    return "\n\n".join(parts)


def _past_entry(day: date, hour: int) -> str:
    name = f"sal-{day:%Y%m%d}{hour:02}0000-{hour:04x}"
    what = f"upgraded the packages on exec node {hour} and restarted what needed it (T{1000 + hour})"
    return f'* <span id="{name}">[[#{name}|{hour:02}:00]]</span> alice: {what}'


def resident(pid: int) -> float:
    """Memory of a process, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_share(pid: int, seconds: float) -> float:
    """The share of one core that a process uses while nothing happens."""
    before = processor(pid)
    time.sleep(seconds)
    return (processor(pid) - before) / seconds
