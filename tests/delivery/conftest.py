"""What the tests on the real wiki share: each release of MediaWiki that is here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.servers.mediawiki import RELEASES
from tests.servers.mediawiki import MediaWiki as Server


@pytest.fixture(scope="session", params=RELEASES)
def mediawiki(request: pytest.FixtureRequest, mediawikis: Callable[[str], Server]) -> Server:
    """Each release of MediaWiki that is here."""
    return mediawikis(request.param)
