"""The nouns that every room speaks of, and the failures of a wiki: values only, no I/O and no clock.

Times are aware datetimes in UTC unless a name says otherwise; days and clocks are those of a page's time zone.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

CLOCKS_AGREE = timedelta(minutes=2)
"""By so much clocks that agree may differ."""

# --- what comes in from IRC ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sender:
    """Who said a line, as the network told it."""

    nick: str
    user: str = ""
    host: str = ""
    account: str | None = None
    """The services account, or None where the network named none."""
    robot: bool = False
    """The network marks this sender as a bot (mode ``+B``, the ``bot`` tag), or the configuration does."""
    ranks: str = ""
    """What stands before their nick in the channel now, of ``~&@%+``; empty too where a line is repeated."""
    folded: str = field(default="", compare=False)
    """The nick as the network compares nicks (CASEMAPPING); empty: as it is."""

    @property
    def hostmask(self) -> str:
        return f"{self.nick}!{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class Privmsg:
    """One line that somebody said, in a channel or to the bot alone."""

    network: str
    channel: str | None
    """The channel as it is spelt in the configuration; None: it was said to the bot in private."""
    sender: Sender
    text: str
    arrived: datetime
    server_time: datetime | None = None
    """The server's ``time`` tag (IRCv3 server-time), where there was one."""
    msgid: str | None = None
    """The server's ``msgid`` tag (IRCv3 message-ids), where there was one."""
    replayed: bool = False
    """It was said earlier, and is repeated from a history; we may have heard it then, or not. Such a line seldom says
    who was logged in."""
    full: bool = False
    """It is as long as a line can be here: the server has probably cut off what came after."""


@dataclass(frozen=True, slots=True)
class Entered:
    """We are in a channel (again). What the network repeats of its history follows, and then a CaughtUp."""

    network: str
    channel: str
    at: datetime
    """By the clock that stands in the lines of this network."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All that a network repeats after we entered has arrived."""

    network: str
    channel: str
    at: datetime
    repeated: bool
    """It keeps a history; otherwise what was said while we were away is not to be had."""
    since: datetime | None = None
    """The history goes back no further than this; None: to where we left."""


@dataclass(frozen=True, slots=True)
class Present:
    """Everything that was said in a channel until then has arrived, as far as it is to be had."""

    network: str
    channel: str
    until: datetime


News = Privmsg | Entered | CaughtUp | Present
"""What a network has to tell, in the order in which it happened."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What an outside clock showed; `asked` and `got` are moments of a steady clock of ours, between which it did."""

    asked: float
    got: float
    said: datetime


# --- what is kept -------------------------------------------------------------------------------------------------


def place_of(network: str, channel: str) -> str:
    """By what a channel's place in the configuration is known: ``libera #ops``; no channel: its top."""
    return f"{network} {channel}" if channel else ""


@dataclass(frozen=True, slots=True)
class Log:
    """The log to which entries go: a project's, written as the settings of one place of the configuration say."""

    place: str
    """That place; a channel's is `place_of` it, and the empty one is the top of the configuration."""
    project: str


class Via(enum.Enum):
    """The way by which an entry came."""

    IRC = "irc"
    COMMAND = "command"
    """``labsbot log``, and what else speaks to the bot on its own machine."""
    HTTP = "http"
    LINES = "lines"
    """The line port."""
    WIKI = "wiki"
    """It stood on the log's page before the journal knew it, and was read from there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody logged: one line in one or several logs. It never changes after it was accepted."""

    id: str
    """Its anchor on the page: ``sal-``, the time said (UTC, ``YYYYMMDDhhmmss``), ``-``, hexadecimal digits: three for
    the milliseconds, where they are known, and four that are random; eight more where that was taken."""
    network: str
    """Empty, as the channel is: it did not come by IRC."""
    channel: str
    nick: str
    """Who is answered; of a relayed line, the name that the relay gives."""
    account: str | None
    """The services account; of what did not come by IRC, what proved who may: ``token deploy``, ``user root``."""
    author: str
    """Who stands on the page as the one who did it."""
    message: str
    said: datetime
    user: str | None = None
    """The wiki user (without namespace) to whose page the author's name leads."""
    relay: str | None = None
    """The nick of the relay by which it came; None: the author was on IRC."""
    late: bool = False
    """It was logged afterwards, for a time that was named."""
    via: Via = Via.IRC
    robot: bool = False
    """No person typed it."""
    time_written: str | None = None
    """Its time as it stands on the page, where nobody knows it better: ``14:30``, ``~19:45``, ``22:01-22:46``; then
    `said` is the beginning of that minute. None: `said` is exact."""

    @property
    def sender(self) -> str:
        """By what entries of one person are known: the account, or else the nick; behind a relay, the name it gives.

        Which of the three it is belongs to it: anybody may take a nick that is somebody else's account.
        """
        if self.relay is not None:
            return f"{self.network} relay {self.relay} {self.nick}"
        if self.account:
            return f"{self.network} account {self.account}"
        return f"{self.network} nick {self.nick}"


