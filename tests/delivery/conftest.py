"""What the tests on the real wiki share: the newest release of MediaWiki that is here, or each of them."""

from __future__ import annotations

import pytest

from tests.servers.mediawiki import RELEASES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Older releases are met where they answer in words of their own: tests/wiki/test_contract.py shows the rest."""
    if "mediawiki" in metafunc.fixturenames:
        of_each = metafunc.definition.get_closest_marker("each_release")
        metafunc.parametrize("mediawiki", RELEASES if of_each else RELEASES[:1], indirect=True, scope="session")
