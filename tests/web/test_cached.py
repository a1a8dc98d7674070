"""What a reader has is not made anew for them as long as it would be the same; for whom it was made counts, too."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from labsbot.web import cached
from labsbot.web.audience import Audience
from labsbot.web.cached import LONGEST_KNOWN, MOST_KNOWN, KnownAnswers

ANYBODY, OTHERS = Audience(frozenset({"bots"}), is_anybody=True), Audience(frozenset(), is_anybody=False)


@dataclass
class Answers:
    """A journal of one number, and pages that show it."""

    number: int = 1
    parts: dict[str, int] = field(default_factory=dict)
    """By path, what of it an answer shows; without: all."""
    made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = KnownAnswers(self.state)

    async def state(self) -> int:
        return self.number

    async def get(
        self, path: str, had: Response | None = None, audience: Audience = ANYBODY, asked: str = ""
    ) -> Response:
        shown = [] if had is None else [(b"if-none-match", had.headers["etag"].encode())]
        request = Request({"type": "http", "method": "GET", "path": path, "query_string": asked.encode(),
                           "headers": shown, "server": ("logs.example", 443), "scheme": "https"})  # fmt: skip

        async def make() -> Response:
            self.made.append(path)
            if path == "/nothing":
                return Response("no", 404)
            content = f"{path}{asked} {self.parts.get(path, self.number)} {sorted(audience.hidden)}"
            return cached.answer(request, audience, content, "text/plain", {"X-More": "1"})

        async def part() -> int | None:
            return self.parts.get(path)

        return await self.known.answer(request, audience, make, part)


async def test_what_they_have_is_not_made_again_until_something_changes() -> None:
    answers = Answers()
    first = await answers.get("/a")
    again = await answers.get("/a", first)
    assert (again.status_code, again.body, answers.made) == (304, b"", ["/a"])
    named = ("etag", "cache-control", "vary", "x-more")
    assert [again.headers[name] for name in named] == [first.headers[name] for name in named]
    assert "content-length" not in again.headers
    answers.number = 2
    after = await answers.get("/a", first)
    assert (after.status_code, answers.made) == (200, ["/a"] * 2)
    assert (await answers.get("/a", after)).status_code == 304
    assert (await answers.get("/a", first)).status_code == 200


async def test_what_shows_a_part_is_not_made_again_until_that_changes() -> None:
    answers = Answers(parts={"/a": 1})
    first = await answers.get("/a")
    for answers.number in (2, 3, 3):
        assert (await answers.get("/a", first)).status_code == 304
    assert answers.made == ["/a"]
    answers.parts["/a"] = 2
    assert (await answers.get("/a", first)).status_code == 304  # nothing was committed
    answers.number = 4
    second = await answers.get("/a", first)
    assert (second.status_code, answers.made) == (200, ["/a"] * 2)
    del answers.parts["/a"]  # it is not known any more which part that is
    answers.number = 5
    assert (await answers.get("/a", second)).status_code == 200


async def test_what_is_asked_and_for_whom_tells_answers_apart() -> None:
    answers = Answers()
    first = await answers.get("/a")
    for path, audience, asked in (("/b", ANYBODY, ""), ("/a", OTHERS, ""), ("/a", ANYBODY, "robots=no")):
        other = await answers.get(path, first, audience, asked)
        assert other.status_code == 200
        assert (await answers.get(path, other, audience, asked)).status_code == 304


async def test_who_has_something_else_or_nothing_gets_it() -> None:
    answers = Answers()
    first = await answers.get("/a")
    assert (await answers.get("/a")).body == first.body
    assert (await answers.get("/a", Response(headers={"etag": '"other"'}))).body == first.body


async def test_what_changes_while_it_is_made_is_not_known() -> None:
    """What was read before goes out when somebody else has been told of what came after."""
    answers = Answers()
    request = Request({"type": "http", "method": "GET", "path": "/a", "query_string": b"", "headers": []})

    async def slow() -> Response:
        made = cached.answer(request, ANYBODY, "of before", "text/plain")
        answers.number = 2
        await answers.get("/b")
        return made

    first = await answers.known.answer(request, ANYBODY, slow)
    assert (await answers.get("/a", first)).status_code == 200


async def test_problems_are_not_known_and_no_more_than_so_many_answers() -> None:
    answers = Answers()
    await answers.get("/nothing")
    had = await answers.get("/0")
    for number in range(1, MOST_KNOWN + 1):
        await answers.get(f"/{number}")
    made = len(answers.made)
    await answers.get("/nothing")
    assert (await answers.get("/0", had)).status_code == 304
    assert len(answers.made) == made + 2
    assert len(answers.known._known) == MOST_KNOWN


async def test_long_addresses_are_not_remembered() -> None:
    """Whoever asks for thousands of them shall not fill our memory."""
    answers = Answers()
    had = await answers.get("/a", asked="q" * LONGEST_KNOWN)
    assert (await answers.get("/a", had, asked="q" * LONGEST_KNOWN)).status_code == 304
    assert answers.known._known == {}
