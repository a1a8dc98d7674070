"""Entries on a page of a real MediaWiki: what a reader sees that nobody typed comes out, and by whom it was caused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from labsbot.model import Delivery
from labsbot.settings import DEFAULT_ENTRY, PageSettings
from labsbot.text.message import clean
from tests.servers.mediawiki import MediaWiki
from tests.wikitext.rendered import ADDED, Line, Shown, added, address_of, page_of, plain, title_of
from tests.wikitext.world import as_shown

EVERYTHING = r"""
foreach ( [ 'CategoryTree', 'ImageMap', 'InputBox', 'Interwiki', 'Math', 'Poem', 'Scribunto', 'SyntaxHighlight_GeSHi',
	'TemplateData' ] as $bundled ) {
	wfLoadExtension( $bundled );
}
// Not what it finds: without this one no module would run, and nobody would notice.
$wgScribuntoDefaultEngine = 'luasandbox';
// Math would ask a server elsewhere.
$wgMathValidModes = [ 'source' ];
$wgDefaultUserOptions['math'] = 'source';
$wgMathDisableTexFilter = 'always';
$wgEnableMagicLinks = [ 'ISBN' => true, 'PMID' => true, 'RFC' => true ];
$wgAllowExternalImages = true;
$wgAllowImageTag = true;
// That one is on its way out, and MediaWiki would say so in the middle of an answer.
$wgDeprecationReleaseLimit = '1.34';
$wgRawHtml = true;
$wgAllowSlowParserFunctions = true;
$wgRestrictDisplayTitle = false;
$wgEnableScaryTranscluding = true;
$wgPFEnableStringFunctions = true;
$wgLocalInterwikis = [ 'local' ];
$wgHooks['InterwikiLoadPrefix'][] = static function ( $prefix, &$wiki ) {
	if ( !in_array( $prefix, [ 'de', 'en', 'fr', 'local', 'phab', 'w' ] ) ) {
		return true;
	}
	$wiki = [ 'iw_url' => "https://$prefix.example.org/$1", 'iw_local' => 1, 'iw_trans' => 1, 'iw_api' => '',
		'iw_wikiid' => '' ];
	return false;
};
"""
"""Whatever MediaWiki and its bundled extensions can be told to do with what stands on a page."""

PAGES = {
    "Template:SAL entry": '<span id="{{{1}}}">{{{2}}}</span> {{{3}}}: {{{4}}}',
    "Template:Named entry": '<span id="{{{id}}}">{{{time}}}</span> {{{author}}}: {{{message}}}{{{1|}}}{{{text|}}}',
    "Template:Entry by functions": (
        '<span id="{{{1}}}">{{{2}}}</span> {{#switch:a|b=c|a={{{3}}}}}: {{#if:{{{4}}}|{{{4}}}|}}{{{5|}}}'
    ),
    "Template:Entry by a module": "{{#invoke:Entries|of_template}}",
    "Module:Entries": """
        local function show(values)
            return '<span id="' .. values[1] .. '">' .. values[2] .. '</span> ' .. values[3] .. ': ' .. values[4]
        end
        return {
            show = function(frame) return show(frame.args) end,
            of_template = function(frame) return frame:preprocess(show(frame:getParent().args)) end,
        }
    """,
    "Module:Evil": """
        return {
            run = function(frame)
                return frame:preprocess('<ref>x</ref> __NOTOC__ [[Category:Evil]] {{PAGENAME}}') .. '\\n== Evil ==\\n'
            end,
            echo = function(frame) return frame:preprocess(mw.text.decode(frame.args[1])) end,
        }
    """,
    "Template:Evil": "{{#invoke:Evil|run}}",
}


@dataclass(frozen=True)
class Style:
    """One way of writing an entry, and what a reader sees of it."""

    entry: str
    shown: str = "{time} {author}: {message}"
    templates: int = 0
    tags: frozenset[str] = frozenset()


BY_DEFAULT = Style(DEFAULT_ENTRY)
BY_POSITION = Style("{{SAL entry|{id}|{time}|{author}|{message}}}", templates=1)
STYLES = {
    "as it is by default": BY_DEFAULT,
    "by position": BY_POSITION,
    "by name": Style("{{Named entry|id={id}|time={time}|author={author}|message={message}}}", templates=1),
    "through functions": Style("{{Entry by functions|{id}|{time}|{author}|{message}}}", templates=1),
    "by a module": Style("{{#invoke:Entries|show|{id}|{time}|{author}|{message}}}", templates=1),
    "by a template's module": Style("{{Entry by a module|{id}|{time}|{author}|{message}}}", templates=2),
    "substituted by a module": Style("{{safesubst:#invoke:Entries|show|{id}|{time}|{author}|{message}}}"),
    "substituted": Style("{{safesubst:SAL entry|{id}|{time}|{author}|{message}}}"),
    "bold and italic": Style(
        """<span id="{id}"></span>{time} ''{author}'': '''{message}'''""", tags=frozenset({"i", "b"})
    ),
    "boxed": Style(
        '<span id="{id}"></span><code>{time}</code> <div>{author}</div>: <small>{message}</small> ({project})',
        shown="{time} {author}: {message} (tools)",
        tags=frozenset({"code", "div", "small"}),
    ),
    "between signs": Style(
        """{time} '{author}'-<span id="{id}">{message}</span>-{author}!""",
        shown="{time} '{author}'-{message}-{author}!",
    ),
}

OUTSIDE = {
    "2026-11-22",
    "About it. Server Admin Log Not here: 00:00 bob: before 2026-11-22 Instances 00:00 bob: after",
}
"""What may stand on a page beside its entries."""


def halved(fault: Callable[[Sequence[Delivery]], str | None], entries: Sequence[Delivery], most: int) -> list[str]:
    """The faults of all entries: so many of them to an edit, and where these have a fault, in halves."""
    return [found for start in range(0, len(entries), most) for found in _halved(fault, entries[start : start + most])]


def _halved(fault: Callable[[Sequence[Delivery]], str | None], entries: Sequence[Delivery]) -> list[str]:
    found = fault(entries)
    if found is None:
        return []
    if len(entries) == 1:
        entry = entries[0].entry
        return [f"{found}\n  message {entry.message!r}\n  author {entry.author!r}\n  relay {entry.relay!r}"]
    middle = len(entries) // 2
    alone = _halved(fault, entries[:middle])
    if len(alone) < 5:  # enough to see what is wrong
        alone += _halved(fault, entries[middle:])
    return alone or [f"only together: {found}"]


def answered(wiki: MediaWiki, **fields: str) -> dict[str, Any]:
    """What the wiki makes of a text, or of a page."""
    asked = (kind for kind in ADDED if kind not in ("modulescripts", "modulestyles"))
    fields |= {
        "action": "parse",
        "prop": f"text|wikitext|{'|'.join(asked)}",
        "disableeditsection": "1",
        "disablelimitreport": "1",
        "format": "json",
        "formatversion": "2",
    }
    answer: dict[str, Any] = requests.post(wiki.api, data=fields, timeout=300).json()["parse"]
    return answer


def parsed(wiki: MediaWiki, text: str) -> dict[str, Any]:
    """What the wiki makes of a text, everything that saving does included."""
    return answered(wiki, text=text, title="Nova Resource:Tools/SAL", pst="1", contentmodel="wikitext")


def fault_of(
    page: dict[str, Any],
    style: Style,
    settings: PageSettings,
    entries: Sequence[Delivery],
    has: Mapping[str, int] | None = None,
) -> str | None:
    """What is wrong with a page that has just these entries, and so much of each kind beside; None: nothing is."""
    shown = Shown(page["text"])
    if len(shown.lines) != len(entries):
        return f"{len(entries)} entries, {len(shown.lines)} list elements"
    for entry, line in zip(entries, shown.lines, strict=True):
        expected = plain(text_of(style, settings, entry))
        if plain(line.text) != expected:
            return f"typed {expected!r}, shown {plain(line.text)!r}"
        if wrong := next(_made_of(line, style, settings, entry), None):
            return wrong
    if plain(shown.outside.text) not in OUTSIDE:
        return f"beside the entries: {plain(shown.outside.text)[:200]!r}"
    counted = added(page)
    due = {**dict.fromkeys(counted, 0), "templates": style.templates, "sections": 1, **(has or {})}
    more = {kind: page[kind] for kind in counted if counted[kind] != due[kind]}
    if more or "mw-magiclink" in page["text"]:
        return f"the page has {more or 'magic links'}"
    return None


def text_of(style: Style, settings: PageSettings, delivery: Delivery) -> str:
    entry = delivery.entry
    author = clean(entry.author) + (f" (via {clean(entry.relay)})" if entry.relay is not None else "")
    values = {"time": delivery.clock, "author": author, "message": as_shown(entry.message, settings.links)}
    shown = re.sub(r"\{(\w+)\}", lambda place: values[place[1]], style.shown)
    if delivery.change is None:
        return shown
    reason = as_shown(delivery.change.text, settings.links)
    return f"{shown} taken back 14:35 by {clean(delivery.change.author)}" + (f": {reason}" if reason else "")


def _made_of(line: Line, style: Style, settings: PageSettings, delivery: Delivery) -> Iterator[str]:
    """What an entry is made of that nobody typed and nobody configured."""
    for element in line.elements:
        tag, *attributes = element.split()
        if tag not in {"li", "a", "span", *style.tags, *(("s", "small") if delivery.change else ())} or set(
            attributes
        ) - {"class", "href", "id", "rel", "title"}:
            yield f"an element <{element}>"
    if line.ids != [delivery.entry.id, *(change.id for change in delivery.changes)]:
        yield f"the anchors {line.ids}"
    typed = " ".join(map(clean, [delivery.entry.message, *(change.text for change in delivery.changes)]))
    pages = {title_of(target) for target in re.findall(r"\[\[([^\[\]|]+)", typed)}
    pages |= {title_of(target) for target in re.findall("(?=page:(.+?);)", typed) if settings.patterns}
    pages.add(title_of(str(delivery.entry.user)))
    by_pattern = tuple(pattern.url.partition("{")[0] for pattern in settings.patterns if pattern.url)
    for kind, href in line.links:
        if "external" in kind:
            known = href.startswith(by_pattern) or address_of(href) in address_of(typed)
        else:
            known = href.startswith("#") or page_of(href) in pages or bool(re.search("extiw|selflink", kind))
            # The names of special pages are in the wiki's own language.
            known = known or (kind == "" and "special:" in typed.casefold())
        if not known:
            yield f"a link to {href}"
