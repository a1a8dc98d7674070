"""The log is read in a real browser, as people read it: by mouse and keys, live, in the dark, on a phone, and enlarged.

One Chromium (Debian's) serves all of this file. Whether everybody can read it axe says, which is asked for each page.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import pytest

from labsbot.model import ChangeKind
from labsbot.web.pages import live
from tests.nouns import NOON, a_change, an_acceptance, an_entry, keep_change
from tests.web.conftest import Place

pytest.importorskip("selenium", reason="the extra test-browser is not installed")

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

T = TypeVar("T")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ORDINARY = 30_000
"""Bytes of an ordinary day's page at most, with forty entries."""
MESSAGES = (
    "restarted the web service on tools-web-3, it did not answer any more (T123456)",
    "depooled db1042.eqiad.wmnet: kernel panic, https://tasks.example/T99 has the trace",
    "deployed mediawiki/core@9f2c1d: Fix the preference for the night mode that was lost at each login",
    "ran puppet on i-0000a and i-0000b; see [[Nova Resource:Tools/Admin]] for what is to be done by hand",
)
COLORS = ["color-contrast", "link-in-text-block"]
"""What else than in the light axe can find in the dark."""
PAGES = ("/", "/all", "/log/tools/2026-11-21", "/log/tools/2026-11", "/log/tools/2026", "/search?q=db1042", "/about")

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for each in ("--headless=new", "--window-size=1280,800", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(each)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    driver = Chrome(options, Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


class Browser:
    """What somebody does at a browser; it answers while the server, in this process, goes on."""

    def __init__(self, chrome: Chrome, base: str) -> None:
        self._chrome = chrome
        self._base = base

    async def do(self, verb: Callable[[Chrome], T]) -> T:
        return await asyncio.to_thread(verb, self._chrome)

    async def open(self, path: str) -> None:
        # a change of the part behind # alone loads nothing
        await self.do(lambda chrome: chrome.get("about:blank"))
        await self.do(lambda chrome: chrome.get(self._base + path))

    async def run(self, script: str, *given: object) -> Any:
        return await self.do(lambda chrome: chrome.execute_script(script, *given))

    async def wait_for(self, promise: str, *given: object) -> Any:
        """What becomes of it."""
        script = (
            f"{promise}.then(arguments[arguments.length - 1], (error) => arguments[arguments.length - 1](`${{error}}`))"
        )
        return await self.do(lambda chrome: chrome.execute_async_script(script, *given))

    async def until(self, what: Callable[[Chrome], T]) -> T:
        return await self.do(lambda chrome: WebDriverWait(chrome, 30, 0.05).until(what))

    async def press(self, *keys: str) -> None:
        await self.do(lambda chrome: chrome.switch_to.active_element.send_keys(*keys))

    async def find(self, css: str) -> WebElement:
        return await self.until(lambda chrome: chrome.find_element(By.CSS_SELECTOR, css))

    async def click(self, css: str) -> None:
        await asyncio.to_thread((await self.find(css)).click)

    async def says(self, css: str, text: str) -> None:
        """Wait until that stands there."""
        await self.until(lambda chrome: text in chrome.find_element(By.CSS_SELECTOR, css).text)

    async def goes_to(self, end: str) -> None:
        """Wait until its address ends so."""
        await self.until(lambda chrome: chrome.current_url.endswith(end))

    async def path(self) -> str:
        return str(await self.do(lambda chrome: chrome.current_url)).removeprefix(self._base)

    async def emulate(self, what: str, **how: object) -> None:
        await self.do(lambda chrome: chrome.execute_cdp_cmd(f"Emulation.{what}", how))

    async def scheme(self, name: str) -> None:
        await self.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    async def width(self, pixels: int, scale: float = 1) -> None:
        size = {"width": pixels, "height": 600, "deviceScaleFactor": scale, "mobile": False}
        await self.emulate("setDeviceMetricsOverride", **size)

    async def picture(self, name: str) -> None:
        """For people who want to look, where the environment says where to."""
        if folder := os.environ.get("LABSBOT_PICTURES"):
            path = str(Path(folder) / f"{name}.png")
            await self.do(lambda chrome: chrome.save_screenshot(path))


@pytest.fixture
async def browser(chrome: Chrome, place: Place, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    monkeypatch.setattr(live, "PAUSE", 0.05)
    made = Browser(chrome, f"http://127.0.0.1:{await place.port()}")
    yield made
    await made.open("/about")  # nothing is watched any more
    await made.emulate("clearDeviceMetricsOverride")
    await made.scheme("light")


async def log(place: Place, message: str, said: timedelta = timedelta(0), *projects: str, **given: Any) -> str:
    entry = an_entry(message, NOON + said, **given)
    assert await place.journal.entries.accept(an_acceptance(entry, *projects))
    return entry.id


async def fill(place: Place) -> list[str]:
    """Some days of a log, with all that lines can show; the ids of an ordinary day's entries, the newest first."""
    ids = [
        await log(
            place, MESSAGES[number % 4], -DAY - number * 9 * MINUTE, nick=nick, author=nick, robot=number % 5 == 4
        )
        for number, nick in enumerate(["alice", "bob", "dzahn_", "logmsgbot"] * 10)
    ]
    for back in (0, 2, 3, 40):
        await log(place, f"{MESSAGES[back % 4]} <b>{back}</b>", -back * DAY, "tools", "bots")
    for kind, text in ((ChangeKind.STRIKE, "wrong host, see T1"), (ChangeKind.AMEND, "restarted db1042 instead")):
        await keep_change(place.journal, ids[1 if kind is ChangeKind.STRIKE else 2], a_change(kind, text, "bob"))
    await log(place, "late: replaced a disk", -DAY + MINUTE, late=True)
    await place.deliver(*ids[:-1])
    return ids


async def test_everybody_can_read_each_page_in_both_schemes_on_a_phone_and_enlarged(
    place: Place, browser: Browser
) -> None:
    ids = await fill(place)
    axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    day = await place.call("GET", "/log/tools/2026-11-21", token=None)
    assert len(day.content) <= ORDINARY
    wrong: list[tuple[str, ...]] = []
    for path in (*PAGES, f"/entry/{ids[1]}", "/log/tools/2020-01-01"):
        await browser.open(path)
        name = path.strip("/").replace("/", "-") or "home"
        await browser.run(axe)
        for scheme, rules in (("light", {}), ("dark", {"runOnly": COLORS})):
            await browser.scheme(scheme)
            found = await browser.wait_for("axe.run(arguments[0])", rules)
            wrong += [(path, scheme, each["id"], each["nodes"][0]["html"]) for each in found["violations"]]
            await browser.picture(f"{name}-{scheme}")
        for pixels, scale in ((320, 1), (640, 2)):
            await browser.width(pixels, scale)
            if (wide := await browser.run("return document.documentElement.scrollWidth")) > pixels:
                wrong.append((path, f"{wide} of {pixels} pixels"))
            await browser.picture(f"{name}-{pixels}")
        await browser.emulate("clearDeviceMetricsOverride")
    assert not wrong, "\n".join(map(str, wrong))


async def test_an_entry_in_an_address_is_in_view_and_stands_out_and_a_range_is_copied(
    place: Place, browser: Browser
) -> None:
    ids = await fill(place)
    await browser.open(f"/log/tools/2026-11-21#{ids[30]}")
    target, other = await browser.find(":target"), await browser.find(".entries > li")
    top = await browser.run("return arguments[0].getBoundingClientRect().top", target)
    assert 0 < top < 800
    color = "return getComputedStyle(arguments[0]).backgroundColor"
    assert await browser.run(color, target) != await browser.run(color, other)
    grant = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    await browser.do(lambda chrome: chrome.execute_cdp_cmd("Browser.grantPermissions", grant))
    # by keys alone: Shift and Enter on the time of the other end
    time = await browser.find(f"#{ids[32]} .at")
    await browser.run("arguments[0].focus()", time)
    await browser.press(Keys.SHIFT + Keys.ENTER)
    bar = await browser.find(".range")
    assert bar.text.startswith("3 chosen.")
    assert await browser.path() == f"/log/tools/2026-11-21#{ids[30]}..{ids[32]}"
    await browser.picture("range")
    for how, begins in (("wikitext", "== 2026-11-21 =="), ("markdown", ""), ("text", "")):
        await browser.click(f".range a[href*={how}]")
        await browser.says(".range", f"{how} ✓")
        copied = await browser.wait_for("navigator.clipboard.readText()")
        assert copied.startswith(begins)
        assert [copied.count(each) for each in (ids[29], ids[30], ids[32], ids[33]) if how == "wikitext"] in (
            [],
            [0, 2, 2, 0],
        )


async def test_what_is_printed_is_the_log_alone_black_on_white(place: Place, browser: Browser) -> None:
    await fill(place)
    await browser.open("/log/tools/2026-11-21")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    await browser.emulate("setEmulatedMedia", media="print", features=dark)
    shown = "return [...document.querySelectorAll('header, .entries')].filter(each => each.offsetHeight)"
    assert {each.tag_name for each in await browser.run(shown)} == {"ul"}
    colors = "const of = getComputedStyle(arguments[0]); return [of.color, of.backgroundColor]"
    white, black = "rgb(255, 255, 255)", "rgb(0, 0, 0)"
    assert await browser.run(colors, await browser.find("html")) == [black, white]
    # of a dark screen nothing is left that would be pale on paper
    assert (await browser.run(colors, await browser.find("h2 small")))[0] == "rgb(89, 89, 89)"
    await browser.picture("printed")
    await browser.emulate("setEmulatedMedia", media="")


async def test_keys_lead_through_the_days_and_to_the_search(place: Place, browser: Browser) -> None:
    await fill(place)
    await browser.open("/log/tools/2026-11-21")
    for key, path in (("j", "2026-11-20"), (Keys.ARROW_LEFT, "2026-11-19"), ("k", "2026-11-20")):
        await browser.press(key)
        await browser.goes_to(path)
    await browser.press("/")
    await browser.press("dis", "k", Keys.ENTER)
    await browser.goes_to("/search?q=disk")
    assert "replaced a disk" in (await browser.find(".entries")).text


async def test_new_entries_come_without_moving_what_is_read_and_corrections_where_it_stands(
    place: Place, browser: Browser
) -> None:
    ids = await fill(place)
    await browser.emulate("setTimezoneOverride", timezoneId="Asia/Tokyo")
    await browser.open("/log/tools")
    assert (await browser.find(f"#{ids[0]} .local")).text == "21:00"
    await browser.emulate("setTimezoneOverride", timezoneId="")
    await browser.open("/log/tools")
    read = await browser.find(f"#{ids[20]}")
    await browser.run("arguments[0].scrollIntoView({ block: 'center' })", read)
    place_of = "return arguments[0].getBoundingClientRect().top"
    before = await browser.run(place_of, read)
    new = await log(place, "came <i>just</i> now", MINUTE)
    line = await browser.find(f"#{new}")
    assert "came <i>just</i> now" in await browser.run("return arguments[0].textContent", line)
    assert "1 new entry above" in (await browser.find(".news")).text
    await keep_change(place.journal, ids[20], a_change(ChangeKind.STRIKE, "never mind", "bob"))
    await browser.find(f"#{ids[20]} s")
    assert abs(await browser.run(place_of, read) - before) <= 2
    await place.deliver(new)
    await browser.until(lambda chrome: not chrome.find_elements(By.CSS_SELECTOR, f"#{new} .remark"))
    await browser.picture("live")
