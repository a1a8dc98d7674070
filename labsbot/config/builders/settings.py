"""The checked values of a whole file come in; its settings go out, or what is wrong with them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labsbot.config import keys
from labsbot.config.builders.announce import announced
from labsbot.config.builders.building import Building
from labsbot.config.builders.channels import titles_fit
from labsbot.config.builders.irc import network
from labsbot.config.builders.lines import line_port
from labsbot.config.builders.pages import page_settings
from labsbot.config.builders.places import NOTHING_SAID, holding
from labsbot.config.builders.sources import people_sources
from labsbot.config.builders.web import web
from labsbot.config.builders.wiki import wiki
from labsbot.config.problems import Problem
from labsbot.config.tree import Flaw, Table
from labsbot.edge import files
from labsbot.settings import During, SecretShape, Settings


@dataclass(frozen=True, slots=True)
class Built:
    settings: Settings | None
    """None where something required is missing or wrong, whoever has found that."""
    flaws: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]
    elsewhere: tuple[Problem, ...]
    """What is wrong in files that this one names."""
    elsewhere_warned: tuple[Problem, ...]


def build(
    file: keys.FileKeys,
    tree: Table,
    folder: Path,
    environ: Mapping[str, str],
    credentials: Path | None,
    reads_secrets: bool,
) -> Built:
    """Build the settings; `folder` is where relative paths begin, `tree` tells the places."""
    building = Building(tree, folder, environ, credentials, reads_secrets)
    settings = _settings(building, file)
    return Built(
        settings,
        tuple(building.flaws),
        tuple(building.warnings),
        tuple(building.elsewhere),
        tuple(building.elsewhere_warned),
    )


def _settings(building: Building, file: keys.FileKeys) -> Settings | None:
    for key in keys.REQUIRED:
        if not building.stands((key,)):
            building.missing(key)
    if not building.stands(("projects",)) and not _all_have_projects(building.tree):
        building.missing("projects")
    journal = _journal(building, file.journal)
    top = holding(building, file, NOTHING_SAID, ())
    page = page_settings(top.page)
    titles_fit(building, top.sources or (), page, ("projects",))
    networks = tuple(network(building, name, keys_of, top) for name, keys_of in (file.irc or {}).items())
    if file.irc is not None and building.count(("irc",)) == 0:
        building.wrong(("irc",), "is empty, expected a network")
    pages = wiki(building, file.wiki)
    people = people_sources(building, file.people)
    lines = line_port(building, file.lines)
    channels = tuple(channel for network in networks for channel in network.channels)
    for_scripts = top.sources or tuple(source for channel in channels for source in channel.projects)
    by_http = web(building, file.web, for_scripts)
    announcements = announced(building, file.announce, for_scripts)
    if journal is None or pages is None or not networks or building.flaws or building.elsewhere:
        return None
    return Settings(
        journal=journal,
        state=building.path(file.state) if file.state else journal.parent,
        networks=networks,
        wiki=pages,
        top=replace(top.channel, page=page, projects=top.sources or ()),
        people=people,
        known_secrets=file.secrets.known,
        secrets=tuple(SecretShape(name, pattern) for name, pattern in file.secrets.patterns.items()),
        operator=file.operator,
        metrics=_metrics(building, file.metrics),
        lines=lines,
        web=by_http,
        announced=announcements,
        during=During(file.during.quick, file.during.unknown_after),
    )


def _journal(building: Building, text: str | None) -> Path | None:
    if text is None:
        return None
    if "://" in text:
        building.wrong(("journal",), "a database address is not supported yet, expected the path of a file")
        return None
    return building.path(text)


def _metrics(building: Building, text: str | None) -> Path | None:
    """The file of figures; what keeps the exporter from it is warned of, for nothing else tells."""
    if text is None:
        return None
    path = building.path(text)
    if path.suffix != ".prom":
        building.warn(("metrics",), "the node exporter passes over files that do not end in .prom")
    if not path.parent.is_dir():
        building.warn(("metrics",), f"there is no folder {path.parent}, and labsbot does not make it")
    elif words := files.obstacle(path):
        building.warn(("metrics",), f"{files.user()} cannot write it: {words}")
    return path


def _all_have_projects(tree: Table) -> bool:
    """Whether there are channels, and each has sources of projects without any at the top."""
    channels = [(network, channel) for network in tree.tables("irc") for channel in network.tables("channels")]
    return bool(channels) and all("projects" in {**network.values, **channel.values} for network, channel in channels)
