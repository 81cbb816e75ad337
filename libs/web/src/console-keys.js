// Single keys. Off while one types, off in a dialog, and off altogether where somebody wants that.
import { $, current, texts } from "./console-what.js";
import { at, go, pick, unselect, chosen } from "./console-list.js";
import { close, open, split } from "./console-pane.js";
import { doing } from "./console-do.js";

const does = Object.fromEntries(Object.entries(texts.keys ?? {}).map(([name, key]) => [key, name]));

const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
let going = 0;

async function onTask(what, event) {
  const row = at();
  if (row && row.dataset.id !== current()?.id && split() && !chosen().length) await open(row.dataset.id);
  if (current() || chosen().length) doing[what]?.(event);
  else if (row) location.href = $("a", row).href;
}

const MOVES = { down: 1, ArrowDown: 1, up: -1, ArrowUp: -1 };
const ZOOMS = "+-=_"; // a map's own
const ON_TASK = ["status", "reply", "note", "category", "merge"];

document.addEventListener("keydown", async (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form");
    if (form) { event.preventDefault(); form.requestSubmit($(".primary", form)); }
    return;
  }
  if (event.key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    if (!$("dialog[open]")) doing.menu();
    return;
  }
  const dialog = $("dialog[open]");
  if (event.ctrlKey || event.metaKey || event.altKey || (dialog && !(dialog.id === "d-results" && does[event.key.toLowerCase()] === "undo"))) return;
  if (event.key === "Escape") {
    const menu = $("details.menu[open]");
    if (menu) { menu.removeAttribute("open"); $("summary", menu).focus(); }
    else if (event.target.closest?.("#pane")) { event.preventDefault(); close(); }
    else if (chosen().length) unselect();
    return;
  }
  if (typing(event.target) || !texts.keysOn) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, inMap = event.target.closest?.(".map");
  const what = key.length > 1 ? key : inMap && ZOOMS.includes(key) ? undefined : does[key];
  if (Date.now() < going) {
    going = 0;
    const link = $(`[data-go="${CSS.escape(key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (MOVES[what] && !inMap && $("#list") && !(key.startsWith("Arrow") && event.target.closest?.("#pane"))) {
    const row = go(MOVES[what]);
    if (row) { event.preventDefault(); if (split() && current()) open(row.dataset.id); }
  } else if (key === "Enter" && event.target.closest?.("tr[data-id] a, .board li[data-id] > a")) {
    event.preventDefault();
    open(at().dataset.id, { focus: true });
  } else if (what === "select") {
    const row = at();
    if (row) { event.preventDefault(); pick(row, undefined, event.shiftKey); }
  } else if (what === "mine") {
    event.preventDefault();
    onTask(event.shiftKey || chosen().length ? "assign" : "mine");
  } else if (ON_TASK.includes(what)) {
    event.preventDefault();
    onTask(what === "reply" && chosen().length ? "message" : what);
  } else if (what === "go") going = Date.now() + 1500;
  else if (key.length === 1 && what) {
    event.preventDefault();
    if (what === "undo") doing.undo?.();
    else if (what === "new") $("#new")?.click();
    else if (what === "search") $("#q")?.focus();
    else if (what === "sheet") doing.keys();
    else $(`[data-show="${what}"]`)?.click();
  }
});
