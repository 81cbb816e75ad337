// What others do appears here: rows change in their place, new ones wait behind "7 new".
import { locale, tick } from "./shell.js";
import { $, $$, current, fill, listed, paced, part, span, texts } from "./console-what.js";
import { reselect, rows } from "./console-list.js";
import { again } from "./console-pane.js";

const PACE_MS = 200;
const MOST = 60;
const heard = new Set(), opened = new Set(), soon = paced(look, PACE_MS);
let missed = false; // some that were opened: from then on it is asked for all since the page was made

document.body.addEventListener("changed", ({ detail }) => {
  if (detail.gap) {
    missed = true;
    for (const row of rows()) heard.add(row.dataset.id);
    if (current()) heard.add(current().id);
  } else {
    heard.add(detail.id);
    if (detail.type === "task.created.v1") opened.add(detail.id);
  }
  soon();
});

async function look() {
  const ids = [...heard], shown = new Map(rows().map((row) => [row.dataset.id, row]));
  heard.clear();
  for (const id of shown.keys()) opened.delete(id);
  if (opened.size > MOST) missed = true;
  const query = listed({
    shown: ids.filter((id) => shown.has(id)).slice(0, MOST).join(","), others: [...opened].slice(-MOST).join(","), current: current()?.id ?? "",
    ...(missed && $("#list") ? { since: $("#list").dataset.at } : {}),
  });
  try {
    const told = await part(`/console/changed?${query}`);
    if (told) put(told);
    if (ids.includes(current()?.id) && !$("dialog[open]")) await again();
  } catch { /* the stream says when it is lost */ }
}

function put(told) {
  const focused = document.activeElement?.closest?.("tr[data-id]")?.dataset.id;
  for (const row of $$("tr[data-id]", told)) {
    const old = document.getElementById(row.id);
    if (!old) continue;
    const fresh = document.importNode(row, true);
    old.replaceWith(fresh);
    reselect(fresh);
    if (row.dataset.id === focused) $("a", fresh).focus({ preventScroll: true });
  }
  const count = Number($("[data-new]", told)?.dataset.new ?? 0), pill = $("[data-fresh]");
  if (pill) {
    pill.hidden = !count;
    $("span", pill).textContent = fill(texts.fresh, { n: count });
  }
  const rail = $("#rail"), saved = $("[data-saved]", rail), counts = $("[data-rail]", told);
  if (rail && counts && !rail.contains(document.activeElement)) {
    rail.replaceChildren(...document.importNode(counts, true).children);
    if (saved) $("[data-saved]", rail)?.replaceWith(saved);
  }
}

// The loss is said aloud once, with its time; when it is tried again is only written.
const state = $("[data-live-state]");
let since = "";
if (state) new MutationObserver(() => {
  const lost = state.dataset.liveState === "lost";
  if (lost && !since) {
    since = new Date().toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
    const next = document.createElement("span");
    next.ariaHidden = "true";
    state.replaceChildren(`${fill(texts.lost, { at: since })} `, next);
  } else if (!lost && since) {
    since = "";
    state.textContent = texts.live;
  }
  if (lost) $("span", state).textContent = fill(texts.retry, { n: Math.round(state.dataset.retry / 1000) });
}).observe(state, { attributes: true, attributeFilter: ["data-live-state"] });

// clocks run on between two looks
setInterval(() => {
  for (const time of $$("time[data-due]")) {
    const left = new Date(time.dateTime) - Date.now();
    time.textContent = left < 0 ? fill(texts.late, { time: span(-left) }) : span(left);
  }
  tick();
}, 30_000);
