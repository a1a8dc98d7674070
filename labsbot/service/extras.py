"""Say by the settings which libraries have to be installed that labsbot does without elsewhere (its extras)."""

from __future__ import annotations

import importlib.util

from labsbot import projects
from labsbot.irc import missing_for_login
from labsbot.service.sources import sources
from labsbot.settings import Settings


def missing(settings: Settings) -> list[str]:
    """What has to be installed before every source can be asked and every login tried, in words for an operator."""
    of_sources = (projects.missing_extra(source.origin) for source in sources(settings))
    of_logins = (missing_for_login(login) for network in settings.networks for login in network.sasl)
    return sorted({words for words in (*of_sources, *of_logins, missing_for_web(settings)) if words})


def missing_for_web(settings: Settings) -> str | None:
    """What has to be installed before anything is taken by HTTP."""
    if settings.web is None or all(map(importlib.util.find_spec, ("starlette", "uvicorn", "jinja2"))):
        return None
    return (
        "starlette, uvicorn and jinja2 are not all installed, so nothing is served by HTTP: "
        "install labsbot with its extra “web” (pip install '.[web]')"
    )