class DeliveryState(enum.Enum):
    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"
    DROPPED = "dropped"
    LEFT = "left"
    """People have edited or removed the entry's line on the wiki: what was to be changed there is left alone."""


class Hindrance(enum.Enum):
    """Why a parked entry may go through one day, without anybody looking at it."""

    PAGE = "page"
    """The page is protected, our account is blocked …: it is not the entry's doing."""
    SIZE = "size"
    """It, or the page with it, is too large."""
    TEXT = "text"
    """A filter, a spam list or a captcha is against what it says."""
    ELSEWHERE = "elsewhere"
    """Its page leads to another one, on which the line that is to be changed was never written."""


class ChangeKind(enum.Enum):
    """What can be changed about an entry that was accepted."""

    STRIKE = "strike"
    """It is taken back: it stays readable, struck."""
    AMEND = "amend"
    """Another message stands there from then on."""
    REDACT = "redact"
    """All that it ever said is removed for good; that it was there stays."""
    REMOVE = "remove"
    """People have taken its line out of the page."""
    RESTORE = "restore"
    """People have put its line back, or it is struck there no more."""


REDACTED = "removed by an operator"
"""What stands in the place of a text that was removed."""
AN_END = " → "
"""Stands before what is added to an entry about how something ended that it tells the beginning of."""
TAKEN_OUT = "taken out of the page on the wiki"
"""What readers find in the place of a text that people have removed there."""
CHANGE_WORDS = {
    ChangeKind.STRIKE: "undo",
    ChangeKind.AMEND: "amend",
    ChangeKind.REDACT: "redact",
    ChangeKind.REMOVE: "remove",
    ChangeKind.RESTORE: "restore",
}
"""With what the id of a change begins."""
ANY_CHANGE = f"(?:{'|'.join(CHANGE_WORDS.values())})"
"""A regular expression for each of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody has changed about an entry afterwards; recorded beside the entry, which stays as it is."""

    id: str
    """Its own anchor on the page: the kind's word, ``-``, and what follows as in an entry's id."""
    kind: ChangeKind
    text: str
    """The new message; of a strike the reason, which may be empty; of a removal nothing."""
    author: str
    """Who stands on the page as the one who changed it."""
    said: datetime
    network: str
    channel: str
    nick: str
    """Who is answered."""
    account: str | None = None
    by_hand: bool = False
    """People have made it on the page itself: it is owed to none, and no line that we write has it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change that is owed to one page: an entry that is added, or what was changed about it afterwards."""

    number: int
    """Its row in the journal; later deliveries have greater numbers."""
    entry: Entry
    log: Log
    log_day: date
    """The day under which it stands, in the page's time zone; fixed at acceptance."""
    clock: str
    """The time said as it is shown, ``HH:MM`` in the page's time zone; fixed at acceptance."""
    state: DeliveryState = DeliveryState.PENDING
    cause: str | None = None
    """Why it is not on the wiki yet, in words for people."""
    url: str | None = None
    """Where it stands on the wiki, anchor included, once it is there."""
    hindrance: Hindrance | None = None
    """Parked, and tried again by itself now and then; None: not parked, or for an operator alone."""
    refusals: int = 0
    """How often it was parked with a hindrance."""
    change: Change | None = None
    """What is owed; None: the entry itself."""
    changes: tuple[Change, ...] = ()
    """All that was changed about the entry so far, but by hand, in the order in which it was accepted: so its line is
    to stand."""
    added: bool = True
    """The entry was delivered to this page: there its line is changed. Else it arrives as it is to stand."""
    revision: int | None = None
    """The revision of the page by which we wrote the entry's line last, where we know it."""
    also_at: frozenset[str] = frozenset()
    """The addresses of pages, without anchors, to which the entry itself was delivered, but by this delivery."""

    @property
    def redaction(self) -> Change | None:
        """By which the entry's text is removed; None: it is not."""
        return next((change for change in self.changes if change.kind is ChangeKind.REDACT), None)

    @property
    def id(self) -> str:
        """What has an anchor of its own on the page once it is delivered."""
        return self.entry.id if self.change is None else self.change.id

    @property
    def is_correction(self) -> bool:
        """The line of an entry that is on the page is to be changed."""
        return self.change is not None and self.added

    @property
    def goes_with(self) -> str:
        """What goes into one edit, whatever else does, has the same here: an entry, and what was changed about it
        before it stood on the page. A correction goes by itself."""
        return self.id if self.is_correction else self.entry.id


