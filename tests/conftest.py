"""What tests of several rooms share: the real servers, started once per session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki

# A busy machine is no failure: hypothesis counts examples, not milliseconds.
settings.register_profile("labsbot", deadline=None)
# For make test-quick (--hypothesis-profile=quick).
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("labsbot")


@pytest.fixture(scope="session")
def mediawiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaWiki]:
    """A real MediaWiki on loopback; each test uses pages of its own."""
    with MediaWiki(tmp_path_factory.mktemp("mediawiki") / "wiki") as wiki:
        yield wiki


@pytest.fixture(scope="session")
def inspircd() -> Iterator[InspIRCd]:
    """A real InspIRCd on loopback; each test uses nicks and channels of its own."""
    with InspIRCd() as server:
        yield server
