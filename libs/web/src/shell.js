// What every page does: htmx with our token, focus on errors, times that run, live updates.
import htmx from "htmx.org/dist/htmx.esm.js";

export const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
export const language = document.documentElement.lang;
/** Days come before months in both languages. */
export const locale = language === "en" ? "en-GB" : language;

/** Say something to those who do not see it change. */
export function say(words) {
  const place = document.getElementById("said");
  if (place) place.textContent = words;
}

/** The sprite's symbol as an element's HTML; `name` is ours and never a person's words. */
export const icon = (name) => `<svg class="icon" aria-hidden="true"><use href="${document.body.dataset.icons}#${name}"/></svg>`;

// What the reader has opened or pressed is his: a part that is drawn anew leaves it so.
htmx.config.morphIgnore.push("open", "aria-pressed", "data-only");

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (request.method && request.method.toUpperCase() !== "GET") request.headers["X-CSRF-Token"] = csrf();
});

// A part that is refused because the session has ended does not take the place of what is shown.
document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status !== 401) return;
  event.preventDefault();
  document.dispatchEvent(new Event("signed-out"));
});

/** Ask an API of ours; JSON in, JSON out. Rejects with the problem document. */
export async function call(method, path, body, { headers = {}, signal } = {}) {
  const answer = await fetch(path, {
    method,
    signal,
    headers: { Accept: "application/json", "X-CSRF-Token": csrf(), ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (answer.status === 401) document.dispatchEvent(new Event("signed-out"));
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw Object.assign(new Error(told?.title ?? answer.statusText), { status: answer.status, problem: told });
  return told;
}

// ---- the session: what tells of its end comes when that is near. Looked at every few seconds and
// not once by a timer, as those stand still while a machine sleeps.
export const WARNED_MS = 125_000;
const session = document.getElementById("d-session");
if (session) {
  session.dataset.ends = Date.now() + 1000 * JSON.parse(session.dataset.session).left;
  const told = (how) => import("./session.js").then((its) => its[how]()).catch(() => {});
  const look = () => { if (session.dataset.ends - Date.now() <= WARNED_MS) told("warn"); };
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("signed-out", () => told("ended"));
  look();
}

// ---- "My requests" as it is kept for when there is no net: whose it is. A page that is another
// person's erases it, and so does signing out. Pages that are kept themselves are nobody's.
export const KEPT_FOR = "sokak.mine";
function keptFor() {
  try {
    return localStorage.getItem(KEPT_FOR);
  } catch {
    return null;
  }
}
const erased = () => import("./mine.js").then(({ erase }) => erase()).catch(() => {});
const { who } = document.body.dataset;
if (who !== undefined && ![null, who].includes(keptFor()) && !document.querySelector("[data-kept]")) erased();
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("action") !== "/sign-out" || keptFor() === null) return;
  event.preventDefault();
  await erased();
  form.submit();
});

/** Focus what asks for it: the summary of a form's errors, wherever it has just come from. */
function focusAsked(root) {
  root.querySelector?.("[data-focus]")?.focus();
}

// ---- times that run: <time datetime data-ago> and <time datetime data-due>
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

export function ago(moment, now = Date.now()) {
  const seconds = (moment - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(0, "minute");
}

export function tick(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) time.textContent = ago(new Date(time.dateTime));
}

setInterval(tick, 30_000);
document.addEventListener("htmx:after:swap", (event) => {
  tick();
  focusAsked(event.target instanceof Element ? event.target : document);
});

function ready() {
  tick();
  focusAsked(document);
  document.documentElement.dataset.ready = "";
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();

export { htmx };
