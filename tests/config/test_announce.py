"""Announcements in the configuration: which channel hears of which projects, and what of each token."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.config import load
from labsbot.settings import Announced
from tests.config.conftest import RIGHT, Read, Refused, example_in_full

ELSEWHERE = '  oftc:\n    server: irc.oftc.net\n    nick: labsbot\n    channels: {"#labs": {}, "#Ops": {}}\n'
TWO_NETWORKS = RIGHT.replace("wiki:\n", f"{ELSEWHERE}wiki:\n")


def test_the_annotated_example_is_right(tmp_path: Path) -> None:
    assert load(example_in_full(tmp_path), {"LABSBOT_SASL_PASSWORD": "x"}, None).settings.announced == (
        Announced("libera", "#wikimedia-labs", ("tools",)),
        Announced("libera", "#wikimedia-operations"),
    )


def announce(keys: str, file: str = RIGHT) -> str:
    return f"{file}announce: {{{keys}}}\n"


def token(channel: str, file: str = RIGHT) -> str:
    deploy = f"{{sha256: {'9f' * 32}, projects: all, announce: {channel}}}"
    return f"{file}web: {{listen: 127.0.0.1:80, url: https://x.example/, tokens: {{deploy: {deploy}}}}}\n"


def test_nothing_is_announced_unless_it_is_said(read: Read) -> None:
    assert read(RIGHT).settings.announced == ()


def test_a_channel_hears_of_some_projects_or_of_all(read: Read) -> None:
    assert read(announce('"#labs": [tools, bots]')).settings.announced == (
        Announced("libera", "#labs", ("tools", "bots")),
    )
    assert read(announce('"#LABS": all')).settings.announced == (Announced("libera", "#labs"),)
    assert read(announce('"#labs": tools')).settings.announced[0].projects == ("tools",)


def test_a_channel_that_several_networks_have_is_named_with_its_network(read: Read) -> None:
    made = read(announce('"oftc #labs": all, "#ops": [tools]', TWO_NETWORKS)).settings.announced
    assert made == (Announced("oftc", "#labs"), Announced("oftc", "#Ops", ("tools",)))


def test_a_token_names_a_channel_of_its_own(read: Read) -> None:
    assert read(token('"libera #labs"', TWO_NETWORKS)).settings.web.tokens[0].announced == Announced("libera", "#labs")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            announce('"#labs": all', TWO_NETWORKS),
            "16:12: announce.#labs: several networks have this channel, expected “libera #labs” or “oftc #labs”",
        ),
        (announce('"#nosuch": all'), "12:12: announce.#nosuch: is no channel that is configured under “irc”, …"),
        (
            announce('"oftc #labs": all'),
            '12:12: announce."oftc #labs": is no channel that is configured under “irc”, …',
        ),
        (announce("labs: all"), '12:12: announce.labs: expected a channel in quotes, such as "#ops", or with its …'),
        (
            announce('"#labs": []'),
            "12:21: announce.#labs: is empty, so nothing would be announced there: expected projects, or all",
        ),
        (announce('"#labs": tols'), "12:21: announce.#labs: there is no such project, did you mean “tools”?"),
        (announce('"#labs": [tools, tols]'), "12:29: announce.#labs[1]: there is no such project, did you mean …"),
        (
            announce('"#labs": all, "libera #labs": all'),
            '12:26: announce."libera #labs": is a channel that stands here already, expected it once',
        ),
        (token('"#nosuch"'), "12:171: web.tokens.deploy.announce: is no channel that is configured under “irc”, …"),
    ],
)
def test_what_cannot_be_meant_is_said_where_it_stands(refused: Refused, text: str, problem: str) -> None:
    (found,) = refused(text)
    assert found.startswith(problem.removesuffix("…"))
