"""The keys of logging by HTTP come in; where to listen and who may log goes out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from labsbot.config import keys
from labsbot.config.builders.announce import configured_channel
from labsbot.config.builders.building import Building
from labsbot.config.builders.known import KnownProjects
from labsbot.config.builders.places import limit
from labsbot.settings import Announced, Limit, Server, Source, WebSettings, WebToken


def web(building: Building, web: keys.WebKeys | None, sources: tuple[Source, ...]) -> WebSettings | None:
    """`sources` are those of all projects to which a token may be limited."""
    if web is None:
        return None
    listen = building.path(str(web.listen)) if isinstance(web.listen, Path) else web.listen
    if isinstance(listen, Server) and not keys.is_loopback(listen.host):
        words = "tokens come here in plain text: listen on 127.0.0.1, and let a proxy on this machine speak TLS"
        building.warn(("web", "listen"), words)
    known = KnownProjects(building, sources)
    tokens = tuple(_token(building, name, token, known) for name, token in web.tokens.items())
    _hashes_differ(building, tokens)
    return WebSettings(listen, web.url.rstrip("/") + "/", tokens)


def _token(building: Building, name: str, token: keys.TokenKeys, known: KnownProjects) -> WebToken:
    for number, project in enumerate(token.projects):
        if flaw := known.flaw(project):
            one = ("web", "tokens", name, "projects")
            building.wrong((*one, number) if building.stands((*one, number)) else one, flaw)
    there = token.announce and configured_channel(building, token.announce, ("web", "tokens", name, "announce"))
    return WebToken(
        name,
        token.sha256,
        tuple(token.projects) or None,
        _limit(token.limit),
        None if token.author == "any" else token.author,
        token.author == "any",
        Announced(*there) if there else None,
    )


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