# --- a wiki -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a page at one revision, as the wiki itself counts them."""

    number: int
    """What the wiki calls ``section``: 1 is the first heading's."""
    level: int
    """The number of ``=`` on either side of the heading."""
    heading: str
    """The heading as a reader sees it, without markup: ``2026-11-22``."""
    offset: int | None
    """Where the heading begins, in characters from the start of the page; None where the wiki does not say."""
    changes: bool = False
    """The wiki makes what the heading shows, with a template for one: whatever day that is, it is no day's heading."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it stood when it was looked at."""

    title: str
    """The title after redirects, as the wiki spells it."""
    url: str
    """Where people read it, without an anchor."""
    revision: int | None
    """Its current revision; None: there is no such page."""
    seen: str
    """The wiki's own clock at the read (``starttimestamp`` of the next edit)."""
    sections: tuple[Section, ...] = ()
    redirected: bool = False
    """Its title is not the one that was asked for: a redirect stands there."""
    to_be_replaced: bool = False
    """It is a redirect to an archive of its own: the first edit puts a fresh page in its place."""


@dataclass(frozen=True, slots=True)
class PageSize:
    """How large a page is, known without reading it."""

    revision: int | None
    """None: there is no such page."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Edit:
    """One save, exactly as it is sent: all of it is stored before it is sent."""

    title: str
    section: int | None
    """The section of the base revision that ``text`` replaces (0: what stands above the first heading).
    None: all of the page, or create it."""
    base: int | None
    """The base revision; None: create the page, or fail if it exists."""
    seen: str
    """``starttimestamp``: a page deleted after this is not silently made again."""
    text: str
    summary: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A save that the wiki confirmed."""

    title: str
    revision: int | None
    """The new revision; None: the text was already what we sent (``nochange``)."""
    previous: int | None
    """The revision that the save replaced; not our base: somebody else's edit was merged."""
    time: str
    """When, by the wiki's clock; serves as ``seen`` of the next edit."""


@dataclass(frozen=True, slots=True)
class Found:
    """A batch that stands in the wiki's history."""

    title: str
    """The page it is on now."""
    url: str
    revision: int | None
    """By which it was saved; None: that is hidden."""


@dataclass(frozen=True, slots=True)
class PageRevision:
    """One save of a page, as its history shows it to everybody."""

    number: int
    summary: str
    """Empty where it is hidden, too."""
    shows_text: bool = True
    """False: the wiki hides what the page said then, or has it no more."""
    time: datetime | None = None
    user: str = ""
    """Who saved it; empty where that is hidden."""


