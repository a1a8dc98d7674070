"""``labsbot during`` as a process: its command runs as if it stood there alone, and the log tells the truth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from labsbot.cli.main import main
from labsbot.edge import processes
from labsbot.model import Kept
from tests.cli.kills import Kills, children_of
from tests.cli.test_log import US, Place, alive, at_rest
from tests.cli.test_main import Running

__all__ = ["alive", "at_rest"]  # fixtures

pytestmark = pytest.mark.processes
PATIENCE = 90.0
"""Seconds that a condition is waited for: machines that test are slow."""
DURING = [sys.executable, "-m", "labsbot", "during"]


class Watched:
    """A `labsbot during` that runs, at a terminal if that is wanted."""

    def __init__(self, place: Place, *words: str, terminal: bool = False, **environ: str) -> None:
        self.terminal: int | None
        self.terminal, far = pty.openpty() if terminal else (None, None)
        self.process = subprocess.Popen(
            [*DURING, *words],
            env={**os.environ, "LABSBOT_CONFIG": str(place.configuration), **environ},
            stdin=far if terminal else subprocess.DEVNULL,
            stdout=far if terminal else subprocess.PIPE,
            stderr=far if terminal else subprocess.PIPE,
            start_new_session=True,
            preexec_fn=(lambda: _take_terminal(far)) if far is not None else None,
        )
        if far is not None:
            os.close(far)
        self.shown = b""

    async def shows(self, words: bytes) -> None:
        """Wait until it has written this on its terminal or standard output."""
        source = self.terminal if self.terminal is not None else self.process.stdout.fileno()
        os.set_blocking(source, False)
        async with asyncio.timeout(PATIENCE):
            while words not in self.shown:
                with contextlib.suppress(BlockingIOError):
                    self.shown += os.read(source, 4096)
                await asyncio.sleep(0.01)

    def type(self, keys: bytes) -> None:
        assert self.terminal is not None
        os.write(self.terminal, keys)

    def command(self) -> int:
        """The process of its command."""
        return next(pid for pid, ours in children_of(self.process.pid).items() if not ours)

    def beside(self) -> int:
        """The process that logs."""
        return next(pid for pid, ours in children_of(self.process.pid).items() if ours)

    async def status(self) -> int:
        # a limit of its own: a thread that waits cannot be cancelled, and would hold up the end of all tests
        return await asyncio.to_thread(self.process.wait, PATIENCE)


def _take_terminal(far: int) -> None:
    import fcntl

    fcntl.ioctl(far, termios.TIOCSCTTY, 0)


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def comes(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def on_page(place: Place) -> str:
    """What stands on the page, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        return place.page()
    return ""


async def messages(place: Place) -> list[str]:
    """What all entries say by now that are kept and not on the wiki."""
    found = {each.entry.id: each for each in await place.kept()}
    return [Kept(each.entry, each.entry.said, None, each.changes).message for each in found.values()]


