"""The keys of what is asked by HTTP come in; where to listen, who may log and who is shown what goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from labsbot.config import keys
from labsbot.config.builders.announce import configured_channel
from labsbot.config.builders.building import Building
from labsbot.config.builders.known import KnownProjects
from labsbot.config.builders.places import limit
from labsbot.settings import (
    Announced,
    Limit,
    Server,
    Source,
    SystemdSocket,
    TrustedProxy,
    WebSettings,
    WebToken,
    folded,
)
from labsbot.text.loopback import is_loopback


def web(building: Building, web: keys.WebKeys | None, sources: tuple[Source, ...]) -> WebSettings | None:
    """`sources` are those of all projects to which a token may be limited."""
    if web is None:
        return None
    listen = building.path(str(web.listen)) if isinstance(web.listen, Path) else web.listen
    if isinstance(listen, Server) and not is_loopback(listen.host):
        words = "tokens come here in plain text: listen on 127.0.0.1, and let a proxy on this machine speak TLS"
        building.warn(("web", "listen"), words)
    known = KnownProjects(building, sources)
    private = {folded(each) for each in web.private}
    _exist(building, known, ("web", "private"), web.private)
    tokens = tuple(_token(building, name, token, known, private) for name, token in web.tokens.items())
    _hashes_differ(building, tokens)
    trusted = _trusted(building, web.trusted, listen)
    return WebSettings(listen, web.url.rstrip("/") + "/", tokens, tuple(web.private), trusted)


def _token(building: Building, name: str, token: keys.TokenKeys, known: KnownProjects, private: set[str]) -> WebToken:
    one, of_all = ("web", "tokens", name, "projects"), keys.ALL in token.projects
    named = [each for each in token.projects if each != keys.ALL or not of_all]
    _exist(building, known, one, named)
    for each in named if of_all else ():
        if folded(each) not in private:
            building.wrong(one, f"“{each}” is one of all, expected private projects beside “all”")
    there = token.announce and configured_channel(building, token.announce, ("web", "tokens", name, "announce"))
    return WebToken(
        name,
        token.sha256,
        None if of_all else tuple(named),
        _limit(token.limit),
        None if token.author == "any" else token.author,
        token.author == "any",
        tuple(named) if of_all else (),
        Announced(*there) if there else None,
    )


def _exist(building: Building, known: KnownProjects, one: tuple[str, ...], projects: Sequence[str]) -> None:
    for number, project in enumerate(projects):
        if flaw := known.flaw(project):
            building.wrong((*one, number) if building.stands((*one, number)) else one, flaw)


def _trusted(
    building: Building, trusted: keys.TrustedKeys | None, listen: Server | Path | SystemdSocket
) -> TrustedProxy | None:
    if trusted is None:
        return None
    by_socket = not trusted.origins
    if by_socket and isinstance(listen, Server):
        building.wrong(("web", "trusted", "from"), "we listen at no Unix socket, expected addresses such as 10.0.0.5")
    if any(each.is_loopback for each in trusted.origins):
        words = (
            "every account of this machine can call from there and name whom it likes: let the proxy use a Unix socket"
        )
        building.warn(("web", "trusted", "from"), words)
    return TrustedProxy(tuple(trusted.origins), by_socket, trusted.header)


def _limit(given: keys.LimitKeys | None) -> Limit | None:
    """What a token may log: in other names no more than in its own, for it chooses them."""
    if given is None:
        return None
    made = limit(given)
    return replace(made, relay=made.relay or made.lines)


def _hashes_differ(building: Building, tokens: tuple[WebToken, ...]) -> None:
    seen: dict[str, str] = {}
    for token in tokens:
        first = seen.setdefault(token.sha256, token.name)
        if first != token.name:
            building.wrong(
                ("web", "tokens", token.name, "sha256"), f"“{first}” has the same, expected a token for each"
            )
