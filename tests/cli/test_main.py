"""The commands as a person or systemd runs them: what is printed, and the exit status."""

from __future__ import annotations

import asyncio
import fcntl
import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labsbot import __version__
from labsbot.cli import loading
from labsbot.cli.main import main
from labsbot.cli.status import lines
from labsbot.config import load
from labsbot.demo.person import DemoPerson
from labsbot.journal import Journal
from labsbot.service.changes import tell_changes
from tests.neighbour import GROUP, as_root, done_by_neighbour, public_folder
from tests.nouns import NOON, an_acceptance, an_entry
from tests.servers.breakable import BreakableServer
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


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What `run` changes for its own process stays as it is for this one."""
    umask = os.umask(0o022)
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    yield
    os.umask(umask)
    for number, handler in handlers.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    (tmp_path / "password").write_text("right\n")
    path = tmp_path / "labsbot.yaml"
    point(path, 1)
    return path


def point(configuration: Path, port: int, more: str = "") -> None:
    """Let the configuration name this IRC server; `more`: another key of the network."""
    text = CONFIGURATION.format(folder=configuration.parent, port=port)
    configuration.write_text(text.replace("    nick:", f"    {more}\n    nick:") if more else text)


def name_wiki(configuration: Path, api: str) -> None:
    """Let the configuration name this MediaWiki."""
    there = f'wiki: {{api: "{api}", user: A@b, password: {{file: password}}}}'
    configuration.write_text(re.sub("(?m)^wiki:.*$", there, configuration.read_text()))


def labsbot(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def keep(folder: Path, *messages: str, park: bool = False, carried: int = 0) -> list[str]:
    """Put entries into the journal, as a bot that has ended left them; returns their ids."""

    async def fill() -> list[str]:
        journal = Journal.open(folder / "journal.sqlite3")
        entries = [an_entry(message, NOON + timedelta(minutes=n)) for n, message in enumerate(messages)]
        for entry in entries:
            await journal.entries.accept(an_acceptance(entry))
        if park:
            due = await journal.deliveries.pending()
            await journal.attempts.begin("b1", "wiki", "Tools/SAL", due, NOON)
            await journal.attempts.park(
                "b1", due, "the page is protected", NOON, "the page is protected (protectedpage)"
            )
        if carried:
            await journal.attempts.begin(
                "b2", "wiki", "Tools/SAL", (await journal.deliveries.pending())[-carried:], NOON
            )
        journal.close()
        return [entry.id for entry in entries]

    return asyncio.run(fill())


# --- help and usage ---


def test_a_commands_name_is_completed_without_loading_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading all of them takes seconds, and somebody has pressed a key."""

    def load_nothing(name: str) -> None:
        raise AssertionError(f"loads {name}")

    monkeypatch.setattr(importlib, "import_module", load_nothing)
    typed = {"_LABSBOT_COMPLETE": "bash_complete", "COMP_WORDS": "labsbot re", "COMP_CWORD": "1"}
    done = CliRunner().invoke(main, env=typed, prog_name="labsbot")
    assert done.output.split() == ["plain,redact", "plain,restore"]


@pytest.mark.parametrize("group", [[], ["queue"], ["token"]])
def test_what_a_command_is_for_stands_whole_in_one_line(group: list[str]) -> None:
    assert "..." not in labsbot(*group, "--help").output.split("Commands:")[1]


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    done = labsbot("Staus")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, "Error: No such command 'Staus'. Did you mean status?")


