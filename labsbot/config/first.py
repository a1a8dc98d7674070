"""The answers that ``labsbot init`` got come in; the text of a first configuration goes out, and its settings.

What was not asked yet has a value that is right in itself: so a trial of one answer needs none of the later ones.
Nothing is asked here, and nothing written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from labsbot.config.load import load_text
from labsbot.settings import BotPassword, MediaWikiSettings, Secret, Settings
from labsbot.text.loopback import is_loopback

NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """Empty: there is none."""

    name: str = "labsbot"
    """What the names of the secrets' files begin with."""
    journal: str = "labsbot.sqlite3"
    api: str = "https://wiki.example.org/w/api.php"
    wiki_ca: str = ""
    user: str = "Labsbot@labsbot"
    wiki_password: Secret = NO_SECRET
    server: str = "irc.example.org"
    tls: bool = True
    irc_ca: str = ""
    nick: str = "labsbot"
    account: str = ""
    irc_password: Secret = NO_SECRET
    channel: str = "#example"
    channel_key: Secret = NO_SECRET
    projects: tuple[str, ...] = ("example",)
    title: str = "Server Admin Log/{project}"
    heading: str = ""


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file beside the configuration."""

    name: str
    secret: Secret


def secret_files(answers: FirstAnswers) -> list[SecretFile]:
    """The files that the configuration names, each with what is to stand in it."""
    secrets = (answers.wiki_password, answers.irc_password, answers.channel_key)
    named = zip(secret_names(answers.name), secrets, strict=True)
    return [SecretFile(name, secret) for name, secret in named if secret.value]


def secret_names(name: str) -> tuple[str, str, str]:
    """Which files there may be: for the wiki's password, IRC's and the channel's key."""
    return f"{name}.wiki-password", f"{name}.irc-password", f"{name}.channel-key"


def first_settings(answers: FirstAnswers, file: Path) -> Settings:
    """What that file is going to mean, once it and its secrets are written. Raises ConfigurationError."""
    settings = load_text(first_configuration(answers), file, {}, None, reads_secrets=False).settings
    (network,) = settings.networks
    (channel,) = network.channels
    network = replace(
        network,
        sasl=tuple(replace(login, password=answers.irc_password) for login in network.sasl),
        channels=(replace(channel, key=answers.channel_key if answers.channel_key.value else None),),
    )
    assert isinstance(settings.wiki, MediaWikiSettings)
    wiki = replace(settings.wiki, login=BotPassword(answers.user, answers.wiki_password))
    return replace(settings, networks=(network,), wiki=wiki)


def first_configuration(answers: FirstAnswers) -> str:
    """The text of the file."""
    host = _host(answers.server)
    wiki_password, irc_password, channel_key = map(_in_file, secret_names(answers.name))
    lines = [
        "# A first configuration. All other keys are in labsbot.example.yaml; `labsbot check --online` tries these.",
        f"journal: {_scalar(answers.journal)}  # what was accepted: the bot's memory",
        "",
        "irc:",
        f"  {network_name(host)}:  # what we call the network",
        f"    server: {_scalar(answers.server)}",
        *_tls(answers, host),
        f"    nick: {_scalar(answers.nick)}",
        *_sasl(answers, irc_password),
        "    channels:",
        f"      {_quoted(answers.channel)}: {_channel(answers, channel_key)}  # !log PROJECT MESSAGE",
        "",
        "wiki:",
        f"  api: {_scalar(answers.api)}",
        *([f"  ca: {_scalar(answers.wiki_ca)}  # who signed its certificate"] if answers.wiki_ca else []),
        f"  user: {_scalar(answers.user)}  # of a bot password",
        f"  password: {wiki_password}",
        "",
        "page:",
        f"  title: {_scalar(answers.title)}",
        *([f"  heading: {_scalar(answers.heading)}  # days stand below it"] if answers.heading else []),
        "",
        "projects:",
        "  list:",
        *(f"    - {_scalar(project)}" for project in answers.projects),
    ]
    return "\n".join(lines) + "\n"


def network_name(host: str) -> str:
    """What to call a network whose server is called so: ``libera``."""
    labels = host.split(".")
    return labels[-2] if len(labels) > 1 and not _is_address(host) else "irc"


def _is_address(host: str) -> bool:
    return re.fullmatch("[0-9.]+", host) is not None or ":" in host  # of names none holds a colon


def _host(server: str) -> str:
    """The host of HOST:PORT; empty where that is none."""
    try:
        return urlsplit(f"//{server}").hostname or ""
    except ValueError:
        return ""


def _tls(answers: FirstAnswers, host: str) -> list[str]:
    if answers.tls:
        return [f"    tls: {{ca: {_scalar(answers.irc_ca)}}}  # who signed its certificate"] if answers.irc_ca else []
    return ["    tls: false" if is_loopback(host) else "    tls: {plain: true}"]


def _sasl(answers: FirstAnswers, password: str) -> list[str]:
    return [f"    sasl: {{account: {_scalar(answers.account)}, password: {password}}}"] if answers.account else []


def _channel(answers: FirstAnswers, key: str) -> str:
    return f"{{key: {key}}}" if answers.channel_key.value else "{}"


def _in_file(name: str) -> str:
    return f"{{file: {_scalar(name)}}}"


def _scalar(text: str) -> str:
    """A text in YAML, in quotes where it could be taken for something else."""
    plain = re.fullmatch(r"[A-Za-z/](?:[\w./@-]|:(?=[\w/]))*", text, re.ASCII) and text.lower() not in _WORDS
    return text if plain else _quoted(text)


_WORDS = {"null", "true", "false", "yes", "no", "on", "off"}


def _quoted(text: str) -> str:
    """What is a string in JSON is one in YAML."""
    return json.dumps(text, ensure_ascii=False)
