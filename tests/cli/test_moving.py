"""The commands of docs/moving.rst, in their order, as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from labsbot.cli.main import main
from tests.cli.test_main import keep, point
from tests.servers.breakable import BreakableServer, in_a_thread

PAGE = (Path(__file__).parents[2] / "docs/moving.rst").read_text("utf-8")


def test_each_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("right\n")
    (tmp_path / "password").chmod(0o600)
    irc = BreakableServer({"labsbot": "right"})
    commands = re.findall(r"^    labsbot (.*)$", PAGE, re.MULTILINE)
    told = []
    with in_a_thread(irc):
        point(tmp_path / "labsbot.yaml", irc.port)
        (entry_id,) = keep(tmp_path, "restarted it")
        for command in commands:
            here = command.replace("/etc/labsbot", str(tmp_path)).replace("/var/backups", str(tmp_path))
            done = CliRunner().invoke(main, shlex.split(here))
            told.append((command.split()[0], done.exit_code, done.output))
    ends = [("backup", 0), ("restore", 0), ("check", 0), ("queue", 75), ("verify", 0)]
    assert [row[:2] for row in told] == ends, told
    assert entry_id in told[3][2]
