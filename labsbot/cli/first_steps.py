"""The steps of ``labsbot init``: each asks for a few answers and tries them, on the real wiki and network, at once.

A step gets what was answered so far and returns that with its own answers, or raises NotAccepted with the reason.
"""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from labsbot.cli.asking import Asker, NotAccepted, Question
from labsbot.config import ConfigurationError
from labsbot.config.first import NO_SECRET, FirstAnswers, first_settings
from labsbot.desk.entries import entry_id
from labsbot.edge import files
from labsbot.edge.logs import printable
from labsbot.model import Delivery, Entry, Log, WikiFailure
from labsbot.online import Outcome, try_network, try_wiki
from labsbot.service.logs import address_of_page
from labsbot.service.machine_clock import utc_now
from labsbot.settings import Network, PageSettings, Secret, Settings
from labsbot.wiki import open_wiki, silence
from labsbot.wiki.discovery import find_api
from labsbot.wikitext import create

Step = Callable[[Asker, Path, FirstAnswers], FirstAnswers]

WIKI = Question("wiki", "Address of any page of the wiki")
WIKI_CA = Question("wiki-ca", "File with the certificate of who signed it (empty: another address)", "")
WIKI_USER = Question("wiki-user", "User name, with the @")
WIKI_PASSWORD = Question("LABSBOT_WIKI_PASSWORD", "Its password (it is not shown)", secret=True)
PROJECTS = Question("projects", "Projects, with commas between them")
TITLE = Question("title", "Title of a log", FirstAnswers().title)
HEADING = Question("heading", "Heading on that page to write below (empty: the page is the log's own)", "")
SERVER = Question("server", "IRC server (HOST or HOST:PORT)", "irc.libera.chat:6697")
TLS = Question("tls", "TLS (yes, no, or the file with the certificate of who signed the server's)", "yes")
NICK = Question("nick", "Nick of the bot", "labsbot")
ACCOUNT = Question("account", "Services account of the bot (empty: none)", "")
IRC_PASSWORD = Question("LABSBOT_SASL_PASSWORD", "Its password (it is not shown)", secret=True)
CHANNEL = Question("channel", "Channel (with its key behind a blank, if it has one)")

QUESTIONS = (
    *(WIKI, WIKI_CA, WIKI_USER, WIKI_PASSWORD, PROJECTS, TITLE, HEADING),
    *(SERVER, TLS, NICK, ACCOUNT, IRC_PASSWORD, CHANNEL),
)


# --- the wiki


