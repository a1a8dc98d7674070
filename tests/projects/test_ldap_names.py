"""Who is meant by a distinguished name."""

from __future__ import annotations

import pytest

ldap = pytest.importorskip("labsbot.projects.ldap", reason="the extra ldap is not installed")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("alice", "alice"),
        ("uid=alice,ou=people,dc=labs", "alice"),
        ("CN=Smith\\, Alice+uid=a,dc=labs", "Smith, Alice"),
        ("uid=\\C5\\81ukasz,dc=labs", "Łukasz"),
        ("", ""),
        ("a=", ""),
        ("alice@labs", "alice@labs"),
    ],
)
def test_of_a_distinguished_name_the_first_value_counts(written: str, value: str) -> None:
    assert ldap.first_value(written) == value
