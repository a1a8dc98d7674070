"""The commands as a person or systemd runs them: what is printed, and the exit status."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labsbot import __version__
from labsbot.cli import main
from labsbot.demo.ircd import LoopbackServer
from labsbot.demo.person import Person
from labsbot.journal import Journal
from labsbot.model import Told
from tests.nouns import NOON, a_key, an_entry, day
from tests.wiki.scripted import Reply, scripted_wiki

CONFIGURATION = """\
journal: {folder}/journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    sasl: {{mechanism: PLAIN, account: labsbot, password: {{file: password}}}}
    channels: {{"#cloud": {{}}}}
wiki: {{folder: {folder}/pages}}
page: {{title: "Nova Resource:{{project}}/SAL"}}
projects: [{{list: [tools]}}]
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    (tmp_path / "password").write_text("right\n")
    path = tmp_path / "labsbot.yaml"
    point(path, 1)
    return path


def point(configuration: Path, port: int) -> None:
    """Let the configuration name this IRC server."""
    configuration.write_text(CONFIGURATION.format(folder=configuration.parent, port=port))


def name_wiki(configuration: Path, api: str) -> None:
    """Let the configuration name this MediaWiki."""
    there = f'wiki: {{api: "{api}", user: A@b, password: {{file: password}}}}'
    configuration.write_text(re.sub("(?m)^wiki:.*$", there, configuration.read_text()))


def labsbot(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def keep(folder: Path, *messages: str, park: bool = False) -> list[str]:
    """Put entries into the journal, as a bot that has ended left them; returns their ids."""

    async def fill() -> list[str]:
        journal = Journal.open(folder / "journal.sqlite3")
        entries = [an_entry(message, NOON + timedelta(minutes=n)) for n, message in enumerate(messages)]
        for entry in entries:
            await journal.accept(a_key(), entry, day(entry), "12:00", Told.NOTHING, NOON)
        if park:
            due = await journal.pending()
            await journal.begin("b1", "wiki", "Tools/SAL", due, NOON)
            await journal.park("b1", due, "the page is protected", NOON)
        journal.close()
        return [entry.id for entry in entries]

    return asyncio.run(fill())


# --- help and usage ---


def test_the_version_is_that_of_the_package() -> None:
    assert labsbot("--version").output == f"labsbot {__version__}\n"


@pytest.mark.parametrize("command", ["run", "check", "queue", "demo"])
def test_each_command_has_help_with_an_example(command: str) -> None:
    done = labsbot(command, "--help")
    assert done.exit_code == 0
    assert f"labsbot {command}" in done.output.split("Example", 1)[1]


@pytest.mark.parametrize("arguments", [["run"], ["nonsense"], ["queue", "list"], ["log", "tools", "x"]])
def test_wrong_usage_is_exit_status_2(arguments: list[str]) -> None:
    assert labsbot(*arguments).exit_code == 2


# --- check ---


def test_a_configuration_with_nothing_wrong_is_said_to_be_so(configuration: Path) -> None:
    done = labsbot("check", "-c", configuration)
    assert (done.exit_code, done.output) == (0, f"{configuration}: nothing is wrong with it\n")


@pytest.mark.parametrize("command", [["check"], ["run"], ["queue"]])
def test_every_mistake_is_named_with_its_place(configuration: Path, command: list[str]) -> None:
    configuration.write_text(configuration.read_text().replace("nick: labsbot", "nik: labsbot\n    tls: maybe"))
    done = labsbot(*command, "-c", configuration)
    assert done.exit_code == 78
    assert f"{configuration}:6:5: " in done.stderr
    assert f"{configuration}:7:" in done.stderr


async def test_online_a_network_that_is_not_there_is_named_and_the_folder_wiki_is_fine(configuration: Path) -> None:
    done = await asyncio.to_thread(labsbot, "check", "-c", configuration, "--online")
    assert done.exit_code == 1
    assert "wiki: lets us in" in done.stdout
    assert done.stderr.startswith("net: ")


async def test_online_all_is_well_and_left_again(configuration: Path) -> None:
    server = LoopbackServer({"labsbot": "right"})
    await server.start()
    point(configuration, server.port)
    done = await asyncio.to_thread(labsbot, "check", "-c", configuration, "--online")
    await server.close()
    assert (done.exit_code, done.stderr) == (0, "")
    assert "registered as labsbot" in done.stdout


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((403, {}, b""), "wiki: it refuses our request (HTTP 403)\n"),
        (
            (301, {"Location": "https://elsewhere.example/w/api.php?token=x"}, b""),
            "wiki: its address leads elsewhere (HTTP 301 to https://elsewhere.example/w/api.php)\n",
        ),
    ],
)
def test_online_the_wikis_own_code_and_where_a_redirect_leads_are_told(
    configuration: Path, reply: Reply, words: str
) -> None:
    with scripted_wiki(lambda _: reply) as server:
        name_wiki(configuration, server.api)
        done = labsbot("check", "-c", configuration, "--online")
    assert done.exit_code == 1
    assert words in done.stderr


