// Integrators' keys: intake's own API, asked from here. A key is shown once and never kept.
import { call, language, say } from "./shell.js";

export function integrators(box) {
  const texts = JSON.parse(box.dataset.texts), path = "/api/integrators", query = `?tenant=${box.dataset.tenant}`;
  const at = (name) => box.querySelector(`[data-${name}]`);
  const form = at("add"), list = at("list"), rows = list.querySelector("tbody"), failed = at("failed"), key = at("key");
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const told = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function fail(why) {
    failed.hidden = false;
    failed.textContent = why;
  }

  /** Do something; what goes wrong is said where the eye is, and nothing typed is lost. */
  async function attempt(what) {
    failed.hidden = true;
    try { return await what(); } catch (error) {
      fail(told(texts.failed, { why: error.problem?.title ?? error.message }));
      return null;
    }
  }

  function show(one) {
    key.hidden = false;
    at("key-of").textContent = one.name;
    key.querySelector("input").value = one.api_key;
    key.focus();
  }

  function button(word, label, act) {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: word });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function row(one) {
    const made = document.createElement("tr"), name = document.createElement("th");
    made.dataset.name = one.name;
    name.scope = "row"; name.textContent = one.name;
    made.append(name);
    const again = one.rotated_at ? day.format(new Date(one.rotated_at)) : texts.never;
    for (const text of [one.scopes.join(", "), String(one.rate), day.format(new Date(one.added_at)), again]) {
      made.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    const actions = document.createElement("td"), place = `${path}/${encodeURIComponent(one.name)}`;
    actions.append(
      button(texts.rotate, `${texts.rotate}: ${one.name}`, async () => {
        if (!confirm(told(texts.sure_rotate, one))) return;
        const found = await attempt(() => call("POST", `${place}/rotate${query}`));
        if (found) { await load(); show(found); }
      }),
      button(texts.remove, `${texts.remove}: ${one.name}`, async () => {
        if (!confirm(told(texts.sure_remove, one))) return;
        if (!await attempt(() => call("DELETE", place + query))) return;
        key.hidden = true;
        await load();
        say(told(texts.removed, one));
        form.elements.name.focus();
      }),
    );
    made.append(actions);
    return made;
  }

  async function load() {
    const found = await attempt(() => call("GET", path + query));
    if (!found) { at("loading").hidden = true; return; }
    rows.replaceChildren(...found.map(row));
    list.hidden = !found.length;
    at("loading").hidden = !!found.length;
    at("loading").textContent = texts.none;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name, rate } = form.elements, scopes = new FormData(form).getAll("scopes");
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name.value.trim())) { fail(texts.named); name.focus(); return; }
    if (!scopes.length) { fail(texts.scope); return; }
    const body = { name: name.value.trim(), scopes, rate: Number(rate.value) || 10 };
    const found = await attempt(() => call("POST", path + query, body));
    if (!found) return;
    form.reset();
    await load();
    show(found);
  });
  at("copy").addEventListener("click", async () => {
    const field = key.querySelector("input");
    field.select();
    await navigator.clipboard?.writeText(field.value).then(() => say(texts.copied), () => {});
  });
  load();
}
