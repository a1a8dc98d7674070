"""``python -m bench.first_entry``: how long it takes somebody to get from README's first command to an entry on a wiki.

A person at a terminal types what README says under *First steps*, character by character, reads what is shown, makes a
bot password on the wiki's own pages, answers ``labsbot init``, starts the bot, and logs something from another window,
while a stopwatch runs. The wiki is a real MediaWiki, the IRC server a real InspIRCd, and pip brings every library anew.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

import click
import html5lib
import requests

from labsbot.demo.person import DemoPerson
from tests.cli.typist import Typist
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import BOT, MediaWiki, password_of

ROOT = Path(__file__).parents[1]
READING = 24.0
"""Characters a second: 238 words of English a minute, the mean of 190 studies (Brysbaert 2019)."""
TYPING = 4.3
"""Characters a second: 52 words a minute, the mean of 168,000 people (Dhakal and others 2018)."""
PASTING = 4.0
"""Seconds to go to another window, mark something, and come back."""
ALLOWED = 300.0
CHANNEL = "#example-ops"
PROMPT = "ready> "
GRANTS = ("grant-highvolume", "grant-editpage", "grant-createeditmovepage")
"""Those that ``labsbot init`` names, as the wiki's form calls them."""


@click.command()
def main() -> None:
    """Go the way, and say how long each part of it took."""
    with (
        tempfile.TemporaryDirectory(prefix="labsbot-first-entry-") as name,
        MediaWiki(Path(name) / "wiki") as wiki,
        InspIRCd() as irc,
    ):
        home = Path(name) / "home"
        home.mkdir()
        sys.exit(asyncio.run(_from_nothing_to_an_entry(wiki, irc, home)))


class Stopwatch:
    def __init__(self) -> None:
        self.parts: list[tuple[str, float]] = []
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.parts.append((name, now - self._last))
        self._last = now


class Reader(Typist):
    """Somebody who reads what labsbot shows before they type, and types no faster than people do."""

    patience = 900.0
    _read_so_far = 0

    def sees(self, words: str) -> None:
        super().sees(words)
        time.sleep((len(self.shown) - self._read_so_far) / READING)
        self._read_so_far = len(self.shown)

    def waits_for(self, words: str) -> None:
        """Nobody reads what pip shows."""
        super().sees(words)
        self._read_so_far = len(self.shown)

    def types(self, keys: str) -> None:
        for key in keys:
            time.sleep(1 / TYPING)
            super().types(key)
        self._read_so_far += len(keys)  # they know what they typed

    def pastes(self, question: str, text: str) -> None:
        self.sees(question)
        time.sleep(PASTING)
        super().types(text)
        self.types("\n")


async def _from_nothing_to_an_entry(wiki: MediaWiki, irc: InspIRCd, home: Path) -> int:
    async with await DemoPerson.connect(irc.host, irc.port, "alice") as alice:
        await alice.join(CHANNEL)
        watch = Stopwatch()
        with Reader(_shell(home), str(home)) as person:
            await asyncio.to_thread(_starts_the_bot, person, wiki, irc, home, watch)
            words = "!log web hello"
            await asyncio.sleep(PASTING + len(words) / TYPING)  # in the window of an IRC client
            alice.say(CHANNEL, words)
            answer = await alice.heard(lambda line: "alice: Logged at http" in line, patience=60)
            watch.lap("!log web hello → Logged at …")
            person.types("\x03")
            person.waits_for(PROMPT)
            person.types("exit\n")
            person.ends()
    page = wiki.text("Server Admin Log/web")
    if page is None or "alice: hello" not in page:
        print(f"the page does not have it, although it was said: {answer}\n{page}")
        return 1
    return _show(watch.parts)


def _shell(home: Path) -> list[str]:
    """With nothing of ours around it."""
    there = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
    fresh = {**there, "PS1": PROMPT, "PIP_NO_CACHE_DIR": "1", "GIT_CONFIG_GLOBAL": str(home / "gitconfig")}
    (home / "gitconfig").write_text(f"[safe]\n\tdirectory = {ROOT}\n\tdirectory = {ROOT}/.git\n")
    variables = (f"{name}={value}" for name, value in fresh.items())
    return ["/usr/bin/env", "-i", *variables, "/bin/bash", "--norc", "--noprofile", "--noediting", "-i"]


def first_steps(prefix: str) -> list[str]:
    """The commands of README's *First steps*, up to the one that runs the bot; `prefix` in the place of /opt."""
    block = (ROOT / "README.rst").read_text("utf-8").split("\nFirst steps\n")[1].split("::\n\n")[1]
    commands = [line.split(" # ")[0].strip() for line in block.split("\n\n")[0].splitlines()]
    return [command.replace("/opt/", f"{prefix}/") for command in commands]


