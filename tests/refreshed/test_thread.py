"""What blocks, blocks nobody else."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref

import pytest

from labsbot.refreshed import OwnThread, SourceFailure


async def test_a_result_and_a_failure_come_back() -> None:
    aside = OwnThread("test", 10.0)
    assert await aside.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await aside.call(lambda: 1 // 0)
    assert await aside.call(threading.current_thread) is not threading.main_thread()


async def test_all_calls_run_on_one_thread_which_ends_when_nobody_can_call_any_more() -> None:
    aside = OwnThread("test", 10.0)
    threads = {await aside.call(threading.current_thread) for _ in range(5)}
    assert len(threads) == 1
    del aside
    thread = threads.pop()
    thread.join(10.0)
    assert not thread.is_alive()


async def test_what_was_answered_is_not_kept() -> None:
    class Answer:
        pass

    aside = OwnThread("test", 10.0)
    answer = weakref.ref(await aside.call(Answer))
    gc.collect()
    async with asyncio.timeout(10):
        while answer():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_call_that_hangs_is_given_up_and_not_begun_again_until_it_ends() -> None:
    aside, end, ended = OwnThread("test", 0.01), threading.Event(), threading.Event()

    def hangs() -> None:
        end.wait()
        ended.set()

    with pytest.raises(SourceFailure, match="no answer within"):
        await aside.call(hangs)
    with pytest.raises(SourceFailure, match="earlier question"):
        await aside.call(lambda: 7)
    end.set()
    ended.wait()
    async with asyncio.timeout(10):
        while True:
            try:
                assert await aside.call(lambda: 7) == 7
                return
            except SourceFailure:
                await asyncio.sleep(0)


def test_a_call_that_hangs_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from labsbot.refreshed import OwnThread, SourceFailure

async def main():
    try:
        await OwnThread("test", 0.01).call(threading.Event().wait)
    except SourceFailure as failure:
        print(failure)

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr, done.returncode) == ("no answer within 0 s\n", "", 0)
