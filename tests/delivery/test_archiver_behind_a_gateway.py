"""A log of more than a megabyte moves to its archive on a wiki whose gateway takes one megabyte of a request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.delivery.archive_world import log_page
from tests.delivery.real import ArchivingWorld, Edge
from tests.servers.gateway_wiki import GatewayWiki

pytestmark = [pytest.mark.servers, pytest.mark.slow]
LARGE = log_page(days=365, lines=10).replace("bob:", f"bob: {'long ' * 60}")


@pytest.fixture
def wiki(tmp_path: Path) -> Iterator[GatewayWiki]:
    with GatewayWiki(tmp_path / "wiki", largest="1m") as started:
        yield started


async def test_a_large_log_moves_in_portions_that_the_gateway_takes(tmp_path: Path, wiki: GatewayWiki) -> None:
    edge = Edge(wiki)
    world = ArchivingWorld(tmp_path, edge)
    with pytest.raises(requests.JSONDecodeError):  # nginx' own page: 413
        world.write(LARGE)
    world.write = lambda text: wiki.maintenance("edit", world.title, text=text)
    page = await world.archived(LARGE)
    archives = [title for title in (world.archive, f"{world.archive} (2)") if world.page(title)]
    edge.worker.close()
    world.journal.close()
    assert "2025-" not in page
    moved = [line for title in archives for line in world.page(title).splitlines() if line.startswith(("*", "=="))]
    assert sorted(moved) == sorted(line for line in LARGE.splitlines() if line)