class Wiki(Protocol):
    """A wiki as a few verbs. Each call blocks; each failure is one of the WikiFailures below.

    One thread at a time uses it. Nothing is repeated inside a call except what is said.
    """

    name: str

    def allow(self, seconds: float) -> None:
        """Say that whatever is asked from now on has to be over in so many seconds, however many requests it takes."""

    def login(self) -> None:
        """Log in anew, whatever was before. Raises Unavailable or Refused."""

    def look(self, title: str, together: Sequence[str] = ()) -> Page:
        """Read which page stands at `title` and which sections it has.

        It follows at most three redirects, and only to where it may. Raises Refused where it may not. Of titles that
        are looked at `together`, one after the other within seconds, part of it may be asked once for all.
        """

    def size(self, title: str) -> PageSize:
        """Ask how large the page at `title` is (no redirect followed); none of its text is read."""

    def newest(self, titles: Sequence[str]) -> dict[str, int]:
        """Ask for the current revisions of pages (no redirect followed), many at once, by the titles that were asked
        for; those that there are not, or cannot be, are left out."""

    def section(self, page: Page, number: int) -> str:
        """Read the wikitext of one section, its subsections included, of the page's revision.

        `number` 0 is what stands above the first heading.
        """

    def save(self, edit: Edit) -> Saved:
        """Send one edit once."""

    def find(self, batch: str, edit: Edit) -> Found | None:
        """Look for the edit, whose summary carries ``[b:<batch>]`` at an end, among all that was saved since its base.

        First among our own contributions, which also finds moved pages, then in the history of its page. Raises
        Unknown where it may have been saved and what would show it is hidden or deleted.
        """

    def text_at(self, page: Page) -> str:
        """Read the whole wikitext of the page's revision. Raises Conflict where that is no revision of it any more."""

    def title_of(self, revision: int) -> str | None:
        """Ask which page has a revision by now. None: that was deleted, or revisions are numbered by page here."""

    def text(self, title: str) -> str:
        """Read the whole wikitext of a page (no redirect followed); empty where there is no such page."""

    def revisions(self, title: str, since: int = 1) -> tuple[PageRevision, ...]:
        """List what was saved to a page (no redirect followed) from a revision on, the oldest first."""

    def forget(self, title: str, texts: Collection[int], summaries: Collection[int]) -> bool:
        """Take what a page said in some revisions, and the summaries of some, out of its history for good.

        False: nothing was done, for that is up to people who administrate the wiki.
        """

    def titles(self, prefix: str) -> tuple[str, ...]:
        """List the pages whose title begins with `prefix`, sorted, as the wiki spells them; redirects are left out.

        `prefix` holds the namespace, however it is spelt; without one, the pages without a namespace are meant.
        """

    def category(self, name: str) -> tuple[str, ...]:
        """List the pages in a category (its name is given without the namespace), sorted; redirects are left out.

        Those of its subcategories are not among them; a category that nothing is in is empty.
        """

    def obstacles(self, title: str, archive: str) -> tuple[str, ...]:
        """Ask what would keep us from writing to the page, and from making its archive; for operators, with advice.

        Nothing is written. Empty: nothing would, as far as the wiki tells before it is tried.
        """

    def time(self) -> datetime | None:
        """Ask for the time by the wiki's own clock; None: it has none but ours. No login is needed."""


