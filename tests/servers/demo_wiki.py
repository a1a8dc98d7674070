"""``make demo-wiki``: the demo's scene on a real MediaWiki and a real IRC server, both on this machine's loopback.

Starts them, and the bot beside them as its operators run it; shows the channel and the page; stays until Ctrl-C.
It stands here, and not in ``labsbot/demo``, because the servers that it starts do: an installation has none of them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import requests

from labsbot.demo.scene import (
    CHANNEL,
    INVITATION,
    Stage,
    configuration,
    past_pages,
    take_in_the_past,
    where_to_read,
)
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki, MediaWikiMissing

WIKI = """\
wiki:
  api: {api}
  user: {user}
  password: {{env: LABSBOT_WIKI_PASSWORD}}
"""
HIGHLIGHT = 'li:has(> span[id^="sal-"]:target) { background: #fef6e7; }'
"""What the documentation advises for MediaWiki:Common.css."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--once", action="store_true", help="play the scene and end")
    arguments.add_argument("--heading", action="store_true", help="the log below a heading of the project's page")
    options = arguments.parse_args()
    try:
        asyncio.run(_play(options.once, options.heading))
    except MediaWikiMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


async def _play(once: bool, heading: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as doors:
        folder = Path(doors.enter_context(tempfile.TemporaryDirectory(prefix="labsbot-demo-")))
        print("Starting a MediaWiki and an IRC server on this machine (some seconds; the first time a few more) …")
        wiki = doors.enter_context(MediaWiki(folder / "wiki"))
        wiki.maintenance("edit", "--user", "Operator", "MediaWiki:Common.css", text=HIGHLIGHT)
        irc = doors.enter_context(InspIRCd())
        title = "Nova Resource:Tools" if heading else "Nova Resource:Tools/SAL"
        for page, text in past_pages(heading, datetime.now(UTC).date()).items():
            wiki.edit_as_person(page, text)
        environ = {**os.environ, "LABSBOT_WIKI_PASSWORD": wiki.bot_password}
        path = configuration(folder, irc.port, WIKI.format(api=wiki.api, user=wiki.bot_user), heading)
        doors.enter_context(_bot(path, environ))
        stage = await doors.enter_async_context(Stage(irc.port, title, _page_of(wiki, title)))
        await take_in_the_past(path, environ)
        await stage.play()
        stage.show()
        pages = (
            f"{where_to_read(path)}\n"
            f"The wiki:      {wiki.page_url(title)}\n"
            f"An outage:     kill -STOP {wiki.pid}, ended by kill -CONT {wiki.pid} (what was said meanwhile arrives)\n"
            f"The bot's log: {folder}/labsbot.log"
        )
        if once:
            print(f"{pages}\n", flush=True)
        else:
            left = "; the packages stay installed"
            await stage.go_on(stop, INVITATION.format(port=irc.port, channel=CHANNEL, pages=pages, left=left))


def _page_of(wiki: MediaWiki, title: str) -> Callable[[], str]:
    """Reads the page; in an outage, as it was before."""
    last = ""

    def read() -> str:
        nonlocal last
        try:
            last = wiki.text(title, patience=3.0) or ""
        except requests.RequestException:
            return f"(the wiki does not answer; as it was)\n\n{last}"
        return last

    return read


@contextlib.contextmanager
def _bot(path: Path, environ: Mapping[str, str]) -> Iterator[None]:
    with path.with_name("labsbot.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "labsbot", "run", "-c", str(path)],
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for this process, which then stops the bot
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    sys.exit(main())
