"""From nothing to an entry on a real wiki, by a person at a terminal."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_main import Running
from tests.cli.typist import Typist
from tests.irc.conftest import Real
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki


@pytest.mark.servers
@pytest.mark.processes
@pytest.mark.slow
async def test_from_nothing_to_an_entry_on_a_real_wiki(
    mediawiki: MediaWiki, inspircd: InspIRCd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    async with await Real(inspircd).person("alice") as alice:
        await alice.join("#byhand")
        alice.send("MODE #byhand +k sesame")
        await asyncio.to_thread(sets_up, mediawiki, inspircd, tmp_path)
        running = Running(tmp_path / "labsbot.yaml")
        try:
            await running.logged("joined #byhand")
            alice.say("#byhand", "!log byhand hello from nothing")
            await alice.heard(lambda line: "alice: Logged at http" in line, patience=60)
        finally:
            running.process.terminate()
            assert await running.exit_status() == 0
    assert "alice: hello from nothing" in str(mediawiki.text("By hand/byhand"))
    with capsys.disabled():
        print(f"\nfrom nothing to an entry: {time.monotonic() - began:.1f} s")


def sets_up(wiki: MediaWiki, irc: InspIRCd, folder: Path) -> None:
    """Types as a person would, who is wrong now and then."""
    with Typist([sys.executable, "-m", "labsbot", "init"], str(folder)) as person:
        person.answers("Address of any page", f"{wiki.url}/wiki/No_such_page")
        person.sees(f"{wiki.url}/index.php?title=Special%3ABotPasswords")
        person.answers("User name", wiki.bot_user)
        person.answers("Its password", "0" * 32)
        person.sees("it refuses our user name or password")
        person.answers("User name", "")
        person.answers("Its password", wiki.bot_password)
        person.answers("Projects", "byhand")
        person.answers("Title of a log", "By hand/{project}")
        person.answers("Heading on that page", "")
        person.sees("alice: restarted the web service")
        person.answers("Is that right?", "")
        person.answers("IRC server", f"{irc.host}:{irc.tls_port}")
        person.answers("TLS (yes", "")
        person.answers("Nick of the bot", "")
        person.sees("its certificate is not valid")
        person.answers("IRC server", "")
        person.answers("TLS (yes", str(irc.ca))
        person.answers("Nick of the bot", "")
        person.sees("TLS verified")
        person.answers("Services account", "")
        person.answers("Channel", "#byhand")
        person.sees("it has a key (+k)")
        person.answers("Channel", "#byhand sesame")
        person.sees("labsbot run -c labsbot.yaml")
        assert person.ends() == 0, person.shown
        assert wiki.bot_password not in person.shown