async def message(place: Place) -> str:
    """What the one entry says when its end is known."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ValueError):
                (found,) = await messages(place)
                if "→" in found:
                    return re.sub(r"less than 1 s|\d+ s", "N s", found)
            await asyncio.sleep(0.05)


# --- the log ---


@pytest.mark.slow
async def test_a_quick_command_is_one_line_that_is_written_once(alive: tuple[Place, Running]) -> None:
    place, bot = alive
    assert (await place.told("during", "tools", "upgrading", "all hosts", "--", "sh", "-c", "exit 2"))[0] == 2
    await comes(lambda: "→" in on_page(place))
    assert re.search(r": upgrading all hosts → failed after (less than 1|\d+) s, exit 2<span", place.page())
    await bot.logged("delivered sal-")
    assert bot.log.read_text().count("delivered ") == 1


@pytest.mark.slow
async def test_a_longer_one_stands_there_while_it_runs_and_its_end_is_added(alive: tuple[Place, Running]) -> None:
    place, bot = alive
    bot.rewrite("projects:", "during: {quick: 500ms}\nprojects:")
    bot.process.send_signal(signal.SIGHUP)
    await bot.logged("was read again")
    running = Watched(place, "tools", "moving it", "--", "sleep", "1000")
    await comes(lambda: "moving it" in on_page(place))
    assert "moving it →" not in place.page()
    os.kill(running.command(), signal.SIGTERM)
    assert await running.status() == -signal.SIGTERM
    await comes(lambda: re.search(r"moving it → failed after (less than 1|\d+) s, SIGTERM<span", place.page()))


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (["true"], 0, "x → done after N s"),
        (["sh", "-c", "exit 3"], 3, "x → failed after N s, exit 3"),
        (["sh", "-c", "kill -KILL $$"], -9, "x → failed after N s, SIGKILL"),
        (["labsbot-none"], 127, "x → failed: no such command"),
        (["/etc/passwd"], 126, "x → failed: permission denied"),
        (["/"], 126, "x → failed: permission denied"),
    ],
)
async def test_its_exit_status_is_the_commands_and_the_log_says_so(
    at_rest: Place, command: list[str], status: int, words: str
) -> None:
    assert (await at_rest.told("during", "tools", "x", "--", *command))[0] == status
    assert await message(at_rest) == words


async def test_a_shell_gives_128_and_the_number_of_the_signal(at_rest: Place) -> None:
    script = f"{sys.executable} -m labsbot during tools x -- sh -c 'kill -TERM $$'; echo $?"
    done = await asyncio.to_thread(subprocess.run, ["sh", "-c", script], stdout=subprocess.PIPE, env=here(at_rest))
    assert done.stdout == b"143\n"


def here(place: Place, **more: str) -> dict[str, str]:
    return {**os.environ, "LABSBOT_CONFIG": str(place.configuration), **more}


async def test_a_script_without_its_first_line_is_the_shells(at_rest: Place) -> None:
    script = at_rest.folder / "script"
    script.write_text("echo $1; exit 4\n")
    script.chmod(0o755)
    assert (await at_rest.told("during", "tools", "x", "--", str(script), "a b"))[:2] == (4, "a b")


async def test_standard_input_and_outputs_are_the_commands(at_rest: Place) -> None:
    done = await asyncio.to_thread(
        lambda: at_rest.run("during", "tools", "x", "--", "sh", "-c", "cat; echo err >&2", stdin=b"\x00in\xff")
    )
    assert (done.stdout, done.stderr) == (b"\x00in\xff", b"err\n")


async def test_whoever_reads_to_the_end_does_not_wait_for_the_log(alive: tuple[Place, Running]) -> None:
    place, bot = alive
    bot.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    assert (await place.told("during", "tools", "x", "--", "echo", "hi"))[:2] == (0, "hi")
    assert time.monotonic() - begun < 10  # two seconds; and machines that test are slow
    bot.process.send_signal(signal.SIGCONT)
    await comes(lambda: "→ done after" in on_page(place))


# --- whatever happens to the log ---


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("paws", "x"), "labsbot: Not logged: paws is retired: use jupyter"),
        (("tools", ""), "labsbot: Not logged: the message is missing."),
        (("tools",), "labsbot: Not logged: the message is missing."),
        (("tools", "password=hunter2345"), "labsbot: Not logged: the message seems to contain a password"),
    ],
)
async def test_what_is_refused_is_said_and_the_command_runs(at_rest: Place, words: tuple[str, ...], said: str) -> None:
    running = Watched(at_rest, *words, "--", "sh", "-c", "read x; echo ran; exit 5")
    assert await running.status() == 5
    out, err = running.process.communicate()
    assert out == b"ran\n"
    assert await at_rest.kept() == []
    assert err.decode().startswith(said) or err == b""  # two seconds may be too short on a machine that tests


async def test_where_there_is_no_journal_or_no_configuration_the_command_runs(tmp_path: Path) -> None:
    place = Place(tmp_path)
    status, out, err = await place.told("during", "tools", "x", "--", "echo", "ran")
    assert (status, out) == (0, "ran")
    assert err == f"labsbot: not logged: there is no journal at {tmp_path}/journal.sqlite3: `labsbot run` makes it"
    status, out, err = await place.told("during", "-c", "/none.yaml", "tools", "x", "--", "echo", "ran")
    assert (status, out) == (0, "ran")
    assert err == "labsbot: not logged: /none.yaml: cannot be read: no such file or directory"
    assert os.listdir(tmp_path) == ["labsbot.yaml"]


@pytest.mark.parametrize("words", [("tools", "x"), ("tools", "x", "--"), ()])
async def test_without_a_command_the_usage_is_wrong(at_rest: Place, words: tuple[str, ...]) -> None:
    assert (await at_rest.told("during", *words))[0] == 2


async def test_the_command_does_not_wait_for_a_bot_that_hangs(alive: tuple[Place, Running]) -> None:
    place, bot = alive
    bot.process.send_signal(signal.SIGSTOP)
    running = Watched(place, "tools", "x", "--", "sh", "-c", "echo started; sleep 1000")
    await running.shows(b"started")
    os.kill(running.command(), signal.SIGKILL)
    assert await running.status() == -9


# --- runs in runs ---


async def test_what_runs_in_another_is_silent_unless_it_is_told_otherwise(at_rest: Place) -> None:
    inner = " ".join(DURING)
    script = f"{inner} tools in -- sh -c 'exit 6'"
    assert (await at_rest.told("during", "tools", "outer", "--", "sh", "-c", script))[0] == 6
    assert (await message(at_rest)).startswith("outer → failed")
    script = f"echo $LABSBOT_DURING; {inner} --nested tools inner -- sh -c 'echo $LABSBOT_DURING'"
    _, out, _ = await at_rest.told("during", "bots", "outer", "--", "sh", "-c", script)
    keys = out.split()
    assert len(set(keys)) == 2
    await comes_in(lambda: messages(at_rest), 3)


async def comes_in(found: Callable[[], Any], number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(await found()) != number:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("value", "logged"), [("true", 0), ("1", 0), ("false", 1), ("", 1)])
async def test_what_other_tools_say_about_logging_holds(at_rest: Place, value: str, logged: int) -> None:
    told = await at_rest.told("during", "--nested", "tools", "x", "--", "sh", "-c", "exit 7", SUPPRESS_SAL=value)
    assert told == (7, "", "")
    await comes_in(lambda: messages(at_rest), logged)


async def test_a_command_that_is_not_there_is_not_there_when_nothing_is_logged_either(at_rest: Place) -> None:
    assert (await at_rest.told("during", "tools", "x", "--", "labsbot-none", SUPPRESS_SAL="true"))[0] == 127


# --- signals ---

TRAPS = 'import signal, sys, time\nfor each in "INT", "TERM", "HUP", "QUIT", "USR1", "WINCH", "CONT":\n    '
TRAPS += 'signal.signal(getattr(signal, "SIG" + each), lambda n, f: print("got", signal.Signals(n).name, flush=True))\n'
TRAPS += 'print("ready", flush=True)\nwhile True: time.sleep(1)'


@pytest.mark.parametrize("to_group", [False, True])
async def test_a_signal_reaches_the_command_once(at_rest: Place, to_group: bool) -> None:
    running = Watched(at_rest, "tools", "x", "--", sys.executable, "-c", TRAPS)
    await running.shows(b"ready")
    send = os.killpg if to_group else os.kill
    for number in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGWINCH"):
        running.shown = b""
        send(running.process.pid, signal.Signals[number])
        await running.shows(f"got {number}\n".encode())
        # another one, for two of the same may become one on their way (signal(7))
        last = "SIGTERM" if number == "SIGUSR1" else "SIGUSR1"
        os.kill(running.process.pid, signal.Signals[last])
        await running.shows(f"got {last}\n".encode())
        assert running.shown.count(f"got {number}\n".encode()) == 1
    os.killpg(running.process.pid, signal.SIGKILL)
    await running.status()


async def test_control_c_ends_the_command_and_nothing_else_does(at_rest: Place) -> None:
    running = Watched(at_rest, "tools", "x", "--", sys.executable, "-c", TRAPS, terminal=True)
    await running.shows(b"ready")
    running.type(b"\x03")
    await running.shows(b"got SIGINT")
    assert running.process.poll() is None
    running.type(b"\x1c")
    await running.shows(b"got SIGQUIT")
    os.kill(running.command(), signal.SIGKILL)
    assert await running.status() == -9
    assert await message(at_rest) == "x → failed after N s, SIGKILL"


async def test_a_shell_stops_and_continues_it_as_a_job_of_its_own(at_rest: Place) -> None:
    script = (
        "set -m\n"
        f"{' '.join(DURING)} tools x -- sh -c 'echo began; read line; echo on; exit 9' <fifo &\n"
        "exec 9>fifo; read go <go; kill -TSTP -$!; wait $!; echo stopped $?\n"
        "kill -CONT -$!; echo >&9; wait $!; echo end $?\n"
    )
    for name in ("fifo", "go"):
        os.mkfifo(at_rest.folder / name)
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-c", script), stdout=subprocess.PIPE, cwd=at_rest.folder, env=here(at_rest), start_new_session=True
    )
    assert shell.stdout is not None
    assert await shell.stdout.readline() == b"began\n"
    await asyncio.to_thread((at_rest.folder / "go").write_text, "go\n")
    async with asyncio.timeout(PATIENCE):
        rest = await shell.stdout.read()
    assert rest.splitlines() == [b"stopped 148", b"on", b"end 9"]
    assert await message(at_rest) == "x → failed after N s, exit 9"


def test_what_is_ignored_stays_so(at_rest: Place) -> None:
    show = "grep SigIgn /proc/self/status; grep SigBlk /proc/self/status"
    alone = subprocess.run(["nohup", "sh", "-c", show], stdout=subprocess.PIPE, check=True).stdout
    wrapped = subprocess.run(
        ["nohup", *DURING, "tools", "x", "--", "sh", "-c", show], stdout=subprocess.PIPE, check=True, env=here(at_rest)
    ).stdout
    of_c_library = 1 << 31 | 1 << 32  # 32 and 33 are its own, and it ignores them in what posix_spawn(3) starts
    seen, expected = (
        [int(each, 16) & ~of_c_library for each in re.findall(rb"\t([0-9a-f]+)", shown)] for shown in (wrapped, alone)
    )
    assert seen == expected


async def test_nothing_of_ours_is_open_in_the_command(at_rest: Place) -> None:
    show = ["ls", "/proc/self/fd"]
    alone = await asyncio.to_thread(lambda: subprocess.run(show, stdout=subprocess.PIPE, check=True).stdout.decode())
    _, out, _ = await at_rest.told("during", "tools", "x", "--", *show)
    assert out.split() == alone.split()


# --- killed in between ---


async def test_where_it_is_killed_its_entry_says_so_at_once(at_rest: Place) -> None:
    running = Watched(at_rest, "tools", "x", "--", "sleep", "1000")
    await comes_in(lambda: messages(at_rest), 1)
    sleep = running.command()
    running.process.kill()
    await running.status()
    assert await message(at_rest) == "x → no end is known"
    os.kill(sleep, signal.SIGKILL)


async def test_where_the_process_that_logs_is_killed_another_does(at_rest: Place) -> None:
    running = Watched(at_rest, "tools", "x", "--", "sleep", "1000")
    await comes_in(lambda: messages(at_rest), 1)
    for each in (running.beside(), running.command()):
        os.kill(each, signal.SIGKILL)
    assert await running.status() == -9
    assert await message(at_rest) == "x → failed after N s, SIGKILL"


async def test_where_all_of_it_is_killed_the_next_one_says_so(at_rest: Place) -> None:
    running = Watched(at_rest, "tools", "x", "--", "sleep", "1000")
    await comes_in(lambda: messages(at_rest), 1)
    os.killpg(running.process.pid, signal.SIGKILL)
    await running.status()
    assert await messages(at_rest) == ["x"]
    assert (await at_rest.told("during", "tools", "next", "--", "true"))[0] == 0
    async with asyncio.timeout(PATIENCE):
        while not all("→" in each for each in await messages(at_rest)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    first, second = await messages(at_rest)
    assert first == "x → no end is known"
    assert second.startswith("next → done")


def test_a_process_is_known_to_be_gone_only_where_that_is_certain() -> None:
    child = subprocess.Popen(["sleep", "1000"])
    named = processes.name(child.pid)
    assert named is not None
    boot, counted, pid, began = named.split()
    assert not processes.is_gone(named)
    assert processes.is_gone(f"{boot} {counted} {pid} {int(began) + 1}")  # its number went to another
    assert processes.is_gone(f"other {counted} {pid} {began}")  # the machine was started anew
    assert not processes.is_gone(f"{boot} 1 {pid} {began}")  # counted elsewhere: we cannot see it
    assert not processes.is_gone("nonsense")
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert processes.is_gone(named)  # nobody has asked yet how it ended
    child.wait()
    assert processes.is_gone(named)
    assert processes.name(child.pid) is None


# --- what cannot be wrapped ---


async def test_a_beginning_and_its_end_by_two_commands(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    status, entry_id, err = await place.told("log", "--begin", "tools", "moving")
    assert (status, err) == (0, "")
    status, url, err = await place.told("log", "--end", entry_id, "--failed", "disk full")
    assert (status, err) == (0, "")
    assert url.endswith(f"#{entry_id}")
    assert re.search(r": moving → failed after (less than 1|\d+) s, disk full<span", place.page())
    status, out, err = await place.told("log", "--end", entry_id)
    assert (status, out) == (1, "")
    assert err.startswith(f"labsbot: Not added: {entry_id} has its end already: moving → failed after")


async def test_the_same_without_a_bot(at_rest: Place) -> None:
    _, entry_id, _ = await at_rest.told("log", "--begin", "--as", "alice", "tools", "moving")
    assert (await at_rest.told("log", "--end", entry_id))[0] == 75
    assert await message(at_rest) == "moving → done after N s"


@pytest.mark.parametrize(
    "words",
    [
        ("--failed", "tools", "x"),
        ("--begin", "--end", "sal-1"),
        ("--end", "sal-1", "--as", "alice"),
        ("--begin", "--at", "14:05", "tools", "x"),
        ("--begin", "tools"),
        ("--end", "sal-1", "done", "--failed"),
    ],
)
async def test_what_does_not_go_together_is_wrong_usage(at_rest: Place, words: tuple[str, ...]) -> None:
    asked = ["log", *words]
    assert CliRunner().invoke(main, asked, env={"LABSBOT_CONFIG": str(at_rest.configuration)}).exit_code == 2
    assert await at_rest.kept() == []


async def test_whoever_looks_at_the_queue_sees_why_it_waits(at_rest: Place) -> None:
    _, entry_id, _ = await at_rest.told("log", "--begin", "tools", "moving")
    status, out, _ = await at_rest.told("queue")
    assert status == 75
    assert re.search(r"root: moving  \(its end may come before \d\d:\d\d:\d\d UTC\)".replace("root", US), out)
    _, out, _ = await at_rest.told("queue", "--json")
    assert json.loads(out)[0]["due"]
    _, out, _ = await at_rest.told("queue", "show", entry_id)
    assert "or as soon as what it tells of has ended" in out


# --- the command starts at once ---


def test_nothing_heavy_is_loaded_before_the_command_starts() -> None:
    heavy = "import sys, labsbot.cli.main, labsbot.cli.during; print(*sys.modules)"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", heavy], env=alone, capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "pydantic", "irc", "mwclient", "asyncio", "yaml", "socket"} & set(done.stdout.split())


# --- all of it at once ---


@pytest.mark.slow
async def test_whatever_is_killed_each_entry_has_a_true_end_or_says_that_none_is_known(tmp_path: Path) -> None:
    kills = Kills(tmp_path, seed=1)
    figures = await kills.run(20)
    assert figures.wrong == []
    assert figures.runs == 20
