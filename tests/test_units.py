"""The units for systemd are such that it takes, and as closed as they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "config/systemd"
PROGRAM = "/opt/labsbot/bin/labsbot"
EXPOSED = 20
"""Tenths of a point that a service has of what systemd-analyze(1) counts against it, at most."""

pytestmark = pytest.mark.servers


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """As they are, with a program that is here."""
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.socket")):
        here = unit.read_text().replace(PROGRAM, str(Path(sys.executable).with_name("labsbot")))
        (tmp_path / unit.name.replace("@", "@ops")).write_text(here)
    return tmp_path


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "name", ["labsbot.service", "labsbot-web.service", "labsbot-web.socket", "labsbot@ops.service"]
)
def test_systemd_has_nothing_to_say_against_a_unit(units: Path, name: str) -> None:
    done = run("systemd-analyze", "verify", "--recursive-errors=no", str(units / name))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["labsbot.service", "labsbot-web.service", "labsbot@ops.service"])
def test_a_service_may_hardly_do_more_than_it_needs(units: Path, name: str) -> None:
    options = ("--offline=true", f"--threshold={EXPOSED}", "--no-pager")
    done = run("systemd-analyze", "security", *options, str(units / name))
    assert done.returncode == 0, done.stdout


def test_the_services_user_is_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", f"--root={tmp_path}", str(UNITS / "labsbot.sysusers.conf"))
    assert done.returncode == 0, done.stderr
    assert "labsbot:x:" in (tmp_path / "etc/passwd").read_text()
    assert "labsbot:x:" in (tmp_path / "etc/group").read_text()


def test_what_is_said_twice_of_services_is_the_same() -> None:
    """systemd has no way to include a part in all of them."""
    units = [unit.read_text() for unit in UNITS.glob("*.service")]
    assert len({each.partition("NoNewPrivileges")[2].partition("[Install]")[0] for each in units}) == 1
