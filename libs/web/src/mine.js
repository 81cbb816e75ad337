// "My requests" for when there is no net: the list as this browser has seen it last, without anybody's
// words. It is one person's; `shell.js` has it erased by the first page that is not that person's.
import { all, clear, put } from "./draft.js";
import { KEPT_FOR, icon, tick } from "./shell.js";

/** Keep what the page lists. The mark comes first: what is kept without one would never be erased. */
export async function keep({ kept }) {
  const { who } = document.body.dataset;
  localStorage.setItem(KEPT_FOR, who);
  await put("mine", { key: "list", at: new Date().toISOString(), rows: JSON.parse(kept) });
}

export async function erase() {
  await clear("mine");
  localStorage.removeItem(KEPT_FOR);
}

/** Show it, and how old it is. */
export async function show(place) {
  const [{ at, rows } = { rows: [] }] = await all("mine");
  if (!rows.length) return;
  const card = place.querySelector("template").content, list = place.querySelector(".mine");
  for (const row of rows) {
    const made = card.cloneNode(true), one = (selector) => made.querySelector(selector);
    for (const of of made.querySelectorAll("[data-of]")) of.textContent = row[of.dataset.of];
    one(".status").dataset.st = row.sign;
    one(".status").insertAdjacentHTML("afterbegin", icon(`st-${row.sign}`));
    one("[data-changed]").hidden = !row.changed;
    one("time").dateTime = row.changed ?? "";
    list.append(made);
  }
  place.querySelector("[data-at]").dateTime = at;
  place.hidden = false;
  tick(place);
}
