// Other systems: intake's own API, asked from here. Secrets are shown once and never kept.
import { call, locale, say } from "./shell.js";

const SECRETS = ["api_key", "servers", "user", "password", "topic", "group_prefix", "protocol", "mechanism"];
const path = "/api/integrators";

export function integrators(box) {
  const texts = JSON.parse(box.dataset.texts), words = JSON.parse(box.dataset.scopes), query = `?tenant=${box.dataset.tenant}`;
  const at = (name) => box.querySelector(`[data-${name}]`);
  const form = at("add"), list = at("list"), failed = at("failed"), secrets = at("secrets"), row = box.querySelector("template").content;
  let offered = Object.keys(words);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function fail(why) {
    failed.hidden = false;
    failed.textContent = why;
  }

  /** Ask intake; what goes wrong is said where the eye is, and nothing typed is lost. */
  async function attempt(method, place, body, away = "account-not-changed") {
    failed.hidden = true;
    try { return await call(method, path + place + query, body); } catch (error) {
      const slug = error.problem?.type?.split("/").pop();
      const known = texts[slug === "account-not-changed" ? away : slug];
      fail(known ? filled(known, { name: place.split("/")[1] }) : filled(texts.failed, { why: error.problem?.title ?? error.message }));
      return null;
    }
  }

  function show(one) {
    const told = { ...one.kafka, api_key: one.api_key };
    for (const name of SECRETS) box.querySelector(`#${name}`).value = told[name] ?? "";
    box.querySelector("#properties").value = one.kafka ? filled(box.dataset.properties, told) : "";
    box.querySelector("#command").value = one.kafka ? filled(box.dataset.command, told) : "";
    at("key").hidden = !one.api_key;
    at("kafka").hidden = !one.kafka;
    at("of").textContent = one.name;
    secrets.hidden = false;
    secrets.focus();
  }

  function hide() {
    secrets.hidden = true;
    for (const field of secrets.querySelectorAll("input, textarea")) field.value = "";
  }

  /** What was asked for, whether or not it went well: the list tells how far it has come. */
  async function secretsOf(method, place, body, away) {
    hide();
    const found = await attempt(method, place, body, away);
    await load();
    if (found?.api_key || found?.kafka) show(found);
    return found;
  }

  /** The form in a row: all that it is to have from now on; the key stays. */
  function changing(one, made, opener) {
    const form = made.querySelector("form"), ticks = [...form.querySelectorAll("[name=scopes]")];
    const open = (yes) => {
      form.hidden = !yes;
      opener.setAttribute("aria-expanded", String(yes));
      (yes ? ticks[0] : opener).focus();
    };
    for (const tick of ticks) {
      tick.checked = one.scopes.includes(tick.value);
      if (!tick.checked && !offered.includes(tick.value)) tick.closest("label").remove();
    }
    form.elements.rate.value = one.rate;
    opener.addEventListener("click", () => open(form.hidden));
    form.querySelector("[data-leave]").addEventListener("click", () => open(false));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const scopes = new FormData(form).getAll("scopes"), ends = one.scopes.includes("subscribe") && !scopes.includes("subscribe");
      if (!scopes.length) { fail(texts.scope); return; }
      if (ends && !confirm(filled(texts.sure_unsubscribe, one))) return;
      const body = { scopes, rate: Number(form.elements.rate.value) || one.rate };
      const found = await secretsOf("PATCH", `/${one.name}`, body, ends ? "account-not-shut" : undefined);
      if (!found || found.kafka) return;
      say(filled(texts.changed, one));
      list.querySelector(`[data-name="${one.name}"] [data-change]`)?.focus();
    });
  }

  function rowOf(one) {
    const made = row.cloneNode(true).firstElementChild, part = (name) => made.querySelector(`[data-${name}]`);
    const on = (word, moment) => filled(texts[word], { day: day.format(new Date(moment)) });
    made.dataset.name = one.name;
    made.querySelector(".name").textContent = one.name;
    part("rights").textContent = one.scopes.map((scope) => words[scope] ?? scope).join("; ");
    part("facts").textContent = [filled(texts.rate, { count: one.rate }), on("added", one.added_at), one.rotated_at && on("rotated", one.rotated_at)].filter(Boolean).join(" · ");
    for (const badge of made.querySelectorAll("[data-standing]")) if (badge.dataset.standing !== one.account?.standing) badge.remove();
    for (const button of made.querySelectorAll(".buttons > button")) button.setAttribute("aria-label", `${button.textContent}: ${one.name}`);
    if (!part("change")) return made; // who only reads
    changing(one, made, part("change"));
    part("rotate").addEventListener("click", async () => {
      if (confirm(filled(texts.sure_rotate, one))) await secretsOf("POST", `/${one.name}/rotate`);
    });
    part("remove").addEventListener("click", async () => {
      if (!confirm(filled(texts.sure_remove, one))) return;
      hide();
      const found = await attempt("DELETE", `/${one.name}`, undefined, "account-not-removed");
      await load();
      if (!found) return;
      say(filled(texts.removed, one));
      form?.elements.name.focus();
    });
    return made;
  }

  async function load() {
    const found = await call("GET", path + query).catch((error) => { fail(filled(texts.failed, { why: error.problem?.title ?? error.message })); });
    at("loading").hidden = !found || found.length > 0;
    at("loading").textContent = texts.none;
    list.replaceChildren(...(found ?? []).map(rowOf));
    list.hidden = !found?.length;
  }

  if (form) form.hidden = false; // not before: the browser itself would send it to the page
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name, rate } = form.elements, scopes = new FormData(form).getAll("scopes");
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name.value.trim())) { fail(texts.named); name.focus(); return; }
    if (!scopes.length) { fail(texts.scope); return; }
    const body = { name: name.value.trim(), scopes, rate: Number(rate.value) || 10 };
    if (await secretsOf("POST", "", body)) form.reset();
  });
  for (const button of box.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const field = box.querySelector(`#${button.dataset.copy}`);
      field.select();
      await navigator.clipboard?.writeText(field.value).then(() => say(texts.copied), () => {});
    });
  }

  call("GET", `${path}/offered${query}`).then(({ scopes }) => {
    offered = scopes;
    for (const tick of form?.querySelectorAll("[name=scopes]") ?? []) if (!scopes.includes(tick.value)) tick.closest("label").remove();
    const nobody = at("nobody-subscribes");
    if (nobody) nobody.hidden = scopes.includes("subscribe");
  }, () => {}).then(load);
}
