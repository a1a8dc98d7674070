import pytest

from labsbot.demo.ircd import LoopbackServer
from labsbot.demo.person import DemoPerson


@pytest.fixture
async def server():
    server = LoopbackServer()
    await server.start()
    yield server
    await server.close()


def person(server, nick, **options):
    return DemoPerson.connect(server.host, server.port, nick, **options)


async def test_two_people_meet_in_any_channel_and_hear_each_other(server):
    async with await person(server, "alice") as alice, await person(server, "bob") as bob:
        await alice.join("#wikimedia-cloud")
        await bob.join("#Wikimedia-Cloud")
        assert await alice.heard(lambda line: line == ":bob!~bob@loopback JOIN #wikimedia-cloud")
        bob.say("#wikimedia-cloud", "hello  there ")
        heard = await alice.heard(lambda line: "PRIVMSG" in line)
        assert heard == ":bob!~bob@loopback PRIVMSG #wikimedia-cloud :hello  there "
        alice.say("bob", "psst")
        assert await bob.heard(lambda line: line == ":alice!~alice@loopback PRIVMSG bob :psst")
        bob.send("PART #wikimedia-cloud :bye")
        await alice.heard(lambda line: line.endswith("PART #wikimedia-cloud :bye"))
        await alice.close()


async def test_tags_go_to_those_who_asked_for_them(server):
    async with (
        await person(server, "alice", caps="server-time message-tags echo-message") as alice,
        await person(server, "bob") as bob,
    ):
        await alice.join("#ops")
        await bob.join("#ops")
        alice.say("#ops", "hello")
        echo = await alice.heard(lambda line: "hello" in line)
        assert echo.startswith("@time=20")
        assert ";msgid=" in echo
        assert await bob.heard(lambda line: line == ":alice!~alice@loopback PRIVMSG #ops :hello")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("NICK bob", " 433 alice bob :Nickname is already in use"),
        ("NICK #x", " 432 alice #x :"),
        ("PING :x", " PONG irc.demo :x"),
        ("JOIN ops", " 403 alice ops :"),
        ("PRIVMSG #ops :x", " 404 alice #ops :"),
        ("PRIVMSG nobody :x", " 401 alice nobody :"),
        ("PRIVMSG", " 412 alice :"),
        ("TOPIC #ops", " 403 alice #ops :"),
        ("MODE #ops", " 324 alice #ops :+"),
        ("MODE #ops b", " 368 alice #ops :"),
        ("MODE alice", " 221 alice :+"),
        ("WHO #ops", " 315 alice #ops :"),
        ("WHOIS bob", " 311 alice bob ~bob loopback * :bob"),
        ("NAMES #ops", " 366 alice #ops :"),
        ("PART #ops", " 442 alice #ops :"),
        ("CAP LIST", " CAP alice LIST :"),
        ("CAP REQ :nonsense", " CAP alice NAK :nonsense"),
        ("AWAY :lunch", " 306 alice :"),
        ("AWAY", " 305 alice :"),
        ("KLINE *", " 421 alice KLINE :"),
        ("__INIT__ x", " 421 alice __INIT__ :"),
    ],
)
async def test_a_client_gets_the_answers_that_it_waits_for(server, line, answer):
    async with await person(server, "alice") as alice, await person(server, "bob"):
        alice.send(line)
        await alice.heard(lambda heard: answer in heard)


async def test_who_is_where_and_the_topic_are_told(server):
    async with await person(server, "alice") as alice, await person(server, "bob") as bob:
        await alice.join("#ops")
        alice.send("TOPIC #ops :be kind")
        await bob.join("#ops")
        await bob.heard(lambda line: line.endswith(" 332 bob #ops :be kind"))
        await bob.heard(lambda line: line.endswith(" 353 bob = #ops :alice"))
        bob.send("WHO #ops")
        await bob.heard(lambda line: " 352 bob #ops ~alice loopback irc.demo alice H :0 alice" in line)
        alice.send("NICK alicia")
        await bob.heard(lambda line: line == ":alice!~alice@loopback NICK :alicia")
        alice.send("QUIT :bye")
        await bob.heard(lambda line: line == ":alicia!~alice@loopback QUIT :Quit: bye")


async def test_nothing_works_before_registration(server):
    async with await person(server, "alice") as alice:
        await alice.join("#ops")
        early = server.guest("alice")
        early.registered = False
        alice.say("#ops", "too early")
        await alice.heard(lambda line: " 451 " in line)


async def test_a_line_without_end_and_odd_bytes_disturb_nobody(server):
    async with await person(server, "alice") as alice:
        alice._writer.write(b"x" * 100_000 + b"\r\n\r\n \r\n:\r\n@\r\n@a\r\n\xff\xfe\r\nPRIVMSG\r\n")
        alice.send("PING :x")
        await alice.heard(lambda line: line.endswith("PONG irc.demo :x"))


async def test_a_guest_who_hangs_up_is_gone(server):
    async with await person(server, "alice") as alice, await person(server, "bob") as bob:
        await alice.join("#ops")
        await bob.join("#ops")
        alice._writer.transport.abort()
        await bob.heard(lambda line: line.startswith(":alice!~alice@loopback QUIT"))
        assert [guest.nick for guest in server.guests] == ["bob"]


async def test_who_labels_a_line_gets_the_label_back_once_with_the_first_answer(server):
    caps = "batch labeled-response echo-message"
    async with await person(server, "alice", caps=caps) as alice, await person(server, "bob") as bob:
        await alice.join("#ops")
        await bob.join("#ops")
        alice.send("@label=1 PRIVMSG #ops :hello")
        assert await alice.heard(lambda line: "hello" in line) == "@label=1 :alice!~alice@loopback PRIVMSG #ops :hello"
        assert await bob.heard(lambda line: "hello" in line) == ":alice!~alice@loopback PRIVMSG #ops :hello"
        alice.send("@+x=y;label=2 PRIVMSG #elsewhere :hello")
        assert await alice.heard(lambda line: line.startswith("@label=2 :irc.demo 404 alice #elsewhere "))
        alice.send("@label=3 PONG :x")
        assert await alice.heard(lambda line: line == "@label=3 :irc.demo ACK")
        bob.send("@label=4 PONG :x")
        bob.send("PING :last")
        await bob.heard(lambda line: "last" in line)
        assert not any("label" in line or "ACK" in line for line in bob.lines)