def test_the_configuration_may_be_named_before_the_command(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABSBOT_CONFIG", str(tmp_path / "none.yaml"))
    assert labsbot("-c", configuration, "check").exit_code == 0
    assert labsbot("-c", tmp_path / "other.yaml", "queue", "-c", configuration, "list").exit_code == 1
    assert labsbot("check").exit_code == 78


@pytest.mark.parametrize("arguments", [["show"], ["status"], ["log", "tools", "x"]])
def test_where_no_configuration_is_named_and_none_is_in_its_usual_place_it_is_said_how_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(loading, "USUAL_PLACE", tmp_path / "labsbot.yaml")
    asked = labsbot("-c", tmp_path / "labsbot.yaml", *arguments)
    assert asked.exit_code == 78
    assert asked.stderr.splitlines()[1].endswith("`labsbot init` makes one")
    assert len(labsbot("-c", tmp_path / "other.yaml", *arguments).stderr.splitlines()) == 1


def test_the_version_is_that_of_the_package() -> None:
    assert labsbot("--version").output == f"labsbot {__version__}\n"


@pytest.mark.parametrize("command", ["run", "check", "queue", "show", "status", "health", "demo"])
def test_each_command_has_help_with_an_example(command: str) -> None:
    done = labsbot(command, "--help")
    assert done.exit_code == 0
    assert f"labsbot {command}" in done.output.split("Example", 1)[1]


@pytest.mark.parametrize(
    "arguments",
    [
        *(["run", "x"], ["nonsense"], ["queue", "nonsense"], ["log", "tools"]),
        *(
            ["log", "--timeout", "nan", "tools", "x"],
            ["redact", "--timeout", "nan", "x"],
            ["archive", "--timeout", "nan"],
        ),
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str]) -> None:
    assert labsbot(*arguments).exit_code == 2


# --- check ---


def test_a_configuration_with_nothing_wrong_is_said_to_be_so(configuration: Path) -> None:
    done = labsbot("check", "-c", configuration)
    assert (done.exit_code, done.output) == (0, f"{configuration}: nothing is wrong with it\n")


def test_what_a_changed_title_does_to_what_waits_is_said_before_the_bot_runs_with_it(configuration: Path) -> None:
    keep(configuration.parent, "one", "two")
    tell_changes(load(configuration, os.environ, None, reads_secrets=False).settings, {})
    configuration.write_text(configuration.read_text().replace("Nova Resource:{project}/SAL", "Logs/{project}"))
    done = labsbot("check", "-c", configuration)
    (words,) = done.stdout.splitlines()[1:]
    assert words.startswith("2 entries wait for page “Nova Resource:tools/SAL”")
    assert words.endswith("; after this change they go to “Logs/tools”")
    assert done.exit_code == 0


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


def test_online_a_redirect_at_a_logs_title_is_named_and_one_that_leads_astray_is_a_mistake(configuration: Path) -> None:
    pages = configuration.parent / "pages"
    pages.mkdir()
    log = pages / "Nova_Resource:Tools%2FSAL.wiki"
    log.write_text("#REDIRECT [[Nova Resource:Toolforge/SAL]]")
    done = labsbot("check", "-c", configuration, "--online")
    assert re.search(r"wiki: “Nova Resource:tools/SAL” redirects to \S+Toolforge", done.stdout)
    log.write_text("#REDIRECT [[Main Page]]")
    done = labsbot("check", "-c", configuration, "--online")
    assert re.search(r"wiki: the page redirects to \S+Main_Page\S+, in another namespace", done.stderr)


async def test_online_all_is_well_and_left_again(configuration: Path) -> None:
    server = BreakableServer({"labsbot": "right"})
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


@as_root
def test_a_journal_that_cannot_be_written_is_told_by_check_and_by_run() -> None:
    with public_folder() as folder:
        configuration = folder / "labsbot.yaml"
        point(configuration, 1)
        (folder / "password").write_text("right")
        (folder / "password").chmod(0o644)
        reason = f"{folder}: permission denied (it is of user 0, mode 0755)"
        words = f"labsbot: user nobody cannot write the journal {folder}/journal.sqlite3: {reason}\n"
        # what a neighbour cannot read of Python is loaded before
        assert "nothing is wrong" in labsbot("check", "-c", configuration).stdout
        for module in ("labsbot.cli.run", "labsbot.service.house"):
            importlib.import_module(module)
        for command in (["check"], ["run"]):
            told = done_by_neighbour(lambda command=command: ended(*command, "-c", configuration))  # type: ignore[misc]
            assert told.startswith("1 ")
            assert told.endswith(words), told


def ended(*arguments: object) -> str:
    """The exit status and all that came on the standard error of this very process."""
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        sys.stderr.flush()
        return f"{end.code} {os.read(reading, 65536).decode()}"
    return "it goes on"


# --- queue ---


def test_an_empty_queue_says_that_all_is_on_the_wiki(configuration: Path) -> None:
    keep(configuration.parent)
    done = labsbot("queue", "-c", configuration)
    assert (done.exit_code, done.output) == (0, "Everything that was accepted is on the wiki.\n")
    assert json.loads(labsbot("queue", "-c", configuration, "--json").output) == []


@pytest.mark.parametrize(
    "command", [[], ["list"], ["show", "sal-x"], ["retry", "sal-x"], ["retry", "--all"], ["drop", "x"]]
)
def test_where_there_is_no_journal_the_queue_says_so_and_makes_none(configuration: Path, command: list[str]) -> None:
    before = sorted(configuration.parent.iterdir())
    done = labsbot("queue", "-c", configuration, *command)
    assert done.exit_code == 1
    assert (
        done.stderr
        == f"labsbot: there is no journal at {configuration.parent}/journal.sqlite3: `labsbot run` makes it\n"
    )
    assert sorted(configuration.parent.iterdir()) == before


@pytest.mark.parametrize("command", ["queue", "show", "check"])
def test_who_logs_in_nowhere_needs_no_secret(configuration: Path, command: str) -> None:
    keep(configuration.parent)
    configuration.with_name("password").unlink()
    text = configuration.read_text()
    configuration.write_text(text.replace("tls: false", "tls: false\n    password: {env: LABSBOT_NOT_SET}"))
    assert labsbot(command, "-c", configuration).exit_code == 0
    assert labsbot("run", "-c", configuration).exit_code == 78
    assert labsbot("check", "-c", configuration, "--online").exit_code == 78


@as_root
def test_who_may_only_read_sees_the_queue() -> None:
    with public_folder() as folder:
        folder.chmod(0o750)
        os.chown(folder, -1, GROUP)
        configuration = folder / "labsbot.yaml"
        point(configuration, 1)
        (folder / "password").write_text("right")
        (folder / "password").chmod(0o600)
        (entry_id,) = keep(folder, "waits")
        told = done_by_neighbour(lambda: labsbot("queue", "-c", configuration).output, GROUP)
        assert told == f"{entry_id}  pending  tools  alice: waits  (not tried yet)\n"
        told = done_by_neighbour(lambda: labsbot("queue", "-c", configuration, "drop", entry_id).stderr, GROUP)
        assert told.startswith(f"labsbot: user nobody cannot write the journal {folder}/journal.sqlite3: ")


def test_what_waits_is_listed_with_its_cause_and_exit_status_75(configuration: Path) -> None:
    (entry_id,) = keep(configuration.parent, "restarted \x1b[31m it", park=True)
    done = labsbot("queue", "-c", configuration, "list")
    assert done.exit_code == 75
    assert (
        done.output
        == f"{entry_id}  parked   tools  alice: restarted �[31m it  (the page is protected (protectedpage))\n"
    )
    shown = labsbot("queue", "-c", configuration, "show", entry_id)
    assert shown.exit_code == 75
    assert "cause:     the page is protected\n" in shown.output
    assert "failure:   the page is protected (protectedpage)\n" in shown.output
    assert "page:      Nova Resource:tools/SAL\n" in shown.output
    assert "attempts:  1\n" in shown.output
    assert "next try:  by `labsbot queue retry`\n" in shown.output


def test_the_configuration_may_stand_before_and_behind_what_is_asked_of_the_queue(configuration: Path) -> None:
    (entry_id,) = keep(configuration.parent, "restarted it")
    for words in (
        ["-c", configuration, "list"],
        ["list", "-c", configuration],
        ["-c", "/none", "list", "-c", configuration],
    ):
        assert entry_id in labsbot("queue", *words).output
    assert entry_id in labsbot("queue", "show", "-c", configuration, entry_id).output
    assert labsbot("queue", "drop", entry_id, "-c", configuration).exit_code == 0


@pytest.mark.parametrize("command", [["--json"], ["list", "--json"]])
def test_programs_get_what_waits_as_json(configuration: Path, command: list[str]) -> None:
    (entry_id,) = keep(configuration.parent, "restarted it", park=True)
    done = labsbot("queue", "-c", configuration, *command)
    assert done.exit_code == 75
    (shown,) = json.loads(done.stdout)
    assert shown == {
        "id": entry_id,
        "entry": entry_id,
        "change": None,
        "state": "parked",
        "project": "tools",
        "author": "alice",
        "message": "restarted it",
        "said": "2026-11-22T12:00:00Z",
        "logged": "2026-11-22T12:00:00Z",
        "network": "libera",
        "channel": "#cloud",
        "relay": None,
        "page": "Nova Resource:tools/SAL",
        "url": None,
        "cause": "the page is protected",
        "failure": "the page is protected (protectedpage)",
        "attempts": 1,
        "attempt": None,
        "next_try": None,
        "due": None,
        "told": "nothing",
    }
    assert json.loads(labsbot("queue", "-c", configuration, "show", entry_id, "--json").stdout)["deliveries"] == [shown]


def test_parked_entries_are_retried_and_others_are_named(configuration: Path) -> None:
    one, two = keep(configuration.parent, "one", "two", park=True)
    done = labsbot("queue", "-c", configuration, "retry", one, "sal-unheard-of")
    assert done.exit_code == 1
    assert (
        done.stdout
        == f"{one} is sent again\nlabsbot does not answer; it will know when it starts, or with its next entry\n"
    )
    assert done.stderr == "labsbot: sal-unheard-of is not parked (see `labsbot queue`)\n"
    assert labsbot("queue", "-c", configuration, "drop", two).exit_code == 0
    left = labsbot("queue", "-c", configuration).output
    assert one in left
    assert two not in left


def test_all_that_is_parked_or_all_of_a_project_is_retried(configuration: Path) -> None:
    one, two = keep(configuration.parent, "one", "two", park=True)
    done = labsbot("queue", "-c", configuration, "retry", "--project", "mail")
    assert (done.exit_code, done.stdout) == (0, "nothing of mail is parked\n")
    done = labsbot("queue", "-c", configuration, "retry", "--project", "Tools")
    assert (done.exit_code, done.stdout.splitlines()[:2]) == (0, [f"{one} is sent again", f"{two} is sent again"])
    done = labsbot("queue", "-c", configuration, "retry", "--all")
    assert (done.exit_code, done.stdout) == (0, "nothing is parked\n")


@pytest.mark.parametrize("given", [[], ["--all", "--project", "tools"], ["sal-x", "--all"]])
def test_what_to_retry_is_said_in_one_way(configuration: Path, given: list[str]) -> None:
    assert labsbot("queue", "-c", configuration, "retry", *given).exit_code == 2


def test_an_entry_that_waits_is_dropped_unless_an_attempt_carries_it(configuration: Path) -> None:
    waits, carried = keep(configuration.parent, "waits", "carried", carried=1)
    done = labsbot("queue", "-c", configuration, "drop", waits, carried)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{waits} is given up\n")
    assert done.stderr == f"labsbot: {carried} is being sent just now: try again in a minute (see `labsbot queue`)\n"
    shown = labsbot("queue", "-c", configuration, "show", waits)
    assert (shown.exit_code, "state:     dropped\n" in shown.output) == (0, True)


def test_an_entry_that_is_not_there_is_a_failure(configuration: Path) -> None:
    keep(configuration.parent)
    done = labsbot("queue", "-c", configuration, "show", "sal-unheard-of")
    assert (done.exit_code, done.stderr.startswith("labsbot: there is no entry sal-unheard-of")) == (1, True)


@pytest.mark.slow
def test_a_journal_that_is_none_is_one_line_and_exit_status_1(configuration: Path) -> None:
    (configuration.parent / "journal.sqlite3").write_bytes(b"no journal" * 1000)
    done = labsbot("queue", "-c", configuration)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)