def test_online_every_source_is_asked(configuration: Path) -> None:
    configuration.with_name("projects.yaml").write_text("[web, mail]")
    text = configuration.read_text()
    sources = "projects: [{list: [tools]}, {file: projects.yaml}, {groups: no-such-group-*}]"
    people = 'people: [{page: "Project:People"}]'
    configuration.write_text(re.sub("(?m)^projects:.*$", f"{sources}\n{people}", text))
    done = labsbot("check", "-c", configuration, "--online")
    assert f"projects: file {configuration.with_name('projects.yaml')}: 2 projects\n" in done.stdout
    assert "projects: groups no-such-group-*: 0 projects\n" in done.stdout
    assert "people: page Project:People: 0 people\n" in done.stdout


def test_a_source_whose_library_is_not_installed_is_warned_of(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ldap = "projects: {ldap: {url: ldaps://ldap.example.org, base: dc=example}}"
    configuration.write_text(re.sub("(?m)^projects:.*$", ldap, configuration.read_text()))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = labsbot("check", "-c", configuration)
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: python-ldap is not installed: apt install python3-ldap")


# --- queue ---


def test_an_empty_queue_says_that_all_is_on_the_wiki(configuration: Path) -> None:
    done = labsbot("queue", "-c", configuration)
    assert (done.exit_code, done.output) == (0, "Everything that was accepted is on the wiki.\n")


def test_what_waits_is_listed_with_its_cause_and_exit_status_75(configuration: Path) -> None:
    (entry_id,) = keep(configuration.parent, "restarted \x1b[31m it", park=True)
    done = labsbot("queue", "-c", configuration, "list")
    assert done.exit_code == 75
    assert done.output == f"{entry_id}  parked   tools  alice: restarted �[31m it  (the page is protected)\n"
    shown = labsbot("queue", "-c", configuration, "show", entry_id)
    assert shown.exit_code == 75
    assert "cause:     the page is protected\n" in shown.output


def test_parked_entries_are_retried_and_others_are_named(configuration: Path) -> None:
    one, two = keep(configuration.parent, "one", "two", park=True)
    done = labsbot("queue", "-c", configuration, "retry", one, "sal-unheard-of")
    assert done.exit_code == 1
    assert done.stdout == f"{one} is sent again\nlabsbot is not running; it will know when it starts\n"
    assert done.stderr == "labsbot: not parked: sal-unheard-of (see `labsbot queue`)\n"
    assert labsbot("queue", "-c", configuration, "drop", two).exit_code == 0
    left = labsbot("queue", "-c", configuration).output
    assert one in left
    assert two not in left


def test_an_entry_that_is_not_there_is_a_failure(configuration: Path) -> None:
    done = labsbot("queue", "-c", configuration, "show", "sal-unheard-of")
    assert (done.exit_code, done.stderr.startswith("labsbot: there is no entry sal-unheard-of")) == (1, True)


def test_a_journal_that_is_none_is_one_line_and_exit_status_1(configuration: Path) -> None:
    (configuration.parent / "journal.sqlite3").write_bytes(b"no journal" * 1000)
    done = labsbot("queue", "-c", configuration)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)


