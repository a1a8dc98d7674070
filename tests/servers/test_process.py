"""The servers of the tests themselves."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.servers.slapd import Slapd

pytestmark = pytest.mark.servers


def states(pid: int) -> set[str]:
    """Of its threads (proc_pid_stat(5)): T is stopped."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks}


def test_a_frozen_server_answers_nothing_by_any_of_its_threads() -> None:
    with Slapd() as server:
        for _ in range(50):
            with server.frozen():
                assert states(server.pid) == {"T"}


def test_to_freeze_a_server_that_has_died_waits_for_nothing() -> None:
    with Slapd() as server:
        os.kill(server.pid, signal.SIGKILL)
        with server.frozen():
            pass
