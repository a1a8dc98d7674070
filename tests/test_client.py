"""The client for Python programs: what it tells is true, nothing is lost or doubled, and it never raises."""

from __future__ import annotations

import ast
import contextlib
import json
import logging
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from labsbot import client
from labsbot.client import SalClient, SalHandler, SalReceipt


class Receiver(ThreadingHTTPServer):
    """Answers as the bot's HTTP side does, in as far as the client looks at it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.taken: dict[str, dict[str, Any]] = {}
        self.status, self.answer = 202, b'{"id": "sal-1"}'
        self.hang_up = False
        self.no_times = False
        """Whatever was done earlier is refused."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/logs/"

    @property
    def messages(self) -> list[str]:
        return [each["message"] for each in self.taken.values()]


class Request(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        assert self.path == "/logs/api/v1/entries"
        assert self.headers["Authorization"] == "Bearer t"
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 422 if self.server.no_times and "said" in content else self.server.status
        if status < 300:
            self.server.taken[self.headers["Idempotency-Key"]] = content
        if self.server.hang_up:
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        running = threading.Thread(target=server.serve_forever)
        running.start()
        yield server
        server.shutdown()
        running.join()


@pytest.fixture
def ours(receiver: Receiver, tmp_path: Path) -> SalClient:
    return SalClient(receiver.url, "t", str(tmp_path / "spool"), patience=5)


def spooled(folder: Path) -> list[str]:
    return [json.loads(path.read_text())["message"] for path in sorted((folder / "spool").glob("*.json"))]


def test_what_is_taken_is_told_with_its_id(receiver: Receiver, ours: SalClient) -> None:
    assert ours.log("tools,bots", "x", author="alice") == SalReceipt("kept", "sal-1")
    assert list(receiver.taken.values()) == [{"projects": ["tools", "bots"], "message": "x", "author": "alice"}]


def test_what_nobody_takes_is_sent_later_in_order_with_its_time(
    receiver: Receiver, ours: SalClient, tmp_path: Path
) -> None:
    receiver.status, receiver.answer = 503, b"{}"
    assert [ours.log("tools", each).state for each in ("one", "two")] == ["spooled", "spooled"]
    assert spooled(tmp_path) == ["one", "two"]
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    receiver.status, receiver.answer = 202, b'{"id": "sal-1"}'
    assert ours.log("tools", "three").state == "kept"
    assert receiver.messages == ["one", "two", "three"]
    assert ["said" in each for each in receiver.taken.values()] == [True, True, False]
    assert ours.flush() is None
    assert spooled(tmp_path) == []


def test_an_answer_that_is_lost_makes_no_second_entry(receiver: Receiver, ours: SalClient) -> None:
    receiver.hang_up = True
    assert ours.log("tools", "x").state == "spooled"
    receiver.hang_up = False
    assert ours.flush() is None
    assert receiver.messages == ["x"]  # by its key


@pytest.mark.parametrize("status", sorted(client.REFUSED))
def test_what_is_refused_is_told_and_never_sent_again(
    receiver: Receiver, ours: SalClient, tmp_path: Path, status: int
) -> None:
    receiver.status, receiver.answer = status, b'{"detail": "Not logged: there is no project \\u201ctols\\u201d."}'
    assert ours.log("tols", "x") == SalReceipt("refused", None, "Not logged: there is no project “tols”.")
    assert spooled(tmp_path) == []


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503])
def test_whatever_somebody_can_mend_is_sent_when_it_is(
    receiver: Receiver, ours: SalClient, tmp_path: Path, status: int
) -> None:
    receiver.status = status
    assert ours.log("tools", "x").state == "spooled"
    assert spooled(tmp_path) == ["x"]


