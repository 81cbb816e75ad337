// Reporting in four steps. Everything is kept on the device with each letter; the server decides.
import { call, icon, language, say } from "./shell.js";
import { all, beginAnew, clear, drop, load, put, remove, save } from "./draft.js";
import { because, deliver } from "./outbox.js";
import { warn } from "./danger.js";
import { guess } from "./guess.js";
import { place } from "./place.js";

const form = document.querySelector("[data-report]");
const texts = JSON.parse(form.dataset.texts);
const at = (selector, root = form) => root.querySelector(selector);
const STEPS = ["what", "where", "more", "check"];
const MOST_PHOTOS = 5;

const field = form.elements, given = field.text.value.trim();
let draft = given && location.pathname.endsWith("/start") ? beginAnew(given) : load();
if (given && given !== draft.text?.trim()) draft.text = given;

/** What several parts of the form share. */
const report = {
  form, texts, at, draft: () => draft,
  tenant: () => draft.tenant ?? form.dataset.tenant ?? "",
  keep(changes) {
    Object.assign(draft, changes);
    at("[data-saved]", document).hidden = !save(draft);
  },
  changed: {}, // by name: what other parts do when something changes
};

// ---- steps
function errors(list) {
  const box = at("[data-errors]");
  box.replaceChildren();
  for (const bad of form.querySelectorAll(".field.bad")) bad.classList.remove("bad");
  document.title = document.title.replace(/^.*?: (?=\S)/, (told) => (told.startsWith(texts.error) ? "" : told));
  if (!list.length) return;
  const summary = document.createElement("div");
  summary.className = "errors"; summary.setAttribute("role", "alert"); summary.tabIndex = -1;
  const items = document.createElement("ul");
  for (const { id, message } of list) {
    const link = document.createElement("a");
    link.href = `#${id}`; link.className = "tap"; link.textContent = message;
    const item = document.createElement("li");
    item.append(link); items.append(item);
    document.getElementById(id)?.closest(".field")?.classList.add("bad");
  }
  summary.append(items); box.append(summary);
  document.title = `${texts.error} ${document.title}`;
  summary.focus();
}

function wrong(step) {
  if (step === "what" && field.text.value.trim().length < 3) return [{ id: "text", message: texts.short }];
  if (step === "where" && !placed()) return [{ id: "find", message: draft.outside ? texts.outside : texts.where }];
  if (step === "more") {
    return [...form.querySelectorAll("[data-questions] [data-required]")]
      .filter((one) => !(one.matches("input") ? one.value.trim() : one.querySelector(":checked")))
      .map((one) => ({ id: one.id, message: texts.answer }));
  }
  if (step === "check" && !/^([0-9+() -]{5,32})?$/.test(phone())) return [{ id: "phone", message: texts.phone }];
  return [];
}
const phone = () => field.phone?.value.trim() ?? ""; // not there for who has signed in
const placed = () => Number.isFinite(draft.lat) && Number.isFinite(draft.lon) && !draft.outside;

function show(step, { push = true, focus = true } = {}) {
  errors([]);
  for (const one of form.querySelectorAll("[data-step]")) one.classList.toggle("on", one.dataset.step === step);
  form.querySelectorAll(".way li").forEach((li, n) => li.classList.toggle("done", n <= STEPS.indexOf(step)));
  report.keep({ step });
  if (push) history.pushState({ step }, "", step === "what" ? location.pathname : `#${step}`);
  if (focus) { scrollTo(0, 0); at(`[data-step="${step}"] h1`).focus(); }
  report.changed[step]?.();
}

const current = () => form.querySelector(".step.on").dataset.step;

/** To a step, but not past one that lacks something. */
function to(step, options) {
  for (const before of STEPS.slice(0, STEPS.indexOf(step))) {
    const faults = wrong(before);
    if (faults.length) { show(before, options); errors(faults); return; }
  }
  show(step, options);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-next]")) to(STEPS[STEPS.indexOf(current()) + 1]);
  if (button?.matches("[data-to]")) to(button.dataset.to);
});
addEventListener("popstate", () => to(stepOfAddress(), { push: false }));
const stepOfAddress = () => (STEPS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "what");
document.querySelector("[data-back]").addEventListener("click", (event) => {
  const before = STEPS[STEPS.indexOf(current()) - 1];
  if (before) { event.preventDefault(); show(before); }
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=file])") && current() !== "check") event.preventDefault();
});

