// Neighbourhoods by typing: those of the page's own municipality at once, then those of others.
import { say } from "./shell.js";
import { fold } from "./fold.js";

const TYPED_MS = 200, MOST = 8;

/** `own` takes the code of an option of `select`, `choose` a latitude and a longitude. */
export function search({ find, list, select, tenant, told, own, choose }) {
  let typed = 0, later;

  function line(name, town, act) {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button"; button.className = "item"; button.textContent = name;
    if (town) {
      const of = document.createElement("span");
      of.className = "meta"; of.textContent = town;
      button.append(" ", of);
    }
    button.addEventListener("click", () => { typed += 1; list.hidden = true; find.value = name; act(); find.focus(); });
    item.append(button);
    return item;
  }

  function here(words) {
    const wanted = fold(words);
    return [...select.options].filter((one) => one.value && fold(one.textContent).includes(wanted)).slice(0, MOST)
      .map((one) => line(one.textContent, "", () => own(one.value)));
  }

  /** Those of others; none without the net. */
  async function elsewhere(words) {
    const query = new URLSearchParams({ q: words, ...(tenant && { tenant }) });
    const answer = await fetch(`/report/neighbourhoods?${query}`).catch(() => null);
    const found = answer?.ok ? await answer.json() : [];
    return found.map(({ name, town, lat, lon }) => line(name, town, () => choose(lat, lon)));
  }

  function show(found) {
    list.replaceChildren(...found);
    list.hidden = !found.length;
  }

  function look() {
    const mine = ++typed, words = find.value.trim(), found = words.length < 2 ? [] : here(words);
    clearTimeout(later);
    show(found);
    if (words.length < 2) return;
    later = setTimeout(async () => {
      const all = found.length < MOST ? [...found, ...await elsewhere(words)].slice(0, MOST) : found;
      if (mine !== typed || document.activeElement !== find) return;
      show(all);
      say(told.replace("{n}", all.length));
    }, TYPED_MS);
  }

  find.addEventListener("input", look);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); list.querySelector("button")?.click(); }
    if (event.key === "Escape") list.hidden = true;
  });
  if (find.value) look(); // what was typed before this was here
}