def wiki(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    asker.explain("The wiki where the log is to stand.")
    typed = asker.ask(WIKI)
    try:
        answers = replace(answers, api=find_api(typed), wiki_ca="")
    except WikiFailure as failure:
        ca = _who_signed(asker, failure)
        if not ca:
            raise NotAccepted(str(failure)) from None
        answers = replace(answers, api=_found_by(typed, ca), wiki_ca=str(ca))
    click.echo(f"  its API: {answers.api}")
    _settings(file, answers)
    return answers


def _who_signed(asker: Asker, failure: WikiFailure) -> Path | None:
    if failure.cause != silence.UNTRUSTED:
        return None
    asker.explain("Its certificate is signed by somebody whom this machine does not know.")
    named = asker.ask(WIKI_CA)
    return _readable(named) if named else None


def _found_by(typed: str, ca: Path) -> str:
    try:
        return find_api(typed, ca)
    except WikiFailure as failure:
        raise NotAccepted(str(failure)) from None


def wiki_account(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    link = address_of_page(_settings(file, answers).wiki, "Special:BotPasswords")
    asker.explain(
        "The bot writes as an account of the wiki, by a “bot password”, which may do no more than it is granted.\n"
        "Log in there as that account, and make one:\n\n"
        f"    {link}\n\n"
        "  tick  High-volume (bot) access,  Edit existing pages,  Create, edit, and move pages\n"
        "The wiki then shows a user name (such as Labsbot@labsbot) and a password."
    )
    user = asker.ask(WIKI_USER)
    if "@" not in user.strip("@"):
        raise NotAccepted(f"that is the account itself; a bot password has a user name such as {user}@labsbot")
    answers = replace(answers, user=user, wiki_password=Secret(asker.ask(WIKI_PASSWORD)))
    # Asked of a page of its own, that nobody protects: so what it says is about the account.
    own = replace(answers, title=f"User:{user.partition('@')[0]}/{{project}}", heading="")
    settings = _settings(file, own)
    _accept(outcome for outcome in asyncio.run(try_wiki(open_wiki(settings.wiki), settings)) if outcome.failed)
    click.echo("  it lets us in, and we may write")
    return answers


# --- what is logged where


def projects(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    asker.explain("What can be logged: !log PROJECT MESSAGE.")
    named = tuple(name for name in re.split(r"[\s,]+", asker.ask(PROJECTS)) if name)
    if not named:
        raise NotAccepted("one project at least, such as web")
    answers = replace(answers, projects=named)
    _settings(file, answers)
    return answers


def page(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    asker.explain(
        "Where a log stands: {project} in the title becomes the project's name. It is a page of the log's own, or\n"
        "stands below a heading of a page where there is more."
    )
    answers = replace(answers, title=asker.ask(TITLE), heading=asker.ask(HEADING))
    if "{project}" not in answers.title and len(answers.projects) > 1:
        raise NotAccepted("several projects would write to one page: put {project} into its title")
    settings = _settings(file, answers)
    _accept(asyncio.run(try_wiki(open_wiki(settings.wiki), settings)))
    network, project = settings.networks[0], answers.projects[0]
    sample = sample_page(network.channels[0].page, project, utc_now())
    asker.explain(f"So the log of {project} would look:\n\n{textwrap.indent(printable_lines(sample), '    ')}\n")
    if not asker.agrees("Is that right?"):
        raise NotAccepted("say where else")
    return answers


def sample_page(settings: PageSettings, project: str, now: datetime) -> str:
    """The wikitext of a new page with one entry."""
    entry = Entry(entry_id(now), "", "", "alice", None, "alice", "restarted the web service", now)
    return create(settings, project, [Delivery(0, entry, Log("", project), now.date(), f"{now:%H:%M}")]).text


def printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.splitlines()))


# --- IRC


def server(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    asker.explain("The IRC network where people talk.")
    named, tls = asker.ask(SERVER), asker.ask(TLS)
    by_tls = tls.lower() not in ("no", "n", "false")
    ca = str(_readable(tls)) if by_tls and tls.lower() not in ("yes", "y", "true") else ""
    answers = replace(answers, server=named, tls=by_tls, irc_ca=ca, nick=asker.ask(NICK))
    _try_network(file, replace(answers, account=""), lambda network: replace(network, channels=()))
    return answers


def irc_account(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    asker.explain("If the bot's nick is registered there (NickServ), it logs in.")
    account = asker.ask(ACCOUNT)
    if not account:
        return replace(answers, account="", irc_password=NO_SECRET)
    answers = replace(answers, account=account, irc_password=Secret(asker.ask(IRC_PASSWORD)))
    _try_network(file, answers, lambda network: replace(network, channels=()))
    return answers


def channel(asker: Asker, file: Path, answers: FirstAnswers) -> FirstAnswers:
    asker.explain("The channel where people type !log. The bot enters it now, and leaves again.")
    name, _, key = asker.ask(CHANNEL).partition(" ")
    named = name if name.startswith(("#", "&", "+", "!")) else f"#{name}"
    answers = replace(answers, channel=named, channel_key=Secret(key.strip()))
    _try_network(file, answers, lambda network: network)
    return answers


def _try_network(file: Path, answers: FirstAnswers, of: Callable[[Network], Network]) -> None:
    settings = _settings(file, answers)
    click.echo(f"  trying {printable(answers.server)} …")
    _accept(asyncio.run(try_network(of(settings.networks[0]), settings.state)))


# --- what all steps share


def _settings(file: Path, answers: FirstAnswers) -> Settings:
    """Raises NotAccepted where the configuration would be wrong."""
    try:
        return first_settings(answers, file)
    except ConfigurationError as error:
        raise NotAccepted("; ".join(problem.message for problem in error.problems)) from None


def _accept(outcomes: Iterable[Outcome]) -> None:
    """Say what went well. Raises NotAccepted with all that did not."""
    failed = []
    for outcome in outcomes:
        if outcome.failed:
            failed.append(outcome.words)
        else:
            click.echo(f"  {printable(outcome.words)}")
    if failed:
        raise NotAccepted("; ".join(failed))


def _readable(typed: str) -> Path:
    path = Path(typed).expanduser().absolute()
    try:
        files.read(path, links=True)
    except OSError as error:
        raise NotAccepted(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    return path


STEPS: tuple[Step, ...] = (wiki, wiki_account, projects, page, server, irc_account, channel)
