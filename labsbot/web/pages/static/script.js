"use strict";
// Your own time beside that of the log, and keys to leaf through its days. Without it nothing is missing.
function showOwnTime(each) {
  const when = new Date(each.dateTime);
  const own = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  each.title = when.toLocaleString();
  if (each.parentElement.className === "at" && own !== each.textContent) {
    const beside = document.createElement("span");
    beside.className = "local";
    beside.textContent = own;
    each.parentElement.after(beside, " ");
    sayThatOwnTimesAreShown();
  }
}
const hints = [...document.querySelectorAll(".zone[hidden], .zone [hidden]")];
function sayThatOwnTimesAreShown() {
  while (hints.length) hints.pop().hidden = false;
}
for (const each of document.querySelectorAll("time")) showOwnTime(each);
const ways = { j: "prev", ArrowLeft: "prev", k: "next", ArrowRight: "next" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "/") {
    const field = document.querySelector("input[type=search], input[name=author]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
    return;
  }
  const link = ways[event.key] && document.querySelector(`link[rel=${ways[event.key]}]`);
  if (link) location.href = link.href;
});
// A range of entries, #first..last: chosen by a click on one time and a click with Shift on another, to be copied.
const list = document.querySelector("[data-entries]");
const bar = document.createElement("p");
bar.className = "range";
function choose() {
  for (const each of document.querySelectorAll(".chosen")) each.classList.remove("chosen");
  bar.remove();
  const ends = location.hash.slice(1).split("..").map((id) => document.getElementById(decodeURIComponent(id)));
  if (!list || ends.length !== 2 || !ends[0] || !ends[1]) return;
  const all = [...document.querySelectorAll(".entries > li")];
  const [first, last] = ends.map((each) => all.indexOf(each)).sort((a, b) => a - b);
  const chosen = all.slice(first, last + 1);
  for (const each of chosen) each.classList.add("chosen");
  const times = chosen.map((each) => Date.parse(each.querySelector("time").dateTime));
  const asked = new URL(list.dataset.entries, location.href);
  asked.searchParams.set("from", new Date(Math.min(...times)).toISOString());
  asked.searchParams.set("to", new Date(Math.max(...times) + 1000).toISOString());
  asked.searchParams.set("limit", "500");
  bar.textContent = `${chosen.length} chosen. Copy as`;
  for (const how of ["text", "markdown", "wikitext"]) {
    const link = document.createElement("a");
    asked.searchParams.set("format", how);
    link.href = asked;
    link.textContent = how;
    link.addEventListener("click", async (event) => {
      if (!navigator.clipboard) return; // not without TLS: then it is shown
      event.preventDefault();
      await navigator.clipboard.writeText(await (await fetch(link.href)).text());
      link.textContent = `${how} ✓`;
    });
    bar.append(" ", link);
  }
  document.querySelector("main").append(bar);
  chosen[0].scrollIntoView({ block: "center" });
}
document.addEventListener("click", (event) => {
  const from = location.hash.slice(1).split("..")[0];
  const line = event.shiftKey && event.target.closest(".at")?.parentElement;
  if (!line || !document.getElementById(from)) return;
  event.preventDefault();
  location.hash = `${from}..${line.id}`;
});
addEventListener("hashchange", choose);
choose();
// New entries as they come, where they belong, and what becomes of those that are there; what one reads stays where it
// is, unless one looks at the top.
const log = document.querySelector("[data-live]");
const told = document.createElement("p");
told.className = "news";
told.setAttribute("role", "status");
let source, again, came = 0;
const dayOf = (section) => section.querySelector("h2 a").textContent;
const timeOf = (line) => line.querySelector("time").dateTime;
function putIn(section) {
  const line = section.querySelector("li");
  const oldest = [...document.querySelectorAll(".entries > li")].at(-1);
  if (document.getElementById(line.id) || (oldest && timeOf(line) < timeOf(oldest))) return false;
  const days = [...document.querySelectorAll("main > section")];
  const same = days.find((each) => dayOf(each) === dayOf(section));
  const older = days.find((each) => dayOf(each) < dayOf(section));
  if (same) {
    const list = same.querySelector("ul");
    list.insertBefore(line, [...list.children].find((each) => timeOf(each) <= timeOf(line)) || null);
  } else if (older) older.before(section);
  else log.after(section);
  for (const each of line.querySelectorAll("time")) showOwnTime(each);
  return true;
}
function sectionIn(event) {
  return new DOMParser().parseFromString(event.data, "text/html").querySelector("section");
}
function inPlace(change) {
  const seen = [...document.querySelectorAll(".entries > li")].find((each) => each.getBoundingClientRect().bottom > 0);
  const before = seen?.getBoundingClientRect().top;
  const changed = change();
  if (changed && scrollY > 0 && seen) scrollBy(0, seen.getBoundingClientRect().top - before);
  return changed;
}
function watch() {
  clearTimeout(again);
  source?.close();
  if (document.hidden) return; // a browser has few connections for all its tabs
  const from = new URL(log.dataset.live, location.href);
  for (const each of [...document.querySelectorAll(".remark")].slice(0, 20)) {
    from.searchParams.append("unsettled", each.closest("li").id);
  }
  source = new EventSource(from);
  source.onmessage = (event) => {
    const section = sectionIn(event);
    const next = new URL(log.dataset.live, location.href);
    next.searchParams.set("after", section.querySelector("li").id);
    log.dataset.live = next.href;
    if (!inPlace(() => putIn(section))) return;
    came = scrollY > 0 ? came + 1 : 0;
    told.textContent = came ? `${came} new ${came === 1 ? "entry" : "entries"} above` : "";
  };
  source.addEventListener("changed", (event) => {
    const line = sectionIn(event).querySelector("li");
    const there = document.getElementById(line.id);
    if (!there) return;
    inPlace(() => (there.replaceChildren(...line.childNodes), true));
    for (const each of there.querySelectorAll("time")) showOwnTime(each);
  });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) again = setTimeout(watch, 5000 + 5000 * Math.random());
  };
}
if (log) {
  document.querySelector("main").append(told);
  watch();
  document.addEventListener("visibilitychange", watch);
  addEventListener("scroll", () => {
    if (scrollY === 0) told.textContent = "", came = 0;
  });
}
