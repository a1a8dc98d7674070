"""Other eyes on what is taken by HTTP: schemathesis makes calls of the description, right and wrong ones."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from labsbot.desk.desk import Desk
from labsbot.desk.gates import all_gates
from labsbot.desk.secrets import KNOWN
from labsbot.desk.submission import ChannelRules, Home
from labsbot.projects import Known
from labsbot.settings import Project
from labsbot.web import openapi
from tests.web.conftest import ALL, TOP, Place

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)


class AnyProject:
    """Whatever a project is called, it is the same one."""

    in_use = ("tools",)
    open_ended = True
    state = "the same"

    def find(self, name: str) -> Known:
        return Known(Project("tools"))

    def names(self, word: str) -> bool:
        return False


@pytest.mark.slow
async def test_no_call_is_answered_otherwise_than_it_is_described(delivering: Place, tmp_path: Path) -> None:
    place = delivering
    gates = all_gates("wiki", lambda page, project, entry: 1, "op")
    rules = ChannelRules(TOP, AnyProject())
    place.scripts.take_up(
        Desk(place.journal.entries, gates, "wiki", "op"), rules, lambda project: Home("", TOP.page), KNOWN, 10.0
    )
    here = f"http://127.0.0.1:{await place.port()}"
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", here + openapi.PATH, "--url", here),
        *("--header", f"Authorization: Bearer {ALL}", "--checks", ",".join(CHECKS)),
        *(
            "--max-examples",
            "40",
            "--seed",
            "1",
            "--workers",
            "1",
            "--no-color",
            "--phases",
            "examples,coverage,fuzzing,stateful",
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    said, _ = await asyncio.wait_for(running.communicate(), 300)
    assert running.returncode == 0, said.decode()
    assert place.web.app.answered[500] == 0
    assert place.web.app.answered[202] > 10
