"""``make torture``: the bot between a wiki and an IRC server that are real, with everything going wrong that can.

A fault proxy loses requests and answers, people type and edit the pages by hand, the bot is killed again and again.
Then the faults end, and a checker looks at what was accepted, what stands on the wiki and what people were told.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki, MediaWikiMissing
from tests.torture.checker import KINDS
from tests.torture.ordeal import Measure, Verdict, ordeal

SHOWN = 20
"""Findings of one kind that are written out."""


def main() -> int:
    """Exit status: 0 nothing was wrong; 1 something was, or it could not be carried out."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--entries", type=int, default=200, help="at least so many are accepted (%(default)s)")
    parser.add_argument("--kills", type=int, default=20, help="kill -9 (%(default)s)")
    parser.add_argument("--people", type=int, default=5, help="who type (%(default)s)")
    parser.add_argument("--programs", type=int, default=3, help="that log by HTTP and by the socket (%(default)s)")
    parser.add_argument("--calls", type=int, default=100, help="of theirs, at least so many are answered (%(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the plan of faults and kills")
    parser.add_argument("--seconds", type=float, default=1800, help="of torture, at most (%(default)s)")
    parser.add_argument("--months", type=int, default=8, help="with days that go to archives (%(default)s)")
    measure = Measure(**vars(parser.parse_args()))
    print(f"Torture with seed {measure.seed}: {measure.entries} entries, {measure.kills} kills …", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="labsbot-torture-"))
    try:
        with MediaWiki(folder / "wiki") as wiki, InspIRCd() as irc:
            verdict = asyncio.run(ordeal(folder, wiki, irc, measure, lambda words: print(words, flush=True)))
    except MediaWikiMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    print(report(verdict))
    if verdict.missed:
        print(f"It was too tame: {'; '.join(verdict.missed)}")
    if verdict.findings:
        print(f"The journal, the pages and the bot's log are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 1 if verdict.missed else 0


def report(verdict: Verdict) -> str:
    """All figures, the faults and kills by kind, what was found by kind, and the findings themselves."""
    found = {kind: [each.words for each in verdict.findings if each.kind == kind] for kind in KINDS}
    rows = [
        *verdict.figures.items(),
        *((f"kill -9 {moment.value}", number) for moment, number in verdict.kills.items()),
        *((f"requests: {fault.value}", number) for fault, number in verdict.faults.most_common()),
    ]
    return "\n".join(
        [
            *(f"{value!s:>8}  {name}" for name, value in rows),
            "Found:",
            *(f"{len(words):>8}  {kind}" for kind, words in found.items()),
            *(f"{kind}: {words}" for kind, each in found.items() for words in each[:SHOWN]),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
