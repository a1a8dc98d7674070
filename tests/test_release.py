"""What is given away is whole: each file has its place in the package, each command its manual page and completions."""

from __future__ import annotations

import subprocess
import zipfile
from configparser import ConfigParser
from pathlib import Path, PurePath

import pytest

from labsbot.cli.main import COMMANDS
from release import deb
from release.constraints import EXTRAS, OURS_OR_OF_THE_ENVIRONMENT, needed
from release.dist import NotWhole, has_the_whole_package
from release.share import COMPLETIONS, shared

ROOT = Path(__file__).parents[1]
DAY = "2026-11-22"


@pytest.fixture(scope="module")
def setup() -> ConfigParser:
    read = ConfigParser()
    read.read(ROOT / "setup.cfg", "utf-8")
    return read


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """What other programs find below `share`, by path."""
    return dict(shared(DAY))


def patterns(values: ConfigParser, section: str) -> set[str]:
    return {pattern for value in values[section].values() for pattern in value.split()}


def files_below(folder: str) -> set[PurePath]:
    paths = (ROOT / folder).rglob("*")
    return {path.relative_to(ROOT) for path in paths if path.is_file() and "__pycache__" not in path.parts}


def test_each_file_of_the_package_is_named(setup: ConfigParser) -> None:
    named = {
        path.relative_to(ROOT)
        for package, globs in setup["options.package_data"].items()
        for pattern in globs.split()
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    assert {path for path in files_below("labsbot") - named if path.suffix != ".py"} == set()


def test_each_file_that_lies_beside_the_programs_has_a_place(setup: ConfigParser, made: dict[str, str]) -> None:
    globs = patterns(setup, "options.data_files")
    beside = {*files_below("config"), *map(PurePath, made)}
    assert {path for path in beside if not any(path.match(pattern) for pattern in globs)} == set()


def test_what_is_made_comes_to_the_same_place_below_the_prefix(setup: ConfigParser, made: dict[str, str]) -> None:
    places = {f"{place}/*": globs.split() for place, globs in setup["options.data_files"].items()}
    assert {str(PurePath(path).parent / "*") for path in made} == {
        place for place, globs in places.items() if [place] == globs
    }


def test_what_lies_beside_the_programs_has_its_place_in_debian_too(setup: ConfigParser) -> None:
    assert [place for place in setup["options.data_files"] if not place.startswith(tuple(deb.PLACES))] == []
    units = [path for path in (ROOT / "config/systemd").iterdir() if path.suffix == ".service"]
    assert all(f"ExecStart={deb.OF_A_WHEEL} " in unit.read_text() for unit in units)


def test_an_environment_knows_nothing_of_where_it_was_made(tmp_path: Path) -> None:
    home = tmp_path / deb.LIBRARY
    (home / "bin").mkdir(parents=True)
    (home / "bin/labsbot").write_text(f"#!{home}/bin/python\nimport sys\n")
    (home / "bin/activate").write_text(f"VIRTUAL_ENV={home}\n")
    (home / "pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = /usr/bin/python3.11 -m venv {home}\n")
    deb.move(home)
    assert (home / "bin/labsbot").read_text().startswith("#!/usr/lib/labsbot/bin/python\n")
    assert [path for path in home.rglob("*") if path.is_file() and str(tmp_path) in path.read_text()] == []


def test_a_wheel_that_lacks_a_file_of_the_package_is_not_given_away(tmp_path: Path) -> None:
    (tmp_path / "labsbot/pages").mkdir(parents=True)
    for name in ("__init__.py", "pages/base.html"):
        (tmp_path / "labsbot" / name).touch()
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.writestr("labsbot/__init__.py", "")
    with pytest.raises(NotWhole, match=r"not in the wheel: labsbot/pages/base\.html"):
        has_the_whole_package(tmp_path / "x.whl", tmp_path)


def test_each_command_has_a_manual_page(made: dict[str, str]) -> None:
    wanted = {"labsbot", *(f"labsbot-{command}" for command in COMMANDS), "labsbot-queue-retry", "labsbot-token-new"}
    assert {f"share/man/man1/{name}.1" for name in wanted} <= made.keys()


@pytest.mark.servers
def test_a_manual_page_says_what_help_says(made: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "labsbot-log.1"
    page.write_text(made["share/man/man1/labsbot-log.1"], "utf-8")
    command = ("groff", "-t", "-man", "-Tutf8", "-Kutf8", "-P-cbou", "-ww", "-rLL=200n", str(page))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = done.stdout
    assert done.stderr == "", "no warnings"
    assert f"labsbot-log - {COMMANDS['log']}".rstrip(".") in " ".join(shown.split())
    assert "labsbot log [OPTIONS] PROJECT[,PROJECT…] TEXT…|-" in shown
    assert "make deploy 2>&1 | tail -1 | labsbot log --as alice tools,bots -\n" in shown, "an example keeps its line"
    assert "--best-effort\n" in shown
    assert "Never fail, and never take longer than two seconds." in shown
    assert DAY in shown


def test_a_group_names_its_commands_and_leads_to_their_pages(made: dict[str, str]) -> None:
    page = made["share/man/man1/labsbot-queue.1"].replace("\\-", "-")
    assert "labsbot queue retry" in page
    assert "labsbot(1), labsbot-queue-drop(1)" in page


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_each_shell_asks_the_program_itself_what_can_be_typed(shell: str, made: dict[str, str]) -> None:
    assert f"_LABSBOT_COMPLETE={shell}_complete" in made[COMPLETIONS[shell]]


def test_all_that_pip_asks_for_comes_into_the_image(setup: ConfigParser) -> None:
    """The folder of an image's build holds what .dockerignore lets through."""
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all((ROOT / name).exists() for name in let_through)
    asked = {setup["metadata"]["license_files"], "README.rst", "labsbot", "setup.cfg", "setup.py", "pyproject.toml"}
    asked |= {pattern.partition("/")[0] for pattern in patterns(setup, "options.data_files")} - {"share"}
    assert asked == set(let_through)


def test_all_that_it_may_need_has_a_version_that_was_tested() -> None:
    """Without python-ldap, which is not everywhere where tests are."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    extras = tuple(extra for extra in EXTRAS if extra != "ldap")
    assert set(needed("labsbot", extras)) - OURS_OR_OF_THE_ENVIRONMENT <= {line.partition("==")[0] for line in lines}
