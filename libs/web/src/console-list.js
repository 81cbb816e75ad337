// The queue: where the cursor is, what is selected.
import { call } from "./shell.js";
import { $, $$, listed, works } from "./console-what.js";

const list = $("#list");
export const rows = () => $$("tr[data-id], .board li[data-id]", list ?? document);
const linkOf = (row) => $("a", row);

/** The row with the cursor: the focused one, else the one in the pane, else none. */
export function at() {
  return document.activeElement?.closest?.("[data-id]") ?? $("tr.on, li.on", list ?? document) ?? null;
}

export function go(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.indexOf(at());
  const next = all[Math.max(0, Math.min(all.length - 1, place < 0 ? 0 : place + step))];
  linkOf(next).focus();
  next.scrollIntoView({ block: "nearest" });
  return next;
}

/** Mark the row that the pane shows. */
export function mark(id) {
  for (const row of rows()) {
    const on = row.dataset.id === id;
    row.classList.toggle("on", on);
    if (on) linkOf(row).setAttribute("aria-current", "true");
    else linkOf(row).removeAttribute("aria-current");
  }
}

// ---- selection
const selected = new Set();
let anchor = null;
const numbers = new Map(); // of those that are selected and not shown
export const chosen = () => [...selected];
export const numberOf = (id) => numbers.get(id) ?? id;

function show() {
  const bar = $("[data-bulk]"), every = $("[data-every]"), head = $("[data-all]"), all = rows();
  const some = all.filter((row) => selected.has(row.dataset.id)).length, whole = some > 0 && some === all.length;
  if (bar) {
    bar.hidden = selected.size === 0;
    $("[data-count]", bar).textContent = selected.size;
  }
  if (every) every.hidden = !whole || selected.size > some;
  if (head) {
    head.checked = whole;
    head.indeterminate = some > 0 && !whole;
  }
}

function choose(row, on) {
  const box = $("input[type=checkbox]", row);
  if (on) selected.add(row.dataset.id);
  else selected.delete(row.dataset.id);
  if (box) box.checked = on;
}

/** Select what the list has beyond this page, too. */
export async function every() {
  for (const [id, number] of await call("GET", `/console/ids?${listed()}`)) {
    selected.add(id);
    numbers.set(id, number);
  }
  for (const row of rows()) reselect(row);
  show();
}

export function pick(row, on, range = false) {
  if (!works) return;
  const all = rows(), from = all.findIndex((one) => one.dataset.id === anchor), to = all.indexOf(row);
  const these = range && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
  for (const one of these) choose(one, on ?? (range || !selected.has(one.dataset.id)));
  anchor = row.dataset.id;
  show();
}

export function unselect() {
  for (const row of rows()) choose(row, false);
  selected.clear();
  show();
}

/** After a row was drawn anew. */
export function reselect(row) {
  const box = $("input[type=checkbox]", row);
  if (box) box.checked = selected.has(row.dataset.id);
}

list?.addEventListener("click", (event) => {
  const all = event.target.closest("[data-all]");
  if (all) {
    for (const row of rows()) choose(row, all.checked);
    return show();
  }
  const box = event.target.closest("[data-id] input[type=checkbox]");
  if (box) pick(box.closest("[data-id]"), box.checked, event.shiftKey);
});
for (const row of rows()) reselect(row);
