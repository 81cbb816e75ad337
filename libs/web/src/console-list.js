// The queue: where the cursor is, what is selected.
import { $, $$ } from "./console-what.js";

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
export const chosen = () => [...selected];

function show() {
  const bar = $("[data-bulk]");
  if (bar) {
    bar.hidden = selected.size === 0;
    $("[data-count]", bar).textContent = selected.size;
  }
}

export function pick(row, on, range = false) {
  const all = rows(), from = all.findIndex((one) => one.dataset.id === anchor), to = all.indexOf(row);
  const these = range && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
  for (const one of these) {
    const box = $("input[type=checkbox]", one);
    const want = on ?? (range || !selected.has(one.dataset.id));
    if (want) selected.add(one.dataset.id);
    else selected.delete(one.dataset.id);
    if (box) box.checked = want;
  }
  anchor = row.dataset.id;
  show();
}

export function unselect() {
  for (const row of rows()) {
    const box = $("input[type=checkbox]", row);
    if (box) box.checked = false;
  }
  selected.clear();
  show();
}

/** After a row was drawn anew. */
export function reselect(row) {
  const box = $("input[type=checkbox]", row);
  if (box) box.checked = selected.has(row.dataset.id);
}

list?.addEventListener("click", (event) => {
  const box = event.target.closest("tr input[type=checkbox]");
  if (box) pick(box.closest("tr"), box.checked, event.shiftKey);
});
for (const row of rows()) reselect(row);
