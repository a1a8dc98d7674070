"""The walls between the rooms: who may import whom, and which room owns which outside thing."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import labsbot

PACKAGE = Path(labsbot.__file__).parent

OPEN = {"", "model", "settings", "text", "edge"}
"""What every room may know: the version, the nouns, the settings, what there is to know of text, and how files are
written and answers from outside are believed."""

EVERYBODY = {"*"}
ROOMS: dict[str, set[str]] = {
    "": set(),
    "model": set(),
    "settings": set(),
    "text": set(),
    "edge": set(),
    "config": set(),
    "irc": set(),
    "chat": {"irc"},
    "refreshed": set(),
    "projects": {"refreshed"},
    "people": {"refreshed"},
    "desk": {"people", "projects"},
    "journal": set(),
    "web": {"desk", "formats", "journal", "projects"},
    "wikitext": set(),
    "importing": {"wikitext"},
    "wiki": set(),
    "formats": {"wikitext"},
    "delivery": {"wikitext"},
    "service": EVERYBODY,
    "online": EVERYBODY,
    # the ends: what is started by hand
    "cli": EVERYBODY,
    "demo": EVERYBODY,
    "__main__": {"cli"},
    # a part that others carry away: alone with Python
    "client": set(),
}
"""Which rooms a room may import, beside itself and the open ones."""

OWNERS: dict[str, tuple[str, ...]] = {
    "irc": ("labsbot/irc/",),
    "python_socks": ("labsbot/irc/connection.py",),
    "mwclient": ("labsbot/wiki/api.py",),
    "requests": ("labsbot/wiki/", "labsbot/edge/bounded.py", "labsbot/projects/keystone.py"),
    "urllib3": ("labsbot/wiki/", "labsbot/edge/bounded.py"),
    "http": ("labsbot/wiki/", "labsbot/edge/bounded.py", "labsbot/client.py"),
    "wikitextparser": (),
    "sqlalchemy": ("labsbot/journal/",),
    "sqlite3": ("labsbot/journal/",),
    "alembic": ("labsbot/journal/migrations/", "labsbot/journal/upgrade.py"),
    "yaml": ("labsbot/config/", "labsbot/cli/journal_path.py"),
    "pydantic": ("labsbot/config/", "labsbot/web/"),
    "pydantic_core": ("labsbot/config/", "labsbot/web/"),
    "starlette": ("labsbot/web/",),
    "jinja2": ("labsbot/web/pages/templates.py",),
    "markupsafe": ("labsbot/web/pages/",),
    "uvicorn": ("labsbot/web/server.py",),
    "h11": ("labsbot/web/server.py",),
    "re2": ("labsbot/text/patterns.py",),
    "ldap": ("labsbot/projects/ldap.py",),
    "keystoneauth1": ("labsbot/projects/keystone.py",),
    "click": ("labsbot/cli/",),
    "prometheus_client": ("labsbot/service/metrics.py",),
    "socket": (
        "labsbot/irc/",
        "labsbot/demo/",
        "labsbot/wiki/http.py",
        "labsbot/edge/door.py",
        "labsbot/edge/notify.py",
        "labsbot/edge/sockets.py",
        "labsbot/service/door.py",
        "labsbot/web/server.py",
    ),
    "ssl": ("labsbot/irc/", "labsbot/demo/", "labsbot/wiki/"),
}
"""Outside modules, and the only places that may import them."""

STREAMS = {
    *("open_connection", "start_server", "create_connection", "create_server", "create_datagram_endpoint"),
    *("open_unix_connection", "start_unix_server", "create_unix_connection", "create_unix_server"),
}
STREAM_OWNERS = ("labsbot/irc/", "labsbot/demo/", "labsbot/service/door.py", "labsbot/service/line_port.py")

CLOCK = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "localtime", "gmtime", "clock_gettime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
HIDDEN_CLOCKS = {f"time.{name}" for name in CLOCK["time"]}
"""``from time import monotonic``, also where the clock may be read."""
CLOCK_OWNERS = (
    "labsbot/irc/",
    "labsbot/wiki/",
    "labsbot/delivery/deliverer.py",
    "labsbot/service/house.py",
    "labsbot/service/by_http.py",
    "labsbot/service/machine_clock.py",
    "labsbot/client.py",
    "labsbot/edge/door.py",
    "labsbot/edge/logs.py",
    "labsbot/edge/notify.py",
    "labsbot/edge/wrapped.py",
    "labsbot/cli/beside.py",
    "labsbot/demo/",
)
"""The edges. Everybody else is told what time it is."""


def breaches(place: str, source: str) -> Iterator[str]:
    """What the module at `place` (such as ``labsbot/desk/desk.py``) does that it may not."""
    room = room_of(place)
    for node in nodes(source):
        for name in imported(node, place):
            first, *rest = name.split(".")
            if first == "labsbot":
                known = ROOMS[room] | OPEN | {room}
                other = (
                    rest[0] if rest and rest[0] in ROOMS else "" if not rest or rest[0].startswith("__") else rest[0]
                )
                if other not in known and known.isdisjoint(EVERYBODY):
                    yield f"{place}:{node.lineno}: {room} may not know {other}"  # type: ignore[attr-defined]
            elif name in HIDDEN_CLOCKS:
                yield f"{place}:{node.lineno}: {name} would hide a clock from this wall"  # type: ignore[attr-defined]
            elif first in OWNERS and not place.startswith(OWNERS[first]):
                yield f"{place}:{node.lineno}: {first} is imported outside {OWNERS[first]}"  # type: ignore[attr-defined]
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in CLOCK.get(owner, ()) and not place.startswith(CLOCK_OWNERS):
                yield f"{place}:{node.lineno}: the clock is read outside {CLOCK_OWNERS}"
            if node.attr in STREAMS and not place.startswith(STREAM_OWNERS):
                yield f"{place}:{node.lineno}: a connection is opened outside {STREAM_OWNERS}"


@functools.cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source)))


def room_of(place: str) -> str:
    name = place.split("/")[1].removesuffix(".py")
    return "" if name == "__init__" else name


def imported(node: ast.AST, place: str) -> list[str]:
    """The full names of the modules that an import statement may mean."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = place.removesuffix(".py").split("/")[: -node.level] if node.level else []
    module = ".".join([*above, *([node.module] if node.module else [])])
    # "from labsbot import wikitext" imports a room, "from time import monotonic" a clock
    return [f"{module}.{alias.name}" for alias in node.names] if module in {"labsbot", "time"} else [module]


