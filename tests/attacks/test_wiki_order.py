"""A wiki, or a gateway before it, whose answers come out of step: none is taken for that to another question."""

from __future__ import annotations

import pytest
import requests

from labsbot.edge.bounded import Bounded
from labsbot.model import Conflict, Unknown
from labsbot.wiki.mediawiki import MediaWiki
from tests.attacks.test_wiki_answers import EDIT, WHOLE
from tests.wiki.scripted import Asked, Reply, good, scripted_wiki

SAVED = {"edit": WHOLE["edit"]}


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints", "199 Whatever"])
def test_what_is_said_before_an_answer_is_not_the_answer(interim: str) -> None:
    """RFC 9110, 15.2: any number of them. The true answer would be believed to be the next save's."""
    answers = iter([good(SAVED), good({"error": {"code": "editconflict"}})])

    def late(asked: Asked) -> Reply:
        asked.send(f"HTTP/1.1 {interim}\r\nLink: </x>\r\n\r\n".encode() * 3)
        return next(answers)

    with scripted_wiki(late) as server:
        wiki = MediaWiki(server.settings())
        assert wiki.save(EDIT).revision == 18
        with pytest.raises(Conflict):
            wiki.save(EDIT)


def test_an_answer_to_an_earlier_save_is_none_to_this_one() -> None:
    marks: list[str] = []

    def old(asked: Asked) -> Reply:
        marks.append(asked.parameters["requestid"])
        return good({**SAVED, "requestid": marks[0]})

    with scripted_wiki(old) as server:
        wiki = MediaWiki(server.settings())
        assert wiki.save(EDIT).revision == 18
        with pytest.raises(Unknown, match="something else"):
            wiki.save(EDIT)
    assert len(set(marks)) == 2


@pytest.mark.parametrize(("status", "connections"), [(200, 1), (202, 2), (404, 2), (503, 2)])
def test_after_an_answer_that_is_not_good_the_next_request_has_a_connection_of_its_own(
    status: int, connections: int
) -> None:
    with scripted_wiki(lambda _: (status, {}, b"[]")) as server, requests.Session() as session:
        session.mount("http://", Bounded())
        for _ in range(2):
            assert session.get(server.api).text == "[]"
    assert server.connections == connections
