// The task beside the queue from 1200 px on; its own page below.
import { htmx } from "./shell.js";
import { $, $$, current, listed } from "./console-what.js";
import { at, mark, rows } from "./console-list.js";
import { recall } from "./console-write.js";

const pane = $("#pane");
export const split = () => Boolean($("#list")) && matchMedia("(min-width: 75rem)").matches;

function remember(id) {
  const query = new URLSearchParams(location.search);
  if (id) query.set("task", id);
  else query.delete("task");
  const told = query.toString();
  history.replaceState(history.state, "", told ? `${location.pathname}?${told}` : location.pathname);
}

let asked = 0;

/** Read a task into the pane, or go to its page. */
export async function open(id, { focus = false } = {}) {
  if (!split()) {
    location.href = `/console/tasks/${id}?${listed()}`;
    return;
  }
  const turn = ++asked;
  mark(id);
  pane.setAttribute("aria-busy", "true");
  await htmx.ajax("GET", `/console/tasks/${id}?${listed()}`, { target: "#pane", swap: "innerHTML" });
  if (turn !== asked) return;
  pane.removeAttribute("aria-busy");
  remember(id);
  ready();
  if (focus) $(".in", pane)?.focus();
}

let reading = null, next = null;

/** The task as it is now, without losing what is being written or where one reads. Read one after
    the other: who asks while it is being read gets what is read afterwards. */
export function again() {
  if (reading) return next ??= reading.then(() => { next = null; return again(); });
  return reading = read().finally(() => { reading = null; });
}

async function read() {
  const task = current();
  if (!task) return;
  const alone = $(".app.alone") ? { alone: "1" } : {};
  await htmx.ajax("GET", `/console/tasks/${task.id}?${listed(alone)}`, { target: "#pane", swap: "innerMorph" });
  ready();
}

export function close() {
  const id = current()?.id;
  if (!split()) {
    location.href = `/console?${listed()}`;
    return;
  }
  remember(null);
  const row = rows().find((one) => one.dataset.id === id);
  ($("a", row ?? undefined) ?? at())?.focus?.();
}

function ready() {
  for (const box of $$(".map[data-outline]:not([data-drawn])", pane)) import("./console-map.js").then(({ drawIn }) => drawIn(box));
  recall();
}

$("#list")?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-id] a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !split()) return;
  event.preventDefault();
  open(link.closest("[data-id]").dataset.id);
});
pane?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-open], a.shut");
  if (!link || event.ctrlKey || event.metaKey || !split()) return;
  event.preventDefault();
  if (link.classList.contains("shut")) {
    pane.replaceChildren();
    mark(null);
    close();
  } else open(link.dataset.open, { focus: true });
});
pane?.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-log]");
  if (!tab) return;
  for (const one of $$("[data-log]", pane)) one.setAttribute("aria-pressed", one === tab);
  $(".log", pane).dataset.only = tab.dataset.log;
});
document.addEventListener("htmx:after:swap", () => {
  const around = $("[data-around]", pane ?? undefined), box = $("#where");
  if (!around || !box || box.dataset.around !== undefined) return;
  box.dataset.around = "";
  import("./console-map.js").then(({ drawIn }) => drawIn(box)).then((map) => map.setPins(JSON.parse(around.dataset.around)));
});
ready();
