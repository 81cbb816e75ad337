// Saved views are put in order, by buttons; and those that this browser had kept are handed over.
import { $, $$, ask, problemWords, tenant, texts } from "./console-what.js";
import { save, show } from "./console-views.js";

const KEPT = `console views ${tenant}`, KEYS_OFF = "console keys off";
const box = $("#d-arrange"), error = $("[data-error]", box);
const STEPS = { up: -1, down: 1 };

async function draw() {
  const told = await show();
  if (told) $("[data-shelves]", box).replaceChildren(...document.importNode($("[data-shelves]", told), true).children);
}

async function act(button) {
  const line = button.closest("li"), shelf = line.closest("[data-path]"), lines = $$("li", shelf), at = lines.indexOf(line);
  const { id, name, query } = line.dataset, path = shelf.dataset.path, step = STEPS[button.dataset.arrange];
  error.hidden = true;
  try {
    if (step) await ask("PUT", `/views/${path}${id}`, { name, query, place: at + step });
    else await ask("DELETE", `/views/${path}${id}`);
  } catch (fault) {
    error.textContent = problemWords(fault);
    error.hidden = false;
  }
  await draw();
  const there = $(`[data-path="${path}"]`, box), again = $(`[data-id="${id}"]`, there) ?? $$("li", there)[Math.min(at, lines.length - 2)];
  const same = again && $(`[data-arrange="${button.dataset.arrange}"]:enabled`, again);
  (same ?? $("button:enabled", again ?? box)).focus();
}

box.addEventListener("click", (event) => {
  const button = event.target.closest("[data-arrange]");
  if (button) act(button);
});

export async function arrange() {
  error.hidden = true;
  await draw();
  box.onclose = () => $('[data-do="arrange"]')?.focus(); // another one than that which was pressed
  box.showModal();
}

async function takeOverKeys() {
  if (localStorage.getItem(KEYS_OFF) === "1") {
    await ask("PUT", "/keys", { on: false });
    texts.keysOn = false;
  }
  localStorage.removeItem(KEYS_OFF);
}

/** What cannot be taken over now, as there is no room or no connection, is tried again next time. */
export async function takeOver() {
  await takeOverKeys();
  const kept = JSON.parse(localStorage.getItem(KEPT) || "[]"), left = [];
  for (const view of kept) {
    try {
      await save("", view.name, view.query);
    } catch (fault) {
      if (fault.problem?.type?.endsWith("/view-query-unknown")) continue;
      left.push(view);
    }
  }
  if (left.length) localStorage.setItem(KEPT, JSON.stringify(left));
  else localStorage.removeItem(KEPT);
  await show();
}