// ---- what
const warned = warn([...form.querySelectorAll("[data-danger]")], () => ({ text: field.text.value.trim(), category: field.category.value, tenant: report.tenant() }));
function counted() {
  const counter = at("[data-counter]"), length = field.text.value.length;
  counter.hidden = length < 800;
  counter.textContent = `${length.toLocaleString(language)} / ${(4000).toLocaleString(language)}`;
  const personal = /(?<!\d)(?:[1-9]\d{10}|0?5\d{2}[ -]?\d{3}[ -]?\d{2}[ -]?\d{2})(?!\d)/.test(field.text.value);
  const warning = at("[data-personal]");
  warning.hidden = !personal;
  if (personal) at("span", warning).textContent = texts.personal;
}
field.text.addEventListener("input", () => { report.keep({ text: field.text.value }); counted(); warned(); report.changed.text?.(); });
field.category.addEventListener("change", () => { report.keep({ category: field.category.value, chosen: true }); about(); warned(); report.changed.category?.(); });
field.address.addEventListener("input", () => report.keep({ address: field.address.value }));
field.phone?.addEventListener("input", () => report.keep({ phone: field.phone.value }));
for (const name of ["type", "private"]) {
  for (const radio of field[name]) radio.addEventListener("change", () => report.keep({ [name]: radio.value }));
}

/** Take a category: by the reader's choice or from the suggestion he has not contradicted. */
report.take = (code, chosen) => {
  if (![...field.category.options].some((option) => option.value === code)) return;
  field.category.value = code;
  if (code === draft.category && chosen === draft.chosen) return;
  report.keep({ category: code, chosen });
  about();
  warned();
  report.changed.category?.();
};

// ---- the category's questions, and the promise
let asked = 0;
async function about() {
  const tenant = report.tenant();
  if (!tenant) return;
  const mine = ++asked;
  const query = new URLSearchParams({ tenant, ...(draft.category ? { category: draft.category } : {}) });
  try {
    const answer = await fetch(`/report/about?${query}`);
    if (!answer.ok || mine !== asked) return;
    const told = document.createElement("div");
    told.innerHTML = await answer.text();
    at("[data-questions]").replaceChildren(...at('[data-part="questions"]', told).childNodes);
    at("[data-promise]").replaceChildren(...at('[data-part="promise"]', told).childNodes);
    answersBack();
  } catch { /* without the net there are no questions; the report goes without them */ }
}
report.about = about;

function answersBack() {
  for (const input of form.querySelectorAll('[name^="answers."]')) {
    const given = draft.answers[input.name.slice(8)];
    if (input.matches("[type=radio], [type=checkbox]")) input.checked = given?.split(",").includes(input.value) ?? false;
    else if (given) input.value = given;
  }
}
at("[data-questions]").addEventListener("input", (event) => {
  const { name, type, value } = event.target;
  const chosen = () => [...form.querySelectorAll(`[name="${name}"]:checked`)].map((one) => one.value).join(",");
  report.keep({ answers: { ...draft.answers, [name.slice(8)]: type === "checkbox" ? chosen() : value } });
});
function answers() { // only those that the chosen category still asks for
  const names = new Set([...form.querySelectorAll('[name^="answers."]')].map((input) => input.name.slice(8)));
  return Object.fromEntries(Object.entries(draft.answers).filter(([name, value]) => names.has(name) && value.trim()));
}