class WikiFailure(Exception):
    """What went wrong at a wiki. `cause` is for people (``it is read-only``), `code` is the wiki's own word for it.

    `cause` completes the sentence *Saved, not on the wiki yet: <cause>*. Neither ever holds a secret.
    """

    def __init__(self, cause: str, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{cause} ({code})" if code else cause)
        self.cause = cause
        self.code = code
        self.retry_after = retry_after
        """Seconds that the wiki asked us to wait, where it did."""


class Conflict(WikiFailure):
    """Somebody else changed the place, or it is no longer where it was: nothing was saved; read and try again."""


class LoggedOut(WikiFailure):
    """The wiki no longer knows us, or our token: nothing was saved; log in and try again."""


class Unavailable(WikiFailure):
    """For now it cannot be done and nothing was saved: wait."""


class Unknown(WikiFailure):
    """The edit was sent and no answer that can be believed came back: look in the history before sending again."""


class Refused(WikiFailure):
    """Refused: nothing was saved, and the same edit will not do better until somebody changes something."""


class RefusedText(Refused):
    """Refused for what it says: another text may pass, the same edit without one of its entries too."""


class TooLarge(Refused):
    """Refused for its size, or the page's with it: fewer entries may pass."""


class Warned(RefusedText):
    """Not saved, with a warning: the same edit passes when it is sent once more."""


# --- what passes between the front desk, the journal and those who read it ----------------------------------------


@dataclass(frozen=True, slots=True)
class Presence:
    """What we have heard of a channel."""

    since: datetime
    """When we first entered it: nothing that was said before, or may have been, is ours to log."""
    until: datetime
    """Until when we have heard it, as far as it is to be had; a little too early does no harm."""


@dataclass(frozen=True, slots=True)
class LineKey:
    """By what a line is known again when the network sends it a second time."""

    network: str
    channel: str
    msgid: str | None
    fingerprint: str
    """Of sender, text and the second in which it was said: meets a copy that carries no msgid."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """What a key was used for before."""

    entry_id: str
    """The entry that was made then."""
    fingerprint: str
    """As of `LineKey`."""


class Told(enum.Enum):
    """What the sender has heard about a delivery so far; later words replace earlier ones."""

    NOTHING = "nothing"
    LATE = "late"
    PARKED = "parked"
    LOGGED = "logged"
    NEVER = "never"
    """A robot: nothing is ever told."""


@dataclass(frozen=True, slots=True)
class Owed:
    """That an entry is to stand in a log, and how it is dated there."""

    log: Log
    log_day: date
    """As `Delivery.log_day`."""
    clock: str
    """As `Delivery.clock`."""


class RunState(enum.Enum):
    """What is known of the end of something that was begun."""

    RUNNING = "running"
    """Nothing, and nobody was told so."""
    UNKNOWN = "unknown"
    """Its entry says that no end is known."""
    ENDED = "ended"
    """Its entry says how it ended, or can say nothing any more."""


@dataclass(frozen=True, slots=True)
class Begun:
    """That an entry is the beginning of something whose end is to be added to it."""

    due: datetime
    """Until then the entry waits for the end, which may come so soon that one line says both."""
    process: str | None = None
    """What runs, as whoever began it knows it again; None: nobody can see whether it still does."""


@dataclass(frozen=True, slots=True)
class Run:
    """Something that was begun, as the journal knows it."""

    entry_id: str
    account: str | None
    """Of whoever began it, as of its entry."""
    since: datetime
    process: str | None
    """As of `Begun`."""
    state: RunState


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry that the desk has accepted: kept with the line it came by and with all that is owed, or not at all."""

    key: LineKey | None
    """None: it is no repetition of anything."""
    entry: Entry
    owed: tuple[Owed, ...]
    """One for each log in which it is to stand."""
    told: Told
    """What the sender has heard of it: nothing, or nothing ever."""
    now: datetime
    hostmask: str | None = None
    """Whose it is, where they have no account: forgotten when nobody may correct it any more."""
    begun: Begun | None = None
    """None: it says all there is to say."""
    announced_in: tuple[tuple[str, str], ...] = ()
    """In which channels it is to be announced, each with its network."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of an entry that the desk has accepted: kept with its line and owed to each log of the entry."""

    key: LineKey | None
    """As of `Accepted`."""
    entry_id: str
    change: Change
    told: Told
    """What who changed it has heard of it: nothing, or nothing ever."""
    now: datetime
    hostmask: str | None = None
    ends: RunState | None = None
    """What its entry says of the end from then on, whose beginning it was. Nothing of this is kept where the entry says
    so already, or says more. None: it is no end."""


@dataclass(frozen=True, slots=True)
class LastOf:
    """The entry accepted last in a channel, whatever the clock said then, of those that may be this person's.

    Behind a relay that is the name which it gives, and its account. What is not proven to be theirs is meant, too: who
    asks for their last entry does not mean the one before.
    """

    network: str
    channel: str
    account: str | None
    nick: str
    hostmask: str
    relayed: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry with all that the journal knows of it."""

    entry: Entry
    accepted: datetime
    hostmask: str | None = None
    """``nick!user@host`` of who said it, as long as it may be corrected; None: not known, or no longer."""
    changes: tuple[Change, ...] = ()
    """In the order in which they were accepted."""
    deliveries: tuple[Delivery, ...] = ()
    """Of the entry and of its changes, to all its logs."""

    @property
    def is_unmarked(self) -> bool:
        """It was read from the wiki, where its line has no id by which it could be found."""
        own = [each.url for each in self.deliveries if each.change is None]
        return self.entry.via is Via.WIKI and not any(url and url.endswith(f"#{self.entry.id}") for url in own)

    @property
    def struck(self) -> bool:
        """It is taken back, or will be, in one of its logs at least."""
        return any(change.kind is ChangeKind.STRIKE for change in self.in_force)

    @property
    def redaction(self) -> Change | None:
        """By which its text is removed, whatever has become of that on its pages; None: it is not."""
        return next((change for change in self.changes if change.kind is ChangeKind.REDACT), None)

    @property
    def message(self) -> str:
        """What it says by now."""
        return TAKEN_OUT if self.taken_out and self.redaction is None else self.text

    @property
    def text(self) -> str:
        """The same, or what it said before people have taken its line out."""
        if self.redaction is not None:
            return REDACTED
        amended = [change.text for change in self.in_force if change.kind is ChangeKind.AMEND]
        return amended[-1] if amended else self.entry.message

    @property
    def in_force(self) -> tuple[Change, ...]:
        """The changes but those that came to nothing: people had edited the line, or an operator gave them up."""
        if not self.changes:
            return ()  # as of most
        owed = {each.change.id: False for each in self.deliveries if each.change}
        for each in self.deliveries:
            if each.change and each.state not in (DeliveryState.LEFT, DeliveryState.DROPPED):
                owed[each.change.id] = True
        found: list[Change] = []
        undone: set[int] = set()
        standing: dict[ChangeKind, list[int]] = {}
        for change in self.changes:
            if change.kind is ChangeKind.RESTORE:
                undone.update(next((standing.pop(kind) for kind in reversed(_RESTORED) if kind in standing), ()))
            if owed.get(change.id, True):
                standing.setdefault(change.kind, []).append(len(found))
                found.append(change)
        return tuple(each for number, each in enumerate(found) if number not in undone)

    def changes_in(self, logs: Collection[Log]) -> tuple[Change, ...]:
        """What of them the line has in these logs."""
        there = {
            each.change.id
            for each in self.deliveries
            if each.change and each.log in logs and each.state is DeliveryState.DELIVERED
        }
        return tuple(change for change in self.in_force if change.id in there)

    @property
    def taken_out(self) -> Change | None:
        """By which its line stands on no page any more, for people have taken it out; None: it stands, or never did."""
        if all(each.kind is not ChangeKind.REMOVE for each in self.changes):
            return None
        logs = {each.log for each in self.deliveries if each.change is None and each.state is DeliveryState.DELIVERED}
        out = [[each for each in self.changes_in({log}) if each.kind is ChangeKind.REMOVE] for log in logs]
        return out[0][-1] if out and all(out) else None


_RESTORED = (ChangeKind.STRIKE, ChangeKind.REMOVE)
"""What is undone where people put a line back: that it is missing, or else that it is struck."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A delivery about which its sender is still to hear something."""

    delivery: Delivery
    accepted: datetime
    told: Told


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery as an operator sees it."""

    telling: Telling
    attempts: int
    """How many were begun so far."""
    failure: str | None
    """What the last one met with, in the wiki's own words."""
    next_try: datetime | None
    """About when; it may be earlier, for the wiki is asked whether it is back. None: at once, or never by itself."""
    batch: str | None
    """The attempt that carries it now; None: none does."""
    title: str | None
    """The page, after redirects, to which that attempt goes."""
    due: datetime | None = None
    """It is not sent before then, for its end may come first; None: it is due."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something is due in a log, said by this sender."""

    log: Log
    sender: str


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What is still to be delivered, at one moment."""

    waiting: tuple[Waiting, ...]
    """What is due, who has waited longest first."""
    next_due: datetime | None
    """When the next of what is not due yet comes due; None: all that waits is due."""
    hindered: tuple[Delivery, datetime] | None
    """What is parked and is the next to be tried again by itself, and when."""


@dataclass(frozen=True, slots=True)
class Untold:
    """What people are still to hear."""

    tellings: tuple[Telling, ...]
    """Whose state has not been told, oldest first."""
    under_way: frozenset[tuple[str, str, str, Told]]
    """Network, channel and nick of those among them with something still pending, and what they heard of it."""
    newest: int
    """The newest delivery there is."""
    after: int | None = None
    """There may be more people, behind this delivery; None: these are all."""


@dataclass(frozen=True, slots=True)
class ToAnnounce:
    """What is to be announced in one channel."""

    entries: tuple[Kept, ...]
    """In the order in which they were said."""
    next: datetime | None
    """Since when the next of the others waits; None: there are no others."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A batch that was begun and whose result is not recorded."""

    batch: str
    wiki: str
    """The name of the wiki to which it was to go."""
    title: str
    """The page, after redirects, to which it was to go."""
    begun: datetime
    edit: Edit | None
    """What was going to be sent, stored before it was; None: it never came so far."""
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What an attempt sent that saved nothing, as far as the wiki could tell when it was asked."""

    batch: str
    title: str
    """The page, after redirects, to which it was to go."""
    ended: datetime
    edit: Edit
    carried: frozenset[int]
    """The numbers of the deliveries. In its text stand others too, and entries of several logs have one id in all."""


class MoveStage(enum.Enum):
    """How far days are on their way to an archive."""

    COPYING = "copying"
    """They stand on the log's page alone, unless the edit under way is saved."""
    REMOVING = "removing"
    """They stand in the archive, and still, all or some of them, on the log's page."""


@dataclass(frozen=True, slots=True)
class MovedDay:
    """A day, or a month with its days, as it was copied to the archive."""

    heading: str
    first: date
    last: date
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """Days on their way from a log's page to an archive."""

    number: int
    log: Log
    """By which the page is configured."""
    title: str
    """The log's page, after redirects."""
    archive: str
    stage: MoveStage
    days: tuple[MovedDay, ...]
    """As they stand in the archive, as far as we know."""
    batch: str | None = None
    """By which the edit under way is found in the wiki's history."""
    edit: Edit | None = None
    """What was going to be sent, stored before it was; None: nothing is under way."""
    after: tuple[MovedDay, ...] | None = None
    """How the days stand in the archive once that edit is saved; None: as before."""


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive of a log's page, and which days it holds by what we put there."""

    title: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Written:
    """By which edit something came to a log."""

    log: Log
    change: ChangeKind | None
    """None: the entry itself."""
    is_there: bool
    """It was written, or found there."""
    revision: int | None
    """None: it was not, or nobody knows."""
    url: str | None
    """Where it stands, its anchor included, as far as that is known."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What an attempt has sent, or may have."""

    batch: str
    ended: datetime | None
    """When it was given up; None: it is under way, or nobody knows."""
    edit: Edit


@dataclass(frozen=True, slots=True)
class Imported:
    """An entry that was read from a log's page: it stands there, and nobody is told of it."""

    entry: Entry
    owed: Owed
    url: str
    """Where it stands, with what leads there on the page: its anchor, or its day's heading."""
    strike: Change | None = None
    """By which it is struck there."""


@dataclass(frozen=True, slots=True)
class Imports:
    """What a log's page tells the journal."""

    new: tuple[Imported, ...] = ()
    """In the order in which they were said."""
    changes: tuple[tuple[str, Change], ...] = ()
    """What people have made of lines that were imported before: each with the entry's id."""
    urls: tuple[tuple[str, str, str], ...] = ()
    """Of entries that stand elsewhere now: the id, the address before, and that of now."""


@dataclass(frozen=True, slots=True)
class JournalCounts:
    """What was written since the journal was opened."""

    accepted: int = 0
    """Entries."""
    delivered: int = 0
    """Deliveries that were found or put on their page."""
    parked: int = 0
    last_delivered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Obstruction:
    """Why some of what is accepted is not on the wiki yet."""

    state: DeliveryState
    cause: str | None
    """In the wiki's own words, where it said something; None: nothing is in the way."""
    number: int
    """How many deliveries it is that wait for this."""
    next_try: datetime | None
    """When one of them is tried again; None: at once, or never by itself."""


@dataclass(frozen=True, slots=True)
class BotStatus:
    """How the bot was when it was seen last, for processes beside it."""

    noted: datetime
    reasons: tuple[str, ...]
    """Why it was not ready; empty: it was."""


# --- what we say --------------------------------------------------------------------------------------------------


class Importance(enum.IntEnum):
    """How much a line of ours matters: of those that wait, the least goes first (decisions, *What goes first*)."""

    ENTERING = 1
    """To be let into a channel, and to learn what was said there: out of it we hear nothing."""
    OUTCOME = 2
    """What became of somebody's entries. It is recorded as told, so it is never dropped for want of room."""
    ANSWER = 3
    """What somebody asked for, or has to know beside an entry."""
    REFUSAL = 4
    """Why something was not logged. Those to one person, and those in the same words, are one line while they wait."""
    ANNOUNCEMENT = 5
    """What scripts have logged, for whoever reads along."""
    SPARE = 6
    """What nobody waits for: to leave a channel into which we were forced."""

    @property
    def recorded(self) -> bool:
        """It is recorded as told, so it is never dropped for want of room; where it cannot be said, whoever sent it
        hears so, and tells it anew."""
        return self in (Importance.OUTCOME, Importance.ANNOUNCEMENT)


class JournalFailure(Exception):
    """The journal could not be read or written; nothing of the call was kept. `cause` is for people."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class NotDue(Exception):
    """A delivery that was about to be sent has been given up by an operator: ask anew what is due."""
