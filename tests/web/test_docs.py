"""What the documentation shows of logging by HTTP does what it says, with a bot that runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.web.conftest import TOOLS, Place

PAGE = (Path(__file__).parents[2] / "docs" / "scripts.rst").read_text("utf-8")


def snippet(language: str, name: str = "") -> str:
    option = f"    :name: {name}\n" if name else ""
    found = re.search(rf"^\.\. code-block:: {language}\n{option}\n((?:    .*\n|\n)+)", PAGE, re.MULTILINE)
    assert found is not None
    return textwrap.dedent(found[1])


async def output(place: Place, *command: str, **environ: str) -> tuple[int | None, str, str]:
    address = f"http://127.0.0.1:{await place.port()}"
    here = {**os.environ, "LABSBOT_URL": address, "LABSBOT_TOKEN": TOOLS, **environ}
    running = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=here
    )
    out, err = await asyncio.wait_for(running.communicate(), 50)
    return running.returncode, out.decode(), err.decode()


NO_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
NO_JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")


@pytest.mark.slow
@NO_CURL
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


# --- from deploy tools ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.processes
async def test_ansible_logs_what_a_play_has_done_and_its_handler_a_restart(delivering: Place, tmp_path: Path) -> None:
    (tmp_path / "play.yaml").write_text(snippet("yaml", "log-from-ansible"))
    (tmp_path / "hosts").write_text("[web]\nweb1 ansible_connection=local\n")
    play = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(tmp_path / "hosts")]
    told = {"ANSIBLE_HOME": str(tmp_path), "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_NOCOLOR": "1"}
    status, out, err = await output(delivering, *play, "-v", str(tmp_path / "play.yaml"), **told)
    assert status == 0, out + err
    assert TOOLS not in out + err
    kept = await delivering.journal.entries.last("tools", 9)
    assert {each.entry.message for each in kept} == {"restarted the web service on web1", "deployed 1.4 to web1"}


HOSTILE = 'x"; exit 1 #$(touch here)'
"""A branch can be called so."""


def expressions(text: str, known: Mapping[str, str]) -> str:
    """What GitHub puts in the place of ``${{ … }}``."""
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], text)


@pytest.mark.slow
@NO_CURL
@NO_JQ
async def test_a_job_of_github_logs_how_it_ended(place: Place, tmp_path: Path) -> None:
    (job,) = yaml.load(snippet("yaml", "log-from-github"), yaml.BaseLoader)["jobs"].values()
    *_, step = job["steps"]
    address = f"http://127.0.0.1:{await place.port()}"
    known = {"vars.LABSBOT_URL": address, "secrets.LABSBOT_TOKEN": TOOLS, "job.status": "failure"}
    runner = {"GITHUB_REF_NAME": HOSTILE, "GITHUB_SHA": "0123456789abcdef"}
    runner |= {"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1"}
    environ = {name: expressions(value, known) for name, value in step["env"].items()}
    # https://docs.github.com/en/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstepsshell
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    for _ in range(2):
        status, _, err = await output(place, *shell, **environ, **runner)
        assert status == 0, err
    assert [each.entry.message for each in await place.owed()] == [f"deployed {HOSTILE} at 01234567: failure"]
    assert (step["if"], step["continue-on-error"]) == ("always()", "true")
    status, _, _ = await output(place, *shell, **{**environ, **runner, "LABSBOT_TOKEN": "wrong"})
    assert status == 22  # what is not kept is seen


@pytest.mark.slow
@NO_CURL
@NO_JQ
async def test_a_job_of_gitlab_logs_it(place: Place) -> None:
    (job,) = yaml.load(snippet("yaml", "log-from-gitlab"), yaml.BaseLoader).values()
    runner = {"CI_COMMIT_REF_NAME": HOSTILE, "CI_COMMIT_SHORT_SHA": "01234567", "CI_PIPELINE_ID": "7"}
    runner["CI_PIPELINE_URL"] = "https://gitlab.example/tools/-/pipelines/7"
    script = "\n".join(job["script"])
    for _ in range(2):
        status, _, err = await output(place, "bash", "-eo", "pipefail", "-c", script, **runner)
        assert status == 0, err
    (kept,) = await place.owed()
    assert kept.entry.message == f"deployed {HOSTILE} at 01234567: {runner['CI_PIPELINE_URL']}"
