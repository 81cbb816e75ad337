// What every part of the console knows: the texts, the tenant, how to ask the API, what is chosen.
import { call, say } from "./shell.js";

const body = document.body;
export const texts = JSON.parse(body.dataset.texts || "{}");
export const tenant = body.dataset.tenant;
export const me = body.dataset.me;
export const works = body.dataset.can === "work";
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A text with `%(name)s` filled in. */
export const fill = (text, values = {}) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");

/** `/api/tasks` and what follows, of this page's tenant. */
export const there = (path = "", query = {}) => `/api/tasks${path}?${new URLSearchParams({ tenant, ...query })}`;

export const ask = (method, path, told, options) => call(method, there(path), told, options);

export const get = (path, query) => call("GET", there(path, query));

/** A part of a page as a document of its own; null where it does not come. */
export async function part(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html", "HX-Request-Type": "partial" } }).catch(() => null);
  if (answer?.status === 401) document.dispatchEvent(new Event("signed-out"));
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

/** `act` at once, however often it is asked for; again after `ms`, or later where it takes long. */
export function paced(act, ms) {
  let busy = false, asked = false, free = 0;
  return async () => {
    asked = true;
    if (busy) return;
    busy = true;
    try {
      while (asked) {
        await new Promise((go) => setTimeout(go, Math.max(0, free - performance.now())));
        asked = false;
        const began = performance.now();
        await act();
        const now = performance.now();
        free = now + Math.max(ms, 4 * (now - began));
      }
    } finally { busy = false; }
  };
}

/** The query of this page's list, with more. */
export function listed(more = {}) {
  const query = new URLSearchParams(location.search);
  for (const name of ["cursor", "task", "show", "lang"]) query.delete(name);
  query.set("tenant", tenant);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query;
}

/** Words that come and go, said aloud too; with an `offer`, a button beside them while they stay. */
export function toast(words, stay = false, offer = null) {
  if ($("#d-session")?.open) return; // which says it already
  say(offer ? [`${words}.`, offer.words, offer.key].filter(Boolean).join(" ") : words);
  const place = $("#toasts"), one = document.createElement("p");
  one.className = "toast";
  one.textContent = words;
  if (offer) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.append(offer.words);
    if (offer.key) {
      const key = document.createElement("kbd");
      key.textContent = offer.key;
      button.append(" ", key);
    }
    button.onclick = offer.act;
    one.append(button);
  }
  place.replaceChildren(one);
  $("dialog[open]")?.append(place); // over a dialog only what is in it can be pressed
  if (!stay) setTimeout(() => one.remove(), offer?.ms ?? 4000);
}

document.addEventListener("close", (event) => {
  const place = $("#toasts", event.target);
  if (place) body.append(place);
}, true);

export function problemWords(error) {
  const told = error.problem?.errors?.map((one) => one.message).join(" ");
  if (error.status === undefined) return texts.offline;
  if (error.status === 401) return texts.signedOut;
  return told || error.problem?.title || error.message;
}

/** The task in the pane, from its element. */
export function current() {
  const box = $(".task");
  if (!box) return null;
  return {
    box, id: box.dataset.task, version: Number(box.dataset.version), number: box.dataset.number,
    moves: JSON.parse(box.dataset.moves), department: box.dataset.department, team: box.dataset.team,
    category: box.dataset.category, status: box.dataset.status,
  };
}

/** `2 sa 58 dk`: the same as the server writes. */
export function span(ms) {
  const minutes = Math.floor(ms / 60000), d = Math.floor(minutes / 1440), h = Math.floor(minutes / 60) % 24, m = minutes % 60;
  const one = (text, n) => fill(text, { n });
  if (d) return one(texts.d, d) + (h && d < 10 ? ` ${one(texts.h, h)}` : "");
  if (h) return one(texts.h, h) + (m ? ` ${one(texts.min, m)}` : "");
  return one(texts.min, m);
}
