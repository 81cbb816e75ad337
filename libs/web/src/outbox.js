// Reports that wait on the device send themselves: at once, when the net is back, after a while.
// Each has its key, made with its draft, so however often it is sent it is one request. What was
// sent stays as a line with its number until its sender has seen that.
import { all, put, remove } from "./draft.js";
import { csrf, locale, say } from "./shell.js";

const WAIT_MS = [1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];
const LATER = new Set([401, 408, 425, 429]);
const texts = JSON.parse(document.body.dataset.offline ?? "{}");
let failures = 0, timer, notBefore = 0, met = null; // the last try's end: `status` is 0 without a net

/** The server asks to come later. */
class Later extends Error {
  constructor({ status, headers }) {
    super(String(status));
    this.status = status;
    this.waitMs = 1000 * (Number(headers.get("Retry-After")) || 0);
  }
}

const post = (path, init) => fetch(path, {
  method: "POST", signal: AbortSignal.timeout(30_000), ...init,
  headers: { Accept: "application/json", "X-CSRF-Token": csrf(), ...init.headers },
});

/** Get a new token for this page's forms, where its own is too old. */
async function renew() {
  const page = new DOMParser().parseFromString(await (await fetch("/offline", { cache: "no-store" })).text(), "text/html");
  const token = page.querySelector('meta[name="csrf"]')?.content ?? csrf();
  document.querySelector('meta[name="csrf"]').content = token;
  for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = token;
}

const slug = (told) => told?.type?.split("/").pop();

/** Post, once more with a new token where ours was refused. Raises Later. */
async function answerOf(path, init) {
  let sent = await post(path, init), told = await sent.json().catch(() => null);
  if (slug(told) === "form-not-ours") {
    await renew();
    sent = await post(path, init);
    told = await sent.json().catch(() => null);
  }
  if (sent.status >= 500 || LATER.has(sent.status) || slug(told) === "form-not-ours") throw new Later(sent);
  return { ok: sent.ok, told };
}

/** Send one: its words, then photo by photo. What is done is kept, so that a break loses nothing. */
async function send(item) {
  if (!item.answer) {
    const { ok, told } = await answerOf("/api/requests", {
      headers: { "Content-Type": "application/json", "Idempotency-Key": item.key }, body: JSON.stringify(item.body),
    });
    if (!ok) {
      item.refused = texts.why[slug(told)] ?? texts.why.invalid;
      return put("waiting", item);
    }
    item.answer = { number: told.tracking_number, secret: told.secret };
    await put("waiting", item);
  }
  while (item.photos.length) {
    const form = new FormData();
    form.append("photo", item.photos[0], "photo.jpg");
    const { ok, told } = await answerOf(`/api/requests/${item.answer.number}/attachments`, { headers: { "Sokak-Secret": item.answer.secret }, body: form });
    if (!ok) item.lost = { count: (item.lost?.count ?? 0) + 1, why: texts.why[slug(told)] ?? texts.why["photo-unreadable"] };
    item.photos.shift();
    await put("waiting", item);
  }
  const { number } = item.answer; // the secret stays here no longer: the page of what was sent has it
  await put("waiting", { key: item.key, sent: number, lost: item.lost, answer: { number }, body: { text: item.body.text } });
  say(texts.sent.replace("{number}", number));
  document.dispatchEvent(new CustomEvent("report-sent", { detail: { key: item.key, number } }));
}

const waits = (item) => !(item.refused || item.sent);

/** Send whatever waits; one tab of all does it. Comes back by itself as long as something is left. */
export async function deliver() {
  clearTimeout(timer);
  if (Date.now() >= notBefore) {
    await navigator.locks.request("sokak-outbox", { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      try {
        for (const item of (await all("waiting")).filter(waits)) {
          await send(item);
          failures = 0; met = null;
        }
      } catch (error) { // no net, or the server asks to come later: both wait
        failures += 1;
        met = { status: error.status ?? 0 };
        notBefore = Date.now() + (error.waitMs ?? 0);
      }
    });
  }
  const next = Math.max(WAIT_MS[Math.min(failures, WAIT_MS.length - 1)], notBefore - Date.now());
  const left = await show(next);
  if (left) timer = setTimeout(deliver, next);
}

/** Why what waits has not gone yet, and when it is tried again. */
export function because(next = notBefore - Date.now()) {
  if (!met) return texts.waits;
  const time = new Date(Date.now() + Math.max(next, 1000)).toLocaleTimeString(locale);
  return (met.status === 0 ? texts.offline : met.status === 429 ? texts.often : texts.ours).replace("{time}", time);
}

/** What waits or was sent, as a line on the page and a number in the menu. How many still wait. */
export async function show(next) {
  const done = document.querySelector("[data-done]")?.dataset.done;
  const kept = await all("waiting").catch(() => []);
  const seen = (item) => item.sent && item.sent === done && !item.lost;
  for (const item of kept.filter(seen)) await remove("waiting", item.key);
  const items = kept.filter((item) => !seen(item)), count = items.filter((item) => !item.sent).length;
  for (const badge of document.querySelectorAll("[data-waiting]")) {
    badge.hidden = !count;
    badge.textContent = count || "";
  }
  navigator.setAppBadge?.(count).catch(() => {});
  for (const box of boxes(items)) box.replaceChildren(...items.map((item) => line(item, next, done)));
  return items.filter(waits).length;
}

/** Where the lines go; what was sent is told on every page. */
function boxes(items) {
  const found = document.querySelectorAll("[data-outbox]");
  if (found.length || !items.some((item) => item.sent)) return found;
  const made = document.createElement("div");
  made.className = "narrow"; made.dataset.outbox = "";
  document.getElementById("content").prepend(made);
  return [made];
}

function said(item, next) {
  if (item.refused) return `${texts.refused} ${item.refused}`;
  const lost = item.lost ? ` ${texts.lost.replace("{n}", item.lost.count).replace("{why}", item.lost.why)}` : "";
  if (item.sent) return texts.sent.replace("{number}", item.sent) + lost;
  return item.answer ? texts.photos.replace("{number}", item.answer.number) : because(next);
}

function line(item, next, done) {
  const card = document.createElement("div");
  card.className = `card sink ${item.sent ? "sent" : "waiting"}`;
  const words = document.createElement("p"), quote = document.createElement("q"), acts = document.createElement("div");
  words.textContent = said(item, next);
  quote.textContent = item.body.text.slice(0, 120);
  acts.className = "row wrap";
  const link = (text, href) => {
    const made = document.createElement("a");
    made.className = "btn"; made.textContent = text; made.href = href;
    acts.append(made);
  };
  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button"; made.className = "btn"; made.textContent = text;
    made.addEventListener("click", act);
    acts.append(made);
  };
  const away = async () => { await remove("waiting", item.key); show(next); };
  if (item.sent && item.sent !== done) link(texts.look, `/report/done?number=${item.sent}`);
  if (item.lost) link(texts.page, `/requests/${item.sent}`);
  if (waits(item)) button(texts.now, () => { failures = 0; deliver(); });
  if (item.sent) button(texts.close, away);
  else if (!item.answer) button(texts.drop, away);
  card.append(words, quote, acts);
  return card;
}

addEventListener("online", () => { failures = 0; deliver(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { failures = 0; deliver(); } });