// ---- photos
async function photos() {
  const kept = await all("photos").catch(() => []);
  const list = at("[data-photos]"), add = at(".add", list);
  for (const item of list.querySelectorAll("li:not(.add, .file)")) item.remove();
  kept.forEach(({ id, blob }, n) => {
    const item = document.createElement("li"), image = new Image();
    image.src = URL.createObjectURL(blob);
    image.alt = texts.photo.replace("{n}", n + 1);
    image.onload = () => URL.revokeObjectURL(image.src);
    const close = document.createElement("button");
    close.type = "button"; close.className = "close"; close.innerHTML = icon("close");
    close.setAttribute("aria-label", texts.remove.replace("{n}", n + 1));
    close.addEventListener("click", async () => { await remove("photos", id); await photos(); at("#photo").focus(); });
    item.append(image, close);
    add.before(item);
  });
  add.hidden = kept.length >= MOST_PHOTOS;
  return kept;
}
const FAR_M = 40;
let taken = null; // where the last photo says that it was taken; kept nowhere else

/** Offer the place of a photo where it is another one than was chosen. */
async function offerPlace(file) {
  const { metresBetween, takenAt } = await import("./taken.js");
  const place = await takenAt(file);
  const metres = place && placed() ? metresBetween([draft.lat, draft.lon], place) : 0;
  if (metres < FAR_M) return;
  taken = place;
  const far = metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${Math.round(metres / 1000).toLocaleString(language)} km`;
  at("[data-taken] p").textContent = texts.taken.replace("{far}", far);
  at("[data-taken]").hidden = false;
}
at("[data-taken]").addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  at("[data-taken]").hidden = true;
  if (!button.matches("[data-take]")) { at("#photo").focus(); return; }
  show("where");
  await report.choose(...taken);
});

/** A line for a file while it is made small; where that fails it stays, to be tried again or not. */
function fileLine(file) {
  const item = document.createElement("li"), name = document.createElement("span"), bar = document.createElement("progress");
  item.className = "file";
  name.textContent = file.name;
  bar.setAttribute("aria-label", texts.preparing.replace("{name}", file.name));
  item.append(name, bar);
  at("[data-photos] .add").before(item);
  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button"; made.className = "btn"; made.textContent = words;
    made.setAttribute("aria-label", `${words}: ${file.name}`);
    made.addEventListener("click", () => { item.remove(); at("#photo").focus(); act(); });
    return made;
  };
  return {
    gone: () => item.remove(),
    failed() {
      const why = document.createElement("p");
      why.textContent = texts.unreadable;
      item.replaceChildren(name, why, button(texts.again, () => take(file)), button(texts.away, () => {}));
      say(`${file.name}: ${texts.unreadable}`);
    },
  };
}

async function take(file) {
  const line = fileLine(file);
  try {
    const { shrink } = await import("./shrink.js");
    await put("photos", { blob: await shrink(file) });
  } catch { return line.failed(); }
  line.gone();
  await photos();
  return offerPlace(file).catch(() => {});
}

at("#photo").addEventListener("change", async ({ target }) => {
  const files = [...target.files], told = at("[data-photo-told]");
  target.value = "";
  told.hidden = true;
  for (const file of files) {
    if ((await all("photos")).length >= MOST_PHOTOS) { told.textContent = texts.enough; told.hidden = false; break; }
    await take(file);
  }
});

// ---- check and send
report.changed.check = async () => {
  const told = (name, words) => { at(`[data-told="${name}"]`).textContent = words; };
  const option = field.category.selectedOptions[0];
  const words = [...form.querySelectorAll('[data-questions] :checked')].map((one) => one.dataset.word);
  const written = [...form.querySelectorAll('[data-questions] input:not([type=radio], [type=checkbox])')].map((one) => one.value.trim());
  const count = (await all("photos").catch(() => [])).length;
  told("text", field.text.value.trim());
  told("category", `${option?.value ? option.textContent : texts.unsure} (${at('[name="type"]:checked').parentElement.textContent.trim()})`);
  told("place", [draft.placeName, field.address.value.trim()].filter(Boolean).join(", ") || `${draft.lat}, ${draft.lon}`);
  told("private", at('[name="private"]:checked').dataset.word);
  told("details", [...(count ? [count === 1 ? texts.photo1 : texts.photos.replace("{n}", count)] : []), ...words, ...written].filter(Boolean).join(", ") || "–");
  if (!at("[data-promise]").childElementCount) about();
};

function body() {
  const { category, address } = draft;
  return {
    text: field.text.value.trim(), type: draft.type, point: { lat: draft.lat, lon: draft.lon },
    ...(category ? { category, answers: answers() } : {}), ...(address?.trim() ? { address: address.trim() } : {}),
    ...(phone() ? { contact: { phone: phone() } } : {}),
    ...(draft.private ? { private: true } : {}),
    ...(field.showable ? { showable: true } : {}),
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const faults = STEPS.flatMap((step) => wrong(step));
  if (faults.length) {
    to("check");
    if (current() === "check") errors(faults);
    return undefined;
  }
  const button = at("[data-send]"), told = at("[data-send-told]");
  if (button.disabled) return undefined;
  button.disabled = true; button.textContent = texts.sending; say(texts.sending);
  const key = draft.key;
  const kept = (await all("photos").catch(() => [])).map(({ blob }) => blob);
  try {
    await put("waiting", { key, body: body(), photos: kept, at: Date.now() });
  } catch { // a device that keeps nothing: send at once or not at all
    button.disabled = false;
    return form.submit();
  }
  drop(); await clear("photos");
  let left = false;
  const leave = (number) => {
    if (!left) location.assign(`/report/done?number=${number}`);
    left = true;
  };
  document.addEventListener("report-sent", ({ detail }) => { if (detail.key === key) leave(detail.number); });
  await deliver();
  const waiting = (await all("waiting")).find((one) => one.key === key);
  if (left || !waiting) return undefined;
  if (waiting.answer) return leave(waiting.answer.number); // by another tab, or with photos to follow
  button.textContent = texts.send;
  told.textContent = waiting.refused ?? because();
  told.hidden = false;
  say(told.textContent);
  if (waiting.refused) { // nothing was taken: it is a draft again, under a new key
    await remove("waiting", key);
    draft = { ...draft, key: crypto.randomUUID() };
    save(draft);
    for (const blob of kept) await put("photos", { blob });
    button.disabled = false;
  } else form.dataset.kept = key;
  return undefined;
});

// ---- somebody else's request instead
form.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-support], [data-other]");
  if (!button) return;
  const card = button.closest("article");
  if (button.matches("[data-other]")) { card.remove(); report.keep({ different: true }); return; }
  button.disabled = true;
  try {
    await call("POST", `/api/requests/${button.dataset.support}/support`);
    drop(); await clear("photos");
    say(texts.joined);
    location.assign(`/requests/${button.dataset.support}`);
  } catch (error) {
    button.disabled = false;
    const told = at("[data-voice-told]", card) ?? card.appendChild(document.createElement("p"));
    told.className = "notice warn"; told.dataset.voiceTold = "";
    told.textContent = texts.voice[error.problem?.type?.split("/").pop()] ?? texts.voice.other;
    say(told.textContent);
  }
});

// ---- as it was left
if (draft.text) field.text.value = draft.text;
if (draft.address) field.address.value = draft.address;
if (draft.phone && field.phone) field.phone.value = draft.phone;
if (draft.category) field.category.value = draft.category;
for (const name of ["type", "private"]) for (const radio of field[name]) radio.checked = radio.value === (draft[name] ?? "");
field.key.value = draft.key;
counted();
if (draft.text || draft.category) warned();
guess(report);
place(report);
photos().then((kept) => { at("[data-anew]").hidden = !(draft.text || placed() || kept.length); });
at("[data-anew] button").addEventListener("click", async () => {
  drop(); await clear("photos").catch(() => {});
  location.assign("/report");
});
if (draft.category) about();
const start = location.hash ? stepOfAddress() : form.querySelector(".errors") ? null : draft.text && location.pathname.endsWith("/start") ? "where" : "what";
if (start) { history.replaceState({ step: start }, "", start === "what" ? "/report" : `/report#${start}`); to(start, { push: false, focus: start !== "what" }); }
form.dataset.drawn = "";
