// The call-centre form: who calls, what, where; sent to intake as any other request.
import { warn } from "./danger.js";
import { call, language, locale } from "./shell.js";
import { $, $$, fill, tenant, toast } from "./console-what.js";
import { drawIn } from "./console-map.js";

const page = $("[data-call]"), form = $("#call"), texts = JSON.parse(page.dataset.said);
const questions = JSON.parse(page.dataset.questions), spelled = JSON.parse(page.dataset.spelled);
const KEPT = `call ${tenant}`;
const wait = (ms, act) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(act, ms); }; };
const plain = (words) => words.toLocaleLowerCase("tr").normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/ı/g, "i").trim();
let draft = JSON.parse(sessionStorage.getItem(KEPT) || "null") ?? fresh(), map, moving = false;

function fresh() { return { key: crypto.randomUUID(), began: Date.now(), at: null, into: null, values: {} }; }
/** What the fields hold; of several answers to one question, all, with commas between them. */
function valuesOf() {
  const told = {};
  for (const [name, value] of new FormData(form)) told[name] = name in told ? `${told[name]},${value}` : value;
  return told;
}
function keep() {
  draft.values = valuesOf();
  sessionStorage.setItem(KEPT, JSON.stringify(draft));
}
function put() {
  for (const [name, value] of Object.entries(draft.values)) {
    const field = form.elements[name], boxes = $$(`[type=checkbox][name="${CSS.escape(name)}"]`, form);
    for (const box of boxes) box.checked = value.split(",").includes(box.value);
    if (field && !boxes.length) field.value = value;
  }
}

const text = (parent, tag, words, name = "") => {
  const one = document.createElement(tag);
  one.textContent = words;
  if (name) one.className = name;
  parent.append(one);
  return one;
};
const there = (path, query = {}) => `${path}?${new URLSearchParams({ tenant, ...query })}`;

// ---- who calls
const history = wait(300, async () => {
  const phone = form.elements.phone.value, place = $("[data-history]");
  if (phone.replace(/\D/g, "").length < 7) return;
  try {
    const found = await call("POST", there("/api/requests/by-phone"), { phone });
    place.replaceChildren();
    if (!found.length) text(place, "li", texts.none, "meta");
    for (const one of found) {
      const line = text(place, "li", ""), link = text(line, "a", one.excerpt, "cut");
      link.href = there(`/console/tasks/${one.id}`);
      link.target = "_blank";
      text(line, "span", [new Date(one.submitted_at).toLocaleDateString(locale), one.status_text?.[language] ?? one.status].join(" · "), "meta");
    }
    const name = found.find((one) => one.name)?.name;
    if (name && !form.elements.name.value) form.elements.name.value = name;
  } catch {
    place.replaceChildren();
    text(place, "li", texts.away, "meta");
  }
});

// ---- what it is about
const suggest = wait(350, async () => {
  const words = form.elements.text.value.trim(), place = $("[data-suggest]");
  if (words.length < 8) return place.replaceChildren();
  const point = draft.at ?? centre();
  if (!point) return undefined;
  try {
    const told = await call("POST", "/api/routing/explain", { text: words, point, tenant });
    const code = told.category?.code, option = code && $(`#n-category option[value="${CSS.escape(code)}"]`);
    place.replaceChildren();
    if (!option || form.elements.category.value === code) return undefined;
    text(place, "span", fill(texts.because, { category: option.textContent, department: told.department?.names?.[language] ?? "" }));
    const use = text(place, "button", texts.use, "btn");
    use.type = "button";
    use.onclick = () => { form.elements.category.value = code; place.replaceChildren(); changed("category"); form.elements.hood.focus(); };
  } catch { place.replaceChildren(); }
  return undefined;
});

function ask() {
  const place = $("[data-asked]"), listed = questions[form.elements.category.value] ?? [];
  place.replaceChildren();
  for (const one of listed) {
    if (one.multiple) {
      several(place, one);
      continue;
    }
    const field = text(place, "div", "", "field"), label = text(field, "label", one.name), id = `q-${one.code}`;
    label.htmlFor = id;
    const choices = one.kind === "choice" ? one.options : one.kind === "boolean" ? [["yes", texts.yes], ["no", texts.no]] : null;
    const input = document.createElement(choices ? "select" : "input");
    if (choices) input.append(new Option(texts.choose, ""), ...choices.map(([code, word]) => new Option(word, code)));
    else if (one.kind === "number") input.inputMode = "decimal";
    Object.assign(input, { id, name: `answers.${one.code}`, className: "input", required: one.required });
    field.append(input);
  }
}

