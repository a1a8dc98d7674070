"""The short form; the long one is ``python -m tests.soak MINUTES``."""

from pathlib import Path

import pytest

from tests.soak.soak import soak

pytestmark = pytest.mark.servers


async def test_over_a_bad_line_every_line_that_was_typed_is_on_the_page_once_and_in_order(tmp_path: Path) -> None:
    async with soak(tmp_path) as world:
        figures = await world.run(seconds=1)
    assert figures.troubles == 6
    assert list(reversed(figures.on_page)) == figures.typed
