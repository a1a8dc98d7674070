"""The line port in the configuration."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from labsbot.config import ConfigurationError
from labsbot.settings import LinePortSettings

from .conftest import Read, with_line


def lines(keys: str) -> str:
    return with_line("journal:", f"lines: {{{keys}}}")


def test_what_is_not_said_is_this_machine_and_a_script(read: Read) -> None:
    settings = read(lines("listen: 127.0.0.1:9200")).settings
    here = (ip_network("127.0.0.0/8"), ip_network("::1"))
    assert settings.lines == LinePortSettings("127.0.0.1", 9200, here, "script")


def test_all_of_it(read: Read) -> None:
    settings = read(lines('listen: "[::]:9200", allow: [10.0.0.0/8, "2001:db8::/32"], as: deploy')).settings
    networks = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert settings.lines == LinePortSettings("::", 9200, networks, "deploy")
    assert str(settings.lines) == "[::]:9200"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("allow: 10.0.0.0/8", "listen"),
        ("listen: 127.0.0.1", "lines.listen: expected a port behind it, such as 127.0.0.1:9200"),
        ("listen: localhost:9200", "lines.listen: expected an address of this machine, such as 127.0.0.1:9200"),
        ("listen: 127.0.0.1:9200, allow: []", "lines.allow: is empty, expected a list of networks"),
        ("listen: 127.0.0.1:9200, allow: [nonsense]", "expected an address or a network such as 10.0.0.0/8"),
        ("listen: 127.0.0.1:9200, allow: [10.0.0.1/8]", "has host bits set"),
        ("listen: 127.0.0.1:9200, as: 'a: b'", "lines.as: expected a name that can stand before what is said"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(read: Read, keys: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as failure:
        read(lines(keys))
    (problem,) = failure.value.problems
    assert words in str(problem)


def test_a_port_for_everybody_is_warned_of(read: Read) -> None:
    (warning,) = read(lines("listen: 0.0.0.0:9200, allow: 0.0.0.0/0")).warnings
    assert "lines.allow: anybody who reaches this port can log, in any name" in str(warning)