def test_what_was_spooled_and_is_refused_later_is_put_away_and_holds_up_nothing(
    receiver: Receiver, ours: SalClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.status = 500
    ours.log("tools", "x")
    (tmp_path / "spool" / "0.json").write_text("no call of ours")
    receiver.status = 422
    assert ours.flush() is None
    assert len(list((tmp_path / "spool" / "refused").iterdir())) == 2
    assert capsys.readouterr().err.count("a call that was spooled is refused") == 2


def test_a_server_that_is_not_there_or_hangs_takes_no_longer_than_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        ours = SalClient(f"http://127.0.0.1:{mute.getsockname()[1]}", "t", str(tmp_path / "spool"), patience=0.2)
        assert ours.log("tools", "x").state == "spooled"
    assert ours.log("tools", "y").state == "spooled"
    for url in ("ftp://127.0.0.1/", "nonsense", "http://127.0.0.1:99999/", "http://[::1"):
        assert SalClient(url, "t", str(tmp_path / "spool")).log("tools", "z").state == "spooled"


def test_where_there_can_be_no_spool_it_is_now_or_never(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ours = SalClient(receiver.url, "t", str(tmp_path / "file" / "spool"))
    assert ours.log("tools", "x").state == "kept"
    receiver.status = 503
    assert ours.log("tools", "x").state == "lost"


def test_a_full_spool_is_told(receiver: Receiver, ours: SalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_SPOOLED", 1)
    receiver.status = 503
    assert [ours.log("tools", "x").state for _ in range(2)] == ["spooled", "lost"]


def test_many_at_once_lose_and_double_nothing(receiver: Receiver, tmp_path: Path) -> None:
    receiver.status = 503

    def some(number: int) -> None:
        each = SalClient(receiver.url, "t", str(tmp_path / "spool"), patience=30)
        for part in range(5):
            assert each.log("tools", f"{number} {part}").state in ("kept", "spooled")
            if number == 3 and part == 2:
                receiver.status, receiver.answer = 202, b'{"id": "sal-1"}'

    threads = [threading.Thread(target=some, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert SalClient(receiver.url, "t", str(tmp_path / "spool")).flush() is None
    assert sorted(receiver.messages) == sorted(f"{number} {part}" for number in range(8) for part in range(5))


@pytest.mark.parametrize(
    ("project", "message", "author"),
    [("", "x", None), (" ", "x", None), ("tools", "\n", None), ("tools", "z" * 70_000, None), ("t" * 3000, "x", None)],
)
def test_what_no_bot_takes_is_refused_at_once_and_holds_up_nothing(
    receiver: Receiver, ours: SalClient, tmp_path: Path, project: str, message: str, author: str | None
) -> None:
    receiver.status = 503
    assert ours.log(project, message, author).state == "refused"
    assert spooled(tmp_path) == []


def test_whatever_is_logged_becomes_a_text(receiver: Receiver, ours: SalClient) -> None:
    assert ours.log("tools", 5).state == "kept"  # type: ignore[arg-type]
    assert ours.log("to\0ols", "a\0b\ud800").state == "kept"
    assert receiver.messages == ["5", "ab?"]


def test_what_is_refused_for_its_time_is_logged_with_the_time_in_its_words(
    receiver: Receiver, ours: SalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.status = 503
    ours.log("tools", "x")
    receiver.status, receiver.answer, receiver.no_times = 202, b'{"id": "sal-1"}', True
    assert ours.flush() is None
    (message,) = receiver.messages
    assert message.startswith("x (done at 20")
    assert message.endswith(", and logged late)")


@pytest.mark.parametrize("trap", ["link", "open to others", "another's", "no folder"])
def test_a_spool_that_is_not_ours_alone_is_none(receiver: Receiver, ours: SalClient, tmp_path: Path, trap: str) -> None:
    spool, elsewhere = tmp_path / "spool", tmp_path / "elsewhere"
    if trap == "link":
        elsewhere.mkdir()
        spool.symlink_to(elsewhere)
    elif trap == "no folder":
        spool.touch()
    else:
        spool.mkdir(0o700)
        if trap == "open to others":
            spool.chmod(0o777)
        elif os.geteuid() == 0:
            os.chown(spool, 65534, -1)
        else:
            pytest.skip("only root can make a folder somebody else's")
    assert ours.log("tools", "x").state == "kept"
    receiver.status = 503
    assert ours.log("tools", "x").state == "lost"
    assert not elsewhere.exists() or list(elsewhere.iterdir()) == []


def test_what_else_lies_in_the_spool_is_put_away_and_no_link_is_followed(
    receiver: Receiver, ours: SalClient, tmp_path: Path
) -> None:
    receiver.status = 503
    ours.log("tools", "x")
    spool = tmp_path / "spool"
    os.mkfifo(spool / "1.json")
    (spool / "2.json").write_text('{"key": "k", "project": {}, "message": [], "author": 1, "said": null}')
    receiver.status, receiver.answer = 202, b'{"id": "sal-1"}'
    assert ours.flush() is None
    assert receiver.messages == ["x"]
    (spool / "lock").unlink()
    (spool / "lock").symlink_to(tmp_path / "made")
    assert ours.log("tools", "y").state == "kept"
    assert not (tmp_path / "made").exists()


# --- by the command ---


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``labsbot`` that notes how it was called and answers what a file says."""
    made = tmp_path / "bin" / "labsbot"
    made.parent.mkdir()
    made.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\ncat >> {tmp_path}/asked\n. {tmp_path}/answer\n'
    )
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{made.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("LABSBOT_URL", raising=False)
    return tmp_path


def test_without_an_address_the_command_is_run(command: Path) -> None:
    (command / "answer").write_text("""echo '{"id": "sal-1", "state": "waiting"}'; exit 0""")
    ours = SalClient(spool=str(command / "spool"))
    assert ours.log("tools", "-x --json\nwörld", author="alice") == SalReceipt("kept", "sal-1")
    asked = (command / "asked").read_text()
    assert asked.startswith("log\n--json\n--no-wait\n--key\n")
    assert asked.endswith("--as\nalice\n--\ntools\n-\n-x --json\nwörld")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("""echo '{"refused": "Not logged: no."}'; exit 1""", "refused"),
        ("""echo '{"refused": "Not logged: too many lines.", "again": true}'; exit 1""", "spooled"),
        ("echo labsbot: the disk is full >&2; exit 1", "spooled"),
        ("exit 78", "spooled"),
        ("echo no such option >&2; exit 2", "refused"),
        ("sleep 5", "spooled"),
        ("echo '[1]'", "spooled"),
    ],
)
def test_what_the_command_says_is_told(command: Path, answer: str, state: str) -> None:
    (command / "answer").write_text(answer)
    assert SalClient(spool=str(command / "spool"), patience=0.5).log("tools", "x").state == state


def test_where_there_is_no_command_it_is_spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LABSBOT_URL", raising=False)
    assert SalClient(spool=str(tmp_path / "spool")).log("tools", "x").state == "spooled"


# --- the handler, and the module as a command ---


@contextlib.contextmanager
def logger_with(handler: logging.Handler) -> Iterator[logging.Logger]:
    logger = logging.getLogger("deploy")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
    handler.close()


def test_a_handler_logs_records_in_order_without_holding_up_the_program(receiver: Receiver, ours: SalClient) -> None:
    with logger_with(SalHandler("tools", ours)) as logger:
        logger.debug("below its level")
        logger.info("deployed %s", "v1")
        logger.warning("rolled back")
    assert receiver.messages == ["deployed v1", "rolled back"]


def test_a_record_that_cannot_be_formatted_ends_nothing(
    receiver: Receiver, ours: SalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with logger_with(SalHandler("tools", ours)) as logger:
        logger.info("deployed %s %s", "v1")
        logger.info("deployed v2")
    assert receiver.messages == ["deployed v2"]


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, client.__file__, *words], env=environ, capture_output=True, text=True, timeout=30, check=False
    )


def test_a_copy_of_the_file_is_a_command_of_its_own(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t\n")
    there = {
        "LABSBOT_URL": receiver.url,
        "LABSBOT_TOKEN_FILE": str(tmp_path / "token"),
        "XDG_STATE_HOME": str(tmp_path),
    }
    done = run("tools", "two", "words", **there)
    assert (done.returncode, done.stdout, done.stderr) == (0, "sal-1\n", "")
    receiver.status = 503
    assert run("tools", "later", **there).returncode == 75
    assert run(**there).returncode == 75
    receiver.status = 202
    assert run(**there).returncode == 0
    assert receiver.messages == ["two words", "later"]
    for words, status in ((["--help"], 0), (["-x", "y"], 2), (["tools"], 2)):
        assert run(*words, **there).returncode == status
    assert receiver.messages == ["two words", "later"]


def test_it_is_written_for_older_pythons_and_needs_nothing_else() -> None:
    text = Path(client.__file__).read_text()
    tree = ast.parse(text, feature_version=(3, 8))
    imported = {
        name.name.partition(".")[0] for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names
    }
    imported |= {str(each.module).partition(".")[0] for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    assert imported <= {*sys.stdlib_module_names, "__future__"}
