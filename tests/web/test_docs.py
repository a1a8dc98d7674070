"""What the documentation shows of logging by HTTP does what it says, with a bot that runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from tests.web.conftest import TOOLS, Place

PAGE = (Path(__file__).parents[2] / "docs" / "scripts.rst").read_text("utf-8")


def snippet(language: str) -> str:
    found = re.search(rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", PAGE, re.MULTILINE)
    assert found is not None
    return textwrap.dedent(found[1])


async def output(place: Place, *command: str) -> tuple[int | None, str, str]:
    here = {**os.environ, "LABSBOT_URL": f"http://127.0.0.1:{await place.port()}", "LABSBOT_TOKEN": TOOLS}
    running = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=here
    )
    out, err = await asyncio.wait_for(running.communicate(), 50)
    return running.returncode, out.decode(), err.decode()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
async def test_curl_logs_and_hears_where_it_stands(delivering: Place) -> None:
    status, out, err = await output(delivering, "sh", "-c", snippet("shell"))
    assert status == 0, err
    assert json.loads(out)["url"].startswith("https://wiki.example/SAL#sal-")
    assert json.loads(out)["message"] == "restarted the web service"


@pytest.mark.slow
async def test_python_logs_a_list(place: Place) -> None:
    status, out, err = await output(place, sys.executable, "-c", snippet("python"))
    assert status == 0, err
    assert re.fullmatch(r"(202 sal-\S+ None\n){2}", out)
    assert [each.entry.message for each in await place.owed()] == ["stopped db1", "started db1"]
