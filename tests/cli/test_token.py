"""``labsbot token new``: a token that is shown once, and the line that belongs into the configuration."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result

from labsbot.cli.main import main
from labsbot.config import load
from labsbot.desk.secrets import KNOWN, find_secret
from labsbot.settings import WebToken
from labsbot.text.digests import digest
from tests.config.conftest import RIGHT


def token_new(name: str) -> Result:
    return CliRunner().invoke(main, ["token", "new", name])


def test_the_token_alone_is_on_standard_output_and_its_line_is_a_configuration(tmp_path: Path) -> None:
    done = token_new("deploy")
    token = done.stdout.strip()
    assert re.fullmatch("labsbot_[A-Za-z0-9_-]{43}", token)
    (line,) = (line for line in done.stderr.splitlines() if "sha256" in line)
    path = tmp_path / "labsbot.yaml"
    path.write_text(
        f"{RIGHT}web:\n  listen: systemd\n  url: https://logs.example/\n  tokens:\n{line.replace('PROJECT', 'tools')}\n"
    )
    assert load(path, {}, None).settings.web.tokens == (WebToken("deploy", digest(token), ("tools",)),)


def test_each_is_another_and_no_message_may_hold_one() -> None:
    first, second = (token_new("deploy").stdout.strip() for _ in range(2))
    assert first != second
    assert find_secret(f"my token is {first}", KNOWN).name == "a token of labsbot"


def test_a_name_that_the_configuration_would_refuse_is_wrong_usage() -> None:
    done = token_new("a b")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "such as deploy" in done.stderr