/** A question that takes several answers: a box for each. */
function several(place, one) {
  const set = text(place, "fieldset", "", "field");
  text(set, "legend", one.name);
  if (one.required) set.dataset.required = "";
  for (const [index, [code, word]] of one.options.entries()) {
    const label = text(set, "label", "", "row"), box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: `answers.${one.code}`, value: code, id: `q-${one.code}${index || ""}` });
    label.append(box, word);
  }
}

// ---- where
const hoods = new Map();
const centre = () => { const at = map?.getCenter(); return at ? { lat: +at.lat.toFixed(6), lon: +at.lng.toFixed(6) } : null; };

function toHood() {
  const wanted = plain(form.elements.hood.value), exact = hoods.get(wanted);
  const found = exact ?? (wanted.length > 2 ? [...hoods].find(([name]) => name.startsWith(wanted))?.[1] : undefined);
  if (!found || !map) return;
  moving = true;
  map.setView([found[1], found[0]], 15.5, { animate: false });
  moving = false;
  place(centre());
}
function place(point) {
  draft.at = point;
  page.dataset.lat = point.lat;
  page.dataset.lon = point.lon;
  $("[data-place]").textContent = fill(texts.at, { place: `${point.lat.toFixed(5)}, ${point.lon.toFixed(5)}` });
  keep();
  near();
}
const near = wait(250, async () => {
  const category = form.elements.category.value || undefined, words = form.elements.text.value.trim(), point = draft.at;
  if (!point) return;
  try {
    const [found, alike] = await Promise.all([
      call("GET", there("/api/tasks/near", { ...point, ...(category ? { category } : {}) })),
      words.length < 8 ? [] : call("POST", "/api/requests/near", { point, text: words, category }).catch(() => []),
    ]);
    const likeness = new Map(alike.map((one) => [one.tracking_number, one.likeness]));
    const like = ({ task }) => likeness.get(task.tracking_number) ?? 0;
    putNear(found.sort((one, other) => like(other) - like(one)), like);
  } catch { $("[data-near]").replaceChildren(); }
});

function putNear(found, like) {
  const list = $("[data-near]");
  list.replaceChildren();
  if (!found.length) text(list, "li", texts.noneNear, "meta");
  for (const one of found) {
    const { task, metres } = one, line = text(list, "li", ""), link = text(line, "a", task.excerpt ?? task.tracking_number, "cut");
    link.href = there(`/console/tasks/${task.id}`);
    link.target = "_blank";
    text(line, "span", [like(one) ? texts.alike : "", task.category?.names?.[language], fill(texts.metres, { n: metres })].filter(Boolean).join(" · "), "meta");
    const join = text(line, "button", texts.voice, "btn");
    join.type = "button";
    join.setAttribute("aria-pressed", draft.into?.id === task.id);
    join.onclick = () => {
      draft.into = draft.into?.id === task.id ? null : { id: task.id, number: task.tracking_number };
      keep();
      for (const each of $$("button", list)) each.setAttribute("aria-pressed", each === join && Boolean(draft.into));
    };
  }
}

/** The caller's request goes into the one that is there: his voice counts, and he is answered too. */
async function join(made, into) {
  const place = $("[data-joined]");
  for (let turn = 0; turn < 40; turn++) { // its task comes a moment after it
    const { tasks } = await call("GET", there("/api/tasks", { text: made.tracking_number }));
    if (tasks.length) {
      await call("POST", there(`/api/tasks/${tasks[0].id}/merge`), { into: into.id }, { headers: { "If-Match": "*" } });
      place.textContent = fill(texts.joined, into);
      return;
    }
    await new Promise((go) => setTimeout(go, 500));
  }
  throw new Error(texts.notJoined);
}

drawIn($(".map", page)).then((drawn) => {
  if (!drawn) return;
  map = drawn.map;
  for (const { properties: p } of drawn.outline.features) if (p.label && p.kind !== "d") hoods.set(plain(p.name), p.label);
  if (draft.at) map.setView([draft.at.lat, draft.at.lon], 15.5, { animate: false });
  map.on("moveend", () => { if (!moving && page.dataset.aimed) place(centre()); });
  map.getContainer().addEventListener("pointerdown", () => { page.dataset.aimed = "1"; });
  map.getContainer().addEventListener("keydown", () => { page.dataset.aimed = "1"; });
  page.dataset.map = "";
  toHood();
});

const warned = warn([$("[data-danger]", page)], () => ({ text: form.elements.text.value.trim(), category: form.elements.category.value, tenant }));

