"""A log of more than a megabyte moves to its archive behind nginx that takes one megabyte of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.delivery.archive_world import log_page
from tests.delivery.real import ArchivingWorld, Edge
from tests.servers.gateway_wiki import GatewayWiki

pytestmark = [pytest.mark.servers, pytest.mark.slow]
LARGE = log_page(days=6).replace("bob: ", f"bob: {'long ' * 19_000}")
TOO_LARGE = "client intended to send too large body"


@pytest.fixture
def wiki(tmp_path: Path) -> Iterator[GatewayWiki]:
    with GatewayWiki(tmp_path / "wiki", largest="1m") as started:
        yield started


@pytest.fixture
def world(tmp_path: Path, wiki: GatewayWiki) -> Iterator[ArchivingWorld]:
    edge = Edge(wiki)
    made = ArchivingWorld(tmp_path, edge)
    yield made
    edge.worker.close()
    made.journal.close()


async def test_a_large_log_moves_in_portions_that_the_gateway_takes(world: ArchivingWorld, wiki: GatewayWiki) -> None:
    assert (await asyncio.to_thread(requests.post, wiki.api, {"text": LARGE})).status_code == 413
    wiki.maintenance("edit", world.title, text=LARGE)
    await world.logged("hello")
    await world.pass_time()
    assert world.order_on_page() == ["hello"]
    assert world.page(world.archive).endswith(LARGE)
    assert wiki.log.read_text().count(TOO_LARGE) == 1, "ours alone"
