"""Names of hosts are found where people would see them, and nothing that is clearly something else."""

from __future__ import annotations

import pytest

from labsbot.text.hosts import find_hosts


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("rebooted db1001, mw1234.eqiad.wmnet and i-0000a.", ["db1001", "mw1234.eqiad.wmnet", "i-0000a"]),
        ("tools-web-7: down (db1)", ["tools-web-7", "db1"]),
        ("alerts.cloud.example.org is up", ["alerts.cloud.example.org"]),
        ("T123 v2 x1 2026-11-22 1234567 1.2.3 x-ray example.org e.g. i.e.", []),
        ("sal-20261122143001-7f3a undo-20261122143001-7f3a", []),
        ("a_db1 db1_x /srv/db1 db1/x user@db1 db1@x #db1 db1= $db1", []),
        ("db1.example.5 -db1 db1- db1..x .db1", []),
        (f"db{'1' * 300}", []),
        ("", []),
    ],
)
def test_hosts_are_found(text: str, names: list[str]) -> None:
    found = list(find_hosts(text))
    assert [name for _, name in found] == names
    assert all(text[start:].startswith(name) for start, name in found)