def modules() -> list[str]:
    return sorted(str(path.relative_to(PACKAGE.parent)) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("place", modules())
def test_a_module_stays_within_its_walls(place: str) -> None:
    assert room_of(place) in ROOMS, "a new room: say in ROOMS what it may know"
    assert list(breaches(place, (PACKAGE.parent / place).read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("labsbot/desk/desk.py", "from labsbot.journal import Journal"),
        ("labsbot/desk/desk.py", "import labsbot.wiki.folder"),
        ("labsbot/desk/desk.py", "from labsbot import delivery"),
        ("labsbot/irc/client.py", "from ..intake import Desk"),
        ("labsbot/irc/client.py", "from .. import intake"),
        ("labsbot/model.py", "def f():\n    from labsbot.config import load"),
        ("labsbot/journal/journal.py", "from labsbot.wikitext import render"),
        ("labsbot/delivery/deliverer.py", "if TYPE_CHECKING:\n    from labsbot.wiki import open_wiki"),
        ("labsbot/wiki/folder.py", "import mwclient"),
        ("labsbot/desk/desk.py", "from sqlalchemy import select"),
        ("labsbot/service/house.py", "import yaml"),
        ("labsbot/service/house.py", "import irc.client"),
        ("labsbot/desk/desk.py", "import socket"),
        ("labsbot/desk/desk.py", "await asyncio.open_connection()"),
        ("labsbot/irc/client.py", "from time import monotonic"),
        ("labsbot/desk/desk.py", "datetime.now(UTC)"),
        ("labsbot/desk/desk.py", "datetime.datetime.utcnow()"),
        ("labsbot/journal/journal.py", "date.today()"),
        ("labsbot/wikitext/days.py", "time.time()"),
        ("labsbot/desk/command.py", "f(clock=time.monotonic)"),
    ],
)
def test_a_hole_in_a_wall_is_seen(place: str, source: str) -> None:
    assert len(list(breaches(place, source))) == 1


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("labsbot/desk/desk.py", "from labsbot.desk.command import parse\nfrom labsbot.settings import Channel"),
        ("labsbot/irc/client.py", "import irc.client\nfrom labsbot import settings\nfrom . import lines"),
        ("labsbot/wiki/api.py", "import mwclient\nfrom labsbot import __version__"),
        ("labsbot/service/machine_clock.py", "from labsbot.journal import Journal\ndatetime.now(UTC)"),
        ("labsbot/desk/desk.py", "now()\nself.now\nentry.said.date()"),
    ],
)
def test_a_door_is_no_hole(place: str, source: str) -> None:
    assert list(breaches(place, source)) == []


def test_no_two_classes_have_one_name() -> None:
    """Whoever searches for a noun finds one."""
    named: dict[str, list[str]] = {}
    for place in modules():
        for node in nodes((PACKAGE.parent / place).read_text("utf-8")):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(place)
    assert {name: places for name, places in named.items() if len(places) > 1} == {}