# --- run ---


class Running:
    """``labsbot run`` as a process of its own."""

    def __init__(self, configuration: Path) -> None:
        self.log = configuration.with_name("log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "labsbot", "run", "-c", str(configuration)], stdout=log, stderr=log
            )

    async def exit_status(self) -> int:
        async with asyncio.timeout(20):
            return await asyncio.to_thread(self.process.wait)

    async def logged(self, words: str) -> None:
        async with asyncio.timeout(20):
            while words not in self.log.read_text():
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.02)

    def last_line(self) -> str:
        return self.log.read_text().splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_bot_cleanly(configuration: Path, number: signal.Signals) -> None:
    server = LoopbackServer({"labsbot": "right"})
    await server.start()
    point(configuration, server.port)
    bot = Running(configuration)
    async with await Person.connect("127.0.0.1", server.port, "alice") as alice:
        await alice.join("#cloud")
        await alice.heard(
            lambda line: (line.startswith(":labsbot!") and " JOIN " in line) or " 353 alice = #cloud :labsbot" in line
        )
        bot.process.send_signal(number)
        await alice.heard(lambda line: line.startswith(":labsbot!") and " QUIT " in line)
    assert await bot.exit_status() == 0
    await server.close()


async def test_a_network_that_refuses_our_password_is_exit_status_69_and_one_last_line(configuration: Path) -> None:
    server = LoopbackServer({"labsbot": "another"})
    await server.start()
    point(configuration, server.port)
    bot = Running(configuration)
    assert await bot.exit_status() == 69
    assert bot.last_line().startswith("labsbot: every network refuses us; net: ")
    assert "right" not in bot.log.read_text()
    await server.close()


async def test_without_an_irc_server_the_bot_waits_and_says_so_in_its_log(configuration: Path) -> None:
    bot = Running(configuration)
    await bot.logged("next try in")
    bot.process.terminate()
    assert await bot.exit_status() == 0


async def test_how_the_first_look_at_the_wiki_went_stands_in_the_log_and_ends_nothing(configuration: Path) -> None:
    bot = Running(configuration)
    await bot.logged(f"wiki {configuration.parent / 'pages'} lets us in")
    bot.process.terminate()
    assert await bot.exit_status() == 0
    name_wiki(configuration, "http://127.0.0.1:9/w/api.php")
    bot = Running(configuration)
    await bot.logged("wiki http://127.0.0.1:9/w/api.php: it is not answering; what is logged waits in the journal")
    await bot.logged("next try in")
    bot.process.terminate()
    assert await bot.exit_status() == 0


async def test_a_running_bot_is_woken_by_a_retry(configuration: Path) -> None:
    (entry_id,) = await asyncio.to_thread(keep, configuration.parent, "parked", park=True)
    bot = Running(configuration)
    await bot.logged("next try in")
    done = await asyncio.to_thread(labsbot, "queue", "-c", configuration, "retry", entry_id)
    assert (done.exit_code, done.stdout) == (0, f"{entry_id} is sent again\n")
    await bot.logged(f"delivered {entry_id}")
    bot.process.terminate()
    await bot.exit_status()


def test_the_demo_plays_its_scene_in_both_layouts() -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "labsbot", "demo", "--once", *layout],
            env={**os.environ, "COLUMNS": "160"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for layout in ([], ["--heading"])
    ]
    for demo in both:
        shown, errors = demo.communicate(timeout=60)
        assert (demo.returncode, errors) == (0, "")
        assert "<labsbot> bob: Not logged: there is no project" in shown
        assert "alice: restarted the web service" in shown
