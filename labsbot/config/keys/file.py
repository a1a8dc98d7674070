"""The keys at the top of the file, and what can be asked of all keys: which there are, and what is where."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator, Field

from labsbot.config.keys.announce import AnnounceKeys
from labsbot.config.keys.irc import ChannelKeys, NetworkKeys, PlaceKeys
from labsbot.config.keys.lines import LinePortKeys
from labsbot.config.keys.pages import PageKeys
from labsbot.config.keys.people import PeopleSourceKeys
from labsbot.config.keys.projects import ProjectKeys
from labsbot.config.keys.values import ONE_WORD_OR_SEVERAL, Duration, Keys, Line, Pattern, UpToAYear, Word, wrong
from labsbot.config.keys.web import WebKeys
from labsbot.config.keys.wiki import WikiKeys
from labsbot.settings import LONGEST_QUICK, During


def _operator(text: str) -> str:
    if len(text) > 60:
        raise wrong("write a name of at most 60 characters, such as “alice”")
    return text


class ShapesKeys(Keys):
    """What secrets look like that somebody types by accident."""

    known: bool = True
    """The shapes that the bot knows itself: private keys, ``password=…``, tokens of well-known services, addresses
    with a password."""
    patterns: dict[Line, Pattern] = Field(default_factory=dict)
    """More of them: a pattern each, and what people call it, ``{"a token of ours": 'ours_[a-z0-9]{20}'}``."""


def _quick(seconds: float) -> float:
    if seconds > LONGEST_QUICK:
        raise wrong("expected 10m at most")
    return seconds


class DuringKeys(Keys):
    """What is logged in two steps, its beginning and its end."""

    quick: Annotated[Duration, AfterValidator(_quick)] = During().quick
    """So long the entry waits for the end before it is written: what ends sooner is one line, and is written once.
    At most ``10m``."""
    unknown_after: UpToAYear = During().unknown_after
    """After so long without an end the entry says that no end is known. Should the end come after all, it replaces
    that. At most ``365d``."""


def _named_networks(value: object) -> object:
    """The keys of a network often stand where its name should."""
    for key, below in value.items() if isinstance(value, dict) else ():
        if key in NetworkKeys.model_fields and not isinstance(below, dict):
            raise wrong("a name for the network is missing, write irc: {libera: {server: …, nick: …, channels: …}}")
    return value


class FileKeys(PlaceKeys):
    journal: Line | None = None
    """The file in which everything accepted is kept, an SQLite database. Its folder must be writable. Who may open
    it: :doc:`operating`."""
    state: Line | None = None
    """The folder for anything else that must outlive a restart. Default: the journal's."""
    operator: Annotated[Line, AfterValidator(_operator)] | None = None
    """Who is named in the channel where somebody has to look after an entry, such as ``alice``. Default: “An
    operator”."""
    metrics: Line | None = None
    """A file in which figures for Prometheus are written every 15 seconds (its node exporter reads ``*.prom`` in a
    folder of its own, which must be there). Everybody may read it. Default: none. Which figures: :doc:`operating`.
    With ``web`` they are also told at ``/metrics``."""
    lines: LinePortKeys | None = None
    """A port that takes lines from deploy tools, one entry for each (`Line port`_, :doc:`scripts`). Default: none."""
    announce: AnnounceKeys = Field(default_factory=dict)
    """Channels that hear what scripts log, each with projects (one or a list) or ``all``: ``{"#ops": [tools],
    "#labs": all}``. A channel's name, in quotes; where several networks have one of that name, with its network
    before it: ``"libera #ops"``. What is said, and when: :doc:`scripts`. ``all`` leaves out what is private
    (``web.private``): that has to be named. A changed list holds from SIGHUP on. Default: nothing is announced."""
    irc: Annotated[dict[Word, NetworkKeys], BeforeValidator(_named_networks)] | None = None
    """The networks: a name of your choice for each, and its keys (Network_)."""
    wiki: WikiKeys | None = None
    """Where the pages are (Wiki_)."""
    people: list[PeopleSourceKeys] | None = None
    """Who is called what on the wiki and in the lists of members: a list of sources (`Source of people`_), or one
    alone."""
    secrets: ShapesKeys = ShapesKeys()
    """What secrets look like that somebody types by accident (`Secrets in messages`_)."""
    web: WebKeys | None = None
    """Logging by HTTP (Web_). Default: nothing is taken by HTTP, and none of what that needs is loaded."""
    during: DuringKeys = DuringKeys()
    """What is logged with its beginning and its end (`Beginnings and ends`_)."""


REQUIRED = ("journal", "irc", "wiki")
"""Of FileKeys. The builders ask for them, so that what else is wrong is seen although one is missing."""


def names(keys: type[Keys]) -> dict[str, Any]:
    """The keys of one place with the type of each, its own before those that other places have too."""
    shared = {name for base in keys.__bases__ if issubclass(base, Keys) for name in base.model_fields}
    fields = sorted(keys.model_fields.items(), key=lambda field: field[0] in shared)
    return {field.alias or name: field.annotation for name, field in fields}


def at(path: tuple[str | int, ...], top: type[Keys]) -> type[Keys] | None:
    """The keys that belong to the place at the end of `path`, None where it has no fixed ones."""
    here: Any = top
    for step in path:
        if isinstance(here, type) and issubclass(here, Keys):
            here = names(here).get(str(step))
        else:
            here = get_args(here)[-1] if get_args(here) else None
        here = _without_none(here)
    return here if isinstance(here, type) and issubclass(here, Keys) else None


def may_be_nothing(path: tuple[str | int, ...], top: type[Keys]) -> bool:
    """Whether the value at `path` may be left empty: a channel or project without settings, and no heading."""
    if not path or isinstance(path[-1], int):
        return False
    return at(path, top) in (ChannelKeys, ProjectKeys) or (at(path[:-1], top) is PageKeys and path[-1] == "heading")


def expected(path: tuple[str | int, ...]) -> str:
    """What is to stand at the value at `path`, where nothing does: behind a comma within braces, the next key."""
    return ONE_WORD_OR_SEVERAL if path[-2:-1] == ("copies",) else "expected a value"


def _without_none(kind: Any) -> Any:
    while get_origin(kind) not in (list, dict, Literal) and get_args(kind):
        kind = get_args(kind)[0]
    return kind