# --- run ---


COMMAND = (sys.executable, "-m", "labsbot")


class Running:
    """``labsbot run``, or another command that lives until it is ended, as a process of its own."""

    def __init__(
        self,
        configuration: Path,
        *options: str,
        stderr: int | None = None,
        closed: tuple[int, ...] = (),
        command: str = "run",
    ) -> None:
        self.configuration = configuration
        self.log = configuration.with_name("log" if command == "run" else f"log of {command}")
        closing = " ".join(f"{number}>&-" for number in closed)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", f'exec "$0" "$@" {closing}', *COMMAND, command, "-c", str(configuration), *options],
                stdout=log,
                stderr=log if stderr is None else stderr,
            )

    def rewrite(self, old: str, new: str) -> None:
        """Change its configuration, of which it has to be told."""
        self.configuration.write_text(self.configuration.read_text().replace(old, new))

    async def exit_status(self) -> int:
        return await asyncio.to_thread(self.process.wait, 20)

    async def logged(self, words: str) -> None:
        async with asyncio.timeout(90):
            while words not in self.log.read_text():
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.02)

    def opened(self, descriptor: int) -> str:
        return os.readlink(f"/proc/{self.process.pid}/fd/{descriptor}")

    def last_line(self) -> str:
        return self.log.read_text().splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_bot_cleanly(configuration: Path, number: signal.Signals) -> None:
    server = BreakableServer({"labsbot": "right"})
    await server.start()
    point(configuration, server.port)
    bot = Running(configuration)
    async with await DemoPerson.connect("127.0.0.1", server.port, "alice") as alice:
        await alice.join("#cloud")
        await alice.heard(
            lambda line: (line.startswith(":labsbot!") and " JOIN " in line) or " 353 alice = #cloud :labsbot" in line
        )
        bot.process.send_signal(number)
        await alice.heard(lambda line: line.startswith(":labsbot!") and " QUIT " in line)
    assert await bot.exit_status() == 0
    await server.close()


