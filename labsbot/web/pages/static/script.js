"use strict";
// Your own time beside that of the log, and keys to leaf through its days. Without it nothing is missing.
for (const each of document.querySelectorAll("time")) {
  const when = new Date(each.dateTime);
  const own = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  each.title = when.toLocaleString();
  if (each.parentElement.className === "at" && own !== each.textContent) {
    const beside = document.createElement("span");
    beside.className = "local";
    beside.textContent = own;
    each.parentElement.after(beside, " ");
  }
}
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
