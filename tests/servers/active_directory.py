"""Groups come in; a server that answers as Active Directory does comes out, on loopback: the parts that labsbot asks.

LDAP (RFC 4511) with ranges of values (MS-ADTS, 3.1.1.3.1.3.3), without logins, filters and pages.
"""

from __future__ import annotations

import contextlib
import io
import re
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Answer = dict[str, Sequence[str]]
"""Values by the name of their attribute."""

SEQUENCE, SET, OCTETS, INTEGER, ENUMERATED = b"\x30", b"\x31", b"\x04", b"\x02", b"\x0a"
SEARCH, ROW, DONE = b"\x63", b"\x64", b"\x65"
_ASKED = re.compile(r"(?P<attribute>[^;]+)(?:;range=(?P<first>[0-9]+)-\*)?")


@dataclass
class ActiveDirectory:
    """Groups by distinguished name; of no attribute more than `most` values in one answer."""

    groups: dict[str, Answer] = field(default_factory=dict)
    most: int = 1500
    url: str = ""
    before: Callable[[str], object] = lambda attribute: None
    """Called with each attribute that is asked for, before it is answered."""
    in_range: Callable[[str, int, Sequence[str]], Answer] = field(init=False)
    """What is answered of an attribute from a value on; the rest of its values comes in."""
    asked: list[str] = field(default_factory=list)
    """The attributes, as they were asked for."""

    def __post_init__(self) -> None:
        self.in_range = self.in_ranges

    def in_ranges(self, attribute: str, first: int, rest: Sequence[str]) -> Answer:
        if len(rest) > self.most:
            # What was asked for stands there too, without values.
            asked = f"{attribute};range={first}-*" if first else attribute
            return {asked: (), f"{attribute};range={first}-{first + self.most - 1}": rest[: self.most]}
        return {f"{attribute};range={first}-*" if first else attribute: rest}

    def rows(self, base: str, attributes: Sequence[str]) -> Iterator[tuple[str, Answer]]:
        self.asked += attributes
        for name in attributes:
            self.before(name)
        for dn, group in self.groups.items():
            if dn.endswith(base):
                row: Answer = {}
                for name in attributes:
                    if asked := _ASKED.fullmatch(name):
                        first = int(asked["first"] or 0)
                        for own in (own for own in group if own.casefold() == asked["attribute"].casefold()):
                            row |= self.in_range(own, first, group[own][first:])
                    row |= {other: group[other] for other in group if other.startswith(f"{name};")}
                yield dn, row


@contextlib.contextmanager
def active_directory(groups: Mapping[str, Answer]) -> Iterator[ActiveDirectory]:
    directory = ActiveDirectory(dict(groups))

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (message := _read(self.rfile)) is not None:
                number, (operation, asked), *_ = _elements(message[1])
                if operation != SEARCH:  # unbind
                    return
                base, *_, attributes = _elements(asked)
                names = [name.decode() for _, name in _elements(attributes[1])]
                for dn, row in directory.rows(base[1].decode(), names):
                    values = (
                        _element(SEQUENCE, _octets(name), _element(SET, *map(_octets, some)))
                        for name, some in row.items()
                    )
                    self._say(number, _element(ROW, _octets(dn), _element(SEQUENCE, *values)))
                self._say(number, _element(DONE, _element(ENUMERATED, b"\0"), _octets(""), _octets("")))

        def _say(self, number: tuple[bytes, bytes], operation: bytes) -> None:
            self.wfile.write(_element(SEQUENCE, _element(*number), operation))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads = True
        server.block_on_close = False
        directory.url = "ldap://{}:{}".format(*server.server_address)
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        try:
            yield directory
        finally:
            server.shutdown()
            serving.join()


# --- BER, as far as LDAP uses it (RFC 4511, 5.1) ----------------------------------------------------------------------


def _octets(text: str) -> bytes:
    return _element(OCTETS, text.encode())


def _element(tag: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return tag + b"\x84" + len(content).to_bytes(4, "big") + content


def _read(stream: io.BufferedIOBase) -> tuple[bytes, bytes] | None:
    """The next element, its tag and its content; None: nothing more comes."""
    tag, length = stream.read(1), stream.read(1)
    if not length:
        return None
    size = length[0] if length[0] < 0x80 else int.from_bytes(stream.read(length[0] & 0x7F), "big")
    return tag, stream.read(size)


def _elements(content: bytes) -> list[tuple[bytes, bytes]]:
    stream = io.BytesIO(content)
    return list(iter(lambda: _read(stream), None))
