// The keys: whether they act, and other ones for those that somebody cannot or will not press.
import { $, $$, ask, problemWords, texts } from "./console-what.js";

const box = $("#d-keys"), form = $("form", box), errors = $("[data-errors]", box), on = $("[data-keys-on]", box);
on.checked = texts.keysOn;
const fields = $$("[data-usual]", box);

/** The keys that are not the usual ones, as they are in the fields. */
const other = () => Object.fromEntries(fields.map((one) => [one.name, one.value.trim().toLowerCase()]).filter(([name, key]) => key !== form.elements[name].dataset.usual));

function tell(fault) {
  const told = fault.problem?.errors?.filter((one) => one.field.startsWith("keys.")) ?? [];
  const lines = told.map(({ field, message }) => {
    const line = document.createElement("li"), link = document.createElement("a"), input = form.elements[field.split(".")[1]];
    link.href = `#${input.id}`;
    link.textContent = `${input.labels[0].textContent}: ${message}`;
    line.append(link);
    return line;
  });
  $("ul", errors).replaceChildren(...(lines.length ? lines : [problemWords(fault)]));
  for (const one of fields) one.ariaInvalid = String(told.some(({ field }) => field === `keys.${one.name}`));
  errors.hidden = false;
  errors.closest("details").open = true;
  errors.focus();
}

/** Whether the server has taken them. */
const keep = (keys) => ask("PUT", "/keys", { on: on.checked, keys }).then(() => true, (fault) => tell(fault));

const kept = () => Object.fromEntries(Object.entries(texts.keys).filter(([name, key]) => key !== form.elements[name].dataset.usual));

on.addEventListener("change", async () => { // at once: the next key may be quicker than the answer
  texts.keysOn = on.checked;
  if (!(await keep(kept()))) texts.keysOn = on.checked = !on.checked;
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await keep(event.submitter?.value === "usual" ? {} : other())) location.reload();
});
