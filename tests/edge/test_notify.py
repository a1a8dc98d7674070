"""The service manager hears how we are, at a path or by an abstract name, and never holds anybody up."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.edge import notify
from labsbot.edge.notify import NOBODY, Notifier


@contextlib.contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """A service manager that listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0", 1))
        listening.settimeout(5)
        yield listening


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{tmp_path}/notify" if request.param == "path" else f"@labsbot-test-{os.getpid()}"


def test_each_thing_is_one_datagram(address: str) -> None:
    with manager(address) as listening:
        notifier = Notifier({"NOTIFY_SOCKET": address})
        notifier.ready()
        notifier.status("3 networks, 12 channels, 0 waiting")
        notifier.alive()
        notifier.stopping()
        heard = [listening.recv(4096) for _ in range(4)]
    assert heard == [b"READY=1", b"STATUS=3 networks, 12 channels, 0 waiting", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_reload_says_when_it_began(address: str) -> None:
    before = time.monotonic_ns() // 1000
    with manager(address) as listening:
        Notifier({"NOTIFY_SOCKET": address}).reloading()
        word, _, stamp = listening.recv(4096).decode().partition("\nMONOTONIC_USEC=")
    assert word == "RELOADING=1"
    assert before <= int(stamp) <= time.monotonic_ns() // 1000


def test_what_takes_long_asks_for_time_again_and_again_until_it_is_over(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "MORE_TIME", 0.03)
    with manager(address) as listening:
        notifier = Notifier({"NOTIFY_SOCKET": address})
        with notifier.taking_long():
            assert {listening.recv(4096) for _ in range(3)} == {b"EXTEND_TIMEOUT_USEC=30000"}
        notifier.ready()
        while (heard := listening.recv(4096)) != b"READY=1":
            assert heard == b"EXTEND_TIMEOUT_USEC=30000"
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.recv(4096)


def test_a_manager_that_reads_nothing_holds_up_nobody(address: str) -> None:
    with manager(address):
        notifier = Notifier({"NOTIFY_SOCKET": address})
        for _ in range(2000):  # far more than a socket takes that nobody reads
            notifier.alive()
    notifier.alive()  # and now there is none


@pytest.mark.parametrize("named", ["", "notify", "vsock:2:1"])
def test_without_a_manager_nothing_is_said(named: str) -> None:
    Notifier({"NOTIFY_SOCKET": named}).ready()
    with NOBODY.taking_long():
        NOBODY.status("x")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": str(os.getpid())}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_how_often_it_wants_to_hear_is_known(environ: dict[str, str], seconds: float | None) -> None:
    assert Notifier(environ).watchdog == seconds
