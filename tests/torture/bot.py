"""A configuration comes in; the bot as a process comes out, with a clock that can be set, and ``kill -9``."""

from __future__ import annotations

import asyncio
import glob
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ENDING = 20.0
_CLOCKS = "/usr/lib/*/faketime/libfaketime.so.1"
"""Where Debian's package faketime keeps the library that shows a process another time of day."""


class Bot:
    """One after the other, any number of lives on the same configuration and journal."""

    def __init__(self, configuration: Path, password: str = "", mutant: str | None = None) -> None:
        """`mutant`: one of those in `mutant`; None: labsbot as operators run it."""
        self.configuration = configuration
        self.log = configuration.with_name("labsbot.log")
        self._password = password
        self._program = ("-m", "labsbot") if mutant is None else ("-m", "tests.torture.mutant", mutant)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, behind: timedelta = timedelta(0), clock: Path | None = None) -> None:
        """Start it, with its clock so far behind (or ahead, if it is less than nothing); or as the file `clock` says,
        as `set_clock` writes it."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._program,
                *("run", "-c", str(self.configuration)),
                env=self._environment(behind, clock),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the life that it lives now."""
        assert self._process is not None
        return self._process.pid

    async def kill(self) -> None:
        """``kill -9``, and return when it is dead. Raises RuntimeError if it had ended by itself."""
        await self._end(signal.SIGKILL, -signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and return when it has. Raises RuntimeError if it does not do so well."""
        await self._end(signal.SIGTERM, 0)

    async def _end(self, number: signal.Signals, wanted: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(number)
        try:
            async with asyncio.timeout(ENDING):
                status = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise RuntimeError(f"the bot did not end within {ENDING:.0f} s of {number.name}") from None
        if status != wanted:
            raise RuntimeError(f"the bot ended with status {status}; its last words:\n{self.last_words()}")

    async def queue(self, *arguments: str) -> tuple[int, str]:
        """``labsbot queue``: its exit status and what it said."""
        return await self.command("queue", "-c", str(self.configuration), *arguments)

    async def command(self, *arguments: str, behind: timedelta = timedelta(0)) -> tuple[int, str]:
        """Another command of labsbot, with its clock so far behind: its exit status and what it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "labsbot", *arguments),
            env=self._environment(behind),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode(errors="replace")

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    def _environment(self, behind: timedelta, clock: Path | None = None) -> dict[str, str]:
        # Not watched by coverage.py: killed with -9 it would leave nothing behind, and it would be slower and larger.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        environment["LABSBOT_WIKI_PASSWORD"] = self._password
        if behind or clock:
            clocks = glob.glob(_CLOCKS)
            if not clocks:
                raise RuntimeError(f"{_CLOCKS} is missing: install it with `python -m tests.servers.install`")
            shown = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"} if clock else _shown(behind)
            environment |= {"LD_PRELOAD": clocks[0], "FAKETIME_DONT_FAKE_MONOTONIC": "1", **shown}
        return environment


def _shown(behind: timedelta) -> dict[str, str]:
    return {"FAKETIME": f"{-behind.total_seconds():+.3f}"}


def set_clock(clock: Path, behind: timedelta) -> None:
    """Set the clock of bots that look at this file, also while they run."""
    new = clock.with_name(f"{clock.name}.new")
    new.write_text(f"{_shown(behind)['FAKETIME']}\n")
    new.replace(clock)


def behind(days: int, before_midnight: float | None = None) -> timedelta:
    """How far behind a clock is that shows a time some days ago; with `before_midnight`, just before that day ends."""
    if before_midnight is None:
        return timedelta(days=days)
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date() - timedelta(days=days - 1), datetime.min.time(), UTC)
    return now - (midnight - timedelta(seconds=before_midnight))
