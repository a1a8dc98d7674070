"""The short form; the long one is ``python -m tests.soak MINUTES``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.figures import report
from tests.soak.ledger import Claim
from tests.soak.plan import Trouble
from tests.soak.soak import HOME, Soak, soak
from tests.torture.checker import ALTERED
from tests.torture.written import AMEND, STRIKE


@pytest.mark.servers
async def test_every_line_that_the_server_kept_is_on_its_page_once_and_in_order(tmp_path: Path) -> None:
    async with soak(tmp_path) as world:
        figures = await world.run(seconds=1, say=print)
        damaged = damage(world)
    print(report(figures))
    assert figures.wrong == []
    assert [bout.trouble for bout in figures.bouts] == list(Trouble)
    # that it was trouble: all but the slow line threw the bot out, and something was said while it was away
    assert [bout.trouble for bout in figures.bouts if not bout.out] == [Trouble.SLOWED]
    assert figures.verdict.claims[Claim.OWED] > 0
    assert figures.verdict.absent[Claim.FORGOTTEN] > 0
    # that people were late, and changed their minds
    assert figures.late > 0
    assert figures.corrections(STRIKE) + figures.corrections(AMEND) > 0
    # that it would be seen if something stood there otherwise
    assert any(finding.startswith(f"{ALTERED}: ") for finding in damaged)


def damage(world: Soak) -> list[str]:
    """What is found wrong when somebody else's words stand in a line."""
    page, text = next((page, text) for page in HOME.values() if (text := world.wiki.text(page)))
    world.wiki._files.file(page).write_text(f"{text}, they say")
    return world.findings()
