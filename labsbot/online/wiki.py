"""Try the wiki: does it let us in, and may we write to a project's log and to the archive it gets next?"""

from __future__ import annotations

from labsbot.model import Refused, Wiki, WikiFailure
from labsbot.online.outcome import PATIENCE, Outcome
from labsbot.service.logs import listed_titles
from labsbot.service.machine_clock import utc_now
from labsbot.settings import Listed, Settings
from labsbot.wiki.worker import Worker

LOOKED_AT = 100
"""So many logs are looked at whether a redirect stands there."""


async def try_wiki(wiki: Wiki, settings: Settings) -> list[Outcome]:
    """Log in, and ask what would keep us from writing."""
    worker = Worker(wiki)
    place = _some_log(settings)
    try:
        await worker.call(wiki.login, deadline=PATIENCE)
        if place is None:
            return [Outcome(False, "lets us in")]
        project, title = place
        page = await worker.call(wiki.look, title, deadline=PATIENCE)
        archive = f"{page.title}/{utc_now().year}"
        obstacles = await worker.call(wiki.obstacles, page.title, archive, deadline=PATIENCE)
        redirected = await _redirects(wiki, worker, settings)
    except WikiFailure as failure:
        return [Outcome(True, f"{failure}{_ADVICE.get(failure.cause, '')}")]
    finally:
        worker.close()
    reached = Outcome(False, f"lets us in; the log of {project} is at {page.url}")
    return [reached, *(Outcome(True, words) for words in obstacles), *redirected]


_ADVICE = {
    "it refuses our user name or password": ": expected those that Special:BotPasswords showed, the user such as"
    " Labsbot@labsbot",
    "there is no wiki at its address": ": see wiki.api; `labsbot init` finds the API by the address of any page",
    "it answers with something else than a wiki": ": see wiki.api; `labsbot init` finds the API by the address of any"
    " page",
    "it is not answering": "; see host and port of wiki.api, and whether a firewall lets us out",
    "it is read-only": ": wait until it is not; what is logged meanwhile is kept",
    "it has seen too many logins and wants us to wait": ": a few minutes",
}
"""What to do about a failure, by its cause."""


async def _redirects(wiki: Wiki, worker: Worker, settings: Settings) -> list[Outcome]:
    """Where the logs of listed projects are by a redirect, and those that lead where nothing is written."""
    found = []
    for title in listed_titles(settings)[:LOOKED_AT]:
        try:
            page = await worker.call(wiki.look, title, deadline=PATIENCE)
        except Refused as refusal:
            found.append(Outcome(True, f"“{title}”: {refusal.cause}"))
            continue
        if page.redirected:
            found.append(Outcome(False, f"“{title}” redirects to {page.url}"))
        elif page.to_be_replaced:
            found.append(Outcome(False, f"“{title}” redirects to an archive and gets a fresh page"))
    return found


def _some_log(settings: Settings) -> tuple[str, str] | None:
    """A project that is listed in the configuration, and the title of its log as its own channel writes it."""
    for network in settings.networks:
        for channel in network.channels:
            for source in channel.projects:
                if isinstance(source.origin, Listed) and source.origin.projects:
                    project = channel.project or source.prefix + source.origin.projects[0].name
                    return project, channel.page.title_for(project)
    return None
