"""What people, accidents and the wiki itself do to an entry on a real MediaWiki, and where it stands in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labsbot.model import Conflict, DeliveryState, Edit, Entry
from labsbot.settings import PageSettings
from tests.delivery.real import Edge, RealWorld, die, lose
from tests.delivery.world import Killed
from tests.nouns import NOON
from tests.servers.mediawiki import MediaWiki as Server

pytestmark = pytest.mark.servers
DAY = "2026-11-22"


@pytest.fixture(scope="module")
def edge(mediawiki: Server) -> Iterator[Edge]:
    made = Edge(mediawiki)
    yield made
    made.worker.close()


@pytest.fixture
def world(tmp_path: Path, edge: Edge) -> Iterator[RealWorld]:
    made = RealWorld(tmp_path, edge)
    yield made
    made.journal.close()


async def is_delivered(world: RealWorld, *entries: Entry) -> bool:
    return {(await world.delivery(entry)).state for entry in entries} == {DeliveryState.DELIVERED}


# --- people on the same page --------------------------------------------------------------------------------------


@pytest.mark.each_release
async def test_an_edit_elsewhere_is_merged_and_a_line_at_the_spot_is_kept(world: RealWorld) -> None:
    await world.logged("one")
    world.write("The intro.\n\n" + world.page())
    await world.logged("two", minute=1)
    world.write(world.page().replace("one", "one\n* 11:00 bob: by_hand"))
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "two", "one", "by_hand"]
    assert world.page().startswith("The intro.")


async def test_somebody_saves_at_the_same_spot_just_before_us(world: RealWorld) -> None:
    await world.logged("one")
    world.real.before = lambda edit: world.write(world.page().replace("* ", "* 12:05 bob: by_hand\n* ", 1))
    await world.logged("two", minute=1)
    assert sorted(world.order_on_page()) == ["by_hand", "one", "two"]


async def test_a_heading_that_was_removed_is_made_anew(world: RealWorld) -> None:
    await world.logged("one")
    world.write(world.page().replace(f"== {DAY} ==\n", ""))
    await world.logged("two", minute=1)
    assert world.under(DAY) == ["two"]
    assert "one" in world.page()


async def test_a_heading_that_was_renamed_keeps_what_it_has(world: RealWorld) -> None:
    await world.logged("one")
    world.write(world.page().replace(f"== {DAY} ==", "== That Sunday =="))
    await world.logged("two", minute=1)
    assert world.under(DAY) == ["two"]
    assert world.under("That Sunday") == ["one"]


async def test_of_a_heading_that_is_there_twice_the_first_is_used(world: RealWorld) -> None:
    await world.logged("one")
    world.write(f"== {DAY} ==\n* 09:00 bob: by_hand\n\n{world.page()}")
    await world.logged("two", minute=1)
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "two", "by_hand", "one"]


@pytest.mark.each_release
@pytest.mark.parametrize("heading", ["2026-11-{{padleft:22|2}}", "{{Daybreak}}"])
async def test_a_heading_that_the_wiki_dates_is_no_days(world: RealWorld, heading: str) -> None:
    """Entries would stand under another day tomorrow, or whenever somebody edits the template."""
    world.write(DAY, "Template:Daybreak")
    made = f"== {heading} ==\n* 09:00 bob: by_hand"
    world.write(f"{made}\n\n== 2026-11-20 ==\n* 09:00 bob: earlier")
    await world.logged("one", "two")
    await world.logged("three", minute=2)
    assert world.under(DAY) == ["three", "two", "one"]
    assert made in world.page()


async def test_a_section_put_in_above_shifts_nothing(world: RealWorld) -> None:
    await world.logged("one")
    world.write(f"== Read this ==\nFirst.\n\n{world.page()}")
    await world.logged("two", minute=1)
    await world.logged("three", minute=2)
    assert world.under(DAY) == ["three", "two", "one"]
    assert world.page().startswith("== Read this ==\nFirst.\n")


async def test_a_day_moved_to_an_archive_by_hand_begins_again(world: RealWorld) -> None:
    await world.logged("one")
    world.write(world.page(), f"{world.title}/Archive")
    world.write("See the archive.")
    await world.logged("two", minute=1)
    assert world.under(DAY) == ["two"]
    assert world.order_on_page(f"{world.title}/Archive") == ["one"]
    assert world.page().startswith("See the archive.")


async def test_an_emptied_page_begins_again(world: RealWorld) -> None:
    await world.logged("one")
    world.write("")
    await world.logged("two", minute=1)
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "two"]


@pytest.mark.each_release
async def test_a_deleted_page_begins_again_and_a_restored_one_goes_on(world: RealWorld) -> None:
    await world.logged("one")
    world.operator("delete", title=world.title)
    await world.logged("two", minute=1)
    assert world.order_on_page() == ["two"]
    world.operator("delete", title=world.title)
    world.operator("undelete", title=world.title)
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "two"]


async def test_what_came_to_the_page_to_which_ours_led_for_a_while_is_corrected_there(world: RealWorld) -> None:
    """Somebody has undone the redirect; of the line on that other page it is known which edit has written it."""
    other = f"{world.title} besides"
    world.write("== Log ==", other)
    world.write(f"#REDIRECT [[{other}]]")
    (entry,) = await world.logged("one")
    world.write("The log.")
    world.seconds += 600
    undo = await world.undo(entry, "wrong host")
    await world.deliver()
    assert "<s>one</s>" in world.page(other)
    assert await world.fates(entry, undo) == [DeliveryState.DELIVERED]
    assert world.page() == "The log."
    await world.logged("two", minute=1)
    assert world.order_on_page() == ["two"]


@pytest.mark.parametrize("redirect", [True, False], ids=["with a redirect", "without a redirect"])
async def test_a_page_that_was_moved(world: RealWorld, redirect: bool) -> None:
    await world.logged("one")
    world.move(f"{world.title}/New", redirect=redirect)
    await world.logged("two", minute=1)
    await world.logged("three", minute=2)
    if redirect:
        assert world.order_on_page(f"{world.title}/New") == ["three", "two", "one"]
    else:
        assert world.order_on_page() == ["three", "two"]
        assert world.order_on_page(f"{world.title}/New") == ["one"]


async def test_a_page_that_became_an_archive_while_a_fresh_one_started(world: RealWorld) -> None:
    await world.logged("one")
    world.move(f"{world.title}/2025", redirect=False)
    world.write(f"A fresh page.\n\n== {DAY} ==\n* 09:00 bob: by_hand")
    await world.logged("two", minute=1)
    assert world.order_on_page() == ["two", "by_hand"]
    assert world.order_on_page(f"{world.title}/2025") == ["one"]


async def test_a_page_turned_into_a_redirect_and_back(world: RealWorld) -> None:
    await world.logged("one")
    before = world.page()
    world.write(f"#REDIRECT [[{world.title}/New]]")
    await world.logged("two", minute=1)
    assert world.order_on_page(f"{world.title}/New") == ["two"]
    world.write(before)
    world.seconds += 1000
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "one"]


async def test_a_page_whose_history_was_merged_into_another(world: RealWorld) -> None:
    world.write("== 2026-11-20 ==\n* 09:00 bob: old", f"{world.title}/Old")
    (entry,) = await world.logged("one")
    world.real.after = lose
    lost = await world.log("two", project=world.project)
    rights = "$wgGroupPermissions['sysop']['mergehistory'] = true;"
    world.real.before = lambda edit: None
    await world.deliver()
    with world.server.setting("merge", rights):
        world.operator("delete", title=f"{world.title}/Old")
        world.move(f"{world.title}/Old", redirect=False)
        world.operator("undelete", title=f"{world.title}/Old")
    assert await is_delivered(world, entry, lost)
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three"]
    assert world.order_on_page(f"{world.title}/Old") == ["two", "one"]


@pytest.mark.each_release
async def test_a_protected_page_parks_its_entries_until_an_operator_sends_them_again(world: RealWorld) -> None:
    await world.logged("one")
    world.operator("protect", title=world.title, protections="edit=sysop")
    (entry,) = await world.logged("two", minute=1)
    delivery = await world.delivery(entry)
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, "the page is protected")
    world.operator("protect", title=world.title, protections="edit=all")
    await world.journal.undelivered.retry([entry.id])
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]


@pytest.mark.each_release
async def test_a_second_bot_of_the_same_account_and_we_overwrite_nothing(
    tmp_path: Path, world: RealWorld, mediawiki: Server
) -> None:
    (tmp_path / "other").mkdir()
    other = RealWorld(tmp_path / "other", Edge(mediawiki))
    other.project, other.title = world.project, world.title
    for number in range(0, 6, 2):
        await world.logged(f"m{number}", minute=number)
        await other.logged(f"m{number + 1}", minute=number + 1)
    other.edge.worker.close()
    other.journal.close()
    assert world.order_on_page() == ["m5", "m4", "m3", "m2", "m1", "m0"]


# --- crash points -------------------------------------------------------------------------------------------------


async def crash(world: RealWorld) -> None:
    with pytest.raises(Killed):
        await world.deliver()
    world.restart()


async def test_a_crash_before_the_intent(world: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = await world.logged("one")
    two = await world.log("two", project=world.project)

    async def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(world.journal.attempts, "intend", killed)
    await crash(world)
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert await is_delivered(world, one, two)


@pytest.mark.parametrize("saved", [False, True], ids=["after the intent", "saved but not recorded"])
async def test_a_crash_around_the_post(world: RealWorld, saved: bool) -> None:
    (one,) = await world.logged("one")
    two = await world.log("two", project=world.project)
    if saved:
        world.real.after = die
    else:
        world.real.before = die
    await crash(world)
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert await is_delivered(world, one, two)
    assert len(world.server.history(world.title)) == 2


async def test_a_wiki_killed_during_the_post(world: RealWorld) -> None:
    await world.logged("one")
    slow = "$wgHooks['PageSaveComplete'][] = function () { posix_kill(getmypid(), 9); };"
    world.server.set("kill", slow)
    entry = await world.log("two", project=world.project)
    try:
        await world.deliver(until=lambda: len(world.real.sent) == 2 and world.deliverer._outcomes.unsettled)
    finally:
        world.server.unset("kill")
        world.server.kill()
        world.server.start()
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert await is_delivered(world, entry)


async def test_a_new_page_whose_answer_was_lost(world: RealWorld) -> None:
    world.real.after = lose
    (entry,) = await world.logged("one")
    assert world.order_on_page() == ["one"]
    assert await is_delivered(world, entry)
    assert len(world.server.history(world.title)) == 1


# --- an edit that comes after it was looked for -------------------------------------------------------------------


def arrive(world: RealWorld, edit: Edit) -> str:
    """What the wiki says to an edit that comes late: a conflict, or that it changes nothing."""
    try:
        saved = world.real.save(edit)
    except Conflict as conflict:
        return conflict.code
    return "nochange" if saved.revision is None else "saved"


async def lost_edit(world: RealWorld, message: str = "two") -> Edit:
    """One that stays on its way, and was sent again."""
    late: list[Edit] = []

    def stays_away(edit: Edit) -> None:
        late.append(edit)
        lose(edit)

    world.real.before = stays_away
    await world.logged(message, minute=1)
    return late[0]


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda world: None,
        lambda world: world.write("The intro.\n\n" + world.page()),
        lambda world: world.write(world.page().replace("one", "one, as it were")),
        lambda world: world.write(world.page().replace(f"== {DAY} ==", "== That Sunday ==")),
        lambda world: world.write(f"== {DAY} ==\n* 09:00 bob: by_hand\n\n{world.page()}"),
        lambda world: world.write(f"== Notice ==\nRead.\n\n{world.page()}"),
        lambda world: world.operator("delete", title=world.title),
        lambda world: world.move(f"{world.title}/New", redirect=True),
        lambda world: world.move(f"{world.title}/New", redirect=False),
        lambda world: world.write(f"#REDIRECT [[{world.title}/New]]"),
    ],
    ids=[
        "nothing",
        "intro",
        "line above changed",
        "heading renamed",
        "heading doubled",
        "section above",
        "deleted",
        "moved, redirect",
        "moved",
        "redirect",
    ],
)
@pytest.mark.parametrize("when", ["before it is sent again", "after it was sent again"])
async def test_a_late_edit_doubles_nothing(
    world: RealWorld, when: str, meanwhile: Callable[[RealWorld], object]
) -> None:
    await world.logged("one")
    if when == "before it is sent again":
        late: list[Edit] = []

        def stays_away(edit: Edit) -> None:
            late.append(edit)
            meanwhile(world)
            lose(edit)

        world.real.before = stays_away
        await world.logged("two", minute=1)
        edit = late[0]
    else:
        edit = await lost_edit(world)
        meanwhile(world)
    answer = arrive(world, edit)
    await world.logged("three", minute=2)
    both = world.order_on_page() + world.order_on_page(f"{world.title}/New")
    assert both.count("two") <= 1, answer
    assert both.count("three") == 1
    if when.startswith("before"):
        states = {telling.delivery.state for telling in await world.journal.undelivered.queue()}
        assert both.count("two") == 1 or states == {DeliveryState.PARKED}, answer


@pytest.mark.each_release
async def test_a_late_edit_that_made_the_page_comes_to_nothing(world: RealWorld) -> None:
    edit = await lost_edit(world, "one")
    assert edit.base is None
    assert arrive(world, edit) == "articleexists"
    assert world.order_on_page() == ["one"]


# --- what is hidden or deleted ------------------------------------------------------------------------------------


@pytest.mark.each_release
async def test_a_saved_edit_whose_summary_was_hidden_counts_where_it_stands(world: RealWorld, hide) -> None:
    await world.logged("one")

    def hidden(edit: Edit) -> None:
        revision = world.server.history(world.title)[0]["revid"]
        world.write("The intro.\n\n" + world.page())
        hide(world.server, [revision], "comment|user|content")
        lose(edit)

    world.real.after = hidden
    (entry,) = await world.logged("two", minute=1)
    assert world.order_on_page() == ["two", "one"]
    assert await is_delivered(world, entry)


@pytest.mark.each_release
async def test_a_saved_edit_that_was_hidden_and_removed_is_for_an_operator(world: RealWorld, hide) -> None:
    await world.logged("one")
    before = world.page()

    def hidden(edit: Edit) -> None:
        revision = world.server.history(world.title)[0]["revid"]
        world.write(before)
        hide(world.server, [revision], "comment|user|content")
        lose(edit)

    world.real.after = hidden
    (entry,) = await world.logged("secret", minute=1)
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.PARKED
    assert delivery.cause == "the wiki hides who changed the page just then"
    assert world.order_on_page() == ["one"]


@pytest.mark.each_release
async def test_a_page_deleted_while_nobody_knows_is_for_an_operator(world: RealWorld) -> None:
    await world.logged("one")

    def delete(edit: Edit) -> None:
        world.operator("delete", title=world.title)
        lose(edit)

    world.real.after = delete
    (entry,) = await world.logged("two", minute=1)
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.PARKED
    assert delivery.cause == "the page was deleted just then, perhaps with it"


async def test_what_a_person_removed_while_the_answer_was_lost_stays_removed(world: RealWorld) -> None:
    await world.logged("one")
    before = world.page()

    def remove(edit: Edit) -> None:
        world.write(before)
        lose(edit)

    world.real.after = remove
    (entry,) = await world.logged("secret", minute=1)
    assert world.order_on_page() == ["one"]
    assert await is_delivered(world, entry)


async def test_an_entry_that_a_backup_does_not_know_of_is_found_wherever_it_stands(world: RealWorld) -> None:
    entry = await world.log("one", project=world.project)
    world.write(f'== Kept ==\n* <span id="{entry.id}">12:00</span> alice: one\n\n== 2026-11-21 ==\n* 09:00 bob: b')
    await world.deliver()
    assert await is_delivered(world, entry)
    assert world.order_on_page() == ["one", "b"]


# --- the table of outcomes ----------------------------------------------------------------------------------------

HOOK = "$wgHooks['EditFilterMergedContent'][] = function ($context, $content, $status) {{ {} }};"
LAG = "$wgHooks['ApiMaxLagInfo'][] = function (&$lag) { $lag['lag'] = 99; };"
RATE = "$wgRateLimits = ['edit' => ['user' => [0, 600], 'newbie' => [0, 600]]];"
WAITS = [
    ("$wgReadOnly = 'Moving house';", "it is read-only"),
    (RATE, "it is too busy"),
    (LAG, "it is too busy"),
    ("http_response_code(429); exit;", "it is too busy"),
    ("http_response_code(503); exit;", "it is not answering"),
    ("echo '<h1>Moving house</h1>'; exit;", "it answers with something else than a wiki"),
    (
        "$wgGroupPermissions['*']['read'] = false; $wgGroupPermissions['user']['read'] = false;",
        "it refuses our login",
    ),
]
PARKS = [
    (HOOK.format("$status->fatal('hookaborted'); return false;"), "a filter of the wiki refuses it"),
    (
        HOOK.format("$status->fatal(new ApiMessage('rawmessage', 'spamblacklist')); return false;"),
        "a spam list of the wiki refuses it",
    ),
    (
        HOOK.format("$status->fatal(new ApiMessage('rawmessage', 'titleblacklist-forbidden-edit')); return false;"),
        "the page's title is not allowed",
    ),
    (
        HOOK.format(
            "$status->value = EditPage::AS_HOOK_ERROR_EXPECTED;"
            " $status->statusData = ['captcha' => ['type' => 'simple']]; return false;"
        ),
        "it asks for a captcha",
    ),
    ("$wgMaxArticleSize = 0;", "the page would be too large"),
    (
        "$wgGroupPermissions['*']['edit'] = false; $wgGroupPermissions['user']['edit'] = false;",
        "our account may not do that there",
    ),
    (
        "http_response_code(403); if ($_SERVER['REQUEST_METHOD'] === 'POST') exit; http_response_code(200);",
        "it refuses our request",
    ),
]


@pytest.mark.each_release
@pytest.mark.parametrize(("php", "cause"), WAITS, ids=[cause for _, cause in WAITS])
async def test_what_will_pass_is_waited_for(
    world: RealWorld, caplog: pytest.LogCaptureFixture, php: str, cause: str
) -> None:
    caplog.set_level("DEBUG", "labsbot.delivery")
    await world.logged("one")
    entry = await world.log("two", NOON, project=world.project)
    with world.server.setting("bad-day", php):
        await world.deliver(until=lambda: caplog.text.count(cause) > 1)
        delivery = await world.delivery(entry)
        assert (delivery.state, delivery.cause) == (DeliveryState.PENDING, cause)
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert await is_delivered(world, entry)


@pytest.mark.each_release
@pytest.mark.parametrize(("php", "cause"), PARKS, ids=[cause for _, cause in PARKS])
async def test_what_will_not_pass_by_itself_is_parked_with_its_cause(world: RealWorld, php: str, cause: str) -> None:
    await world.logged("one")
    with world.server.setting("bad-day", php):
        (entry,) = await world.logged("two", minute=1)
    delivery = await world.delivery(entry)
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, cause)
    await world.journal.undelivered.retry([entry.id])
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]


@pytest.mark.each_release
async def test_a_blocked_account_parks_and_a_retry_sends(world: RealWorld) -> None:
    world.operator("block", user="Labsbot", expiry="never")
    try:
        (entry,) = await world.logged("one")
    finally:
        world.operator("unblock", user="Labsbot")
    assert (await world.delivery(entry)).cause == "our account is blocked there"
    await world.journal.undelivered.retry([entry.id])
    await world.deliver()
    assert world.order_on_page() == ["one"]


@pytest.mark.each_release
@pytest.mark.parametrize("hook", ["MultiContentSave", "PageSaveComplete", "APIAfterExecute"])
async def test_an_internal_error_is_looked_up(world: RealWorld, hook: str) -> None:
    await world.logged("one")
    once = (
        f"$wgHooks['{hook}'][] = function () {{ $file = getenv('WIKI_FOLDER') . '/settings/bad-day.php';"
        " if (($_POST['action'] ?? '') === 'edit') { unlink($file); throw new Error('oops'); } };"
    )
    world.server.set("bad-day", once)
    (entry,) = await world.logged("two", minute=1)
    assert world.order_on_page() == ["two", "one"]
    assert await is_delivered(world, entry)


@pytest.mark.each_release
async def test_a_lost_session_costs_one_login(world: RealWorld) -> None:
    await world.logged("one")
    with world.server.setting("forgetful", "$wgCookiePrefix = 'another';"):
        (entry,) = await world.logged("two", minute=1)
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "two", "one"]
    assert await is_delivered(world, entry)


async def test_a_filter_parks_only_the_culprit(world: RealWorld) -> None:
    await world.logged("one")
    hook = HOOK.format(
        "if (str_contains($content->getText(), 'viagra'))"
        " { $status->fatal(new ApiMessage('rawmessage', 'abusefilter-disallowed')); return false; }"
    )
    messages = [f"m{number}" if number != 5 else "viagra" for number in range(12)]
    with world.server.setting("filter", hook):
        await world.logged(*messages, minute=1)
    assert world.order_on_page() == [*(message for message in reversed(messages) if message != "viagra"), "one"]
    (telling,) = await world.journal.undelivered.queue()
    assert (telling.delivery.entry.message, telling.delivery.state) == ("viagra", DeliveryState.PARKED)


async def test_below_a_heading_the_same_holds(tmp_path: Path, edge: Edge) -> None:
    settings = PageSettings(title="Nova Resource:{project}", heading="Server Admin Log", level=3)
    world = RealWorld(tmp_path, edge, settings)
    world.write("Documentation.\n\n== Server Admin Log ==\n\n== Instances ==\n* i-0000a")
    await world.logged("one")
    world.real.after = lose
    await world.logged("two", minute=1)
    world.write(world.page().replace("Documentation.", "== Contents ==\nDocumentation."))
    await world.logged("three", minute=2)
    world.journal.close()
    assert world.order_on_page() == ["three", "two", "one", "i-0000a"]
