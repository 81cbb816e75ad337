// Single keys. Off while one types, off in a dialog, and off altogether where somebody wants that.
import { $, current } from "./console-what.js";
import { at, go, pick, unselect, chosen } from "./console-list.js";
import { close, open, split } from "./console-pane.js";
import { doing } from "./console-do.js";

const KEPT = "console keys off";
const on = () => localStorage.getItem(KEPT) !== "1";
const box = $("[data-keys-on]");
if (box) {
  box.checked = on();
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "0" : "1"));
}

const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
let going = 0;

async function onTask(what, event) {
  const row = at();
  if (row && row.dataset.id !== current()?.id && split() && !chosen().length) await open(row.dataset.id);
  if (current() || chosen().length) doing[what]?.(event);
  else if (row) location.href = $("a", row).href;
}

const moves = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
const tasks = { s: "status", c: "reply", r: "note", t: "category", m: "merge" };

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
  if (event.ctrlKey || event.metaKey || event.altKey || (dialog && !(dialog.id === "d-results" && event.key.toLowerCase() === "z"))) return;
  if (event.key === "Escape") {
    const menu = $("details.menu[open]");
    if (menu) { menu.removeAttribute("open"); $("summary", menu).focus(); }
    else if (event.target.closest?.("#pane")) { event.preventDefault(); close(); }
    else if (chosen().length) unselect();
    return;
  }
  if (typing(event.target) || !on()) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const inMap = event.target.closest?.(".map");
  if (Date.now() < going) {
    going = 0;
    const link = $(`[data-go="${key}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (moves[key] && !inMap && $("#list") && !(key.startsWith("Arrow") && event.target.closest?.("#pane"))) {
    const row = go(moves[key]);
    if (row) { event.preventDefault(); if (split() && current()) open(row.dataset.id); }
  } else if (key === "Enter" && event.target.closest?.("tr[data-id] a, .board li[data-id] > a")) {
    event.preventDefault();
    open(at().dataset.id, { focus: true });
  } else if (key === "x") {
    const row = at();
    if (row) { event.preventDefault(); pick(row, undefined, event.shiftKey); }
  } else if (key === "a") {
    event.preventDefault();
    onTask(event.shiftKey || chosen().length ? "assign" : "mine");
  } else if (tasks[key]) {
    event.preventDefault();
    onTask(tasks[key] === "reply" && chosen().length ? "message" : tasks[key]);
  } else if (key === "g") going = Date.now() + 1500;
  else if (key === "z") doing.undo?.();
  else if (key === "n") $("#new")?.click();
  else if (key === "/") { event.preventDefault(); $("#q")?.focus(); }
  else if (key === "?") { event.preventDefault(); doing.keys(); }
  else if (["1", "2", "3"].includes(key)) $(`[data-show="${key}"]`)?.click();
});
