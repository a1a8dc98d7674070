"""``labsbot status``: how the running bot is, by its own word. It is asked at the socket beside its journal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from labsbot.cli.journal_path import NoJournalNamed, journal_path
from labsbot.cli.loading import FAILED, MISCONFIGURED, as_json, configuration, fail
from labsbot.edge import door, logs
from labsbot.edge.answers import WrongAnswer, mapping


@click.command("status")
@configuration
@as_json
def command(path: Path, as_json: bool) -> None:
    """How the running bot is; exit status 1 where none runs.

    \b
    Example:  labsbot status -c /etc/labsbot/labsbot.yaml
    """
    try:
        journal = journal_path(path)
        told = door.ask(journal, "status")
    except NoJournalNamed as failure:
        click.echo(str(failure), err=True)
        sys.exit(MISCONFIGURED)
    except door.NobodyAnswers as failure:
        fail(FAILED, f"no bot answers at {failure}: none runs on {journal}, or it could not make that socket")
    except door.DoorClosed as failure:
        fail(FAILED, str(failure))
    if as_json:
        click.echo(json.dumps({key: value for key, value in told.items() if key != "ok"}, ensure_ascii=False, indent=2))
        return
    try:
        for line in lines(told):
            click.echo(logs.printable(line))
    except (WrongAnswer, LookupError, TypeError):
        fail(FAILED, "the bot that runs is of another release: restart it, or ask with --json")


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """For people."""
    yield f"labsbot {told['version']}, process {told['pid']}, since {told['since']}"
    for name, network in mapping(told["networks"]).items():
        channels = mapping(network["channels"])
        inside, outside = ([each for each in channels if channels[each] is there] for there in (True, False))
        parts = [f"in {', '.join(inside)}"] if inside else []
        parts += [f"not in {', '.join(outside)}"] if outside else []
        yield f"{name}: {'; '.join(['connected' if network['online'] else 'not connected', *parts])}"
    for state in ("waiting", "parked"):
        number, since = told[state]["number"], told[state]["since"]
        yield f"{state}: {number}{f', the oldest since {since}' if since else ''}"
    wiki = mapping(told["wiki"])
    failures = ", ".join(f"{code} {number}" for code, number in mapping(wiki["failures"]).items())
    delivered = wiki["last_delivery"] or "none since the start"
    yield f"wiki {wiki['name']}: last delivery {delivered}; failures {failures or 'none'}"
