"""The wiki's thread, seen from the loop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from labsbot.model import Conflict, Edit, Saved, Unavailable, Unknown
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from labsbot.wiki.worker import CODES, Worker

EDIT = Edit("A", None, None, "", "text", "made")


class SlowWiki(FolderWiki):
    """Answers when it is let go; what it did is kept."""

    def __init__(self, settings: FolderSettings) -> None:
        super().__init__(settings)
        self.go = threading.Event()
        self.begun = threading.Event()
        self.done: list[str] = []

    def login(self) -> None:
        self.begun.set()
        self.go.wait(60)
        self.done.append("login")

    def save(self, edit: Edit) -> Saved:
        self.begun.set()
        self.go.wait(60)
        self.done.append(edit.title)
        return Saved(edit.title, 1, None, "")


@pytest.fixture
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowWiki]:
    wiki = SlowWiki(FolderSettings(tmp_path_factory.mktemp("pages"), None))
    yield wiki
    wiki.go.set()


async def test_a_result_comes_back_from_a_thread_of_its_own(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    names = [await worker.call(lambda: threading.current_thread().name, deadline=60) for _ in range(2)]
    assert names == ["wiki wiki"] * 2
    worker.close()


async def test_a_failure_comes_back_as_it_is(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    page = await worker.call(wiki.look, "A", deadline=60)
    failing = FolderWiki.save
    with pytest.raises(Conflict):
        await worker.call(failing, wiki, Edit("A", 1, 7, page.seen, "x", "x"), deadline=60)
    worker.close()


async def test_the_loop_goes_on_while_a_verb_takes_its_time(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    saving = asyncio.create_task(worker.call(wiki.save, EDIT, deadline=60))
    assert await asyncio.to_thread(wiki.begun.wait, 60)
    assert not saving.done()
    wiki.go.set()
    assert (await saving).title == "A"
    worker.close()


async def test_a_save_that_takes_too_long_is_unknown(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    with pytest.raises(Unknown, match="not answering"):
        await worker.call(wiki.save, EDIT, deadline=0.05)
    worker.close()


async def test_a_read_that_takes_too_long_is_unavailable(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    with pytest.raises(Unavailable, match="not answering"):
        await worker.call(wiki.login, deadline=0.05)
    worker.close()


async def test_a_save_behind_a_stuck_verb_is_never_begun_once_it_was_given_up(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    stuck = asyncio.create_task(worker.call(wiki.login, deadline=60))
    assert await asyncio.to_thread(wiki.begun.wait, 60)
    with pytest.raises(Unavailable, match="not answering"):
        await worker.call(wiki.save, EDIT, deadline=0.05)
    wiki.go.set()
    await stuck
    await worker.call(wiki.look, "A", deadline=60)
    assert wiki.done == ["login"]
    worker.close()


async def test_a_call_that_is_cancelled_before_it_began_never_begins(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    stuck = asyncio.create_task(worker.call(wiki.login, deadline=60))
    waiting = asyncio.create_task(worker.call(wiki.save, EDIT, deadline=60))
    assert await asyncio.to_thread(wiki.begun.wait, 60)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    wiki.go.set()
    await stuck
    await worker.call(wiki.look, "A", deadline=60)
    assert wiki.done == ["login"]
    worker.close()


async def test_after_the_end_nothing_is_begun(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    worker.close()
    with pytest.raises(Unavailable):
        await worker.call(wiki.save, EDIT, deadline=60)
    assert wiki.done == []


async def test_closing_does_not_wait_and_drops_what_is_queued(wiki: SlowWiki) -> None:
    worker = Worker(wiki)
    stuck = asyncio.create_task(worker.call(wiki.login, deadline=60))
    queued = asyncio.create_task(worker.call(wiki.save, EDIT, deadline=60))
    assert await asyncio.to_thread(wiki.begun.wait, 60)
    worker.close()
    wiki.go.set()
    await stuck
    with pytest.raises(Unavailable):
        await queued
    assert wiki.done == ["login"]


def test_a_stuck_verb_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from labsbot.wiki.worker import CODES, Worker
class Stuck:
    name = "wiki"
    def allow(self, seconds): pass
    def save(self, edit): threading.Event().wait()
async def main():
    worker = Worker(Stuck())
    try:
        await worker.call(worker._wiki.save, None, deadline=0.05)
    except Exception as failure:
        print(type(failure).__name__)
    worker.close()
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("Unknown\n", "", 0)


async def test_how_often_the_wiki_failed_is_counted_by_its_code_and_of_invented_codes_only_some_are_kept() -> None:
    class Failing:
        name = "wiki"

        def allow(self, seconds: float) -> None:
            pass

        def look(self, failure: Exception) -> None:
            raise failure

    worker = Worker(Failing())  # type: ignore[arg-type]
    failures = [Unavailable("it is read-only", "readonly")] * 2 + [Unavailable("it is not answering")]
    for failure in [*failures, *(Unavailable("odd", f"code{number}") for number in range(CODES + 10)), failures[0]]:
        with pytest.raises(Unavailable):
            await worker.call(worker._wiki.look, failure, deadline=60)
    worker.close()
    assert worker.failures["readonly"] == 3
    assert worker.failures["unavailable"] == 1
    assert worker.failures["other"] == 12
    assert len(worker.failures) == CODES + 1
