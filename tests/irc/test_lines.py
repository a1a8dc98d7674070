import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.irc.lines import LONGEST_IN, Line, LineBuffer, parse, sayable, shown, wire
from labsbot.text.formatting import cut
from labsbot.text.irc_names import fold
from tests.vectors import vectors_in

VECTORS = vectors_in(__file__, "lines.yaml")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: ascii(vector["line"]))
def test_a_line_is_read_as_the_specifications_say(vector):
    expected = vector.get("command") and Line(
        vector["command"], tuple(vector.get("params", ())), vector.get("source", ""), vector.get("tags", {})
    )
    assert parse(vector["line"]) == expected


@given(st.text())
def test_whatever_is_read_gives_a_line_or_none(text):
    line = parse(text)
    assert line is None or line.command == line.command.upper()


def read(*chunks: bytes) -> tuple[list[str], int]:
    buffer = LineBuffer()
    return [line for chunk in chunks for line in buffer.feed(chunk)], buffer.dropped


def test_lines_are_put_together_from_any_pieces():
    assert read(b"on", b"e\r", b"\ntw", b"o\nthree\r\n", b"unfinished") == (["one", "two", "three"], 0)


@given(st.lists(st.binary()))
def test_how_the_bytes_are_cut_does_not_change_the_lines(chunks):
    assert read(*chunks) == read(b"".join(chunks))


def test_bytes_that_are_no_utf8_are_replaced():
    assert read(b"caf\xe9 \xff\xfe\n", "ü".encode() + b"\n") == (["caf\ufffd \ufffd\ufffd", "ü"], 0)


def test_a_character_may_arrive_in_two_pieces():
    first, second = "ü"[:1].encode()[:1], "ü".encode()[1:]
    assert read(first, second + b"\n") == (["ü"], 0)


def test_a_carriage_return_within_a_line_does_not_end_it():
    assert read(b":a PRIVMSG #ops :x\r:irc.test 001 evil\r\n") == ([":a PRIVMSG #ops :x\r:irc.test 001 evil"], 0)


def test_a_line_that_is_too_long_is_dropped_and_the_next_one_is_read():
    longest = b"x" * LONGEST_IN
    assert read(longest + b"\n", b"next\n") == ([longest.decode(), "next"], 0)
    assert read(longest + b"x\n", b"next\n") == (["next"], 1)
    assert read(longest, b"x", b"x" * 10**6, b"\nnext\n") == (["next"], 1)


def test_a_megabyte_without_an_end_is_not_kept():
    buffer = LineBuffer()
    for _ in range(1000):
        assert list(buffer.feed(b"x" * 1000)) == []
        assert len(buffer._begun) <= LONGEST_IN
    assert list(buffer.feed(b"\nPING :a\n")) == ["PING :a"]


def test_names_are_compared_as_the_network_does():
    assert fold("#Ops[1]^", "rfc1459") == fold("#oPS{1}~", "rfc1459")
    assert fold("#Ops[1]^", "rfc1459-strict") == fold("#oPS{1}^", "rfc1459-strict")
    assert fold("#a[", "ascii") != fold("#a{", "ascii")
    assert fold("#Ä", "ascii") != fold("#ä", "ascii")
    assert fold("#Ä", "rfc8265") == fold("#ä", "rfc8265")


def test_what_is_sent_holds_no_control_character():
    assert sayable("a\r\nQUIT\0\x01\x02\x1f\x85\u2028b\ud800") == "a  QUIT      b?"
    assert sayable("a\u202eb\u2066c\u200f\u061cd e\u200df") == "abcd e\u200df"


def test_a_text_is_cut_between_two_characters_and_says_so():
    assert cut("äöü", 6) == "äöü"
    assert cut("äöüx", 6) == "ä…"
    assert cut("äöüx", 5) == "ä…"
    assert cut("abcdef", 5) == "ab…"
    assert cut("😀😀", 7) == "😀…"


@given(st.text(), st.integers(min_value=3, max_value=600))
def test_no_cut_text_is_too_long(text, size):
    assert len(cut(sayable(text), size).encode()) <= size


@given(st.text())
def test_what_goes_over_the_wire_is_one_line_of_at_most_512_bytes(text):
    raw = wire(text)
    assert raw.endswith(b"\r\n")
    assert len(raw) <= 512
    assert not set(raw[:-2]) & set(b"\r\n\0")
    raw.decode("utf-8")


def test_what_is_shown_to_an_operator_is_printable_and_short():
    assert shown("a\x1b[31m\nb\u202e") == "a\ufffd[31m\ufffdb\ufffd"
    assert len(shown("x" * 9000)) == 200


def test_our_own_tags_take_no_room_from_a_line():
    plain = wire("PRIVMSG #ops :" + "ä" * 600)
    assert wire("@label=17 PRIVMSG #ops :" + "ä" * 600) == b"@label=17 " + plain
    assert len(plain) in (511, 512)
    assert wire("@label=1 PRIVMSG #ops :a\r\nQUIT\0") == b"@label=1 PRIVMSG #ops :aQUIT\r\n"
