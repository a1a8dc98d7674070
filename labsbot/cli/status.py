"""``labsbot status``: how the running bot is, by its own word. It is asked at the socket beside its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from labsbot.cli.journal_path import NoJournalNamed, journal_path
from labsbot.cli.loading import FAILED, as_json, configuration, fail, misconfigured
from labsbot.edge import door, logs
from labsbot.edge.answers import WrongAnswer, mapping
from labsbot.text.durations import briefly


@click.command("status")
@configuration
@as_json
def command(path: Path, as_json: bool) -> None:
    """What the running bot does right now; exit status 1 where none runs.

    \b
    Example:  labsbot status -c /etc/labsbot/labsbot.yaml
    """
    told = told_by_bot(path)
    if as_json:
        click.echo(json.dumps({key: value for key, value in told.items() if key != "ok"}, ensure_ascii=False, indent=2))
        return
    try:
        for line in lines(told):
            click.echo(logs.printable(line))
    except (WrongAnswer, LookupError, TypeError):
        fail(FAILED, "the bot that runs is of another release: restart it, or ask with --json")


def told_by_bot(path: Path) -> Mapping[str, Any]:
    """What the bot of this configuration says of itself. Where none answers, say so and end."""
    try:
        journal = journal_path(path)
        return door.ask(journal, "status")
    except NoJournalNamed as failure:
        misconfigured(path, failure)
    except door.NobodyAnswers as failure:
        fail(FAILED, f"no bot answers at {failure}: none runs on {journal}, or it could not make that socket")
    except door.DoorClosed as failure:
        fail(FAILED, str(failure))


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """For people."""
    yield f"labsbot {told['version']}, process {told['pid']}, since {told['since']}"
    for reason in told["reasons"]:
        yield f"not ready: {reason}"
    for flaw in told["configuration"]["flaws"]:
        yield f"the changed configuration is not in force: {flaw}"
    for name, network in mapping(told["networks"]).items():
        channels = mapping(network["channels"])
        inside, outside = ([each for each in channels if channels[each] is there] for there in (True, False))
        parts = [f"in {', '.join(inside)}"] if inside else []
        parts += [f"not in {', '.join(outside)}"] if outside else []
        yield f"{name}: {'; '.join(['connected' if network['online'] else 'not connected', *parts])}"
    for state in ("waiting", "parked"):
        number, since = told[state]["number"], told[state]["since"]
        yield f"{state}: {number}{f', the oldest since {since}' if since else ''}"
        for each in told[state]["why"]:
            next_try = f"; next try about {each['next_try']}" if each["next_try"] else ""
            yield f"  {each['number']}: {each['cause'] or 'nothing is in the way'}{next_try}"
    wiki = mapping(told["wiki"])
    failures = ", ".join(f"{code} {number}" for code, number in mapping(wiki["failures"]).items())
    delivered = wiki["last_delivery"] or "none since the start"
    yield f"wiki {wiki['name']}: last delivery {delivered}; failures {failures or 'none'}"
    for kind, sources in mapping(told["sources"]).items():
        for name, age in mapping(sources).items():
            answered = "has never answered" if age is None else f"answered {briefly(timedelta(seconds=age))} ago"
            yield f"{kind} by {name}: {answered}"
