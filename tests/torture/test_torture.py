"""The short form of the torture; the long one is ``make torture ARGS="--entries 2000 --kills 200"``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki
from tests.torture.__main__ import report
from tests.torture.ordeal import Measure, ordeal


@pytest.mark.servers
async def test_what_was_accepted_stands_there_once_whatever_dies(tmp_path: Path, inspircd: InspIRCd) -> None:
    measure = Measure(entries=60, kills=6, people=4, programs=3, calls=30, seed=8, seconds=35, months=2)
    with MediaWiki(tmp_path / "wiki") as wiki:
        verdict = await ordeal(tmp_path, wiki, inspircd, measure, say=print)
    assert verdict.findings == [], report(verdict)
    assert verdict.kills.total() > 0
    assert verdict.figures["unexpected failures in the bot's log"] == 0
