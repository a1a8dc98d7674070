"""Say by the settings which libraries have to be installed that labsbot does without elsewhere (its extras)."""

from __future__ import annotations

from labsbot import projects, web
from labsbot.irc import missing_for_login
from labsbot.service.sources import sources
from labsbot.settings import Settings


def missing(settings: Settings) -> list[str]:
    """What has to be installed before every source can be asked and every login tried, in words for an operator."""
    of_sources = (projects.missing_extra(source.origin) for source in sources(settings))
    of_logins = (missing_for_login(login) for network in settings.networks for login in network.sasl)
    of_web = web.missing_extra() if settings.web else None
    return sorted({words for words in (*of_sources, *of_logins, of_web) if words})