def _starts_the_bot(person: Reader, wiki: MediaWiki, irc: InspIRCd, home: Path, watch: Stopwatch) -> None:
    *installing, init, run = first_steps(str(home))
    for command in (f"git clone --quiet file://{ROOT} labsbot-source && cd labsbot-source", *installing):
        person.waits_for(PROMPT)
        person.types(f"{command}\n")
    person.waits_for(PROMPT)
    watch.lap("git clone, pip install")
    person.types(f"{init}\n")
    person.pastes("Address of any page", f"{wiki.url}/wiki/Main_Page")
    person.sees("a user name (such as")
    (link,) = re.findall(r"^ +(http\S+BotPasswords)", person.shown.replace("\r", ""), re.MULTILINE)
    user, password = _bot_password(link, wiki)
    watch.lap("a bot password, on the wiki's pages")
    person.pastes("User name", user)
    person.pastes("Its password", password)
    person.answers("Projects", "web, mail")
    person.answers("Title of a log", "")
    person.answers("Heading on that page", "")
    person.answers("Is that right?", "")
    person.answers("IRC server", f"{irc.host}:{irc.tls_port}")
    person.pastes("TLS (yes", str(irc.ca))
    person.answers("Nick of the bot", "")
    person.answers("Services account", "")
    person.answers("Channel", CHANNEL)
    person.sees("hello")
    watch.lap("labsbot init")
    person.waits_for(PROMPT)
    person.types(f"{run}\n")
    person.waits_for(f"joined {CHANNEL}")
    watch.lap("labsbot run, until it is in the channel")


def _show(parts: list[tuple[str, float]]) -> int:
    total = sum(took for _, took in parts)
    for name, took in parts:
        print(f"{name:42} {took:6.0f} s")
    print(f"{'from the first command to an entry':42} {total:6.0f} s   at most {ALLOWED:.0f}")
    return int(total > ALLOWED)


# --- on the wiki's own pages ------------------------------------------------------------------------------------------


class Browser:
    """Somebody with a browser: opens pages, reads them by their forms, and fills those in."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self.text = ""
        self._address = ""

    def opens(self, address: str) -> None:
        self._shows(self._session.get(address, timeout=60))

    def fills_in(self, **typed: str | list[str]) -> None:
        """The form of the page that has these fields; the rest of it is sent as it stands there."""
        form = next(each for each in _forms(self.text) if set(typed) <= {name for name, _ in _fields(each)})
        letters = sum(len(text) for text in typed.values() if isinstance(text, str))
        ticks = sum(len(text) for text in typed.values() if isinstance(text, list))
        time.sleep(letters / TYPING + 2.0 * ticks + PASTING)
        kept = [(name, value) for name, value in _fields(form) if name not in typed]
        filled = [
            (name, each) for name, value in typed.items() for each in ([value] if isinstance(value, str) else value)
        ]
        address = urljoin(self._address, form.get("action", ""))
        self._shows(self._session.post(address, data=[*kept, *filled], timeout=60))

    def _shows(self, answer: requests.Response) -> None:
        answer.raise_for_status()
        self.text, self._address = answer.text, answer.url


def _forms(page: str) -> Iterator[Element]:
    yield from html5lib.parse(page, namespaceHTMLElements=False).iter("form")


def _fields(form: Element) -> Iterator[tuple[str, str]]:
    """What can be sent of it: boxes that are not ticked, too, and of its buttons the first."""
    pressed = False
    for each in form.iter():
        if each.tag in ("input", "textarea", "button") and each.get("name"):
            is_button = each.tag == "button" or each.get("type") == "submit"
            if not (is_button and pressed):
                yield each.attrib["name"], each.get("value") or each.text or ""
            pressed = pressed or is_button


def _bot_password(link: str, wiki: MediaWiki) -> tuple[str, str]:
    """Log in as the bot's account, and make one as ``labsbot init`` says."""
    browser = Browser()
    browser.opens(f"{wiki.url}/index.php?title=Special:UserLogin")
    browser.fills_in(wpName=BOT, wpPassword=password_of(BOT))
    browser.opens(link)
    browser.fills_in(wpappId="first")
    browser.fills_in(**{"wpgrants[]": list(GRANTS)})
    shown = re.sub("<[^>]*>", "", browser.text)
    found = re.search(r"(\S+@first)\D.*?\b([0-9a-z]{32})\b", shown, re.DOTALL)
    if found is None:
        raise RuntimeError(f"the wiki shows no password: {shown[:3000]}")
    return found[1], found[2]


if __name__ == "__main__":
    main()
