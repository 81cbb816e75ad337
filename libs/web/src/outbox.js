// Reports that wait on the device send themselves: at once, when the net is back, after a while.
// Each has its key, made with its draft, so however often it is sent it is one request.
import { all, put, remove } from "./draft.js";
import { csrf } from "./shell.js";

const WAIT_MS = [1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];
const LATER = new Set([401, 403, 408, 425, 429]);
let failures = 0, timer;

const post = (path, init) => fetch(path, {
  method: "POST", signal: AbortSignal.timeout(30_000), ...init,
  headers: { Accept: "application/json", "X-CSRF-Token": csrf(), ...init.headers },
});

class Later extends Error {}

async function answerOf(sent) {
  const told = await sent.json().catch(() => null);
  if (sent.status >= 500 || LATER.has(sent.status)) throw new Later(sent.status);
  return { ok: sent.ok, told };
}

/** Send one: its words, then photo by photo. What is done is kept, so that a break loses nothing. */
async function send(item) {
  if (!item.answer) {
    const { ok, told } = await answerOf(await post("/api/requests", {
      headers: { "Content-Type": "application/json", "Idempotency-Key": item.key }, body: JSON.stringify(item.body),
    }));
    if (!ok) {
      item.refused = told?.errors?.[0]?.message ?? told?.title ?? "?";
      return put("waiting", item);
    }
    item.answer = { number: told.tracking_number, secret: told.secret };
    await put("waiting", item);
  }
  while (item.photos.length) {
    const form = new FormData();
    form.append("photo", item.photos[0], "photo.jpg");
    await answerOf(await post(`/api/requests/${item.answer.number}/attachments`, { headers: { "Sokak-Secret": item.answer.secret }, body: form }));
    item.photos.shift();
    await put("waiting", item);
  }
  await remove("waiting", item.key);
  document.dispatchEvent(new CustomEvent("report-sent", { detail: { key: item.key, ...item.answer } }));
}

/** Send whatever waits; one tab of all does it. Comes back by itself as long as something is left. */
export async function deliver() {
  clearTimeout(timer);
  await navigator.locks.request("sokak-outbox", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    try {
      for (const item of (await all("waiting")).filter((one) => !one.refused)) {
        await send(item);
        failures = 0;
      }
    } catch { // no net, or the server asks to come later: both wait
      failures += 1;
    }
  });
  const left = await show();
  if (left) timer = setTimeout(deliver, WAIT_MS[Math.min(failures, WAIT_MS.length - 1)]);
}

/** What waits, as a line on the page and a number in the menu. How many still go by themselves. */
export async function show() {
  const waiting = await all("waiting").catch(() => []);
  const texts = JSON.parse(document.body.dataset.offline ?? "{}");
  for (const badge of document.querySelectorAll("[data-waiting]")) {
    badge.hidden = !waiting.length;
    badge.textContent = waiting.length || "";
  }
  navigator.setAppBadge?.(waiting.length).catch(() => {});
  for (const box of document.querySelectorAll("[data-outbox]")) {
    box.replaceChildren(...waiting.map((item) => line(item, texts)));
  }
  return waiting.filter((item) => !item.refused).length;
}

function line(item, texts) {
  const card = document.createElement("div");
  card.className = "card sink waiting";
  const words = document.createElement("p");
  words.textContent = item.refused ? `${texts.refused} ${item.refused}` : item.answer ? texts.photos.replace("{number}", item.answer.number) : texts.waits;
  const quote = document.createElement("q");
  quote.textContent = item.body.text.slice(0, 120);
  const acts = document.createElement("div");
  acts.className = "row";
  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button"; made.className = "btn"; made.textContent = text;
    made.addEventListener("click", act);
    acts.append(made);
  };
  if (!item.refused) button(texts.now, () => { failures = 0; deliver(); });
  if (!item.answer) button(texts.drop, async () => { await remove("waiting", item.key); show(); });
  card.append(words, quote, acts);
  return card;
}

addEventListener("online", () => { failures = 0; deliver(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { failures = 0; deliver(); } });
