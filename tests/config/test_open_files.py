"""Files that the configuration names: who else can read them, who cannot, and who need not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.config import ConfigurationError, load
from labsbot.settings import BotPassword, MediaWikiSettings
from tests.config.conftest import instead, with_line
from tests.neighbour import public_folder

SECRET = instead("  folder: pages", "  api: https://w.org/w/api.php\n  user: A@b\n  password: {file: password}")
CERTIFICATE = with_line("nick:", "    tls: {certificate: mine.pem}")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in which everybody finds what is open to all."""
    with public_folder() as public:
        yield public


def warned(folder: Path, text: str, **given: bool) -> list[str]:
    (folder / "labsbot.yaml").write_text(text)
    return [str(warning) for warning in load(folder / "labsbot.yaml", {}, None, **given).warnings]


@pytest.mark.parametrize(("text", "name", "key"), [(SECRET, "password", "wiki"), (CERTIFICATE, "mine.pem", "irc")])
def test_a_secret_that_every_user_can_read_is_warned_of(folder: Path, text: str, name: str, key: str) -> None:
    (folder / name).write_text("hunter2\n")
    for mode, found in ((0o644, 1), (0o604, 1), (0o640, 0), (0o600, 0)):
        (folder / name).chmod(mode)
        warnings = warned(folder, text)
        assert len(warnings) == found, oct(mode)
        assert all(
            f" {key}." in each and f"every user of this machine can read {folder / name}" in each for each in warnings
        )
        assert not any("hunter2" in each for each in warnings)
    (folder / name).chmod(0o644)
    folder.chmod(0o750)
    assert warned(folder, text) == []


def test_for_those_who_log_in_nowhere_no_secret_is_read_and_none_is_missed(folder: Path) -> None:
    settings_of = SECRET + 'people: [{page: "Project:People"}]\n'
    (folder / "labsbot.yaml").write_text(settings_of.replace("nick:", "password: {env: NOT_SET}\n    nick:"))
    settings = load(folder / "labsbot.yaml", {}, None, reads_secrets=False).settings
    assert isinstance(settings.wiki, MediaWikiSettings)
    assert isinstance(settings.wiki.login, BotPassword)
    assert settings.wiki.login.password.value == ""
    assert warned(folder, CERTIFICATE, reads_secrets=False) == []
    (folder / "password").write_text("hunter2\n")
    (folder / "password").chmod(0o644)
    (warning,) = warned(folder, SECRET, reads_secrets=False)
    assert "every user of this machine can read" in warning


def test_what_keeps_the_exporter_from_the_figures_is_warned_of(folder: Path) -> None:
    for given, words in (
        ("figures/labsbot.prom", f"there is no folder {folder}/figures, and labsbot does not make it"),
        ("labsbot.txt", "the node exporter passes over files that do not end in .prom"),
    ):
        (warning,) = warned(folder, with_line("journal:", f"metrics: {given}"))
        assert warning == f"{folder}/labsbot.yaml:2:10: metrics: {words}"
    assert warned(folder, with_line("journal:", "metrics: labsbot.prom")) == []
    os.mkdir(folder / "labsbot.prom")
    (warning,) = warned(folder, with_line("journal:", "metrics: labsbot.prom"))
    assert warning.endswith(f"cannot write it: {folder}/labsbot.prom is a folder")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (SECRET, "password", "wiki.password.file"),
        (CERTIFICATE, "mine.pem", "irc.libera.tls.certificate"),
        (instead("list: {tools: {}, bots: {}}", "file: projects.yaml"), "projects.yaml", "projects.file"),
        ("", "labsbot.yaml", "labsbot.yaml"),
    ],
)
def test_a_file_that_is_none_holds_nobody_up_and_is_named(tmp_path: Path, text: str, name: str, said: str) -> None:
    if text:
        (tmp_path / "labsbot.yaml").write_text(text)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / name).symlink_to("fifo")  # a link may lead to a file, and not to this
    with pytest.raises(ConfigurationError, match="it is no regular file") as failure:
        load(tmp_path / "labsbot.yaml", {}, None)
    assert f"{said}: " in str(failure.value)


def test_a_file_that_an_operator_names_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(SECRET)
    (tmp_path / "real").write_text("hunter2\r\n")
    (tmp_path / "labsbot.yaml").symlink_to("real.yaml")
    (tmp_path / "password").symlink_to("real")
    settings = load(tmp_path / "labsbot.yaml", {}, None).settings
    assert isinstance(settings.wiki, MediaWikiSettings)
    assert isinstance(settings.wiki.login, BotPassword)
    assert settings.wiki.login.password.value == "hunter2"
