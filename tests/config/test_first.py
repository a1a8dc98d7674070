"""The first configuration: what is written means what was answered, however odd that is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labsbot.config import ConfigurationError, load
from labsbot.config.first import (
    FirstAnswers,
    first_configuration,
    first_settings,
    network_name,
    secret_files,
)
from labsbot.settings import Listed, Secret

PLAIN = FirstAnswers(wiki_password=Secret("a b: c # d"), channel="#ops")


@pytest.mark.parametrize(
    "answers",
    [
        PLAIN,
        replace(PLAIN, name="our log", user="Läbs bot@x", title='"{project}": log', heading="Server Admin Log"),
        replace(PLAIN, server="[::1]:6667", tls=False, nick="bot[1]"),
        replace(PLAIN, server="irc.example.org:6667", tls=False, projects=("no", "2012", "null", "~", "a-b", "ä")),
        replace(PLAIN, account="labsbot", irc_password=Secret("x"), channel="#a:b#c'", channel_key=Secret("k")),
        replace(PLAIN, irc_ca="/tmp/a b.pem", wiki_ca="/tmp/c.pem"),
    ],
)
def test_what_is_written_means_what_was_answered(tmp_path: Path, answers: FirstAnswers) -> None:
    file = tmp_path / "labsbot.yaml"
    file.write_text(first_configuration(answers))
    for each in secret_files(answers):
        file.with_name(each.name).write_text(each.secret.value)
    for ca in {answers.irc_ca, answers.wiki_ca} - {""}:
        Path(ca).touch()
    loaded = load(file, {}, None).settings
    assert loaded == first_settings(answers, file)
    (network,) = loaded.networks
    (channel,) = network.channels
    assert (network.nick, network.tls is not None, channel.name) == (answers.nick, answers.tls, answers.channel)
    assert channel.page.title == answers.title
    (source,) = channel.projects
    assert isinstance(source.origin, Listed)
    assert tuple(project.name for project in source.origin.projects) == answers.projects


def test_no_secret_stands_in_it() -> None:
    answers = replace(PLAIN, account="a", irc_password=Secret("s3cret-1"), channel_key=Secret("s3cret-2"))
    assert "s3cret" not in first_configuration(answers) + repr(answers)
    assert [each.name for each in secret_files(answers)] == [
        "labsbot.wiki-password",
        "labsbot.irc-password",
        "labsbot.channel-key",
    ]


def test_an_answer_that_no_configuration_takes_is_told() -> None:
    with pytest.raises(ConfigurationError, match="expected a nick"):
        first_settings(replace(PLAIN, nick="1 2"), Path("labsbot.yaml"))


@pytest.mark.parametrize(
    ("host", "name"),
    [("irc.libera.chat", "libera"), ("localhost", "irc"), ("127.0.0.1", "irc"), ("::1", "irc"), ("", "irc")],
)
def test_a_network_is_called_as_its_server_is(host: str, name: str) -> None:
    assert network_name(host) == name
