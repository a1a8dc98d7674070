"""README's second command: the scene on a real MediaWiki and a real IRC server."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.servers
@pytest.mark.processes
def test_the_scene_is_played_on_a_real_wiki() -> None:
    command = [sys.executable, "-m", "tests.servers.demo_wiki", "--once"]
    wide = {**os.environ, "COLUMNS": "260"}
    done = subprocess.run(command, env=wide, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "<labsbot> bob: Taken back: http://127.0.0.1:" in done.stdout
    assert "To read it:    http://127.0.0.1:" in done.stdout