function changed(name) {
  keep();
  warned();
  if (name === "phone") history();
  if (name === "text") { suggest(); near(); }
  if (name === "category") { ask(); put(); near(); }
  if (name === "hood") toHood();
}
form.addEventListener("input", (event) => changed(event.target.name));

// ---- sending
function faults() {
  const told = [], values = valuesOf();
  if (values.text.trim().length < 3) told.push(["n-text", texts.text]);
  if (!draft.at) told.push(["n-hood", texts.place]);
  for (const field of $$("[data-asked] :required")) if (!field.value) told.push([field.id, fill(texts.question, { name: $(`label[for="${field.id}"]`).textContent })]);
  for (const set of $$("[data-asked] fieldset[data-required]")) if (!$(":checked", set)) told.push([$("input", set).id, fill(texts.question, { name: $("legend", set).textContent })]);
  return told;
}
/** The part of the form that a field of the request comes from. */
function idOf(field) {
  if (field.startsWith("point")) return "n-hood";
  return field.startsWith("answers.") ? `q-${field.slice(8)}` : `n-${field.split(".").at(-1)}`;
}
function show(told) {
  const box = $("#errors"), list = $("ul", box);
  box.hidden = !told.length;
  list.replaceChildren();
  for (const [id, words] of told) {
    const line = text(list, "li", "");
    if (document.getElementById(id)) text(line, "a", words).href = `#${id}`;
    else line.textContent = words;
  }
  if (told.length) box.focus();
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = faults();
  show(wrong);
  if (wrong.length) return;
  const values = valuesOf(), button = $(".primary", form);
  const answers = Object.fromEntries(Object.entries(values).filter(([name, value]) => name.startsWith("answers.") && value).map(([name, value]) => [name.slice(8), value]));
  const contact = { ...(values.phone.trim() ? { phone: values.phone.trim() } : {}), ...(values.name.trim() ? { name: values.name.trim() } : {}) };
  button.disabled = true;
  try {
    const made = await call("POST", "/api/requests", {
      type: values.type, text: values.text.trim(), point: draft.at, channel: "call_centre", answers,
      ...(values.category ? { category: values.category } : {}),
      ...(values.address.trim() ? { address: values.address.trim() } : {}),
      ...(Object.keys(contact).length ? { contact } : {}),
    }, { headers: { "Idempotency-Key": draft.key } });
    const into = draft.into;
    done(made);
    if (into) join(made, into).catch((fault) => toast(fault.problem?.title ?? fault.message, true));
  } catch (fault) {
    const told = fault.problem?.errors?.map((one) => [idOf(one.field), one.message]) ?? [];
    if (fault.problem?.type?.endsWith("/channel-not-yours")) told.push(["n-hood", texts.elsewhere]);
    if (told.length) show(told);
    else toast(fault.problem?.title ?? fault.message, true);
  }
  button.disabled = false;
});

function done(made) {
  const box = $("[data-done]");
  sessionStorage.removeItem(KEPT);
  form.hidden = true;
  box.hidden = false;
  $("[data-joined]").textContent = "";
  $("[data-number]").textContent = made.tracking_number;
  const letters = $("[data-letters]");
  letters.replaceChildren();
  for (const sign of made.tracking_number.replaceAll("-", "")) {
    const one = text(letters, "span", "");
    text(one, "b", sign);
    if (spelled[sign]) text(one, "small", spelled[sign]);
  }
  $("[data-by]").textContent = made.usually_by ? fill(texts.by, { day: new Date(made.usually_by).toLocaleDateString(locale, { dateStyle: "full" }) }) : "";
  $("[data-open-task]").href = there(`/console/tasks/${made.id}`);
  box.focus();
}
function next() {
  sessionStorage.removeItem(KEPT);
  draft = fresh();
  form.reset();
  ask();
  delete page.dataset.aimed;
  for (const list of [$("[data-history]"), $("[data-near]"), $("[data-suggest]")]) list.replaceChildren();
  $("[data-place]").textContent = "";
  show([]);
  $("[data-done]").hidden = true;
  form.hidden = false;
  warned();
  form.elements.phone.focus();
}
$("[data-next]").addEventListener("click", next);
$("[data-clear]").addEventListener("click", next);

const timer = $("[data-timer]");
setInterval(() => {
  const seconds = Math.floor((Date.now() - draft.began) / 1000);
  timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}, 1000);
put();
ask();
put();
if (draft.values.phone) history();
if (draft.values.text) warned();
