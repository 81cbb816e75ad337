// What is being written about a task: to whom, ready words, and the draft that comes back.
import { $, $$, current, tenant } from "./console-what.js";

const form = () => $("[data-write]");
const kept = (id) => `draft ${tenant} ${id}`;

/** Who would read what is sent: `citizen` or `note`. */
export const addressee = () => $('[data-to][aria-pressed="true"]', form()).dataset.to;

function address(to) {
  const note = to === "note", area = $("#words"), question = $(".ask", form());
  for (const one of $$("[data-to]", form())) one.setAttribute("aria-pressed", one.dataset.to === to);
  area.placeholder = note ? area.dataset.note : area.dataset.citizen;
  question.hidden = note || !current().moves.some((move) => move.status === "awaiting_citizen");
}

function keep() {
  const text = $("#words").value, id = current().id;
  if (text) sessionStorage.setItem(kept(id), JSON.stringify({ to: addressee(), text }));
  else forget(id);
}

export const forget = (id) => sessionStorage.removeItem(kept(id));

/** Write to the citizen, or a note. */
export function write(to) {
  if (!form()) return;
  address(to);
  keep();
  $("#words").focus();
}

/** What was being written about the task that is shown, to whom it was written. */
export function recall() {
  if (!form()) return;
  const draft = JSON.parse(sessionStorage.getItem(kept(current().id)) || "null"), area = $("#words");
  if (draft && !area.value) {
    area.value = draft.text;
    address(draft.to);
  } else address(addressee());
}

document.addEventListener("click", (event) => {
  const to = event.target.closest("[data-to]");
  if (to) write(to.dataset.to);
});
document.addEventListener("input", (event) => {
  if (event.target.id === "words") keep();
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-template]")) return;
  const area = $("#words"), at = area.selectionEnd, ready = event.target.value;
  event.target.value = "";
  if (!ready) return;
  area.setRangeText(/\S$/.test(area.value.slice(0, at)) ? ` ${ready}` : ready, at, at, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
});