IGNORED = ["SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGPIPE", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR"]
TOLD = ["SIGUSR1", "SIGUSR2", "SIGQUIT"]


@pytest.mark.slow
async def test_no_other_signal_ends_it_and_those_that_people_send_are_told(configuration: Path) -> None:
    bot = Running(configuration)
    await bot.logged("next try in")
    for number in (*(signal.Signals[name] for name in IGNORED), signal.SIGRTMIN + 3):
        bot.process.send_signal(number)
    for name in TOLD:
        await bot.logged(f"ignored {name}: ")
    bot.process.terminate()
    assert await bot.exit_status() == 0


@pytest.fixture
def unread_pipe() -> Iterator[tuple[int, int]]:
    """A pager that is paused, a collector that hangs: nobody reads on, and the pipe is soon full."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    yield reading, writing
    os.close(reading)
    os.close(writing)


@pytest.mark.slow
async def test_whoever_stops_reading_what_it_logs_stops_nothing(
    configuration: Path, unread_pipe: tuple[int, int]
) -> None:
    server = BreakableServer({"labsbot": "right"})
    await server.start()
    await server.close()
    point(configuration, server.port, "backoff: {first: 1ms, most: 1ms}")
    bot = Running(configuration, "--verbose", stderr=unread_pipe[1])
    async with asyncio.timeout(30):
        while unread(unread_pipe[0]) < 3900:
            assert bot.process.poll() is None
            await asyncio.sleep(0.02)
    await server.start()
    async with await DemoPerson.connect("127.0.0.1", server.port, "alice") as alice:
        await alice.join("#cloud")
        await alice.heard(
            lambda line: (line.startswith(":labsbot!") and " JOIN " in line) or " 353 alice = #cloud :labsbot" in line
        )
        bot.process.terminate()
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(bot.process.wait) == 0
    await server.close()


@pytest.mark.slow
@pytest.mark.parametrize("closed", [(2,), (0, 1, 2)])
async def test_whoever_closes_what_it_logs_to_stops_nothing_and_no_other_file_is_written_to(
    configuration: Path, closed: tuple[int, ...]
) -> None:
    server = BreakableServer({"labsbot": "right"})
    await server.start()
    point(configuration, server.port)
    async with await DemoPerson.connect("127.0.0.1", server.port, "alice") as alice:
        await alice.join("#cloud")
        bot = Running(configuration, closed=closed)
        await alice.heard(lambda line: line.startswith(":labsbot!") and " JOIN " in line)
        assert [bot.opened(number) for number in closed] == [os.devnull] * len(closed)
        bot.process.terminate()
        await alice.heard(lambda line: line.startswith(":labsbot!") and " QUIT " in line)
    assert await bot.exit_status() == 0
    await server.close()


def unread(descriptor: int) -> int:
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.slow
@pytest.mark.parametrize(("options", "levels"), [(["--quiet"], ""), ([], "INFO"), (["--verbose"], "DEBUG INFO")])
async def test_how_much_is_logged_is_chosen(configuration: Path, options: list[str], levels: str) -> None:
    bot = Running(configuration, *options)
    await bot.logged(" WARNING labsbot.irc: net: no connection")
    bot.process.terminate()
    await bot.exit_status()
    assert [level for level in ("DEBUG", "INFO") if f" {level} " in bot.log.read_text()] == levels.split()


@pytest.mark.slow
async def test_for_programs_all_is_json_and_one_room_may_say_more(configuration: Path) -> None:
    bot = Running(configuration, "--quiet", "--log-level", "irc=debug", "--log-format", "json")
    await bot.logged("no connection")
    bot.process.terminate()
    await bot.exit_status()
    told = [json.loads(line) for line in bot.log.read_text().splitlines()]
    assert {each["logger"] for each in told if each["level"] in ("debug", "info")} == {"labsbot.irc"}


@pytest.mark.parametrize("given", ["irc", "irc=loud", "nowhere=debug", "irc.client=debug"])
def test_of_which_room_how_much_is_logged_is_a_room_and_a_level(configuration: Path, given: str) -> None:
    done = labsbot("run", "-c", configuration, "--log-level", given)
    assert done.exit_code == 2
    assert "expected ROOM=LEVEL, a room of chat, " in done.stderr


def fell_silent(manager: socket.socket) -> bool:
    try:
        manager.recv(4096)
    except TimeoutError:
        return True
    return False


@pytest.mark.slow
async def test_the_service_manager_hears_of_the_whole_life(configuration: Path) -> None:
    server = BreakableServer({"labsbot": "right"})
    await server.start()
    point(configuration, server.port)
    name = f"\0labsbot-life-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, pytest.MonkeyPatch.context() as environment:
        manager.bind(name)
        manager.settimeout(20)
        environment.setenv("NOTIFY_SOCKET", name.replace("\0", "@"))
        environment.setenv("WATCHDOG_USEC", "300000")
        environment.delenv("WATCHDOG_PID", raising=False)
        bot = Running(configuration)

        async def heard(word: str) -> str:
            while not (told := (await asyncio.to_thread(manager.recv, 4096)).decode()).startswith(word):
                assert told.startswith(("WATCHDOG=1", "STATUS="))
            return told

        await heard("READY=1")
        await heard("WATCHDOG=1")
        await bot.logged("joined #cloud")
        bot.process.send_signal(signal.SIGHUP)
        assert "\nMONOTONIC_USEC=" in await heard("RELOADING=1")
        await heard("READY=1")
        await heard("WATCHDOG=1")
        bot.process.send_signal(signal.SIGSTOP)  # a loop that is frozen
        manager.settimeout(0.5)
        assert any(fell_silent(manager) for _ in range(100))  # some was on its way
        bot.process.send_signal(signal.SIGCONT)
        bot.process.terminate()
        manager.settimeout(20)
        await heard("STOPPING=1")
    assert await bot.exit_status() == 0
    await server.close()


@pytest.mark.slow
async def test_a_network_that_refuses_our_password_is_exit_status_69_and_one_last_line(configuration: Path) -> None:
    server = BreakableServer({"labsbot": "another"})
    await server.start()
    point(configuration, server.port)
    bot = Running(configuration)
    assert await bot.exit_status() == 69
    assert bot.last_line().startswith("labsbot: every network refuses us; net: ")
    assert "right" not in bot.log.read_text()
    await server.close()


@pytest.mark.slow
async def test_without_an_irc_server_the_bot_waits_and_says_so_in_its_log(configuration: Path) -> None:
    bot = Running(configuration)
    await bot.logged("next try in")
    bot.process.terminate()
    assert await bot.exit_status() == 0


@pytest.mark.slow
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


@pytest.mark.slow
async def test_a_running_bot_is_woken_by_a_retry(configuration: Path) -> None:
    (entry_id,) = await asyncio.to_thread(keep, configuration.parent, "parked", park=True)
    bot = Running(configuration)
    await bot.logged("next try in")
    done = await asyncio.to_thread(labsbot, "queue", "-c", configuration, "retry", entry_id)
    assert (done.exit_code, done.stdout) == (0, f"{entry_id} is sent again\n")
    await bot.logged(f"delivered {entry_id}")
    bot.process.terminate()
    await bot.exit_status()


@pytest.mark.slow
async def test_sighup_takes_up_a_configuration_that_is_right_and_names_all_that_is_wrong_with_another(
    configuration: Path,
) -> None:
    bot = Running(configuration)
    await bot.logged("next try in")
    bot.rewrite("nick: labsbot", "nik: labsbot")
    bot.process.send_signal(signal.SIGHUP)
    await bot.logged("the configuration is not taken up: everything stays as it was")
    assert f"ERROR labsbot.service.reload: {configuration}:6:5: " in bot.log.read_text()
    bot.rewrite("nik: labsbot", "nick: labsbot")
    bot.process.send_signal(signal.SIGHUP)
    await bot.logged("the configuration was read again, and holds from now on")
    bot.process.terminate()
    assert await bot.exit_status() == 0


# --- status ---


@pytest.mark.slow
async def test_the_bot_that_runs_says_how_it_is(configuration: Path) -> None:
    await asyncio.to_thread(keep, configuration.parent, "parked", park=True)
    server = BreakableServer({"labsbot": "right"})
    await server.start()
    point(configuration, server.port)
    bot = Running(configuration)
    await bot.logged("joined #cloud")
    done = await asyncio.to_thread(labsbot, "status", "-c", configuration)
    first, *rest = done.stdout.splitlines()
    assert re.fullmatch(rf"labsbot {__version__}, process {bot.process.pid}, since \d{{4}}-\S+Z", first)
    assert rest == [
        "net: connected; in #cloud",
        "waiting: 0",
        "parked: 1, the oldest since 2026-11-22T12:00:00Z",
        "  1: the page is protected (protectedpage)",
        f"wiki {configuration.parent}/pages: last delivery none since the start; failures none",
    ]
    told = json.loads((await asyncio.to_thread(labsbot, "status", "-c", configuration, "--json")).stdout)
    assert (told["pid"], told["networks"]["net"]["channels"]) == (bot.process.pid, {"#cloud": True})
    done = await asyncio.to_thread(labsbot, "health", "-c", configuration)
    assert (done.exit_code, done.output) == (0, "ready\n")
    bot.process.terminate()
    assert await bot.exit_status() == 0
    done = await asyncio.to_thread(labsbot, "status", "-c", configuration)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"labsbot: no bot answers at {configuration.parent}/journal.sqlite3.sock: none runs")
    await server.close()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"reasons": ["the journal is away", "x"]}, "not ready: the journal is away; x"),
        ({"version": "0"}, "the bot that runs is of another release: restart it"),
    ],
)
def test_a_bot_that_is_of_no_use_is_no_healthy_one(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, object], words: str
) -> None:
    monkeypatch.setattr("labsbot.edge.door.ask", lambda journal, verb: told)
    done = labsbot("health", "-c", configuration)
    assert (done.exit_code, done.output) == (1, f"labsbot: {words}\n")


def test_without_a_bot_nothing_is_healthy(configuration: Path) -> None:
    done = labsbot("health", "-c", configuration)
    assert done.exit_code == 1
    assert done.stderr.startswith("labsbot: no bot answers at")


def test_what_waits_for_what_and_how_old_the_sources_are_is_told(configuration: Path) -> None:
    waiting = {
        "number": 3,
        "since": "2026-11-22T12:00:00Z",
        "why": [
            {"cause": "it is read-only (readonly)", "number": 2, "next_try": "2026-11-22T12:05:00Z"},
            {"cause": None, "number": 1, "next_try": None},
        ],
    }
    told = {
        "version": "1",
        "pid": 2,
        "since": "2026-11-22T11:00:00Z",
        "networks": {},
        "reasons": ["no network has been online for 121 s"],
        "configuration": {"flaws": ["/labsbot.yaml:3:1: x: unknown key"]},
        "waiting": waiting,
        "parked": {"number": 0, "since": None, "why": []},
        "wiki": {"name": "w", "last_delivery": None, "failures": {}},
        "sources": {"projects": {"ldap h": 125, "file p": None}, "people": {}},
    }
    assert list(lines(told))[1:] == [
        "not ready: no network has been online for 121 s",
        "the changed configuration is not in force: /labsbot.yaml:3:1: x: unknown key",
        "waiting: 3, the oldest since 2026-11-22T12:00:00Z",
        "  2: it is read-only (readonly); next try about 2026-11-22T12:05:00Z",
        "  1: nothing is in the way",
        "parked: 0",
        "wiki w: last delivery none since the start; failures none",
        "projects by ldap h: answered 2 min ago",
        "projects by file p: has never answered",
    ]


def test_status_loads_neither_the_database_nor_what_checks_a_configuration(configuration: Path) -> None:
    program = (
        "import sys; from labsbot.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(sorted({'sqlalchemy', 'pydantic', 'alembic', 'mwclient', 're2'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, "status", "-c", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "[]\n")


def test_where_the_configuration_names_no_journal_status_says_so(configuration: Path) -> None:
    configuration.write_text("irc: {}")
    done = labsbot("status", "-c", configuration)
    assert (done.exit_code, done.stderr) == (78, f"{configuration}: journal: is missing\n")


# --- demo ---


@pytest.mark.slow
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
        assert "bob: ~~drained exec node 12 (T1234)~~" in shown
        assert "<labsbot> bob: Taken back: " in shown
        assert "<labsbot> carol: Logged for " in shown
